"""Claims per second: our offer, accept and complete, and procrastinate's defer, fetch and finish, on one PostgreSQL.

The two are measured alternately. Each side is one process with the same number of claims in progress. Our side is the
whole engine through its own actions: taking the request, ranking providers, the offer, the acceptance, the start and
the bill, with all events, counts and locks, in four transactions. Procrastinate's side is an empty job, measured twice:
through its job manager alone (a defer, a fetch and a finish, its minimum), and through its worker as its users run it.
PostgreSQL's durability stays fully on.
"""

import argparse
import asyncio
import contextlib
import logging
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import orjson
import uvloop
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg.errors import DeadlockDetected
from sqlalchemy.engine import make_url

from app.catalog.snapshot import Snapshot, read_snapshot
from app.danger.snapshot import dangers_of, read_scripts
from app.desk.actions import Call, create_request
from app.events.act import Act, Actor, act_of
from app.events.models import ActorKind
from app.intake.schemas import RequestIn
from app.jobs.job_actions import complete_job, start_job
from app.jobs.offer_actions import accept_offer
from app.jobs.schemas import Acceptance, Completion
from app.kit import embedded
from app.kit.context import Context, open_context
from app.settings import Settings
from bench.scale import run_sql, url_of
from bench.stage import CARD_FEN, Cast, hire

THEIRS = "procrastinate"
PROVIDERS = 490
T = TypeVar("T")
RESULT = "疏通完毕，试水通畅"


class Ours:
    """The engine, without HTTP."""

    def __init__(self, context: Context, catalog: Snapshot, cast: Cast) -> None:
        self._context, self._catalog, self._providers = context, catalog, cast.providers
        self._dangers = dangers_of(read_scripts())
        self._desk = Actor(ActorKind.STAFF, cast.operator_id)

    async def claim(self, n: int) -> None:
        """Process one request, from its creation to the bill."""
        provider = self._providers[n % len(self._providers)]
        body = RequestIn.model_validate(
            {
                "phone": f"154{secrets.randbelow(10**8):08d}",
                "area": provider.township,
                "item": provider.item,
                "description": "厨房下水道堵了，水倒灌到地上",
                "dispatch": True,
            }
        )
        desk = self._act(self._desk)
        created = await create_request(desk, self._context, Call(body), self._catalog, self._dangers)
        [offer] = orjson.loads(created)["offers"]
        who, db = Actor(ActorKind.PROVIDER, UUID(offer["provider_id"])), self._context.db
        async with db.begin() as tx:
            job = await accept_offer(self._act(who), tx, UUID(offer["id"]), Acceptance())
        async with db.begin() as tx:
            await start_job(self._act(who), tx, job.id)
        async with db.begin() as tx:
            await complete_job(self._act(who), tx, job.id, Completion(result=RESULT, amount_fen=CARD_FEN))

    def _act(self, who: Actor) -> Act:
        return act_of(self._context)._replace(actor=who)


class Theirs:
    """Procrastinate, on a database of its own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._fetching = asyncio.Lock()
        """Allows one fetch at a time, as its worker does."""
        self.failures = 0
        self._task = app.task(name="nothing")(_nothing)

    async def run_manager(self, count: int, at_once: int) -> None:
        """Run this many jobs through the job manager alone."""
        manager = self._app.job_manager
        worker = await manager.register_worker()  # registered each time, because without a heartbeat it is soon removed

        async def claim(n: int) -> None:
            await self._defer(n)
            async with self._fetching:
                job = await self._again(lambda: manager.fetch_job(None, worker))
            assert job is not None
            await self._again(lambda: manager.finish_job(job, Status.SUCCEEDED, delete_job=False))

        await _spread(claim, count, at_once)

    async def run_worker(self, count: int, at_once: int) -> None:
        """Defer this many jobs, then have its worker run them."""
        await _spread(self._defer, count, at_once)
        await self._again(
            lambda: self._app.run_worker_async(wait=False, concurrency=at_once, install_signal_handlers=False)
        )

    async def _again(self, call: Callable[[], Awaitable[T]]) -> T:
        """Retry as long as the call fails because a fetch and a finish deadlock."""
        while True:
            try:
                return await call()
            except ConnectorException as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
                self.failures += 1

    async def _defer(self, n: int) -> None:
        await self._task.defer_async(n=n)


async def _nothing(n: int) -> None:
    """The job; it does nothing."""


async def _spread(claim: Callable[[int], Awaitable[None]], count: int, at_once: int) -> None:
    """Run `count` claims, `at_once` at a time."""
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for n in numbers:
            await claim(n)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(one_after_the_other())


async def _rate(work: Awaitable[None], count: int) -> float:
    begun = time.perf_counter()
    await work
    return count / (time.perf_counter() - begun)


@asynccontextmanager
async def both(url: str, at_once: int) -> AsyncIterator[tuple[Ours, Theirs]]:
    """Open both sides, with enough connections for their claims."""
    cast = await hire(url, PROVIDERS, datetime.now(UTC))
    await run_sql(url_of(url, "postgres"), f"CREATE DATABASE {THEIRS}")
    plain = make_url(url_of(url, THEIRS)).set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=plain, min_size=at_once, max_size=at_once + 2))
    settings = Settings(database_url=url, database_direct_url=url, pool_size=at_once)
    async with open_context(settings) as context, app.open_async():
        await app.schema_manager.apply_schema_async()
        yield Ours(context, await read_snapshot(context.db), cast), Theirs(app)


async def main(url: str, options: argparse.Namespace) -> None:
    """Measure alternately, and print the rates and their ratios."""
    count, at_once = options.claims, options.at_once
    names = "ours", "its job manager", "its worker"
    rates: dict[str, list[float]] = {name: [] for name in names}
    async with both(url, at_once) as (ours, theirs):

        async def turn() -> None:
            rates["ours"].append(await _rate(_spread(ours.claim, count, at_once), count))
            rates["its job manager"].append(await _rate(theirs.run_manager(count, at_once), count))
            rates["its worker"].append(await _rate(theirs.run_worker(count, at_once), count))

        await turn()  # to warm up
        for kept in rates.values():
            kept.clear()
        for _ in range(options.rounds):
            await turn()
        failures = theirs.failures
    print(f"{options.rounds} rounds of {count} claims, {at_once} at a time; medians; {failures} of its calls failed")
    print(f"{'':20}{'claims/s':>10}{'least':>8}{'most':>8}{'ours / it':>12}")
    for name, values in rates.items():
        ratio = statistics.median(a / b for a, b in zip(rates["ours"], values, strict=True))
        print(f"{name:20}{statistics.median(values):10.0f}{min(values):8.0f}{max(values):8.0f}{ratio:12.2f}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--claims", type=int, default=500, help="per round")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder,
        embedded.join(Path(folder) / "data") as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        contextlib.suppress(KeyboardInterrupt),
    ):
        runner.run(main(server.url, options))
