"""The operators' room: some answer the citizens, others phone firms and call back; whoever is free takes the next."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.demo.api import Refused, Seat, unless_refused
from app.demo.pace import spend
from app.kit.clock import Clock

LEAST_PAUSE_SECONDS = 0.1


class Operators:
    """Free seats; the one left last is taken first, so that a quiet hour leaves most of them empty."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._free: asyncio.LifoQueue[Seat] = asyncio.LifoQueue()
        for seat in reversed(seats):
            self._free.put_nowait(seat)

    async def call_in(self) -> Seat:
        """The next operator who is free, busy until released."""
        return await self._free.get()

    def release(self, seat: Seat) -> None:
        """The operator is free again."""
        self._free.put_nowait(seat)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Seat]:
        """An operator who is busy while the block runs."""
        seat = await self.call_in()
        try:
            yield seat
        finally:
            self.release(seat)


@dataclass
class Room:
    """What the simulated people share.

    The `inbound` operators answer, the `outbound` phone: a rush of calls must not let the firms' offers expire.
    `ringing` are the citizens who wait for an operator, longest first; `longest_wait` is that of the whole play.
    `taken` are the requests that the API acknowledged, by id with their number.
    """

    clock: Clock
    zone: ZoneInfo
    inbound: Operators
    outbound: Operators
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    ringing: dict[object, datetime] = field(default_factory=dict)
    longest_wait: timedelta = timedelta()
    taken: dict[UUID, int] = field(default_factory=dict)

    def now(self) -> datetime:
        """The centre's time, as its wall clock shows it."""
        return self.clock.now().astimezone(self.zone)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have somebody see to it; what the API refuses ends only this piece of work."""
        self.tasks.create_task(unless_refused(work))

    @property
    def wait(self) -> timedelta:
        """How long the citizen at the front has been waiting."""
        first = next(iter(self.ringing.values()), None)
        return self.clock.now() - first if first else timedelta()

    @asynccontextmanager
    async def answer(self, since: datetime) -> AsyncIterator[Seat]:
        """A citizen rings since then; the operator who picks up is busy while the block runs."""
        call = object()
        self.ringing[call] = since
        try:
            seat = await self.inbound.call_in()
        finally:
            del self.ringing[call]
        self.longest_wait = max(self.longest_wait, self.clock.now() - since)
        try:
            yield seat
        finally:
            self.inbound.release(seat)

    async def serve(
        self, queue: str, see_to: Callable[[Seat, Any], Coroutine[Any, Any, None]], look_again: float
    ) -> None:
        """Operators take from a queue of the API for ever, and see to what they took side by side.

        An empty queue is looked at again after so many seconds of the centre's time.
        """
        while True:
            seat = await self.outbound.call_in()
            taken = None
            with suppress(Refused):
                taken = await seat.post(queue)
            if taken is not None:
                self.spawn(self._release_after(seat, see_to(seat, taken)))
                continue
            self.outbound.release(seat)
            await asyncio.gather(spend(self.clock, look_again), asyncio.sleep(LEAST_PAUSE_SECONDS))

    async def _release_after(self, seat: Seat, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self.outbound.release(seat)
