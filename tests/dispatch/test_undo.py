"""A dispatch that is undone within seconds leaves no trace in figures or records."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, text

from app.events.models import Event
from app.registry.models import ReachedBy
from tests.world import DOOR_LOCK, DRAIN, World, ok, refused

KEPT = "provider_days", "provider_windows", "provider_item_months"


async def figures(world: World) -> dict[str, Any]:
    """Return everything that is counted, for the centre and for providers, without rows of zeroes."""
    day = world.clock.now().astimezone(world.context.settings.zone).date().isoformat()
    span = {"from": day, "to": day}
    found: dict[str, Any] = {
        by: await ok(world.manager.get("/metrics/volumes", params=span | {"by": by}))
        for by in ("day", "hour", "kind", "township", "tier", "channel")
    }
    found["fulfilment"] = await ok(world.manager.get("/metrics/fulfilment", params=span))
    found["day sheet"] = await ok(world.manager.get("/metrics/day", params={"day": day}))
    for one in found.values():
        if "rows" in one:
            one["rows"] = [row for row in one["rows"] if any(v for v in row.values() if isinstance(v, int))]
    async with world.context.db.autocommit() as tx:
        for table in KEPT:
            rows = (await tx.session.execute(text(f"SELECT * FROM {table}"))).mappings().all()
            counts = [{k: v for k, v in row.items() if v and k != "first_day"} for row in rows]
            found[table] = sorted((row for row in counts if any(isinstance(v, int) for v in row.values())), key=str)
        found["open jobs"] = (
            await tx.session.execute(text("SELECT id, open_jobs, credit FROM providers ORDER BY id"))
        ).all()
        found["credit"] = (await tx.session.execute(text("SELECT count(*) FROM credit_entries"))).scalar_one()
    return found


async def undo(world: World, request_id: str) -> Any:
    return await ok(world.operator.put(f"/requests/{request_id}/undo"))


@pytest.mark.parametrize("answered", ["", "acceptance", "refusal"])
@pytest.mark.parametrize("rolled_up", [False, True])
async def test_an_undone_dispatch_changes_no_figure(world: World, answered: str, rolled_up: bool) -> None:
    provider = await world.add_provider(DRAIN)
    other = await world.dispatch(DRAIN)
    await ok(provider.client.put(f"/provider/offers/{other['offers'][0]['id']}/acceptance"))
    await world.work()
    before = await figures(world)
    made = await world.dispatch(DRAIN)
    if answered:
        body = {"reason": "busy"} if answered == "refusal" else None
        await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/{answered}", json=body))
    assert await figures(world) != before
    if rolled_up:
        await world.work()
    world.advance(seconds=10)
    undone = await undo(world, made["request"]["id"])
    assert (undone["status"], undone["undone"], undone["cancel_reason"]) == ("cancelled", True, "undone")
    assert await figures(world) == before
    await world.work()
    assert await figures(world) == before
    assert await undo(world, made["request"]["id"]) == undone


@pytest.mark.parametrize("seed", range(3))
async def test_undoing_a_random_dispatch_restores_all_figures(world: World, seed: int) -> None:
    day = Random(seed)
    providers = {
        str(provider.id): provider for provider in [await world.add_provider(DRAIN, capacity=2) for _ in range(3)]
    }

    async def one(answers: Sequence[str]) -> str:
        """Dispatch a request that its providers answer at random; return its id."""
        made = await world.dispatch(DRAIN, phone=f"139{day.randrange(10**8):08d}")
        offers = {str(offer["provider_id"]): offer["id"] for offer in made["offers"]}
        for provider, offer in offers.items():
            said = day.choice(answers)
            body = {"reason": "busy"} if said == "refusal" else None
            if said:
                await providers[provider].client.put(f"/provider/offers/{offer}/{said}", json=body)
        if day.random() < 0.5:
            await world.work()
        return str(made["request"]["id"])

    for _ in range(8):
        if day.random() < 0.5:
            await one(["", "acceptance", "refusal"])
            world.advance(seconds=day.randrange(200))
            await world.work()
        else:
            await world.work()
            before = await figures(world)
            mistake = await one(["", "acceptance", "refusal"])
            await undo(world, mistake)
            assert await figures(world) == before
            await world.work()
            assert await figures(world) == before


async def test_undo_is_refused_after_ten_seconds_of_the_centres_clock(world: World) -> None:
    await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    until = datetime.fromisoformat(made["undo_until"])
    assert (until - world.clock.now()).total_seconds() == 10
    world.advance(seconds=11)
    problem = await refused(world.operator.put(f"/requests/{made['request']['id']}/undo"), 409, "undo_over")
    assert "10" in problem["title"]
    await ok(world.operator.put(f"/requests/{made['request']['id']}/cancellation", json={"reason": "打错了"}))
    await refused(world.operator.put(f"/requests/{made['request']['id']}/undo"), 409, "undo_over")


async def test_only_a_first_dispatch_that_nobody_has_started_can_be_undone(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    kept = (await ok(world.create(DRAIN)))["request"]["id"]
    await refused(world.operator.put(f"/requests/{kept}/undo"), 409, "not_undoable")
    made = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await refused(world.operator.put(f"/requests/{made['request']['id']}/undo"), 409, "not_undoable")
    await refused(provider.client.put(f"/requests/{made['request']['id']}/undo"), 403, "not_allowed")
    typed = (await world.dispatch(DRAIN))["request"]["id"]
    await ok(world.operator.put(f"/requests/{typed}/cancellation", json={"reason": "undone"}))
    assert (await ok(world.operator.get(f"/requests/{typed}")))["undone"] is False


async def test_providers_that_saw_the_offer_are_notified_that_it_was_a_mistake(world: World) -> None:
    asked = await world.add_provider(DRAIN)
    phoned = await world.add_provider(DOOR_LOCK, reached_by=ReachedBy.PHONE)
    made = await world.dispatch(DRAIN)
    unheard = await world.dispatch(DOOR_LOCK)
    await undo(world, made["request"]["id"])
    await undo(world, unheard["request"]["id"])
    [notice] = (await ok(asked.client.get("/provider/notices")))["items"]
    assert notice["kind"] == "request_undone"
    assert str(made["request"]["number"]) in notice["zh"]
    assert (await ok(phoned.client.get("/provider/notices")))["items"] == []
    assert await ok(asked.client.get("/provider/offers")) == []
    problem = await refused(
        asked.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"), 409, "offer_withdrawn"
    )
    assert problem["reason"] == "undone"
    query = select(Event.kind, Event.data).where(Event.request_id == made["request"]["id"]).order_by(Event.id)
    async with world.context.db.autocommit() as tx:
        told = {kind: data.get("reason") for kind, data in await tx.session.execute(query)}
    assert told["offer.withdrawn"] == told["request.cancelled"] == "undone"


async def test_an_undone_dispatch_is_in_no_providers_decisions(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    assert len((await ok(provider.client.get("/provider/decisions")))["items"]) == 1
    await undo(world, made["request"]["id"])
    assert (await ok(provider.client.get("/provider/decisions")))["items"] == []
