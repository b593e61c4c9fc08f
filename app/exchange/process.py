"""Runs the process that reads and writes files, so that the event loop only waits and is never blocked."""

import asyncio
import contextlib
import sys

import orjson

from app.exchange.lines import MOST_SECONDS


async def run_files(task: str, content: bytes) -> bytes:
    """Run the task in a separate process with `content` as its input, and return its output.

    A process that takes too long is killed, and the result is a fault.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.exchange.files",
        task,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(content), MOST_SECONDS)
    except TimeoutError:
        return orjson.dumps(["fault", "", 0, "", "", "file_too_slow", {}])
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return out
