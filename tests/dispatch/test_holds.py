"""A hold that the citizen caused moves every deadline by the deadline's own calendar; other holds move none."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.dispatch.test_correcting import accepted, correct
from tests.supervision.test_alarms import alarms
from tests.world import CLEANING, DRAIN, World, decoded, ok, refused

ZONE = ZoneInfo("Asia/Shanghai")
TAP = "PE04"  # same_day
QUESTION = "GV01"  # info: one working day


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


async def hold(world: World, request_id: str, start: str, end: str, cause: str = "citizen") -> dict[str, Any]:
    """Hold the request between two local times; return it as it is afterwards."""
    world.clock.moment = local(start)
    body = {"cause": cause, "reason": "要等家里有人", "until": local(end).isoformat()}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=body))
    await world.work()
    world.clock.moment = local(end)
    await world.work()
    held: dict[str, Any] = await ok(world.operator.get(f"/requests/{request_id}"))
    assert held["hold_until"] is None
    return held


async def open_at(world: World, when: str, item: str = TAP, **facts: Any) -> str:
    """Dispatch a request at this local time; no provider is there to take it. Return its id."""
    world.clock.moment = local(when)
    return str((await world.dispatch(item, **facts))["request"]["id"])


@pytest.mark.parametrize(
    ("dispatched", "holds", "accept_by", "arrive_by"),
    [
        ("11-24 09:00", [("11-24 09:10", "11-24 14:10")], "11-24 14:30", "11-25 13:00"),
        ("11-24 19:50", [("11-24 19:55", "11-25 08:55")], "11-25 09:20", "11-26 09:00"),
        ("11-24 19:50", [("11-24 21:00", "11-25 07:00")], "11-25 08:20", "11-25 20:00"),
        ("11-24 09:00", [("11-24 09:10", "11-24 10:10"), ("11-24 10:20", "11-24 11:20")], "11-24 11:30", "11-25 10:00"),
    ],
)
async def test_a_hold_moves_deadlines_by_service_hours(
    world: World, dispatched: str, holds: list[tuple[str, str]], accept_by: str, arrive_by: str
) -> None:
    request_id = await open_at(world, dispatched)
    for start, end in holds:
        held = await hold(world, request_id, start, end)
    assert moment(held["accept_by"]) == local(accept_by)
    assert moment(held["arrive_by"]) == local(arrive_by)


async def test_a_hold_moves_an_answer_deadline_by_working_days(world: World) -> None:
    world.clock.moment = local("09-29 12:00")
    request_id = (await ok(world.create(QUESTION)))["request"]["id"]
    held = await hold(world, request_id, "09-29 15:00", "10-03 12:00")  # into the National Day week
    assert moment(held["answer_by"]) == local("10-08 21:00")


async def test_a_clock_that_always_runs_moves_by_the_plain_time(world: World) -> None:
    request_id = await open_at(world, "11-24 22:00", DRAIN)
    held = await hold(world, request_id, "11-24 22:05", "11-25 03:05")
    assert moment(held["accept_by"]) == local("11-25 03:10")


async def test_a_deadline_that_passed_before_the_hold_does_not_move(world: World) -> None:
    request_id = await open_at(world, "11-24 10:00", DRAIN)
    held = await hold(world, request_id, "11-24 10:30", "11-24 12:00")
    assert moment(held["accept_by"]) == local("11-24 10:10")
    assert moment(held["arrive_by"]) == local("11-24 13:30")


async def test_a_hold_after_acceptance_leaves_accept_by_alone(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    accept_by = created["request"]["accept_by"]
    held = await hold(world, job["request_id"], "11-24 10:05", "11-24 12:05")
    assert held["accept_by"] == accept_by


async def test_a_hold_for_the_provider_moves_no_deadline(world: World) -> None:
    request_id = await open_at(world, "11-24 09:00")
    held = await hold(world, request_id, "11-24 09:10", "11-24 14:10", cause="provider")
    assert moment(held["accept_by"]) == local("11-24 09:30")
    assert moment(held["arrive_by"]) == local("11-24 20:00")


async def test_no_alarm_is_raised_during_a_hold_of_three_days(world: World) -> None:
    request_id = await open_at(world, "11-24 10:00", DRAIN)
    await hold(world, request_id, "11-24 10:01", "11-27 10:01")
    assert await alarms(world, request_id) == []
    world.clock.moment = local("11-27 10:08")  # 7.5 of 10 minutes have run
    await world.work()
    assert await alarms(world, request_id) == [("yellow", "accept")]


async def test_medians_leave_a_hold_out(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id = await open_at(world, "11-24 10:00", DRAIN)
    await hold(world, request_id, "11-24 10:02", "11-27 10:02")
    world.advance(minutes=1)
    [offer] = await ok(provider.client.get("/provider/offers"))
    await world.complete(provider, offer["id"])
    figures = await ok(world.manager.get("/metrics/fulfilment", params={"from": "2026-11-24", "to": "2026-11-24"}))
    assert figures["clocks"]["accept"] == {"count": 1, "median_seconds": 180, "p90_seconds": 180}
    assert figures["clocks"]["complete"]["median_seconds"] == 180
    assert figures["wait"]["median_seconds"] == 3 * 86_400 + 180


@pytest.mark.parametrize(
    ("start", "end", "window", "complete_by"),
    [
        ("11-24 10:00", "11-25 10:00", ("11-26 09:00", "11-26 12:00"), "11-27 12:00"),  # ends before the window
        ("11-24 10:00", "11-26 10:00", ("11-26 09:00", "11-26 13:00"), "11-27 13:00"),  # ends an hour into the window
        ("11-24 10:00", "11-30 10:00", ("12-01 08:00", "12-01 20:00"), "12-02 20:00"),  # the window passed meanwhile
    ],
)
async def test_a_hold_moves_the_wanted_window_only_if_it_ends_too_late_for_it(
    world: World, start: str, end: str, window: tuple[str, str], complete_by: str
) -> None:
    wanted = {"wanted_from": local("11-26 09:00").isoformat(), "wanted_to": local("11-26 12:00").isoformat()}
    request_id = await open_at(world, "11-24 09:00", CLEANING, **wanted)
    held = await hold(world, request_id, start, end)
    assert (moment(held["wanted_from"]), moment(held["wanted_to"])) == (local(window[0]), local(window[1]))
    assert moment(held["arrive_by"]) == local(window[1])
    assert moment(held["complete_by"]) == local(complete_by)


async def test_a_hold_moves_the_deadline_before_the_extension_too(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    until = local("11-26 10:00").isoformat()
    asked = await ok(
        provider.client.put(f"/provider/jobs/{job['id']}/extension", json={"until": until, "reason": "等配件"})
    )
    await ok(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}))
    held = await hold(world, job["request_id"], "11-24 11:00", "11-24 21:00")
    assert moment(held["complete_by"]) == local("11-26 20:00")
    assert moment(held["original_complete_by"]) == local("11-25 20:00")


async def test_an_extension_into_the_night_moves_an_arrival_by_service_hours_only(world: World) -> None:
    provider = await world.add_provider(TAP)
    created = await world.dispatch(TAP)  # arrive by 20:00 of the 24th, complete by 20:00 of the 25th
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    until = local("11-26 01:00").isoformat()
    asked = await ok(
        provider.client.put(f"/provider/jobs/{job['id']}/extension", json={"until": until, "reason": "等配件"})
    )
    await ok(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}))
    moved = await ok(world.operator.get(f"/requests/{job['request_id']}"))
    assert moment(moved["arrive_by"]) == local("11-24 20:00")
    assert moment(moved["complete_by"]) == local(until[5:16].replace("T", " "))


async def test_a_redo_after_a_hold_has_clocks_of_its_own(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await hold(world, created["request"]["id"], "11-24 10:01", "11-24 12:01")
    [offer] = await ok(provider.client.get("/provider/offers"))
    await world.complete(provider, offer["id"])
    world.clock.moment = local("11-25 09:30")
    await world.work()
    taken = await ok(world.operator.post("/callbacks/next"))
    unsolved = {"reached": True, "solved": False}
    await ok(world.operator.put(f"/callbacks/{taken['id']}/outcome", json=unsolved))
    again = await ok(world.operator.get(f"/requests/{created['request']['id']}"))
    assert (again["status"], again["round"]) == ("dispatching", 2)
    assert moment(again["accept_by"]) - local("11-25 09:30") == timedelta(minutes=10)
    world.advance(minutes=8)
    await world.work()
    assert await alarms(world, again["id"]) == [("yellow", "accept")]


async def test_a_correction_leaves_the_citizens_holds_out_too(world: World) -> None:
    world.clock.moment = local("11-24 09:00")
    provider = await world.add_provider(TAP, DRAIN)
    request_id, _ = await accepted(world, provider, TAP)
    for start, end in (("11-24 09:05", "11-24 10:05"), ("11-24 10:20", "11-24 11:20")):
        held = await hold(world, request_id, start, end)
    corrected = decoded(await correct(world, request_id, item=DRAIN))
    assert moment(corrected["accept_by"]) == local("11-24 09:10")  # it was accepted before
    assert moment(corrected["arrive_by"]) == local("11-24 13:00")
    back = decoded(await correct(world, request_id, item=TAP))
    due = ("arrive_by", "complete_by")
    assert [back[name] for name in due] == [held[name] for name in due]


async def test_a_request_corrected_to_a_question_leaves_its_earlier_hold_out(world: World) -> None:
    world.clock.moment = local("11-24 10:00")
    request_id = (await ok(world.create(DRAIN)))["request"]["id"]
    await hold(world, request_id, "11-24 11:00", "11-24 14:00")
    corrected = decoded(await correct(world, request_id, item=QUESTION))
    assert moment(corrected["answer_by"]) == local("11-25 13:00")


async def test_a_short_hold_leaves_the_live_offer_alone(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    hold = {"cause": "citizen", "reason": "稍等，先找物业", "until": "2026-11-25T06:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    await ok(world.operator.delete(f"/requests/{request_id}/hold"))
    await world.work()
    assert await world.status(request_id) == "dispatching"
    assert len(await ok(provider.client.get("/provider/offers"))) == 1


async def test_a_held_job_of_a_suspended_provider_is_given_up_once_the_hold_ends(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    hold = {"cause": "citizen", "reason": "业主出差", "until": "2026-11-26T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    await refused(world.supervisor.put(f"/jobs/{job['id']}/reassignment"), 409, "request_on_hold")
    document = await world.registrar.get(f"/providers/{provider.id}")
    standing = {"standing": "suspended", "reason": "证照过期"}
    headers = {"If-Match": document.headers["ETag"]}
    await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=standing, headers=headers))
    await world.work()
    world.advance(days=3)
    await world.work()
    assert await world.status(request_id) == "unmatched"


async def test_a_hold_for_the_citizen_withdraws_the_offer_and_moves_the_deadline(world: World) -> None:
    await world.add_provider(DRAIN)
    created = (await world.dispatch(DRAIN))["request"]
    hold = {"cause": "citizen", "reason": "家里没人，明天下午再来", "until": "2026-11-25T06:00:00Z"}
    held = await ok(world.operator.put(f"/requests/{created['id']}/hold", json=hold))
    assert held["status"] == "on_hold"
    await world.work()
    [offer] = await ok(world.operator.get(f"/requests/{created['id']}/offers"))
    assert offer["status"] == "withdrawn"
    world.advance(hours=28)
    await world.work()
    resumed = await ok(world.operator.get(f"/requests/{created['id']}"))
    assert resumed["status"] == "dispatching"
    assert resumed["complete_by"] == "2026-11-26T06:00:00Z"
    assert created["complete_by"] == "2026-11-25T02:00:00Z"


async def test_a_job_on_a_held_request_can_neither_start_nor_be_returned(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    hold = {"cause": "citizen", "reason": "业主出差", "until": "2026-11-26T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    start = f"/provider/jobs/{job['id']}/start"
    problem = await refused(provider.client.put(start), 409, "request_on_hold")
    assert problem["until"] == "2026-11-26T02:00:00+00:00"
    await refused(
        provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "busy"}), 422, "invalid_input"
    )
    back = provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"})
    await refused(back, 409, "request_on_hold")
    await ok(world.operator.delete(f"/requests/{request_id}/hold"))
    await ok(provider.client.put(start))
    assert await world.status(request_id) == "in_progress"


async def test_a_hold_for_the_centre_moves_no_deadline(world: World) -> None:
    created = (await ok(world.create("GV01")))["request"]
    hold = {"cause": "centre", "reason": "等民政局回复", "until": "2026-11-25T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{created['id']}/hold", json=hold))
    world.advance(hours=5)
    resumed = await ok(world.operator.delete(f"/requests/{created['id']}/hold"))
    assert (resumed["status"], resumed["answer_by"]) == ("received", created["answer_by"])
    await refused(world.operator.delete(f"/requests/{created['id']}/hold"), 409, "status_conflict")
