"""Killing the server, the worker and the providers' software with -9 at random while providers work over HTTP.

A provider's journal holds every action that it decides. At the end, actions without a response are delivered again, and
the journals are compared with the event log. Lost: an action that the centre acknowledged but did not log, or one that
never arrived. Doubled: an action that is in the log more often than it was decided. Callers' requests are checked
likewise.
"""

import argparse
import asyncio
import contextlib
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg
import httpx
import orjson

from app.kit import embedded
from app.kit.db import connect_arguments
from app.registry.models import PriceKind
from bench.stage import BenchProvider, Cast, Process, answers, free_port, hire, hotline
from hotline_provider import HotlineClient, Journal
from hotline_provider.journal import Kept

EVENT_OF = {
    "acceptance": "offer.accepted",
    "refusal": "offer.declined",
    "start": "job.started",
    "quote": "job.quoted",
    "completion": "job.completed",
    "return": "job.returned",
}
LOGGED = """
SELECT kind, coalesce(data->>'offer_id', data->>'job_id') AS subject, count(*) AS times
FROM events WHERE actor_kind = 'provider' AND kind = ANY($1) GROUP BY 1, 2
"""
UNDER_WAY = """
SELECT EXISTS (SELECT FROM offers WHERE status = 'pending')
  OR EXISTS (SELECT FROM requests WHERE status = 'dispatching')
  OR EXISTS (SELECT FROM jobs WHERE status IN ('accepted', 'started'))
"""
LONGEST_REST = 90.0
"""Real seconds that providers get to finish what they have begun."""
Action = tuple[str, str]
"""The event's kind, and the id of the offer or job."""


@dataclass(frozen=True)
class Plan:
    """What the rehearsal does.

    Requests come `pace` seconds apart on average. There are `kills` kills with pauses in the range `between`, in
    seconds. Providers are `haste` times as fast as real ones. The worker is a process of its own, or with
    `worker_inside` part of the server and killed with it.
    """

    providers: int
    requests: int
    pace: float
    kills: int
    between: tuple[float, float]
    haste: float
    worker_inside: bool = False
    seed: int = 81890


@dataclass
class Found:
    """What was done, and what became of it. `refused` counts the centre's refusals by code."""

    kills: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    delivered_late: int = 0
    missing: list[Action] = field(default_factory=list)
    never_arrived: list[Action] = field(default_factory=list)
    doubled: list[Action] = field(default_factory=list)
    requests: int = 0
    requests_lost: int = 0
    requests_doubled: int = 0

    @property
    def lost(self) -> int:
        """Actions and requests acknowledged but absent, and actions decided that never arrived."""
        return len(self.missing) + len(self.never_arrived) + self.requests_lost


