"""After any actions in any order, a provider's credit is the sum of its ledger, and its standing follows the credit."""

import random
from datetime import timedelta

import pytest
from httpx import Response
from sqlalchemy import select

from app.credit.models import CreditEntry
from app.credit.rules import rules_in_force
from app.credit.tasks import apply_unanswered, recover_credit
from app.events.models import Event
from app.registry.models import Provider
from app.worker import run_log_steps
from tests.credit.cases import adds_up
from tests.world import DRAIN, SampleProvider, World

pytestmark = pytest.mark.odd_events
STEPS = 50
HAPPENINGS = [
    ("job.arbitrated", {"fault": "provider"}),
    ("job.arbitrated", {"fault": "citizen"}),
    ("job.completed", {"on_time": False}),
    ("provider.unreachable", {"silent_offers": 3}),
]


class Walk:
    """Random steps by everybody who takes part in credit."""

    def __init__(self, world: World, seed: int, providers: list[SampleProvider]) -> None:
        self.world, self.providers, self.random = world, providers, random.Random(seed)

    async def step(self) -> None:
        """Take one random step."""
        await self.random.choice([self._happen, self._happen, self._speak, self._decide, self._pass_time])()
        assert await adds_up(self.world)

    async def _happen(self) -> None:
        kind, data = self.random.choice(HAPPENINGS)
        provider = self.random.choice(self.providers)
        async with self.world.context.db.begin() as tx:
            now = self.world.clock.now()
            tx.session.add(Event(at=now, kind=kind, provider_id=provider.id, actor_kind="system", data=data))
        await run_log_steps(self.world.context)

    async def _entry(self) -> tuple[CreditEntry, SampleProvider] | None:
        async with self.world.context.db.begin() as tx:
            entries = (await tx.session.execute(select(CreditEntry).order_by(CreditEntry.id))).scalars().all()
        if not entries:
            return None
        entry = self.random.choice(entries)
        return entry, next(provider for provider in self.providers if provider.id == entry.provider_id)

    async def _speak(self) -> None:
        if found := await self._entry():
            entry, provider = found
            step = self.random.choice(["reply", "appeal"])
            self._check(await provider.client.put(f"/provider/credit/{entry.id}/{step}", json={"text": "请核实"}))

    async def _decide(self) -> None:
        if found := await self._entry():
            body = {"note": "已核实", self.random.choice(["apply", "granted"]): self.random.random() < 0.5}
            step = "decision" if "apply" in body else "appeal-decision"
            self._check(await self.world.registrar.put(f"/credit/entries/{found[0].id}/{step}", json=body))

    async def _pass_time(self) -> None:
        self.world.clock.advance(timedelta(days=self.random.choice([1, 3, 8, 35])))
        await apply_unanswered(self.world.context)
        await recover_credit(self.world.context)

    def _check(self, response: Response) -> None:
        assert response.is_success or response.status_code == 409, response.text


@pytest.mark.parametrize("seed", range(2))
async def test_the_ledger_adds_up(world: World, seed: int) -> None:
    walk = Walk(world, seed, [await world.add_provider(DRAIN) for _ in range(2)])
    for _ in range(STEPS):
        await walk.step()
    async with world.context.db.begin() as tx:
        limits = (await rules_in_force(tx)).thresholds
        providers = (await tx.session.execute(select(Provider))).scalars().all()
        entries = (await tx.session.execute(select(CreditEntry))).scalars().all()
    assert len(entries) > 5
    assert any(entry.effect < 0 for entry in entries)
    for provider in providers:
        if provider.credit < limits.suspend_below:
            assert provider.standing == "suspended"
        elif provider.credit < limits.watch_below:
            assert provider.standing in ("watch", "suspended")
        elif provider.credit >= limits.active_from:
            assert provider.standing == "active"
