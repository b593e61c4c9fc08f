"""A creation or step whose answer was lost is repeated under its Idempotency-Key, and nothing happens twice."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from app.kit.idempotency import IdempotencyKey
from app.registry.models import ReachedBy
from tests.world import DRAIN, World, decoded, ok, refused

CONTACT = {"purpose": "progress", "phone": "13957412345", "note": "问进度"}


async def _request_id(world: World) -> str:
    return str((await world.create()).json()["request"]["id"])


async def _twice(client: AsyncClient, url: str, body: Any) -> Any:
    """Send the same creation twice under one key. Return the answer, which must be the same both times."""
    first, again = [await ok(client.post(url, json=body, headers={"Idempotency-Key": "lost-answer"})) for _ in range(2)]
    assert first == again
    return first


async def test_a_repeated_contact_is_recorded_once(world: World) -> None:
    url = f"/requests/{await _request_id(world)}/contacts"
    before = len(await ok(world.operator.get(url)))
    await _twice(world.operator, url, CONTACT)
    assert len(await ok(world.operator.get(url))) == before + 1
    headers = {"Idempotency-Key": "lost-answer"}
    other = world.operator.post(url, json=CONTACT | {"note": "别的事"}, headers=headers)
    await refused(other, 422, "key_reused")


async def test_a_repeated_key_creation_returns_the_same_secret(world: World) -> None:
    provider = await world.add_provider()
    made = await _twice(world.registrar, f"/providers/{provider.id}/keys", {"label": "手机"})
    assert (await ok((await world.client(made["key"])).get("/provider")))["id"] == str(provider.id)
    async with world.context.db.begin() as tx:
        kept = await tx.driver.fetchval(f"SELECT answer FROM {IdempotencyKey.__tablename__}")
    assert made["key"].encode() not in kept


async def test_a_repeated_statement_link_is_the_same_link(world: World) -> None:
    provider = await world.add_provider()
    made = await _twice(world.operator, f"/providers/{provider.id}/statement-links", {"month": "2026-11"})
    assert len((await ok(world.operator.get(f"/providers/{provider.id}/statement-links")))["items"]) == 1
    assert (await world.anonymous.get(made["path"].removeprefix("/api/v1"))).is_success


async def test_a_repeated_pick_makes_one_offer(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    offered = await _twice(
        world.operator, f"/requests/{await _request_id(world)}/offers", {"provider_id": str(provider.id)}
    )
    assert [offer["id"] for offer in await ok(provider.client.get("/provider/offers"))] == [offered["offers"][0]["id"]]


async def test_a_repeated_surge_start_does_not_restart_an_ended_surge(world: World) -> None:
    headers, body = {"Idempotency-Key": "s"}, {"reason": "台风"}
    begun = await ok(world.supervisor.post("/surges", json=body, headers=headers))
    await ok(world.supervisor.put(f"/surges/{begun['id']}/end"))
    await ok(world.supervisor.post("/surges", json=body, headers=headers))
    assert len((await ok(world.supervisor.get("/surges", params={"all": True})))["items"]) == 1


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_of_another_length_is_refused(world: World, key: str) -> None:
    url = f"/requests/{await _request_id(world)}/contacts"
    await refused(world.operator.post(url, json=CONTACT, headers={"Idempotency-Key": key}), 422, "key_invalid")


async def _step_twice(call: Any, url: str, **facts: Any) -> Any:
    """Send the same step twice under one key. Return the answer, which must be the same both times."""
    headers = facts.pop("headers", {}) | {"Idempotency-Key": f"{call.__name__} {url}"}
    first, again = [await call(url, headers=headers, **facts) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    return decoded(again)


async def _kinds(world: World, request_id: str) -> list[str]:
    return [event["kind"] for event in await ok(world.operator.get(f"/requests/{request_id}/events"))]


async def test_steps_are_repeatable_under_a_key_even_where_repeating_conflicts(world: World) -> None:
    about = f"/requests/{(request_id := await _request_id(world))}"
    operator = world.operator
    until = (world.clock.now() + timedelta(hours=2)).isoformat()
    await _step_twice(operator.put, f"{about}/hold", json={"cause": "citizen", "reason": "出门了", "until": until})
    resumed = await _step_twice(operator.delete, f"{about}/hold")
    assert resumed["status"] == "received"
    mended = {"address": "澄浪路 9 号", "reason": "听错了"}
    corrected = await _step_twice(operator.patch, about, json=mended, headers={"If-Match": f'"{resumed["version"]}"'})
    assert corrected["version"] == resumed["version"] + 1
    await _step_twice(operator.put, f"{about}/relay", json={"to": "12345", "outside_number": "8-1"})
    await _step_twice(operator.put, f"{about}/closure", json={"note": "已转办"})
    kinds = await _kinds(world, request_id)
    steps = ("held", "resumed", "corrected", "relayed", "closed")
    assert [kinds.count(f"request.{step}") for step in steps] == [1] * 5


async def test_a_late_retry_under_its_key_undoes_nothing(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    url = f"/providers/{provider.id}/availability"
    late = {"Idempotency-Key": "paused at noon"}
    await ok(world.operator.patch(url, json={"reachable": False}, headers=late))
    await ok(world.operator.patch(url, json={"reachable": True}))
    await ok(world.operator.patch(url, json={"reachable": False}, headers=late))
    assert (await ok(world.operator.get(f"/providers/{provider.id}")))["reachable"] is True


async def test_a_repeated_no_answer_counts_one_attempt(world: World) -> None:
    await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    request_id = (await world.dispatch())["request"]["id"]
    offer = await ok(world.operator.post("/offers/to-phone/next"))
    assert await _step_twice(world.operator.put, f"/offers/{offer['id']}/no-answer") is None
    assert (await _kinds(world, request_id)).count("offer.not_answered") == 1


async def test_a_refused_step_may_be_retried_under_its_key(world: World) -> None:
    about, headers = f"/requests/{await _request_id(world)}", {"Idempotency-Key": "k"}
    await refused(world.operator.delete(f"{about}/hold", headers=headers), 409, "status_conflict")
    until = (world.clock.now() + timedelta(hours=2)).isoformat()
    await ok(world.operator.put(f"{about}/hold", json={"cause": "citizen", "reason": "出门了", "until": until}))
    assert (await ok(world.operator.delete(f"{about}/hold", headers=headers)))["status"] == "received"


async def test_a_key_cannot_be_reused_for_another_step(world: World) -> None:
    about, headers = f"/requests/{await _request_id(world)}", {"Idempotency-Key": "k"}
    await ok(world.operator.put(f"{about}/relay", json={"to": "12345"}, headers=headers))
    await refused(world.operator.put(f"{about}/closure", json={"note": "好"}, headers=headers), 422, "key_reused")
