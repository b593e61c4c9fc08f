"""Helpers for credit tests: jobs returned through the provider's own fault, and the resulting ledger."""

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy import func, select

from app.credit.models import CreditEntry
from app.registry.models import FULL_CREDIT, Provider
from tests.world import DRAIN, SampleProvider, World, ok

NINGBO = ZoneInfo("Asia/Shanghai")


def ningbo(month: int, day: int, hour: int = 10) -> datetime:
    """Return a moment of 2026 in the centre's time zone. Tests begin on Tuesday, 24 November, at 10:00."""
    return datetime(2026, month, day, hour, tzinfo=NINGBO).astimezone(UTC)


async def give_back(world: World, provider: SampleProvider, fault: str = "provider", **facts: Any) -> dict[str, Any]:
    """Have the provider return a started job and a supervisor record the fault. Return the request."""
    made = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id), **facts)
    [offer] = made["offers"]
    job = await ok(world.operator.put(f"/offers/{offer['id']}/acceptance"))
    await ok(world.operator.put(f"/jobs/{job['id']}/start"))
    await ok(world.operator.put(f"/jobs/{job['id']}/return", json={"reason": "no_staff", "note": "师傅临时请假"}))
    finding = {"fault": fault, "note": "已电话核实双方说法"}
    await ok(world.supervisor.put(f"/jobs/{job['id']}/arbitration", json=finding))
    await world.work()
    return cast(dict[str, Any], made["request"])


async def ledger(provider: SampleProvider) -> dict[str, Any]:
    """Return the provider's credit and entries."""
    return cast(dict[str, Any], await ok(provider.client.get("/provider/credit")))


async def proposed(world: World, provider: SampleProvider) -> dict[str, Any]:
    """Propose a deduction of 6 points. Return the entry."""
    request = await give_back(world, provider)
    for _ in range(200):  # another worker may be processing it
        for entry in (await ledger(provider))["items"]:
            if entry["request_id"] == request["id"]:
                return cast(dict[str, Any], entry)
        await world.work()
    raise AssertionError("no entry came of the return")


async def say(client: AsyncClient, url: str, text: str = "当天师傅突发疾病，已提前说明") -> dict[str, Any]:
    """Send a reply or an appeal."""
    return cast(dict[str, Any], await ok(client.put(url, json={"text": text})))


async def adds_up(world: World) -> bool:
    """Return whether every provider's credit is the sum of its ledger."""
    effects = select(func.coalesce(func.sum(CreditEntry.effect), 0)).where(CreditEntry.provider_id == Provider.id)
    query = select(Provider.credit, effects.scalar_subquery())
    async with world.context.db.begin() as tx:
        return all(
            credit == FULL_CREDIT + effect and 0 <= credit <= FULL_CREDIT
            for credit, effect in (await tx.session.execute(query)).all()
        )
