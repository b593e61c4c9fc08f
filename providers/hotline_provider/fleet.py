"""A simulated fleet for demos: hundreds of providers with their own habits that take offers and do the work.

Each member is an ordinary client of the API. When the centre comes back after an outage, members resume their work.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol
from uuid import UUID

import httpx

from hotline_provider.behaviour import Answer, Member, away, decide, plan, quote_fen
from hotline_provider.client import HotlineClient
from hotline_provider.journal import Journal
from hotline_provider.models import Job, Offer
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.terms import DeclineReason, ReturnReason

START_APART_SECONDS = 0.02
"""Members start one after another; otherwise all their polls would end at the same moments."""
POLL_SECONDS = 40, 60
LOOK_AT_JOBS_EVERY = 30.0
"""Real seconds, on average, between a member's checks for jobs that it has not seen yet."""
REFUSED_PAUSE_SECONDS = 30.0
SILENT = "silent"
"""The centre's code for a provider that has become unreachable by not answering offers."""
SHARED_CONNECTIONS = 16
"""For all calls except open polls. Each poll uses its member's own, so N members hold at most N + 16 connections."""
USUAL_PRICE_FEN = 10_000
"""The starting price for a job whose offer was not seen."""


class Texts(Protocol):
    """What members write, by service item."""

    def decline(self, item: str, rng: Random, /) -> tuple[str, str]:
        """Return a reason's code and words for declining an offer."""
        ...

    def give_back(self, item: str, rng: Random, /) -> tuple[str, str]:
        """Return a reason's code and words for giving a job back."""
        ...

    def result(self, item: str, rng: Random, /) -> str:
        """Return what was done."""
        ...


class PlainTexts:
    """The same few texts for every item."""

    def decline(self, item: str, rng: Random, /) -> tuple[str, str]:
        return rng.choice(((DeclineReason.BUSY, "今天单子排满了。"), (DeclineReason.NO_STAFF, "师傅请假，人手不够。")))

    def give_back(self, item: str, rng: Random, /) -> tuple[str, str]:
        return ReturnReason.CITIZEN_ABSENT, "到了没人开门，电话打了三次没接。"

    def result(self, item: str, rng: Random, /) -> str:
        return rng.choice(("已上门处理完毕，求助人当场验收。", "活已做完，现场收拾干净。"))


@dataclass
class Counts:
    """What the fleet has done so far. `problems` counts refusals by code, and unanswered calls as `unreachable`."""

    seen: int = 0
    accepted: int = 0
    declined: int = 0
    ignored: int = 0
    started: int = 0
    completed: int = 0
    returned: int = 0
    switched_on: int = 0
    problems: Counter[str] = field(default_factory=Counter)


