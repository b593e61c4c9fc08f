"""Callbacks: when one is due after completion, who gets it, and how often it is tried."""

from datetime import datetime

import pytest

from tests.aftercare.calls import complete, due, events, ningbo, record, take
from tests.world import CLEANING, DRAIN, World, ok, refused


@pytest.mark.parametrize(("item", "moment"), [(DRAIN, ningbo(24, 12)), (CLEANING, ningbo(25, 9))])
async def test_a_completed_request_falls_due_once(world: World, item: str, moment: datetime) -> None:
    request = await complete(world, await world.add_provider(item), item)
    await world.work()
    [callback] = await due(world)
    assert callback["number"] == request["number"]
    assert datetime.fromisoformat(callback["due_at"]) == moment


async def test_the_operator_gets_the_callback_when_it_is_due_and_sees_whom_to_call(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request = await complete(world, provider)
    world.clock.moment = ningbo(24, 11, 59)
    assert await take(world) == {}
    world.clock.moment = ningbo(24, 12)
    callback = await take(world)
    assert callback["contact_phone"] == "13957412345"
    assert callback["contact_name"] == "王阿姨"
    assert (callback["provider_name"], callback["billed_fen"]) == (provider.name, 8_000)
    assert callback["result"] == "疏通完毕，试水通畅"
    [listed] = await due(world)
    assert (listed["contact_phone"], listed["contact_name"]) == ("139****2345", "王**")
    revealed = (await ok(world.admin.get("/audit")))["items"][0]
    assert (revealed["subject"], revealed["data"]) == (f"request:{request['id']}", {"why": "callback"})


async def test_a_taken_callback_comes_back_after_ten_minutes(world: World) -> None:
    await complete(world, await world.add_provider(DRAIN))
    world.clock.moment = ningbo(24, 12)
    taken = await take(world)
    world.advance(minutes=9)
    assert await take(world, world.supervisor) == {}
    world.advance(minutes=1)
    assert (await take(world, world.supervisor))["id"] == taken["id"]


async def test_nobody_is_called_in_the_evening_or_early_in_the_morning(world: World) -> None:
    await complete(world, await world.add_provider(DRAIN))
    for moment in (ningbo(24, 20), ningbo(24, 23), ningbo(25, 8, 59)):
        world.clock.moment = moment
        assert await take(world) == {}
    world.clock.moment = ningbo(25, 9)
    assert await take(world)


async def test_the_longest_due_is_called_first(world: World) -> None:
    provider = await world.add_provider(DRAIN, CLEANING)
    await complete(world, provider, CLEANING)
    second = await complete(world, provider)
    world.clock.moment = ningbo(25, 9)
    assert (await take(world))["number"] == second["number"]


async def test_three_attempts_in_three_thirds_and_the_request_is_closed_as_unreached(world: World) -> None:
    request = await complete(world, await world.add_provider(DRAIN))
    for moment, following in ((ningbo(24, 12, 39), ningbo(24, 16, 20)), (ningbo(24, 17), ningbo(25, 12, 40))):
        world.clock.moment = moment
        callback = await take(world)
        world.advance(minutes=2)
        missed = await ok(record(world, callback, reached=False))
        assert (missed["status"], datetime.fromisoformat(missed["due_at"])) == ("due", following)
    world.clock.moment = ningbo(25, 17)
    assert await take(world) == {}, "the last third was tried the day before"
    world.clock.moment = ningbo(26, 13)
    last = await ok(record(world, await take(world), reached=False))
    assert (last["status"], last["attempts"], last["request_status"]) == ("unreached", 3, "closed")
    assert (await ok(world.operator.get(f"/requests/{request['id']}")))["close_reason"] == "unreached"
    assert [missed["attempt"] for missed in await events(world, request, "callback.missed")] == [1, 2]
    assert await ok(record(world, callback, reached=False)) == last
    await refused(record(world, callback, reached=True, solved=True), 409, "status_conflict")


async def test_an_attempt_counts_once_each_time_the_callback_is_taken(world: World) -> None:
    await complete(world, await world.add_provider(DRAIN))
    [callback] = await due(world)
    await refused(record(world, callback, reached=False), 409, "callback_not_taken")
    world.clock.moment = ningbo(24, 12)
    await take(world)
    missed = await ok(record(world, callback, reached=False))
    world.advance(minutes=45)
    assert await ok(record(world, callback, reached=False)) == missed


async def test_a_citizen_reached_without_the_callback_being_taken_counts(world: World) -> None:
    await complete(world, await world.add_provider(DRAIN))
    [callback] = await due(world)
    assert (await ok(record(world, callback, reached=True, solved=True)))["request_status"] == "closed"


async def test_the_due_list_goes_on_where_the_page_ended(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = []
    for digit in range(3):
        made.append(await complete(world, provider, phone=f"1395741234{digit}"))
        world.advance(minutes=1)
    page = await ok(world.operator.get("/callbacks", params={"limit": 2}))
    rest = await ok(world.operator.get("/callbacks", params={"limit": 2, "cursor": page["next"]}))
    assert [row["number"] for row in page["items"] + rest["items"]] == [request["number"] for request in made]
    assert rest["next"] is None
    for cursor in ("xyz", "WzEsMl0=", "WyJhIiwiYiJd"):
        await refused(world.operator.get("/callbacks", params={"cursor": cursor}), 422, "cursor_invalid")
