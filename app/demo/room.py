"""The operators' room: some answer citizens, others phone providers and call citizens back. Whoever is free takes the
next call."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.demo.api import Refused, Seat
from app.demo.pace import spend
from app.kit.clock import Clock

LEAST_PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Operators:
    """The free operators. The last one to become free is taken first, so that a quiet hour leaves most seats empty."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._free: asyncio.LifoQueue[Seat] = asyncio.LifoQueue()
        for seat in reversed(seats):
            self._free.put_nowait(seat)

    async def call_in(self) -> Seat:
        """Wait for the next free operator, who is busy until released."""
        return await self._free.get()

    def release(self, seat: Seat) -> None:
        """Make the operator free again."""
        self._free.put_nowait(seat)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Seat]:
        """Yield an operator, who is busy during the block."""
        seat = await self.call_in()
        try:
            yield seat
        finally:
            self.release(seat)


@dataclass
class Room:
    """What the simulated people share.

    `inbound` operators answer calls and `outbound` ones make them, so that a rush of calls does not let offers expire.
    `ringing` are the citizens waiting for an operator, longest first, and `longest_wait` is the longest wait of the
    play. `taken` are the requests that the API acknowledged: their numbers by id. `mistakes` counts the players' own
    errors, by class.
    """

    clock: Clock
    zone: ZoneInfo
    inbound: Operators
    outbound: Operators
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    ringing: dict[object, datetime] = field(default_factory=dict)
    longest_wait: timedelta = timedelta()
    taken: dict[UUID, int] = field(default_factory=dict)
    mistakes: Counter[str] = field(default_factory=Counter)

    def now(self) -> datetime:
        """Return the centre's time in its zone."""
        return self.clock.now().astimezone(self.zone)

    async def attempt(self, work: Awaitable[None]) -> None:
        """Run the work until it is done, the API refuses something or the player makes a mistake.

        A visitor can do what no player expects, such as adding an item. That must not end the demo.
        """
        try:
            await work
        except Refused:
            pass
        except Exception as error:
            self.mistakes[type(error).__name__] += 1
            logger.exception("a player made a mistake")

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Attempt the work in the background."""
        self.tasks.create_task(self.attempt(work))

    @property
    def wait(self) -> timedelta:
        """How long the first caller in the queue has been waiting, or zero if nobody waits."""
        first = next(iter(self.ringing.values()), None)
        return self.clock.now() - first if first else timedelta()

    @asynccontextmanager
    async def answer(self, since: datetime) -> AsyncIterator[Seat]:
        """Answer a citizen who has been ringing since `since`. Yield the operator, who is busy during the block."""
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
        """Let operators take items from a queue of the API for ever, and work on them side by side.

        An empty queue is read again after `look_again` seconds of the centre's time.
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
