"""The centre enters holidays and make-up days; every period counted over them moves, and those affected are
notified."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.catalog.calendar import add_working_days
from app.catalog.snapshot import read_snapshot
from tests.world import World, ok, refused

ZONE = ZoneInfo("Asia/Shanghai")
QUESTION = "GV01"


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


async def ask(world: World) -> dict[str, Any]:
    """Ask a question on Tuesday, 24 November, at ten, to be answered by Wednesday at ten."""
    return dict((await ok(world.create(QUESTION)))["request"])


async def answer_by(world: World, request_id: str) -> datetime:
    return datetime.fromisoformat((await ok(world.operator.get(f"/requests/{request_id}")))["answer_by"])


async def test_an_entered_day_moves_deadlines_and_is_logged(world: World) -> None:
    asked = await ask(world)
    rest = {"working": False, "note": "台风停工"}
    changed = await ok(world.admin.put("/calendar/days/2026-11-25", json=rest))
    assert (changed["working"], changed["source"], changed["requests_moved"]) == (False, "centre", 1)
    assert await answer_by(world, asked["id"]) == local("11-26 10:00")
    [told] = [
        event
        for event in await ok(world.operator.get(f"/requests/{asked['id']}/events"))
        if event["kind"] == "request.deadlines_moved"
    ]
    assert datetime.fromisoformat(told["data"]["answer_by"]) == local("11-26 10:00")
    assert (await ok(world.admin.put("/calendar/days/2026-11-25", json=rest)))["requests_moved"] == 0
    assert (await ok(world.admin.delete("/calendar/days/2026-11-25")))["requests_moved"] == 1
    assert await answer_by(world, asked["id"]) == local("11-25 10:00")
    await refused(world.admin.delete("/calendar/days/2026-11-25"), 404, "not_found")


async def test_a_deadline_that_has_passed_does_not_move(world: World) -> None:
    asked = await ask(world)
    world.clock.moment = local("11-26 09:00")
    changed = await ok(world.admin.put("/calendar/days/2026-11-27", json={"working": False, "note": "停工"}))
    assert changed["requests_moved"] == 0
    assert await answer_by(world, asked["id"]) == local("11-25 10:00")


async def test_new_deadlines_count_the_entered_day(world: World) -> None:
    await ok(world.admin.put("/calendar/days/2026-11-28", json={"working": True, "note": "周六调休上班"}))
    catalog = await read_snapshot(world.context.db)
    assert catalog.allowance("info").days == {local("11-28 00:00").date(): True}
    friday = local("11-27 12:00")
    assert add_working_days(friday, 1, ZONE, catalog.days) == local("11-28 12:00")
    assert add_working_days(friday, 1, ZONE) == local("11-30 12:00")


@pytest.mark.parametrize("day", ["2026-11-24", "2026-10-01"])
async def test_a_day_that_has_begun_is_not_changed(world: World, day: str) -> None:
    await refused(world.admin.put(f"/calendar/days/{day}", json={"working": True, "note": "补"}), 409, "day_past")


async def test_only_an_admin_enters_days(world: World) -> None:
    day = {"working": True, "note": "补"}
    await refused(world.operator.put("/calendar/days/2026-12-26", json=day), 403, "not_allowed")


async def calendar_checks(world: World) -> list[dict[str, Any]]:
    return [check for check in await ok(world.admin.get("/checks")) if check["code"] == "calendar_unknown"]


async def test_a_year_without_make_up_days_is_said_before_it_begins(world: World) -> None:
    [check] = await calendar_checks(world)
    assert (check["code"], check["year"]) == ("calendar_unknown", 2027)
    assert "2027" in check["zh"]
    assert (await ok(world.manager.get("/calendar/2026")))["known"] is True
    assert (await ok(world.manager.get("/calendar/2027")))["known"] is False
    await ok(world.admin.put("/calendar/days/2027-02-14", json={"working": True, "note": "春节调休上班"}))
    assert await calendar_checks(world) == []
    year = await ok(world.manager.get("/calendar/2027"))
    assert year["known"] is True
    assert {"day": "2027-02-14", "working": True, "source": "centre", "note": "春节调休上班"} in year["days"]
    assert {day["source"] for day in year["days"]} == {"library", "centre"}


async def test_a_complaint_and_the_providers_reply_move_too(world: World) -> None:
    provider = await world.add_provider("PE02")
    created = await world.dispatch("PE02")
    await world.complete(provider, created["offers"][0]["id"])
    body = {"purpose": "complaint", "phone": "13957412345", "note": "漏得更厉害了"}
    await ok(world.operator.post(f"/requests/{created['request']['id']}/contacts", json=body))
    [before] = (await ok(world.supervisor.get("/complaints")))["items"]
    changed = await ok(world.admin.put("/calendar/days/2026-11-25", json={"working": False, "note": "停工"}))
    assert changed["periods_moved"] == 1
    [after] = (await ok(world.supervisor.get("/complaints")))["items"]
    assert after["due_at"] > before["due_at"]
    assert after["reply_by"] > before["reply_by"]
    notices = await ok(provider.client.get("/provider/notices"))
    assert "complaint_period_moved" in str(notices)


async def test_a_complaint_is_decided_within_the_centres_own_working_days(world: World) -> None:
    """A case whose deadline moved used to turn yellow at once."""
    asked = await ask(world)
    await ok(world.admin.put("/calendar/days/2026-11-25", json={"working": False, "note": "停工"}))
    body = {"purpose": "complaint", "phone": "13957412345", "note": "没人回电话"}
    await ok(world.operator.post(f"/requests/{asked['id']}/contacts", json=body))
    [case] = (await ok(world.supervisor.get("/complaints")))["items"]
    assert datetime.fromisoformat(case["due_at"]) == local("12-02 10:00")  # the fifth working day without Wednesday
    await ok(world.admin.put("/calendar/days/2026-11-28", json={"working": True, "note": "周六调休上班"}))
    [case] = (await ok(world.supervisor.get("/complaints")))["items"]
    assert datetime.fromisoformat(case["due_at"]) == local("12-01 10:00")
    for moment, levels in ((local("11-24 10:01"), []), (local("11-30 10:00"), ["yellow"])):
        world.clock.moment = moment
        await world.work()
        timeline = await ok(world.operator.get(f"/requests/{asked['id']}/events"))
        raised = [e["kind"] for e in timeline if e["data"].get("clock") == "complaint"]
        assert raised == [f"clock.{level}" for level in levels]
