"""The process that reads and writes files, as the server sees it: the event loop waits, and is never busy with it."""

import asyncio
import contextlib
import sys

import orjson

from app.exchange.lines import MOST_SECONDS


async def run_files(task: str, content: bytes) -> bytes:
    """Have the file read or written by a process of its own, stopped when it takes too long."""
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
