"""The play: citizens, operators, a supervisor and providers use the API at the same time."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import cast

from app.demo.api import Api, Refused, Seat, Traffic
from app.demo.callbacks import Callbacks
from app.demo.calls import Desk
from app.demo.citizens import Call, arrivals
from app.demo.eve import ITEM, Firm
from app.demo.form import Catalogue
from app.demo.pace import first_of
from app.demo.phone_desk import PhoneDesk
from app.demo.room import Operators, Room
from app.demo.stage import Plan, Stage
from app.demo.supervisor import Supervisor
from app.intake.models import Channel
from app.kit.clock import clock_from
from app.sample import texts
from app.sample.people import Population
from hotline_provider.fleet import SILENT, Fleet

LOOK_SECONDS = 5.0
OUTBOUND = 1 / 3
"""The share of operators who phone providers and citizens."""


class Play:
    """A running play. `room`, `traffic` and `problems` show how it goes; the `manager` reads the day's figures."""

    def __init__(self, stage: Stage, plan: Plan, url: str) -> None:
        self._stage, self._plan = stage, plan
        clock = clock_from(stage.settings)
        self.traffic = Traffic()
        self.api = Api(url, self.traffic)
        seats = [self._seat(f"operator{number}") for number in range(1, stage.operators + 1)]
        outbound = math.ceil(len(seats) * OUTBOUND)
        self.room = Room(clock, stage.settings.zone, Operators(seats[outbound:]), Operators(seats[:outbound]))
        self.manager = self._seat("manager1")
        self.began = self.room.now()
        unplayed = {stage.cast.visitor, stage.cast.silent, stage.cast.leaver}
        self._visitor = Firm(self.api, stage.members[stage.cast.visitor].key)
        self._fleet = Fleet(
            url,
            [member for key, member in stage.members.items() if key not in unplayed],
            factor=plan.factor,
            seed=plan.seed,
            now=clock.now,
            say=texts,
            transport=self.traffic.transport,
        )

    def _seat(self, username: str) -> Seat:
        return Seat(self.api, username, self._stage.password)

    @property
    def problems(self) -> Counter[str]:
        """The API's refusals, by code, and the players' own errors, by class."""
        return self.api.problems + self._fleet.counts.problems + self.room.mistakes

    async def totals(self) -> Mapping[str, int]:
        """Return the total volumes of the days of the play, including today, or an empty mapping if the API refuses
        them."""
        days = {"from": f"{self.began:%Y-%m-%d}", "to": f"{self.room.now():%Y-%m-%d}"}
        with suppress(Refused):
            return cast(dict[str, int], (await self.manager.get("/metrics/volumes", **days))["total"])
        return {}

    async def run(self) -> None:
        """Play until the planned hours are over and everybody who called by then is served, or for ever if no hours are
        planned."""
        desk = Desk(self.room, await Catalogue.read(self.manager, self._stage.offered))
        await first_of(self._work(desk), self._take_calls(desk))

    async def _work(self, desk: Desk) -> None:
        """Play everybody except the citizens."""
        stage, room, seed = self._stage, self.room, self._plan.seed
        phone_desk = PhoneDesk(room, stage.members, Random(f"phone-{seed}"))
        callbacks = Callbacks(room, stage.solved_rates, Random(f"callbacks-{seed}"))
        supervisor = Supervisor(room, self._seat("supervisor1"), Random(f"supervisor-{seed}"), stage.left)
        async with room.tasks as tasks:
            phone_desk.resume(stage.phone_jobs)
            for work in (
                self._fleet.run(),
                phone_desk.run(),
                callbacks.run(),
                supervisor.run(),
                self._ask_visitor(desk),
            ):
                tasks.create_task(work)

    async def _ask_visitor(self, desk: Desk) -> None:
        """Keep an offer ready, for ever, for a visitor who signs in as a provider."""
        people, rng = Population(), Random(f"visitor-{self._plan.seed}")
        while True:
            citizen = people.citizen(rng.randrange(1_000))
            call = Call(self.room.now(), ITEM, Channel.PHONE, citizen, Random(rng.getrandbits(64)))
            await self.room.attempt(self._offer_to_visitor(desk, call))
            await asyncio.sleep(LOOK_SECONDS)

    async def _offer_to_visitor(self, desk: Desk, call: Call) -> None:
        """Offer the call's request to the visitor's provider if it has no offer. Make it reachable first if it was
        silent while nobody played it."""
        if (await self._visitor.get("/provider"))["unreachable_why"] == SILENT:
            await self._visitor.patch("/provider/availability", {"reachable": True})
        if not await self._visitor.get("/provider/offers"):
            await desk.offer_to(self._stage.cast.visitor, call)

    async def _take_calls(self, desk: Desk) -> None:
        plan, room = self._plan, self.room
        end = self.began + timedelta(hours=plan.hours) if plan.hours else None
        async with asyncio.TaskGroup() as calls:
            async for call in arrivals(room, plan.scale, plan.seed, end):
                calls.create_task(room.attempt(desk.take(call)))
