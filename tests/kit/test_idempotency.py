"""A creation whose answer was lost is asked for again under its Idempotency-Key: nothing happens twice."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.kit.idempotency import IdempotencyKey
from tests.world import DRAIN, World, ok, refused

CONTACT = {"purpose": "progress", "phone": "13957412345", "note": "问进度"}


async def _request_id(world: World) -> str:
    return str((await world.create()).json()["request"]["id"])


async def _twice(client: AsyncClient, url: str, body: Any) -> Any:
    """The answer to the same creation sent twice under one key, which must be the same answer."""
    first, again = [await ok(client.post(url, json=body, headers={"Idempotency-Key": "lost-answer"})) for _ in range(2)]
    assert first == again
    return first


async def test_a_contact_is_noted_once(world: World) -> None:
    url = f"/requests/{await _request_id(world)}/contacts"
    before = len(await ok(world.operator.get(url)))
    await _twice(world.operator, url, CONTACT)
    assert len(await ok(world.operator.get(url))) == before + 1
    headers = {"Idempotency-Key": "lost-answer"}
    other = world.operator.post(url, json=CONTACT | {"note": "别的事"}, headers=headers)
    await refused(other, 422, "key_reused")


async def test_a_key_made_again_has_the_secret_that_signs_in(world: World) -> None:
    firm = await world.add_provider()
    made = await _twice(world.registrar, f"/providers/{firm.id}/keys", {"label": "手机"})
    assert (await ok((await world.client(made["key"])).get("/provider")))["id"] == str(firm.id)
    async with world.context.db.begin() as tx:
        kept = await tx.driver.fetchval(f"SELECT answer FROM {IdempotencyKey.__tablename__}")
    assert made["key"].encode() not in kept


async def test_a_statement_link_made_again_is_the_same_link(world: World) -> None:
    firm = await world.add_provider()
    made = await _twice(world.operator, f"/providers/{firm.id}/statement-links", {"month": "2026-11"})
    assert len((await ok(world.operator.get(f"/providers/{firm.id}/statement-links")))["items"]) == 1
    assert (await world.anonymous.get(made["path"].removeprefix("/api/v1"))).is_success


async def test_an_operators_pick_is_offered_once(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    offered = await _twice(
        world.operator, f"/requests/{await _request_id(world)}/offers", {"provider_id": str(firm.id)}
    )
    assert [offer["id"] for offer in await ok(firm.client.get("/provider/offers"))] == [offered["offers"][0]["id"]]


async def test_a_surge_that_was_ended_does_not_begin_again(world: World) -> None:
    headers, body = {"Idempotency-Key": "s"}, {"reason": "台风"}
    begun = await ok(world.supervisor.post("/surges", json=body, headers=headers))
    await ok(world.supervisor.put(f"/surges/{begun['id']}/end"))
    await ok(world.supervisor.post("/surges", json=body, headers=headers))
    assert len((await ok(world.supervisor.get("/surges", params={"all": True})))["items"]) == 1


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_of_another_length_is_refused(world: World, key: str) -> None:
    url = f"/requests/{await _request_id(world)}/contacts"
    await refused(world.operator.post(url, json=CONTACT, headers={"Idempotency-Key": key}), 422, "key_invalid")
