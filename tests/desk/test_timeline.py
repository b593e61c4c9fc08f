"""A request's history in one list, with what was said at each point."""

from datetime import timedelta

from app.registry.models import ReachedBy
from tests.world import DRAIN, World, ok

PHONE = "13957412345"


async def test_the_timeline_lists_every_step_once_with_actor_and_words(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    made = await world.dispatch()
    request, offer = made["request"]["id"], made["offers"][0]["id"]
    world.advance(minutes=2)
    ask = {"purpose": "progress", "phone": PHONE, "note": "什么时候能来"}
    await ok(world.operator.post(f"/requests/{request}/contacts", json=ask))
    job = await ok(world.operator.put(f"/offers/{offer}/acceptance"))
    world.advance(minutes=10)
    await ok(world.operator.put(f"/jobs/{job['id']}/start"))
    until = (world.clock.now() + timedelta(days=3)).isoformat()
    more = {"until": until, "reason": "要等配件"}
    await ok(world.operator.put(f"/jobs/{job['id']}/extension", json=more))
    world.advance(minutes=10)
    await ok(world.operator.put(f"/jobs/{job['id']}/return", json={"reason": "no_parts", "note": "配件缺货"}))

    items = (await ok(world.operator.get(f"/requests/{request}/timeline")))["items"]

    kinds = [one["kind"] for one in reversed(items)]
    assert kinds[:8] == [
        "request.created",
        "request.dispatched",
        "offer.made",
        "request.contacted",
        "offer.accepted",
        "job.started",
        "extension.asked",
        "job.returned",
    ]
    said = {one["kind"]: one["words"] for one in items if one["words"]}
    assert said == {"request.contacted": "什么时候能来", "extension.asked": "要等配件", "job.returned": "配件缺货"}
    asked = next(one for one in items if one["kind"] == "request.contacted")
    assert (asked["channel"], asked["phone"], asked["actor_kind"]) == ("phone", "139****2345", "staff")
    started = next(one for one in items if one["kind"] == "job.started")
    assert (started["on_behalf"], started["provider_name"], bool(started["actor_name"])) == (True, provider.name, True)


async def test_it_pages_and_ends(world: World) -> None:
    await world.add_provider(DRAIN)
    request = (await world.dispatch())["request"]["id"]
    whole = (await ok(world.operator.get(f"/requests/{request}/timeline")))["items"]
    first = await ok(world.operator.get(f"/requests/{request}/timeline", params={"limit": 2}))
    rest = await ok(world.operator.get(f"/requests/{request}/timeline", params={"limit": 200, "cursor": first["next"]}))
    assert first["items"] + rest["items"] == whole
    assert rest["next"] is None


async def test_a_contact_about_a_merged_request_is_on_its_parents_timeline(world: World) -> None:
    parent = (await ok(world.create(DRAIN)))["request"]
    child = (await ok(world.create(DRAIN, phone="13800574128")))["request"]
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    world.advance(minutes=1)
    ask = {"purpose": "change", "phone": "13800574128", "note": "改到下午"}
    await ok(world.operator.post(f"/requests/{child['id']}/contacts", json=ask))

    for one in (parent, child):
        latest = (await ok(world.operator.get(f"/requests/{one['id']}/timeline")))["items"][0]
        assert (latest["kind"], latest["words"]) == ("request.contacted", "改到下午")
        assert latest["data"]["about_number"] == child["number"]
