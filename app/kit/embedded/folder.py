"""Where each file of the data folder is, and whether its server responds."""

import hashlib
import os
import socket
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# A socket's path has 103 usable bytes on macOS (107 on Linux), and PostgreSQL adds "/.s.PGSQL.5432".
_LONGEST_SOCKET_DIR = 103 - 14


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL can't run; the message says why and what to do."""


@dataclass(frozen=True)
class DataFolder:
    """The files of one embedded server. Create it with a resolved path."""

    root: Path

    @property
    def users_lock(self) -> Path:
        """A lock file that each process using the server holds shared."""
        return self.root / "users.lock"

    @property
    def server_lock(self) -> Path:
        """A lock file that the keeper and its server hold. It contains the keeper's process id, for people to read."""
        return self.root / "server.lock"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory. It exists only once it is complete."""
        return self.root / "cluster"

    @property
    def log(self) -> Path:
        """The log of the running server, or of the last one. The name of the previous log ends in `.1`."""
        return self.root / "server.log"

    @property
    def socket_dir(self) -> Path:
        """The private folder of the server's socket.

        If the data folder's path is too long for a socket, this is in /tmp. It is not in TMPDIR or XDG_RUNTIME_DIR,
        because processes with different environments must find the same place.
        """
        inside = self.root / "socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_DIR:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(f"/tmp/hotline-{os.geteuid()}-{digest}")

    def make_socket_dir(self) -> None:
        """Create the socket's folder. Raises EmbeddedPostgresError if it exists and others may enter it."""
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        found = self.socket_dir.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise EmbeddedPostgresError(f"{self.socket_dir} is not a private folder of this user; remove it")

    def server_answers(self) -> bool:
        """Return whether the server accepts a client. It does not while it starts, recovers or stops."""
        hello = struct.pack("!I", 3 << 16) + b"user\0hotline\0database\0hotline\0\0"
        goodbye = b"X" + struct.pack("!I", 4)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket_dir / ".s.PGSQL.5432"))
                client.sendall(struct.pack("!I", len(hello) + 4) + hello + goodbye)
                return client.recv(1) == b"R"
            except OSError:
                return False

    def log_tail(self) -> str:
        """Return the last lines of the server's log, without the replies to clients that wait for its start."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([line for line in lines if "the database system is starting up" not in line][-12:])


def open_lock(path: Path) -> BinaryIO:
    """Open a file for flock, and create it if need be. Closing it releases the lock; children don't inherit it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
