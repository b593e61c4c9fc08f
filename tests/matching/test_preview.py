"""Previews of matching for a recorded or imagined request under any policy, and the decisions afterwards."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from app.intake.models import UnmatchedReason
from app.registry.models import ProviderKind, Rung
from tests.matching.test_policies import draft
from tests.world import DRAIN, NANMEN, World, ok, refused

LADDER = [{"rung": Rung.STREET_CENTRE, "timeout_seconds": 600}, {"rung": Rung.VOLUNTEERS, "timeout_seconds": 900}]


async def preview(world: World, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await ok(world.operator.post("/matching/preview", json=asked))
    return answer


async def test_a_request_can_be_previewed_under_another_version(world: World) -> None:
    near = await world.add_provider(DRAIN)
    far = await world.add_provider(DRAIN, point=(29.80, 121.40))
    strict = await ok(world.supervisor.post("/policies", json=draft(radius_km=5)))
    await ok(world.supervisor.post("/policies", json=draft()))
    created = (await ok(world.create(DRAIN)))["request"]
    now_in_force = await preview(world, request_id=created["id"])
    assert {c["provider_id"] for c in now_in_force["candidates"]} == {str(near.id), str(far.id)}
    what_if = await preview(world, request_id=created["id"], policy_version=strict["version"])
    assert what_if["policy_version"] == strict["version"]
    assert [c["provider_id"] for c in what_if["candidates"]] == [str(near.id)]
    [rejected] = what_if["rejected"]
    assert (rejected["provider_id"], rejected["reason"]) == (str(far.id), "too_far")
    assert await ok(world.operator.get(f"/requests/{created['id']}/offers")) == []


async def test_a_closed_provider_shows_when_it_opens(world: World) -> None:
    item = "PE04"  # the same day
    await world.add_provider(item, hours=(time(8), time(20)))
    await world.add_provider(item)
    world.clock.moment = datetime(2026, 11, 24, 13, tzinfo=UTC)  # at night, in Ningbo
    shown = (await preview(world, item=item, area=NANMEN))["candidates"]
    assert sorted((one["open_now"], one["opens_at"]) for one in shown) == [
        (False, "2026-11-25T00:00:00Z"), (True, None),
    ]  # fmt: skip


async def test_the_rung_asked_now_is_shown(world: World) -> None:
    await world.add_provider(DRAIN, tiers=("free",), kind=ProviderKind.VOLUNTEER_TEAM)
    company = await world.add_provider(DRAIN, tiers=("free",), kind=ProviderKind.COMPANY)
    policy = await ok(world.supervisor.post("/policies", json=draft(ladder=LADDER)))
    answer = await preview(world, item=DRAIN, area=NANMEN, tier="free")
    assert (answer["rung"], answer["surge"]) == ("volunteers", False)
    assert [c["rung"] for c in answer["candidates"]] == ["volunteers"]
    assert [(r["provider_id"], r["reason"]) for r in answer["rejected"]] == [(str(company.id), "not_on_ladder")]
    station = await world.add_provider(DRAIN, tiers=("free",), kind=ProviderKind.PUBLIC_BODY, rung=Rung.STREET_CENTRE)
    assert (await preview(world, item=DRAIN, area=NANMEN, tier="free"))["rung"] == "street_centre"
    chosen = await preview(world, item=DRAIN, area=NANMEN, tier="free", chosen_provider_id=str(station.id))
    assert chosen["rung"] is None
    without_ladder = await ok(world.supervisor.post("/policies", json=draft()))
    assert (await preview(world, item=DRAIN, area=NANMEN, tier="free"))["rung"] is None
    assert without_ladder["version"] > policy["version"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"item": "XX99", "area": NANMEN}, 422, "unknown_item"),
        ({"item": DRAIN, "area": "999999999"}, 422, "unknown_area"),
        ({"item": DRAIN, "area": NANMEN, "policy_version": 2_000_000_000}, 404, "not_found"),
        ({"request_id": "00000000-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({"item": DRAIN}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
        ({"request_id": "00000000-0000-7000-8000-000000000000", "item": DRAIN}, 422, "invalid_input"),
        ({"item": DRAIN, "area": NANMEN, "wanted_from": "2026-11-25T09:00:00+08:00"}, 422, "invalid_input"),
    ],
)
async def test_an_invalid_preview_is_refused(world: World, asked: dict[str, Any], status: int, code: str) -> None:
    await refused(world.operator.post("/matching/preview", json=asked), status, code)


async def test_decisions_are_kept_as_they_were_made(world: World) -> None:
    good = await world.add_provider(DRAIN)
    full = await world.add_provider(DRAIN, capacity=0)
    created = await world.dispatch(DRAIN)
    url = f"/requests/{created['request']['id']}/decisions"
    [first] = (await ok(world.operator.get(url)))["items"]
    [offer] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    assert first["ranked"] == [{"provider_id": str(good.id), "total": offer["scores"]["total"]}]
    assert first["rejected"] == [
        {"provider_id": str(full.id), "reason": "full", "zh": UnmatchedReason.FULL.zh, "en": UnmatchedReason.FULL.en}
    ]
    assert (first["policy_version"], first["tier"], first["rung"]) == (offer["policy_version"], "paid", None)
    world.advance(minutes=1)
    other = await world.add_provider(DRAIN)
    await ok(good.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
    await world.work()
    page = await ok(world.operator.get(url, params={"limit": 1}))
    assert page["items"] == [first]
    [second] = (await ok(world.operator.get(url, params={"limit": 1, "cursor": page["next"]})))["items"]
    assert [each["provider_id"] for each in second["ranked"]] == [str(other.id)]
    assert {each["provider_id"]: each["reason"] for each in second["rejected"]} == {
        str(good.id): "tried_before",
        str(full.id): "full",
    }


async def test_decisions_of_an_unknown_request_are_not_found(world: World) -> None:
    await refused(world.operator.get("/requests/00000000-0000-7000-8000-000000000000/decisions"), 404, "not_found")
