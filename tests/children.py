"""Processes started by tests. None outlives its test, however the test ends."""

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
    """Run a process in its own session during the block, then kill what is left of the session."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            kill_session(process.pid)


@asynccontextmanager
async def async_child(*command: str | Path, **options: Any) -> AsyncIterator[Process]:
    """Do the same as `child`, for a test that talks to the process."""
    process = await asyncio.create_subprocess_exec(*command, start_new_session=True, **options)
    try:
        yield process
    finally:
        kill_session(process.pid)
        await process.communicate()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop if it is running, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill_session(process.pid)
        process.wait()
        raise


def kill_session(leader: int) -> None:
    """Kill the leader of a session and its group with -9."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