class Fleet:
    """Runs the members that have software. Those `by_phone` are left to operators.

    `factor` is how many of the centre's seconds pass in a real second; `now` returns the centre's time. With a folder
    for `journals`, members lose no action when this process is killed. `transport` returns a transport with at most
    the given number of connections.
    """

    def __init__(
        self,
        base_url: str,
        members: Sequence[Member],
        *,
        factor: float,
        seed: int,
        now: Callable[[], datetime],
        say: Texts | None = None,
        journals: Path | None = None,
        transport: Callable[[int], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self.counts = Counts()
        self.factor = factor
        self.now = now
        self.say = say or PlainTexts()
        connect = transport or _transports()
        self._shared = connect(SHARED_CONNECTIONS)
        self._agents = [
            _Agent(
                self,
                member,
                HotlineClient(
                    base_url,
                    member.key,
                    journal=Journal(journals / f"{member.name}.db") if journals else None,
                    transport=_Connections(connect(1), self._shared),
                ),
                Random(f"{seed}-{member.name}"),
            )
            for member in members
            if not member.by_phone
        ]

    async def run(self) -> None:
        """Work until cancelled."""
        async with self._shared, asyncio.TaskGroup() as members:
            for place, agent in enumerate(self._agents):
                members.create_task(agent.run(place * START_APART_SECONDS))

    async def pass_time(self, span: timedelta) -> None:
        """Wait until `span` of the centre's time has passed."""
        await asyncio.sleep(max(span.total_seconds(), 0) / self.factor)


def _transports() -> Callable[[int], httpx.AsyncBaseTransport]:
    """Return a maker of small pools. One pool for all would search hundreds of connections per call."""
    context = httpx.create_ssl_context()
    return lambda most: httpx.AsyncHTTPTransport(verify=context, limits=httpx.Limits(max_connections=most))


class _Connections(httpx.AsyncBaseTransport):
    """One member's connections: its open poll waits on its own, everything else uses a shared one."""

    def __init__(self, own: httpx.AsyncBaseTransport, shared: httpx.AsyncBaseTransport) -> None:
        self._own, self._shared = own, shared

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._own if "Prefer" in request.headers else self._shared
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._own.aclose()


class _Agent:
    """One member at work."""

    def __init__(self, fleet: Fleet, member: Member, hotline: HotlineClient, rng: Random) -> None:
        self._fleet = fleet
        self._member = member
        self._hotline = hotline
        self._rng = rng
        self._answered: set[UUID] = set()
        self._begun: set[UUID] = set()

    async def run(self, after: float) -> None:
        await asyncio.sleep(after)
        async with self._hotline, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._switch_on())
            tasks.create_task(self._watch_offers(tasks))
            tasks.create_task(self._watch_jobs(tasks))

    async def _watch_offers(self, tasks: asyncio.TaskGroup) -> None:
        seen: set[UUID] = set()
        while True:
            try:
                async for offers in self._hotline.watch_offers(wait=self._rng.randint(*POLL_SECONDS)):
                    live = {offer.id for offer in offers}
                    if seen - live - self._answered:  # perhaps an operator accepted it for us
                        tasks.create_task(self._look_at_jobs(tasks))
                    for offer in offers:
                        if offer.id not in seen:
                            tasks.create_task(self._answer(offer, tasks))
                    seen = live
                    self._answered &= live
            except Problem as problem:
                self._count(problem)
                await asyncio.sleep(REFUSED_PAUSE_SECONDS)

    async def _watch_jobs(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._look_at_jobs(tasks)
            await asyncio.sleep(self._rng.uniform(0.5, 1.5) * LOOK_AT_JOBS_EVERY)

    async def _look_at_jobs(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async for _, refusal in self._hotline.deliver():
                if refusal:
                    self._count(refusal)
            for job in await self._hotline.jobs():
                self._begin(job, USUAL_PRICE_FEN, tasks)
        except (Problem, Unreachable) as failure:
            self._count(failure)

    async def _switch_on(self) -> None:
        """Resume offers if the centre has paused them for silence."""
        try:
            own = await self._hotline.own()
            if own.unreachable_why == SILENT:
                await self._hotline.set_availability(reachable=True)
                self._fleet.counts.switched_on += 1
        except (Problem, Unreachable) as failure:
            self._count(failure)

    async def _answer(self, offer: Offer, tasks: asyncio.TaskGroup) -> None:
        counts = self._fleet.counts
        counts.seen += 1
        decision = decide(self._member, self._rng)
        if decision.answer is not Answer.IGNORE:
            await self._fleet.pass_time(offer.offered_at + decision.after - self._fleet.now())
        if decision.answer is Answer.IGNORE or self._fleet.now() >= offer.expires_at:
            counts.ignored += 1
            await self._fleet.pass_time(offer.expires_at + away(self._rng) - self._fleet.now())
            await self._switch_on()
            return
        self._answered.add(offer.id)
        try:
            if decision.answer is Answer.DECLINE:
                await self._hotline.decline(offer.id, *self._fleet.say.decline(offer.item_code, self._rng))
                counts.declined += 1
            else:
                job = await self._hotline.accept(offer.id)
                counts.accepted += 1
                self._begin(job, offer.price_fen, tasks)
        except (Problem, Unreachable) as failure:
            self._count(failure)

    def _begin(self, job: Job, starting_fen: int, tasks: asyncio.TaskGroup) -> None:
        if job.id not in self._begun:
            self._begun.add(job.id)
            tasks.create_task(self._work(job, starting_fen))

    async def _work(self, job: Job, starting_fen: int) -> None:
        try:
            await self._do(job, starting_fen)
        except (Problem, Unreachable) as failure:
            self._count(failure)
            self._begun.discard(job.id)

    async def _do(self, job: Job, starting_fen: int) -> None:
        fleet, counts, rng = self._fleet, self._fleet.counts, self._rng
        planned = plan(self._member, job, fleet.now(), rng)
        if job.status == "accepted":
            await fleet.pass_time(planned.arrive - fleet.now())
            if planned.gives_back:
                await self._hotline.give_back(job.id, *fleet.say.give_back(job.item_code, rng))
                counts.returned += 1
                return
            job = await self._hotline.start(job.id)
            counts.started += 1
        await fleet.pass_time(planned.finish - fleet.now())
        if job.agreed_fen is None:
            job = await self._hotline.quote(job.id, quote_fen(job, starting_fen, rng), agreed_on_site=True)
        result = fleet.say.result(job.item_code, rng)
        await self._hotline.complete(job.id, result=result, amount_fen=job.agreed_fen or 0)
        counts.completed += 1

    def _count(self, failure: Problem | Unreachable) -> None:
        self._fleet.counts.problems[failure.code if isinstance(failure, Problem) else "unreachable"] += 1
