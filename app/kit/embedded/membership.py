"""Joining: how one of our processes uses the server and keeps it alive."""

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from app.kit.embedded.folder import DataFolder, EmbeddedPostgresError, open_lock

_LONGEST_START = 60.0  # seconds; recovery after a crash under heavy load takes a while
_KEEPER = "app.kit.embedded.keeper"
_IMPORT_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Server:
    """The running server: the SQLAlchemy URL of its database, and the folder of its socket (for psql --host)."""

    url: str
    socket_dir: Path


@contextlib.contextmanager
def join(data_dir: Path) -> Iterator[Server]:
    """Use the PostgreSQL of a data folder together with all other processes that join.

    If the server is not running, start it, and create it the first time. If it or its keeper dies, one of the joined
    processes starts it again, and open connections break. It stops after its last user has left.

    Raises EmbeddedPostgresError, which says why and what to do.
    """
    with contextlib.ExitStack() as leaving:
        try:
            server = _enter(data_dir, leaving)
        except (EmbeddedPostgresError, OSError) as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL in {data_dir} does not start: {error}\n"
                "Put this right, or set DATABASE_URL to a PostgreSQL 16 or later of your own."
            ) from error
        yield server


def _enter(data_dir: Path, leaving: contextlib.ExitStack) -> Server:
    data_dir.mkdir(parents=True, exist_ok=True)
    folder = DataFolder(data_dir.resolve())
    users = leaving.enter_context(open_lock(folder.users_lock))
    if (owner := os.fstat(users.fileno()).st_uid) != os.geteuid():
        raise EmbeddedPostgresError(f"another user (id {owner}) made this folder; choose another folder")
    folder.make_socket_dir()
    fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is stopping the server
    guard = _Guard(folder)
    leaving.callback(guard.leave)
    guard.start()
    guard.wait_for_server()
    host = quote(str(folder.socket_dir))
    return Server(f"postgresql+asyncpg://hotline@/hotline?host={host}&port=5432", folder.socket_dir)


class _Guard(threading.Thread):
    """A thread that starts a keeper whenever none is alive and no process of its server is left."""

    def __init__(self, folder: DataFolder) -> None:
        super().__init__(name="embedded-postgres", daemon=True)
        self._folder = folder
        self._failures: deque[str] = deque(maxlen=2)
        self._left = threading.Event()
        self._lock: BinaryIO | None = None
        os.register_at_fork(after_in_child=self._drop_lock)  # otherwise a forked child would keep the lock for ever

    def run(self) -> None:
        pause = 0.0
        while not self._left.wait(pause):
            try:
                report = self._keep()
            except OSError as error:
                report = str(error)
            pause = 0.0 if report == "ready" else min(2 * pause + 0.1, 10)
            if report not in ("", "ready"):  # a keeper that was killed reports nothing
                self._failures.append(report)

    def wait_for_server(self) -> None:
        """Return once the server accepts clients. Raises EmbeddedPostgresError if it can't start."""
        deadline = time.monotonic() + _LONGEST_START
        while not self._folder.server_answers():
            if len(self._failures) == 2:  # the first may be due to whatever stopped the server before
                raise EmbeddedPostgresError(self._failures[-1])
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"no answer for {_LONGEST_START:.0f} s\n{self._folder.log_tail()}")
            time.sleep(0.02)

    def leave(self) -> None:
        """Start no more keepers. The thread itself ends with the present keeper or with the process."""
        self._left.set()

    def _keep(self) -> str:
        """Wait until keeper and server are gone, start a keeper and wait for its end. Return what it reported."""
        lock = self._lock = open_lock(self._folder.server_lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._left.is_set():
                return ""
            python_path = os.pathsep.join(filter(None, [str(_IMPORT_ROOT), os.environ.get("PYTHONPATH")]))
            keeper = subprocess.Popen(
                [sys.executable, "-P", "-m", _KEEPER, str(self._folder.root), str(lock.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C in our terminal is not meant for it
                env=os.environ | {"PYTHONPATH": python_path},
            )
        finally:
            self._drop_lock()
        with keeper:
            assert keeper.stdout is not None
            return keeper.stdout.read().decode(errors="replace").strip()

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
