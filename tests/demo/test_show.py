"""`hotline demo` as a newcomer runs it: real processes, the embedded PostgreSQL, the real HTTP API."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.demo.processes import ProcessEnded, Processes
from app.kit import embedded
from app.settings import Settings
from tests.children import child
from tests.kit.test_embedded import wait_until_free, wait_until_stopped

ROOT = Path(__file__).parents[2]
COUNTS = """
SELECT count(*), count(*) FILTER (WHERE answered_in_call), count(*) FILTER (WHERE assigned_at IS NOT NULL) FROM requests
"""


def played(data_dir: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """Run a demo in its own terminal on the embedded server."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return child(
        [sys.executable, "-m", "app.cli", "demo", "--port", "0", "--scale", "0.2", "--speed", "600"],
        cwd=ROOT,
        env=environment | {"HOTLINE_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def read_until(demo: subprocess.Popen[str], pattern: str) -> str:
    """Return its output up to the line in which this occurs."""
    assert demo.stdout
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if re.search(pattern, line):
            return "".join(lines)
    pytest.fail(f"it ended without {pattern!r}: {lines}")


async def count(data_dir: Path) -> Sequence[int]:
    with embedded.join(data_dir) as server:
        connection = await asyncpg.connect(host=str(server.socket_dir), port=5432, user="hotline", database="hotline")
        try:
            [row] = await connection.fetch(COUNTS)
            return tuple(row)
        finally:
            await connection.close()


def test_a_morning_is_played_until_ctrl_c_and_nothing_is_lost_or_left_running(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with played(data_dir) as demo:
        announced = read_until(demo, "Ctrl-C")
        url = re.search(r"Console: (http://\S+)/", announced)
        password = re.search(r"Password: (\S+)", announced)
        assert url
        assert password
        sign_in = {"username": "manager1", "password": password[1]}
        assert httpx.post(f"{url[1]}/api/v1/sessions", json=sign_in, timeout=60).status_code == 201
        read_until(demo, r"Answered [1-9]")
        os.killpg(demo.pid, signal.SIGINT)
        output, _ = demo.communicate()
    assert demo.returncode == 0, output
    assert "nothing is lost" in output
    wait_until_free(data_dir / "users.lock")
    wait_until_stopped(data_dir)
    [(taken, found)] = re.findall(r"Taken (\d+); .* database (\d+)", output)
    requests, answered, assigned = asyncio.run(count(data_dir))
    assert int(taken) == int(found) <= requests  # some were cut off before the answer arrived
    assert answered > 0
    assert assigned > 0


async def test_a_process_that_ends_by_itself_ends_the_demo(tmp_path: Path) -> None:
    processes = Processes(Settings(data_dir=tmp_path))
    try:
        await processes.start("migrate", "no-such-revision")
        with pytest.raises(ProcessEnded, match=r"migrate\.log"):
            await processes.watch()
    finally:
        await processes.stop()
