"""An event that a step of the log cannot process is skipped, retried, set aside, shown and released."""

from typing import Any
from uuid import UUID

import pytest

from app.kit.steps import RETRY_SECONDS
from tests.credit.cases import give_back
from tests.world import DRAIN, SampleProvider, World, ok

pytestmark = pytest.mark.odd_events
SPOILT = {
    "make_entries": ("callback.done", '{"callback_id": "no uuid"}'),
    "roll_up_volumes": ("job.completed", '{"amount_fen": "very much"}'),
}
"""By the step that cannot process it."""


async def spoil(world: World, request_id: str, provider: SampleProvider) -> dict[str, int]:
    async with world.context.db.begin() as tx:
        return {
            step: await tx.driver.fetchval(
                "INSERT INTO events (at, kind, request_id, provider_id, actor_kind, data)"
                " VALUES ($1, $2, $3, $4, 'system', $5::jsonb) RETURNING id",
                world.clock.now(), kind, UUID(request_id), provider.id, data,
            )
            for step, (kind, data) in SPOILT.items()
        }  # fmt: skip


async def mend(world: World, events: dict[str, int]) -> None:
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE events SET data = '{}' WHERE id = ANY ($1)", list(events.values()))


async def set_aside(world: World) -> dict[str, dict[str, Any]]:
    shown = await ok(world.supervisor.get("/supervision/worker"))
    return {one["step"]: one for one in shown["set_aside"]}


async def returned(world: World) -> tuple[int, int, int]:
    """Return what figures and ledger show: counted returns, counted completions, entries."""
    async with world.context.db.begin() as tx:
        row = await tx.driver.fetchrow(
            "SELECT sum(returned)::int, sum(completed)::int, (SELECT count(*)::int FROM credit_entries)"
            " FROM daily_volumes"
        )
    assert row is not None
    return row[0] or 0, row[1] or 0, row[2]


async def test_later_events_are_processed_behind_a_poison_event(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=9)
    [offer] = (await world.dispatch(phone="13800000009"))["offers"]
    await world.complete(
        provider, offer["id"]
    )  # with a callback there is a row to compare the spoilt id with, whatever the plan
    await world.work()
    returns, completions, entries = await returned(world)
    first = await give_back(world, provider)
    events = await spoil(world, first["id"], provider)
    await give_back(world, provider)
    expected = (returns + 2, completions, entries + 2)
    assert await returned(world) == expected, "what came before and behind was dealt with, once"

    for seconds in RETRY_SECONDS:
        assert await set_aside(world) == {}
        world.advance(seconds=seconds)
        await world.work()
    shown = await set_aside(world)
    assert {step: UUID(one["subject_id"]).int for step, one in shown.items()} == events
    assert {one["tries"] for one in shown.values()} == {len(RETRY_SECONDS) + 1}
    assert "uuid" in shown["make_entries"]["error"]

    await mend(world, events)
    for step, one in shown.items():
        await ok(world.supervisor.put(f"/supervision/worker/{step}/{one['subject_id']}/release"))
    await world.work()
    await world.work()
    assert await set_aside(world) == {}
    assert await returned(world) == (returns + 2, completions + 1, entries + 2), "released, it counts, and once"
