"""Simulates calling citizens back after their requests are completed."""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from app.aftercare.models import Satisfaction
from app.demo.api import Seat
from app.demo.odds import chance, satisfaction
from app.demo.pace import spend
from app.demo.room import Room
from app.sample import texts

RECHECK_SECONDS = 120
LINES = 3
"""How many operators work through the queue at a time; in the morning the queue is long."""
TALK_SECONDS = (30, 90)
SOLVED = 0.95
"""The share of jobs that solve the problem, for a provider that is not in the sample registry."""
OTHER_PROVIDER = 0.3
"""How often a citizen whose problem is not solved wants another provider."""


class Callbacks:
    """Operators work through the callback queue. `solved_rates` are the shares of the sample providers' jobs that solve
    the problem."""

    def __init__(self, room: Room, solved_rates: Mapping[UUID, float], rng: Random) -> None:
        self._room = room
        self._solved_rates = solved_rates
        self._rng = rng

    async def run(self) -> None:
        """Take the next callback whenever an operator is free, for ever."""
        await asyncio.gather(*(self._room.serve("/callbacks/next", self.call, RECHECK_SECONDS) for _ in range(LINES)))

    async def call(self, operator: Seat, callback: dict[str, Any]) -> None:
        """Call the citizen and record the outcome, or that nobody answered."""
        await spend(self._room.clock, self._rng.uniform(*TALK_SECONDS))
        reached = not chance(self._rng, "no_answer")
        outcome = {"reached": True} | self._answers(callback) if reached else {"reached": False}
        await operator.put(f"/callbacks/{callback['id']}/outcome", outcome)

    def _answers(self, callback: dict[str, Any]) -> dict[str, Any]:
        rng = self._rng
        solved = rng.random() < self._solved_rates.get(UUID(callback["provider_id"]), SOLVED)
        said: dict[str, Any] = {"solved": solved, "redo_refused": not solved and rng.random() < OTHER_PROVIDER}
        if callback["billed_fen"] is not None:
            said["paid_fen"] = callback["billed_fen"] + (1_000 if chance(rng, "paid_otherwise") else 0)
        if chance(rng, "rated"):
            said["satisfaction"] = step = satisfaction(rng, solved=solved)
            if chance(rng, "remarked"):
                said["remark"] = texts.remark(callback["item_code"], Satisfaction(step), rng)
        return said
