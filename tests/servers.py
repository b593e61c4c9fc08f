"""Real processes for tests: `hotline serve` and `hotline worker`, which can be killed and started again."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.kit.context import Context
from tests.children import stop

START_SECONDS = 60


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One of our commands, running on the test's database with a clock that starts at the test's time."""

    command: list[str]
    environment: dict[str, str]
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self.popen = subprocess.Popen(
            self.command, env=self.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def kill(self) -> None:
        """Kill it with -9."""
        assert self.popen is not None
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> None:
        """Ask it to stop, if it runs."""
        if self.popen is not None and self.popen.poll() is None:
            stop(self.popen)


@dataclass
class Server(Process):
    """`hotline serve`."""

    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        super().start()
        assert self.popen is not None
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(0.1)
                raise AssertionError("the server ended while it was starting")
            assert time.monotonic() < deadline, "the server does not answer"

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _environment(context: Context) -> dict[str, str]:
    owner = context.settings.database_owner_url
    return os.environ | {
        "DATABASE_URL": str(context.settings.database_url),
        **({"DATABASE_OWNER_URL": owner} if owner else {}),
        "HOTLINE_CLOCK_START": context.clock.now().isoformat(),
        "HOTLINE_CLOCK_REAL_START": datetime.now(UTC).isoformat(),
    }


def _hotline(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("hotline")), *arguments]


@contextmanager
def serving(context: Context) -> Iterator[Server]:
    """Run a server on the test's database."""
    port = free_port()
    server = Server(_hotline("serve", "--port", str(port)), _environment(context), port=port)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def working(context: Context) -> Iterator[Process]:
    """Run a worker on the test's database."""
    worker = Process(_hotline("worker"), _environment(context))
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()
