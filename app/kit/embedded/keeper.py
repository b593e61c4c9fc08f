"""The keeper: a detached process that runs the server for as long as someone uses it.

Run as `python -m app.kit.embedded.keeper DATA_DIR LOCK`, where LOCK is an inherited descriptor that holds the server
lock. It prints "ready" once the server accepts clients, or the reason why it can't. It ends when the server ends.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from app.kit.embedded.cluster import check_version, create_cluster, start_server
from app.kit.embedded.folder import DataFolder, EmbeddedPostgresError, open_lock
from app.kit.embedded.programs import find_programs

_LITTLE_SPACE = 200_000_000


def main(root: str, lock: str) -> None:
    """Start the server, stop it when its last user has left, and exit."""
    folder = DataFolder(Path(root))
    os.umask(0o077)
    os.truncate(int(lock), 0)
    os.write(int(lock), f"{os.getpid()}\n".encode())
    if sys.platform != "linux":
        _stop_group_with_us()
    try:
        # In the main thread, which lives as long as the keeper: the server dies with the thread that started it.
        server = _start(folder, int(lock))
    except (EmbeddedPostgresError, OSError) as error:
        sys.exit(f"{error}{_space_hint(folder)}")
    threading.Thread(target=_stop_after_last_user, args=(folder, server), daemon=True).start()
    sys.stdout.write("ready")
    sys.stdout.flush()
    with folder.log.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    server.wait()


def _start(folder: DataFolder, lock: int) -> subprocess.Popen[bytes]:
    programs = find_programs(lock)
    if folder.cluster.exists():
        check_version(programs, folder)
    else:
        create_cluster(programs, folder)
    return start_server(programs, folder)


def _stop_after_last_user(folder: DataFolder, server: subprocess.Popen[bytes]) -> None:
    """Stop the server once nobody uses it.

    New users wait for this lock until the keeper has ended, and then start another keeper.
    """
    with open_lock(folder.users_lock) as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        server.send_signal(signal.SIGINT)
        server.wait()


def _stop_group_with_us() -> None:
    """Start a shell that stops our process group when the keeper ends, on systems whose kernel can't do it."""
    read_end, _ends_with_us = os.pipe()
    subprocess.Popen(
        ["/bin/sh", "-c", 'read _; kill -s INT -- "-$0"', str(os.getpid())],
        stdin=read_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _space_hint(folder: DataFolder) -> str:
    """Return a note if disk space is low, because a full disk can keep the server from logging it."""
    free = shutil.disk_usage(folder.root).free
    return f"\n(the disk has {free // 1_000_000} MB left)" if free < _LITTLE_SPACE else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
