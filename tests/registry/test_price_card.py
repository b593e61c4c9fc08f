"""The price card: what the provider proposes and the registrar approves, and its first and last day."""

from datetime import date
from typing import Any

from httpx import AsyncClient

from app.kit.ids import new_id
from app.registry.models import ProviderItem
from tests.registry.applications import apply
from tests.world import DOOR_LOCK, DRAIN, World, ok, refused


async def signed_in(world: World, document: dict[str, Any]) -> AsyncClient:
    key = await ok(world.registrar.post(f"/providers/{document['id']}/keys", json={"label": "前台"}))
    return await world.client(key["key"])


def lines(document: dict[str, Any]) -> list[tuple[int, str, str | None, bool]]:
    return [
        (line["price_fen"], line["valid_from"], line["valid_to"], line["approved_at"] is not None)
        for line in document["items"]
    ]


def fixed(fen: int, **dates: str) -> dict[str, Any]:
    return {"price_kind": "fixed", "price_fen": fen} | dates


async def test_a_proposed_price_applies_only_once_approved(world: World) -> None:
    provider = await apply(world)
    client = await signed_in(world, provider)
    world.advance(days=3)
    await ok(client.put(f"/provider/items/{DOOR_LOCK}/paid", json=fixed(19_000)))
    proposed = await ok(client.put(f"/provider/items/{DOOR_LOCK}/paid", json=fixed(15_000)))
    assert lines(proposed) == [(12_000, "2026-11-24", None, True), (15_000, "2026-11-27", None, False)]
    approval = f"/providers/{provider['id']}/items/{DOOR_LOCK}/paid/approval"
    world.advance(days=2)
    approved = await ok(world.registrar.put(approval))
    assert lines(approved) == [(15_000, "2026-11-29", None, True)]
    assert await ok(world.registrar.put(approval)) == approved
    await refused(client.put(approval), 403, "not_allowed")
    await refused(world.registrar.put(approval.replace("paid", "low_fee")), 404, "not_found")


async def test_only_approved_prices_in_force_are_listed_as_offered(world: World) -> None:
    provider = await world.add_provider()

    async def offered() -> bool:
        found = await ok(world.operator.get("/providers", params={"item": DRAIN, "tier": "low_fee"}))
        return bool(found["items"])

    url = f"/providers/{provider.id}/items/{DRAIN}/low_fee"
    await ok(provider.client.put(f"/provider/items/{DRAIN}/low_fee", json=fixed(6_000)))
    assert not await offered()
    await ok(world.registrar.put(f"{url}/approval"))
    assert await offered()
    world.advance(days=1)
    await ok(world.registrar.delete(url))
    assert not await offered()
    await ok(world.registrar.put(url, json=fixed(6_500, valid_from="2026-11-27")))
    assert not await offered()
    world.advance(days=2)
    assert await offered()


async def test_a_new_price_ends_the_former_the_day_before(world: World) -> None:
    provider = await apply(world)
    url = f"/providers/{provider['id']}/items/{DOOR_LOCK}/paid"
    document = await ok(world.registrar.put(url, json=fixed(14_000, valid_from="2026-12-01")))
    later = (14_000, "2026-12-01", None, True)
    assert lines(document) == [(12_000, "2026-11-24", "2026-11-30", True), later]
    document = await ok(world.registrar.put(url, json=fixed(13_000, valid_to="2026-12-31")))
    assert lines(document) == [(13_000, "2026-11-24", "2026-12-31", True)]
    assert document["version"] == 3


async def test_an_ended_price_held_until_yesterday(world: World) -> None:
    provider = await apply(world)
    client = await signed_in(world, provider)
    url = f"/providers/{provider['id']}/items/{DOOR_LOCK}/paid"
    world.advance(days=4)
    await ok(client.put(f"/provider/items/{DOOR_LOCK}/paid", json=fixed(15_000)))
    assert (await ok(world.registrar.delete(url)))["items"] == []
    await refused(world.registrar.delete(url), 404, "not_found")
    world.advance(days=-1)
    assert lines(await ok(world.registrar.get(f"/providers/{provider['id']}"))) == [
        (12_000, "2026-11-24", "2026-11-27", True)
    ]


async def test_an_item_without_papers_cannot_be_approved(world: World) -> None:
    provider = await apply(world, papers=[], items=[])
    client = await signed_in(world, provider)
    proposed = await ok(client.put(f"/provider/items/{DOOR_LOCK}/paid", json=fixed(15_000)))
    url = f"/providers/{provider['id']}/items/{DOOR_LOCK}/paid"
    problem = await refused(world.registrar.put(f"{url}/approval"), 409, "item_without_papers")
    assert (problem["item"], problem["missing"]) == (DOOR_LOCK, ["lock"])
    await refused(world.registrar.put(url, json=fixed(15_000)), 409, "item_without_papers")
    assert await ok(client.get("/provider")) == proposed


async def test_a_proposal_above_a_cap_lowered_since_is_not_approved(world: World) -> None:
    provider = await world.add_provider()
    async with world.context.db.begin() as tx:
        tx.session.add(
            ProviderItem(
                id=new_id(world.clock.now()),
                provider_id=provider.id,
                item_code=DRAIN,
                tier="low_fee",
                price_kind="fixed",
                price_fen=9_000,
                valid_from=date(2026, 11, 1),
            )
        )
    approval = f"/providers/{provider.id}/items/{DRAIN}/low_fee/approval"
    await refused(world.registrar.put(approval), 422, "price_above_cap")
