"""Thousands of providers waiting for an offer on one process: memory for each, time to wake one, effect on others.

`woken` counts from the moment at which the dispatch is sent, so it includes creating, matching and committing the
request. `woken after it` counts from the response to the dispatch. Client, server and PostgreSQL share the machine.
"""

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg
import uvloop

from app.kit import embedded
from app.kit.db import connect_arguments
from bench.load import answer, message
from bench.load import run as send
from bench.stage import BenchProvider, Cast, answers, hire, serving

OTHERS = 300
"""Requests of other callers in each measurement, one after the other."""
QUIET_SECONDS = 10.0
STATISTICS_LAG_SECONDS = 11.0
"""An idle connection of PostgreSQL may report its statistics this late."""
OPENED_AT_ONCE = 200


class Waiting:
    """A provider's software with one open poll, which it repeats after every response."""

    def __init__(self, provider: BenchProvider, port: int) -> None:
        self.provider, self._port = provider, port
        self.answered = asyncio.Event()
        self.at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def begin(self) -> None:
        """Open the connection and poll."""
        await self._connect()
        self._task = asyncio.create_task(self._go_on())

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def _go_on(self) -> None:
        etag = None
        while True:
            try:
                self._writer.write(self._poll(etag))
                got = await answer(self._reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                await self._connect()  # the server closes a connection that was idle for some seconds
                continue
            self.at = time.perf_counter()
            if got.status == 200 and got.body != b"[]":
                self.answered.set()
            etag = got.etag

    def _poll(self, etag: str | None) -> bytes:
        known = {"If_None_Match": etag} if etag else {}
        return message("GET", "/provider/offers", self.provider.key, None, Prefer="wait=60", **known)

    def leave(self) -> None:
        """Disconnect without notice."""
        assert self._task is not None
        self._task.cancel()
        self._writer.transport.abort()


def memory_kb(pid: int) -> int:
    """Return the process's resident memory in KB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError("VmRSS")


async def statements(url: str, seconds: float) -> tuple[float, int, int]:
    """Return the database's transactions per second over this time, its connections, and how many of them are busy."""
    connection = await asyncpg.connect(**connect_arguments(url))
    count = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    mine = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    before = await connection.fetchval(count)
    await asyncio.sleep(seconds)
    rate = (await connection.fetchval(count) - before) / seconds
    held = await connection.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")
    busy = await connection.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {mine} AND state <> 'idle'")
    await connection.close()
    return rate, held, busy


def creation(cast: Cast, provider: BenchProvider, **outcome: object) -> bytes:
    """Return the message by which the operator creates a request for the provider's item and township."""
    body = {
        "phone": f"154{secrets.randbelow(10**8):08d}",
        "area": provider.township,
        "item": provider.item,
        "description": "厨房下水道堵了，水倒灌到地上",
        **outcome,
    }
    return message("POST", "/requests", cast.operator, body, Idempotency_Key=secrets.token_hex(12))


async def others(port: int, cast: Cast, name: str) -> None:
    """Print how long other callers' requests take."""
    look = message("GET", "/provider/jobs", cast.providers[-1].key)
    text = "医保卡在街道便民服务中心补办，带身份证，当场可取。"

    def created() -> Iterator[bytes]:
        return (creation(cast, cast.providers[0], item="GV01", answer=text) for _ in range(OTHERS))

    looks, creations = await send(port, iter([look] * OTHERS), 1), await send(port, created(), 1)
    for what, result in (("look at jobs", looks), ("create and answer", creations)):
        print(f"{name:24}{what:20}{result.percentile(0.5):8.1f}{result.percentile(0.99):8.1f}{result.failures:8}")


async def wake(port: int, cast: Cast, waiting: Sequence[Waiting], count: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds until the addressed provider gets its response.

    The first list counts from sending the dispatch, the second from the response to it.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    rng, since_sent, since_answer = Random(81890), [], []
    for one in rng.sample(list(waiting), count):
        one.answered.clear()
        begun = time.perf_counter()
        writer.write(creation(cast, one.provider, dispatch=True, chosen_provider_id=str(one.provider.id)))
        assert (await answer(reader)).status == 201
        done = time.perf_counter()
        async with asyncio.timeout(30):
            await one.answered.wait()
        since_sent.append((one.at - begun) * 1000)
        since_answer.append(max(one.at - done, 0) * 1000)
        await asyncio.sleep(rng.expovariate(40))
    writer.close()
    return since_sent, since_answer


def show(name: str, values: Sequence[float]) -> None:
    """Print p50, p99 and the maximum, in ms."""
    print(f"{name:44}{statistics.median(values):8.1f}{statistics.quantiles(values, n=100)[98]:8.1f}{max(values):8.1f}")


async def park(port: int, providers: Sequence[BenchProvider]) -> list[Waiting]:
    """Let each of these providers open its poll, OPENED_AT_ONCE at a time."""
    waiting = [Waiting(provider, port) for provider in providers]
    for first in range(0, len(waiting), OPENED_AT_ONCE):
        await asyncio.gather(*(one.begin() for one in waiting[first : first + OPENED_AT_ONCE]))
    return waiting


async def main(url: str, options: argparse.Namespace) -> None:
    """Measure before the providers wait, while they wait, and after all have disconnected."""
    cast = await hire(url, options.waiting + 1, datetime.now(UTC))
    with serving(url) as (port, process):
        await answers(port)
        await send(port, iter([message("GET", "/provider/offers", provider.key) for provider in cast.providers]), 32)
        print(f"{'':44}{'p50':>8}{'p99':>8}{'':>8}  ms")
        await others(port, cast, "nobody waits")
        before = memory_kb(process.pid)
        waiting = await park(port, cast.providers[:-1])
        await asyncio.sleep(QUIET_SECONDS / 2)
        rate, held, busy = await statements(url, QUIET_SECONDS)
        grown = memory_kb(process.pid) - before
        name = f"{len(waiting)} wait"
        await others(port, cast, name)
        since_sent, since_answer = await wake(port, cast, waiting, options.wakes)
        show(f"{name:24}woken", since_sent)
        show(f"{name:24}woken after it", since_answer)
        each = grown / len(waiting)
        print(f"memory: {grown / 1024:.0f} MB more, {each:.1f} KB each, compared with {before / 1024:.0f} MB before")
        print(f"while nothing happens: {rate:.0f} reads/s to look again; {busy} of {held} connections are busy")
        await all_leave(url, process.pid, waiting)


async def all_leave(url: str, pid: int, waiting: Sequence[Waiting]) -> None:
    """Print how soon the server notices that they have disconnected, and what it still does for them."""
    files = Path(f"/proc/{pid}/fd")
    fewer = len(list(files.iterdir())) - len(waiting)
    for one in waiting:
        one.leave()
    left = time.perf_counter()
    while len(list(files.iterdir())) > fewer:
        await asyncio.sleep(0.01)
    seconds = time.perf_counter() - left
    await asyncio.sleep(STATISTICS_LAG_SECONDS)
    rate, _, _ = await statements(url, QUIET_SECONDS)
    print(f"all disconnect: noticed within {seconds:.2f} s; {rate:.0f} reads/s afterwards")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--waiting", type=int, default=5_000)
    parser.add_argument("--wakes", type=int, default=500)


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server."""
    with (
        tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder,
        embedded.join(Path(folder) / "data") as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(main(server.url, options))
