"""The soft limit on open files and sockets, which each process raises as far as the system allows."""

import resource

ENOUGH = 65_536
MAC_OS_MOST = 10_240
"""Even with an infinite hard limit, macOS refuses more than this."""


def raise_limit() -> int:
    """Raise the soft limit of this process and its children to ENOUGH, or as far as allowed. Return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (ENOUGH, MAC_OS_MOST):
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and most > soft:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            except (OSError, ValueError):
                continue
            return most
    return ENOUGH if soft == resource.RLIM_INFINITY else soft
