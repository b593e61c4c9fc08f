"""Clocks turn yellow and red, each once, and the supervisor sees it."""

from datetime import timedelta
from typing import Any

from app.intake.models import UnmatchedReason
from tests.world import CLEANING, DRAIN, World, ok


async def alarms(world: World, request_id: str) -> list[tuple[str, str]]:
    """Return level and clock of the request's alarms so far."""
    events = await ok(world.operator.get(f"/requests/{request_id}/events"))
    kinds = {"clock.yellow": "yellow", "clock.red": "red"}
    return [(kinds[event["kind"]], event["data"]["clock"]) for event in events if event["kind"] in kinds]


async def queue(world: World, **wanted: str) -> list[dict[str, Any]]:
    answer: dict[str, Any] = await ok(world.supervisor.get("/supervision/queue", params=wanted))
    return list(answer["items"])


async def test_each_clock_turns_yellow_and_red_once(world: World) -> None:
    created = (await world.dispatch(DRAIN))["request"]  # accept 10, arrive 120, complete 1440 minutes
    await world.work()
    assert await alarms(world, created["id"]) == []
    expected: list[tuple[str, str]] = []
    for minutes, alarm in (
        (7, ()),
        (1, (("yellow", "accept"),)),
        (2, (("red", "accept"),)),
        (80, (("yellow", "arrive"),)),
    ):
        world.advance(minutes=minutes)
        await world.work()
        await world.work()
        expected += alarm
        assert await alarms(world, created["id"]) == expected


async def test_missed_alarms_are_raised_in_order(world: World) -> None:
    created = (await world.dispatch(DRAIN))["request"]
    world.advance(days=3)
    await world.work()
    assert await alarms(world, created["id"]) == [
        (level, clock) for clock in ("accept", "arrive", "complete") for level in ("yellow", "red")
    ]


async def test_a_clock_that_has_stopped_is_silent(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await world.complete(provider, created["offers"][0]["id"])
    world.advance(days=3)
    await world.work()
    assert await alarms(world, created["request"]["id"]) == []


async def test_a_return_after_accept_by_raises_an_alarm_at_once(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    world.advance(minutes=20)
    await world.work()
    assert await alarms(world, created["request"]["id"]) == []
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    await world.work()
    assert await alarms(world, created["request"]["id"]) == [("yellow", "accept"), ("red", "accept")]


async def test_a_held_request_is_silent_until_it_goes_on(world: World) -> None:
    created = (await world.dispatch(DRAIN))["request"]
    until = (world.clock.now() + timedelta(hours=5)).isoformat()
    hold = {"cause": "centre", "reason": "台风过境，暂停上门", "until": until}
    await ok(world.operator.put(f"/requests/{created['id']}/hold", json=hold))
    world.advance(minutes=200)
    await world.work()
    assert await alarms(world, created["id"]) == []
    await ok(world.operator.delete(f"/requests/{created['id']}/hold"))
    await world.work()
    reds = [clock for level, clock in await alarms(world, created["id"]) if level == "red"]
    assert reds == ["accept", "arrive"]


async def test_the_queue_orders_by_urgency_and_deadline_and_says_why(world: World) -> None:
    calm = (await world.dispatch(CLEANING, phone="13957400001"))["request"]
    late = (await world.dispatch(DRAIN, phone="13957400002"))["request"]
    world.advance(minutes=11)
    await world.work()
    first, second = await queue(world)
    assert [first["request_id"], second["request_id"]] == [late["id"], calm["id"]]
    assert first["kinds"] == ["unmatched", "red"]
    assert (first["unmatched_reason"], first["zh"]) == (
        "item_not_offered",
        UnmatchedReason.ITEM_NOT_OFFERED.zh,
    )
    assert second["kinds"] == ["unmatched"]
    assert await queue(world, kind="red") == [first]
    assert await queue(world, category=second["category"]) == [second]
    counts = await ok(world.supervisor.get("/supervision/counts"))
    assert (counts["unmatched"], counts["red"], counts["yellow"], counts["to_arbitrate"]) == (2, 1, 0, 0)
    page = await ok(world.supervisor.get("/supervision/queue", params={"limit": 1}))
    rest = await ok(world.supervisor.get("/supervision/queue", params={"limit": 1, "cursor": page["next"]}))
    assert [page["items"], rest["items"], rest["next"]] == [[first], [second], None]


async def test_yellow_is_shown_until_it_is_red(world: World) -> None:
    await world.add_provider(DRAIN)
    created = (await world.dispatch(DRAIN))["request"]
    world.advance(minutes=8)
    await world.work()
    shown = await queue(world, kind="yellow")
    assert [row["request_id"] for row in shown] == [created["id"]]
    world.advance(minutes=3)
    assert await queue(world, kind="yellow") == []
    assert len(await queue(world, kind="red")) == 1


async def test_a_silent_provider_is_listed_for_the_supervisor(world: World) -> None:
    at = world.clock.now()
    silent = await world.add_provider(DRAIN, reachable=False, unreachable_why="silent", unreachable_at=at)
    await world.add_provider(DRAIN)
    [shown] = (await ok(world.supervisor.get("/supervision/silent-providers")))["items"]
    assert shown["id"] == str(silent.id)
    assert (await ok(world.supervisor.get("/supervision/counts")))["silent_providers"] == 1
