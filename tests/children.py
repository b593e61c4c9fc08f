"""Processes that a test starts: none outlives its test, however that ends."""

import asyncio
import contextlib
import os
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

STOP_SECONDS = 20.0


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process in a session of its own while the block runs; what is left of the session then is killed."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            kill_session(process.pid)


@asynccontextmanager
async def async_child(*command: str | Path, **options: Any) -> AsyncIterator[Process]:
    """The same for a test that talks to it meanwhile."""
    process = await asyncio.create_subprocess_exec(*command, start_new_session=True, **options)
    try:
        yield process
    finally:
        kill_session(process.pid)
        await process.communicate()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, if it runs; kill it where it does not."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill_session(process.pid)
        process.wait()
        raise


def kill_session(leader: int) -> None:
    """kill -9 for the leader of a session and all of its own group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