class Outage:
    """Our processes on one database. From time to time, one of them is killed."""

    def __init__(self, url: str, cast: Cast, clock: Mapping[str, str], folder: Path, plan: Plan) -> None:
        self.port = free_port()
        self.journals = folder / "journals"
        providers = folder / "providers.json"
        providers.write_bytes(orjson.dumps([(provider.name, provider.key) for provider in cast.providers]))
        crew = (sys.executable, "-m", "bench.crew", self.address, str(providers), str(self.journals), str(plan.haste))
        serve = ["serve", "--port", str(self.port), *(["--with-worker"] if plan.worker_inside else [])]
        self._processes = {"server": hotline(*serve, url=url, clock=clock), "providers": Process(*crew, **clock)}
        if not plan.worker_inside:
            self._processes["worker"] = hotline("worker", url=url, clock=clock)

    @property
    def address(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Run all processes while the block runs."""
        for process in self._processes.values():
            process.start()
        await answers(self.port)
        try:
            yield
        finally:
            for process in self._processes.values():
                process.stop()

    def quiet(self) -> None:
        """Stop the providers, so that they decide nothing more."""
        self._processes["providers"].kill()

    async def kill(self, plan: Plan, found: Found) -> None:
        """Kill as planned: first each process once, then any of them."""
        rng, names = Random(plan.seed), list(self._processes)
        for name in [*rng.sample(names, len(names)), *rng.choices(names, k=plan.kills)][: plan.kills]:
            await asyncio.sleep(rng.uniform(*plan.between))
            await asyncio.to_thread(self._processes[name].kill)
            found.kills[name] += 1
            self._processes[name].start()
            await answers(self.port)


async def call(address: str, cast: Cast, plan: Plan) -> list[int]:
    """Send callers' requests, repeating each with its key until it is acknowledged.

    Return the numbers that the callers got.
    """
    rng, numbers = Random(plan.seed), []
    async with httpx.AsyncClient(
        base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {cast.operator}"}, timeout=30
    ) as client:

        async def one(provider: BenchProvider) -> None:
            body = {
                "phone": f"154{secrets.randbelow(10**8):08d}",
                "area": provider.township,
                "item": provider.item,
                "description": "厨房下水道堵了，水倒灌到地上",
                "dispatch": True,
            }
            key = {"Idempotency-Key": secrets.token_hex(12)}
            while True:
                try:
                    answer = await client.post("/requests", json=body, headers=key)
                except httpx.TransportError:
                    answer = httpx.Response(503)
                if answer.status_code == 201:
                    numbers.append(answer.json()["request"]["number"])
                    return
                assert answer.status_code >= 500, answer.text
                await asyncio.sleep(rng.uniform(0.1, 1))

        async with asyncio.TaskGroup() as callers:
            for provider in rng.choices(cast.providers, k=plan.requests):
                callers.create_task(one(provider))
                await asyncio.sleep(rng.expovariate(1 / plan.pace))
    return numbers


async def rehearse(url: str, cast: Cast, clock: Mapping[str, str], folder: Path, plan: Plan) -> Found:
    """Let providers work while processes are killed, then compare what was decided with what the centre knows."""
    found, outage = Found(), Outage(url, cast, clock, folder, plan)
    async with outage.up():
        numbers, _ = await asyncio.gather(call(outage.address, cast, plan), outage.kill(plan, found))
        await rest(url)
        outage.quiet()
        for provider in cast.providers:
            found.delivered_late += await deliver(outage.address, provider, outage.journals)
    kept = [one for path in sorted(outage.journals.glob("*.db")) for one in Journal(path).all()]
    connection = await asyncpg.connect(**connect_arguments(url))
    rows = await connection.fetch(LOGGED, list(EVENT_OF.values()))
    known = [row[0] for row in await connection.fetch("SELECT number FROM requests")]
    await connection.close()
    compare(kept, {(row["kind"], row["subject"]): row["times"] for row in rows}, found)
    found.requests = len(numbers)
    found.requests_lost, found.requests_doubled = len(set(numbers) - set(known)), len(known) - len(set(numbers))
    return found


async def rest(url: str) -> None:
    """Wait until nothing is in progress, at most LONGEST_REST seconds."""
    connection = await asyncpg.connect(**connect_arguments(url))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_REST):
            while await connection.fetchval(UNDER_WAY):
                await asyncio.sleep(0.1)
    await connection.close()


async def deliver(address: str, provider: BenchProvider, journals: Path) -> int:
    """Send the provider's actions that have no response yet. Return how many there were."""
    async with HotlineClient(address, provider.key, journal=Journal(journals / f"{provider.name}.db")) as hotline:
        return len([kept async for kept, _ in hotline.deliver()])


def compare(kept: list[Kept], logged: Mapping[Action, int], found: Found) -> None:
    """Count what was decided, and find what is missing from the log or is in it too often."""
    decided: Counter[Action] = Counter()
    for one in kept:
        step = one.path.rpartition("/")[2]
        action = EVENT_OF[step], one.subject.rpartition("/")[2]
        found.decided[step] += 1
        decided[action] += 1
        if one.outcome is None:
            found.never_arrived.append(action)
        elif one.outcome != "done":
            found.refused[one.outcome] += 1
        else:
            found.confirmed += 1
            if action not in logged:
                found.missing.append(action)
    found.doubled += [action for action, times in logged.items() if times > min(decided[action], most(action))]


def most(action: Action) -> int:
    """Return how often a provider may act on the same subject: any number of quotes, everything else once."""
    return sys.maxsize if action[0] == "job.quoted" else 1


def show(found: Found) -> None:
    """Print the figures."""
    print(f"kills: {found.kills.total()} ({_spelled(found.kills)})")
    print(f"requests acknowledged: {found.requests}; lost {found.requests_lost}, doubled {found.requests_doubled}")
    print(f"actions decided: {found.decided.total()} ({_spelled(found.decided)})")
    print(f"confirmed: {found.confirmed}; refused: {found.refused.total()} ({_spelled(found.refused)})")
    print(f"delivered only at the end: {found.delivered_late}")
    print(f"lost: {found.lost} {[*found.missing, *found.never_arrived]}; doubled: {len(found.doubled)} {found.doubled}")


def _spelled(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this rehearsal."""
    parser.add_argument("--providers", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--per-second", type=float, default=6, help="requests")
    parser.add_argument("--haste", type=float, default=240, help="the providers' speed as a multiple of real ones'")
    parser.add_argument("--seed", type=int, default=81890)


def run(options: argparse.Namespace) -> None:
    """Rehearse on a scratch server. Exit with 1 if anything was lost or doubled."""
    seconds, now = options.minutes * 60, datetime.now(UTC)
    plan = Plan(
        providers=options.providers,
        requests=round(seconds * options.per_second),
        pace=1 / options.per_second,
        kills=round(seconds / 6),
        between=(1, 9),
        haste=options.haste,
        seed=options.seed,
    )

    async def whole(url: str, folder: Path) -> Found:
        cast = await hire(url, plan.providers, now, PriceKind.QUOTE)
        return await rehearse(url, cast, {}, folder, plan)

    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder, embedded.join(Path(folder) / "data") as server:
        found = asyncio.run(whole(server.url, Path(folder)))
    show(found)
    sys.exit(bool(found.lost or found.doubled or found.requests_doubled))
