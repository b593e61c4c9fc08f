"""Providers without software: operators phone them with offers, and they phone back on arrival and on completion."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from app.demo.api import Seat
from app.demo.pace import spend, until
from app.demo.room import Room
from app.sample import texts
from hotline_provider.behaviour import Answer, Member, decide, plan, quote_fen
from hotline_provider.models import Job

RECHECK_SECONDS = 15
TALK_SECONDS = (15, 45)
USUAL_PRICE_FEN = 10_000
"""The starting price, in fen, of a job accepted before the play began."""


class PhoneDesk:
    """Operators who phone providers. `providers` gives each one's behaviour by its id."""

    def __init__(self, room: Room, providers: Mapping[UUID, Member], rng: Random) -> None:
        self._room = room
        self._providers = providers
        self._rng = rng

    async def run(self) -> None:
        """Phone the next provider whenever an operator is free, for ever."""
        await self._room.serve("/offers/to-phone/next", self.phone, RECHECK_SECONDS)

    def resume(self, jobs: Iterable[UUID]) -> None:
        """Let the providers continue these jobs, which they had accepted before the play began."""
        for job_id in jobs:
            self._room.spawn(self._go_on(job_id))

    async def _go_on(self, job_id: UUID) -> None:
        async with self._room.outbound.one() as operator:
            job = await operator.get(f"/jobs/{job_id}")
        if UUID(job["provider_id"]) in self._providers:
            await self._work(job, USUAL_PRICE_FEN)

    async def phone(self, operator: Seat, offer: dict[str, Any]) -> None:
        """Phone the provider with the offer. If it accepts, it starts work and phones back later."""
        await self._talk()
        path, provider = f"/offers/{offer['id']}", self._providers.get(UUID(offer["provider_id"]))
        match decide(provider, self._rng).answer if provider else Answer.IGNORE:
            case Answer.IGNORE:
                await operator.put(f"{path}/no-answer")
            case Answer.DECLINE:
                reason, note = texts.decline(offer["item_code"], self._rng)
                await operator.put(f"{path}/refusal", {"reason": reason, "note": note})
            case Answer.ACCEPT:
                job = await operator.put(f"{path}/acceptance")
                self._room.spawn(self._work(job, offer["price_fen"]))

    async def _work(self, facts: dict[str, Any], starting_fen: int) -> None:
        """Play the job as its provider reports it by phone."""
        job, path, rng = Job.model_validate(facts), f"/jobs/{facts['id']}", self._rng
        planned = plan(self._providers[UUID(facts["provider_id"])], job, self._room.clock.now(), rng)
        if job.status == "accepted":
            await until(self._room.clock, planned.arrive)
            async with self._room.outbound.one() as operator:
                await self._talk()
                if planned.gives_back:
                    reason, note = texts.give_back(job.item_code, rng)
                    await operator.put(f"{path}/return", {"reason": reason, "note": note})
                    return
                await operator.put(f"{path}/start")
        await until(self._room.clock, planned.finish)
        async with self._room.outbound.one() as operator:
            await self._talk()
            amount = job.agreed_fen
            if amount is None:
                amount = quote_fen(job, starting_fen, rng)
                await operator.put(f"{path}/quote", {"amount_fen": amount, "agreed_on_site": True})
            result = texts.result(job.item_code, rng)
            await operator.put(f"{path}/completion", {"result": result, "amount_fen": amount})

    async def _talk(self) -> None:
        await spend(self._room.clock, self._rng.uniform(*TALK_SECONDS))
