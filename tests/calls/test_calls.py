"""A call from ring to outcome: the desk may report it repeatedly, and the worker ends it if nobody does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from sqlalchemy import select

from app.auth.models import Role
from app.events.models import Event
from tests.desk.test_shifts import colleague
from tests.world import DRAIN, World, ok, refused

PHONE = "13800574128"


def told(world: World, call_id: str, **facts: Any) -> Any:
    """Return the call as the desk reports it. It begins now unless stated otherwise."""
    body = {"phone": PHONE, "began_at": world.clock.now().isoformat()} | facts
    return world.operator.put(f"/calls/{call_id}", json=body)


async def begin(world: World, **facts: Any) -> tuple[str, str]:
    """Begin a call. Return its key and when it began."""
    call_id, began_at = str(uuid4()), world.clock.now().isoformat()
    await ok(told(world, call_id, began_at=began_at, **facts))
    return call_id, began_at


async def end(world: World, call: tuple[str, str], **facts: Any) -> Response:
    response = await told(world, call[0], began_at=call[1], status="ended", **facts)
    assert isinstance(response, Response)
    return response


async def events(world: World) -> list[tuple[str, dict[str, Any]]]:
    query = select(Event.kind, Event.data).where(Event.kind.startswith("call.")).order_by(Event.id)
    async with world.context.db.autocommit() as tx:
        return [(kind, data) for kind, data in await tx.session.execute(query)]


async def counted(world: World, **asked: Any) -> Any:
    day = world.clock.now().astimezone(world.context.settings.zone).date().isoformat()
    return await ok(world.manager.get("/metrics/calls", params={"from": day, "to": day} | asked))


async def test_repeated_reports_of_a_call_are_recorded_once(world: World) -> None:
    call = await begin(world)
    for status in ("ongoing", "parked", "parked", "ongoing"):
        await ok(told(world, call[0], began_at=call[1], status=status))
    world.advance(seconds=90)
    first = (await end(world, call, outcome="wrong_number")).json()
    world.advance(seconds=90)
    again = (await end(world, call, outcome="prank")).json()
    assert first == again
    assert (first["phone"], first["status"], first["outcome"]) == ("138****4128", "ended", "wrong_number")
    kinds = await events(world)
    assert [kind for kind, _ in kinds] == ["call.began", "call.parked", "call.taken_back", "call.ended"]
    assert kinds[-1][1] == {
        "call_id": call[0], "outcome": "wrong_number", "happened_at": call[1], "seconds": 90, "withheld": False,
    }  # fmt: skip
    assert PHONE not in str(kinds)


@pytest.mark.parametrize(
    ("kind", "facts", "outcome"),
    [("service", {}, "request"), ("info", {}, "request"), ("info", {"answer": "周一至周五 9 点到 17 点"}, "answered")],
)
async def test_the_outcome_follows_from_the_request_made_in_the_call(
    world: World, kind: str, facts: dict[str, Any], outcome: str
) -> None:
    item = next(code for code, known in world.catalog.items.items() if known.kind == kind)
    old = (await ok(world.create(DRAIN)))["request"]["id"]
    world.advance(minutes=1)
    call = await begin(world)
    made = (await ok(world.create(item, **facts)))["request"]["id"]
    ended = (await end(world, call, request_ids=[old, made])).json()
    assert (ended["outcome"], sorted(ended["request_ids"])) == (outcome, sorted([old, made]))


async def test_a_call_about_an_existing_request_is_progress_or_complaint(world: World) -> None:
    complaint = {"purpose": "complaint", "phone": PHONE, "note": "还没人来"}
    request_id = (await ok(world.create(DRAIN)))["request"]["id"]
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=complaint))
    world.advance(minutes=5)
    call = await begin(world)
    assert (await end(world, call, request_ids=[request_id])).json()["outcome"] == "progress"
    world.advance(minutes=5)
    call = await begin(world)
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=complaint))
    assert (await end(world, call, request_ids=[request_id])).json()["outcome"] == "complaint"


async def test_an_outcome_that_nothing_implies_must_be_chosen(world: World) -> None:
    call = await begin(world)
    await refused(told(world, call[0], began_at=call[1], status="ended"), 422, "outcome_needed")
    for outcome in ("request", "complaint", "unfinished"):
        assert (await end(world, call, outcome=outcome)).status_code == 422
    [mine] = await ok(world.operator.get("/desk/calls"))
    assert (mine["id"], mine["status"]) == (call[0], "ongoing")


async def test_numbers_are_canonical_and_shown_in_full_only_on_the_record(world: World) -> None:
    call, _ = await begin(world, phone="+86 138-0057-4128")
    withheld, _ = await begin(world, phone=None)
    assert (await ok(world.operator.get(f"/calls/{call}/personal-data"))) == {"phone": PHONE}
    assert (await ok(world.operator.get(f"/calls/{withheld}/personal-data"))) == {"phone": None}
    [line] = (await ok(world.admin.get("/audit", params={"subject": f"call:{call}"})))["items"]
    assert line["action"] == "personal_data.revealed"
    for who in (world.manager, world.registrar, world.admin):
        await refused(who.get(f"/calls/{call}/personal-data"), 403, "not_allowed")
    await ok(told(world, withheld, phone="87651234"))
    assert (await ok(world.operator.get(f"/calls/{withheld}/personal-data"))) == {"phone": "057487651234"}


async def test_only_its_operator_may_report_a_call(world: World) -> None:
    call, began_at = await begin(world, external_id="pbx-7")
    _, other = await colleague(world, "next")
    body = {"phone": PHONE, "began_at": began_at, "status": "ended", "outcome": "prank"}
    await refused(other.put(f"/calls/{call}", json=body), 409, "call_of_another")
    assert await ok(other.get("/desk/calls")) == []
    await refused(told(world, str(uuid4()), external_id="pbx-7"), 409, "external_id_taken")


async def test_calls_made_offline_are_reported_later_together(world: World) -> None:
    began = world.clock.now()
    world.advance(hours=3)
    call, ended_at = str(uuid4()), (began + timedelta(minutes=2)).isoformat()
    late = {"began_at": began.isoformat(), "ended_at": ended_at, "status": "ended", "outcome": "silent"}
    ended = await ok(told(world, call, **late))
    assert (ended["began_at"], ended["ended_at"]) == ("2026-11-24T02:00:00Z", "2026-11-24T02:02:00Z")
    [row] = (await counted(world, by=["hour", "outcome"]))["rows"]
    assert row == {"hour": 10, "outcome": "silent", "calls": 1, "withheld": 0, "seconds": 120}
    world.advance(days=8)
    await refused(told(world, str(uuid4()), **late), 422, "call_too_old")


async def test_a_clock_ahead_of_the_centres_does_not_distort_a_call(world: World) -> None:
    ahead = (world.clock.now() + timedelta(minutes=9)).isoformat()
    ended = await ok(told(world, str(uuid4()), began_at=ahead, status="ended", outcome="silent"))
    assert ended["began_at"] == ended["ended_at"] == world.clock.now().isoformat().replace("+00:00", "Z")


async def test_the_worker_ends_calls_that_a_browser_left_open(world: World) -> None:
    silent, _ = await begin(world)
    taken, _ = await begin(world)
    request_id = (await ok(world.create(DRAIN)))["request"]["id"]
    world.advance(minutes=4)
    heard_at = world.clock.now()
    await ok(told(world, taken, status="parked", request_ids=[request_id]))
    world.advance(minutes=59)
    await world.work()
    assert [call["id"] for call in await ok(world.operator.get("/desk/calls"))] == [taken]
    world.advance(minutes=2)
    await world.work()
    found = {call["id"]: call for call in (await ok(world.supervisor.get("/calls")))["items"]}
    assert (found[silent]["outcome"], found[silent]["ended_at"]) == ("unfinished", found[silent]["began_at"])
    assert found[taken]["outcome"] == "request"
    assert found[taken]["ended_at"] == heard_at.isoformat().replace("+00:00", "Z")


async def test_calls_are_listed_by_range_operator_and_outcome_in_pages(world: World) -> None:
    calls = []
    for outcome in ("prank", "silent", "prank"):
        call = await begin(world)
        await end(world, call, outcome=outcome)
        calls.append(call)
        world.advance(minutes=1)

    async def listed(**wanted: Any) -> list[str]:
        page = await ok(world.supervisor.get("/calls", params=wanted))
        return [call["id"] for call in page["items"]]

    newest = [call for call, _ in reversed(calls)]
    assert await listed() == newest
    assert await listed(outcome="prank") == [newest[0], newest[2]]
    assert await listed(began_from=calls[1][1], began_to=calls[2][1]) == [newest[1]]
    assert await listed(operator_id=str(world.staff_ids[Role.SUPERVISOR])) == []
    assert await listed(open=True) == []
    first = await ok(world.supervisor.get("/calls", params={"limit": 2}))
    rest = await ok(world.supervisor.get("/calls", params={"limit": 2, "cursor": first["next"]}))
    assert [call["id"] for call in [*first["items"], *rest["items"]]] == newest
    await refused(world.operator.get("/calls"), 403, "not_allowed")
    assert await ok(world.manager.get("/calls"))


async def test_call_figures_are_the_same_before_and_after_the_roll_up(world: World) -> None:
    for outcome, phone in (("prank", None), ("prank", PHONE), ("answered", PHONE)):
        call = await begin(world, phone=phone)
        world.advance(seconds=30)
        await end(world, call, outcome=outcome, phone=phone)
    await begin(world)
    before = await counted(world)
    await world.work()
    assert before == await counted(world)
    assert before["total"] == {"calls": 3, "withheld": 1, "seconds": 90}
    assert [(row["outcome"], row["calls"]) for row in before["rows"]] == [("answered", 1), ("prank", 2)]
    assert (await counted(world, outcome="prank", by="hour"))["rows"] == [
        {"hour": 10, "calls": 2, "withheld": 1, "seconds": 60}
    ]
    years = {"from": "2026-11-24", "to": "2028-11-24"}
    await refused(world.manager.get("/metrics/calls", params=years), 422, "range_invalid")
