"""The account that runs the server. PostgreSQL refuses root, and initdb refuses a user id without a name."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from app.kit.embedded.folder import EmbeddedPostgresError

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
_CAPABILITY_VERSION_3, _CAP_DAC_OVERRIDE = 0x20080522, 1

Become = Callable[[], None]


def choose_account(program: Path) -> Become:
    """Return the function that a child process calls before it runs `program`, so that PostgreSQL agrees to run.

    Raises EmbeddedPostgresError if root has no way to become another user.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return _stay
    for become in (_enter_namespace, _become_nobody):
        try:
            subprocess.run([program, "--version"], preexec_fn=become, check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return become
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root or as a user without a name, and this system does not allow becoming"
        " nobody; start as an ordinary user"
    )


def die_with_parent(parent: int) -> None:
    """Have the kernel send this process SIGINT when the thread that forked it ends (Linux only)."""
    if sys.platform == "linux":
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _stay() -> None:
    pass


def _enter_namespace() -> None:
    """Become "nobody" in a user namespace of our own. Outside it nothing changes, and the files stay ours."""
    nobody, uid, gid = pwd.getpwnam("nobody"), os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {gid} 1")


def _become_nobody() -> None:
    """Become nobody, but keep root's access to folders: the programs or the data may be in root's home."""
    nobody = pwd.getpwnam("nobody")
    _call("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(*[1 << _CAP_DAC_OVERRIDE] * 3)
    _call("capset", header, effective_permitted_inheritable)
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *arguments: object) -> None:
    longs = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*longs) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
