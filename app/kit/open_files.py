"""How many files and sockets a process may hold open: the soft limit, which each raises to what the system allows."""

import resource

ENOUGH = 65_536
MAC_OS_MOST = 10_240
"""Where the hard limit is infinite, macOS still refuses more than this."""


def raise_limit() -> int:
    """Raise the soft limit of this process and its children as far as the hard one allows; gives what holds now."""
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
