"""Surges: more requests wait than providers can take."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.auth.models import Role
from app.dispatch import surge
from app.events.act import act_of
from app.events.models import Event
from app.matching.policy import SurgeRules
from tests.world import CLEANING, DRAIN, SampleProvider, World, new_policy, ok, refused

TAP = "PE04"  # same_day, in the same category as DRAIN
BASIN = "PE05"  # booked, in the same category as DRAIN
PLUMBING = "PE"
WHY = {"reason": "台风过境，海曙多处积水"}
SURGING = SurgeRules(min_waiting=3, radius_km=20).model_dump()


async def fill(world: World, provider: SampleProvider) -> dict[str, Any]:
    """Have the provider accept the one job it has room for; return the job."""
    offer = (await world.dispatch(DRAIN, phone="13800000099"))["offers"][0]
    return dict(await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance")))


async def let_wait(world: World, *items: str, first: int = 0) -> list[str]:
    """Dispatch a request per item while all providers are full; return the requests' ids."""
    ids = []
    for number, item in enumerate(items, first):
        created = await world.dispatch(item, phone=f"138000001{number:02}")
        assert created["matching"] == "waiting"
        ids.append(created["request"]["id"])
        world.advance(seconds=1)
    return ids


async def surges(world: World, **wanted: Any) -> list[dict[str, Any]]:
    return list((await ok(world.operator.get("/surges", params=wanted)))["items"])


async def switch(world: World, category: str | None = PLUMBING) -> dict[str, Any]:
    """Have the supervisor start a surge; return it."""
    return dict(await ok(world.supervisor.post("/surges", json=WHY | {"category_code": category})))


async def log_of(world: World, kind: str) -> list[dict[str, Any]]:
    """Return the data of each event of this kind, oldest first."""
    async with world.context.db.begin() as tx:
        return list(
            (await tx.session.execute(select(Event.data).where(Event.kind == kind).order_by(Event.id))).scalars()
        )


async def finish(provider: SampleProvider, job: dict[str, Any]) -> None:
    """Have the provider finish its job, which frees its place."""
    url = f"/provider/jobs/{job['id']}"
    await ok(provider.client.put(f"{url}/start"))
    await ok(provider.client.put(f"{url}/quote", json={"amount_fen": 8_000, "agreed_on_site": True}))
    await ok(provider.client.put(f"{url}/completion", json={"result": "积水排尽，试水通畅", "amount_fen": 8_000}))


async def offered_next(world: World) -> list[str]:
    """The requests for which the worker makes offers now, in its order."""
    made = select(Event.request_id).where(Event.kind == "offer.made").order_by(Event.id)
    async with world.context.db.begin() as tx:
        before = len((await tx.session.execute(made)).all())
    await world.work()
    async with world.context.db.begin() as tx:
        return [str(each) for each in (await tx.session.execute(made)).scalars()][before:]


async def test_a_surge_starts_at_the_threshold_for_its_category_only(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await world.add_provider(CLEANING)
    await world.add_provider(BASIN, capacity=50)  # in the same category, but for another item
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN)
    await world.work()
    assert await surges(world) == []
    await let_wait(world, DRAIN, first=2)
    await world.work()
    [on] = await surges(world)
    assert (on["category_code"], on["waiting"], on["places"], on["began_by"]) == (PLUMBING, 3, 0, None)
    assert "3 个请求等待派单" in on["reason"]
    began = {"category": PLUMBING, "waiting": 3, "places": 0, "why": on["reason"]}
    assert await log_of(world, "surge.began") == [began]
    assert (await world.dispatch(DRAIN, phone="13800000200"))["surge"] is True
    assert (await world.dispatch(CLEANING))["surge"] is False


async def test_requests_given_up_within_the_hour_count_as_waiting(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    given_up = await let_wait(world, DRAIN, DRAIN)
    world.advance(minutes=12)
    await world.work()
    assert [await world.status(each) for each in given_up] == ["unmatched", "unmatched"]
    await let_wait(world, DRAIN, first=2)
    await world.work()
    [on] = await surges(world)
    assert (on["category_code"], on["waiting"]) == (PLUMBING, 3)
    world.advance(minutes=61)
    await world.add_provider(DRAIN, capacity=3)
    await world.work()
    assert await surges(world) == []


async def test_no_surge_starts_while_providers_have_enough_places(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN, DRAIN)
    await world.add_provider(DRAIN, capacity=3)
    await world.work()
    assert await surges(world) == []


async def test_jobs_booked_for_another_day_take_no_place_today(world: World) -> None:
    provider = await world.add_provider(CLEANING, DRAIN, capacity=4)
    days = [
        {"wanted_from": f"2026-12-{day}T09:00+08:00", "wanted_to": f"2026-12-{day}T11:00+08:00"} for day in (20, 21, 22)
    ]
    for number, window in enumerate(days):
        offer = (await world.dispatch(CLEANING, phone=f"1395740000{number}", **window))["offers"][0]
        await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    begun = await switch(world)
    assert begun["places"] == 4
    await ok(world.supervisor.put(f"/surges/{begun['id']}/end"))
    await fill(world, provider)
    assert (await switch(world))["places"] == 3


async def test_jobs_booked_for_another_day_leave_todays_places_free_for_surge_figures(world: World) -> None:
    await new_policy(world, surge=SURGING)
    provider = await world.add_provider(DRAIN, capacity=1)
    await fill(world, provider)
    await let_wait(world, DRAIN, DRAIN, DRAIN)
    booked = await world.add_provider(DRAIN, BASIN, capacity=3)
    window = {"wanted_from": "2026-12-20T09:00+08:00", "wanted_to": "2026-12-20T11:00+08:00"}
    offer = (await world.dispatch(BASIN, phone="13957400020", **window))["offers"][0]
    await ok(booked.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    async with world.context.db.begin() as tx:
        [seen] = await surge.list_figures(act_of(world.context), tx)
    assert (seen["waiting"], seen["places"]) == (3, 3)


async def test_a_surge_ends_when_fewer_than_half_as_many_wait_as_there_are_places(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN, DRAIN)
    await world.work()
    await world.add_provider(DRAIN, capacity=6)
    await world.work()
    assert len(await surges(world)) == 1
    await world.add_provider(DRAIN, capacity=1)
    await world.work()
    assert await surges(world) == []
    [ended] = await log_of(world, "surge.ended")
    assert (ended["category"], ended["waiting"], ended["places"]) == (PLUMBING, 3, 7)
    [past] = await surges(world, all=True)
    assert past["ended_at"] is not None
    assert past["ended_by"] is None


async def test_a_surge_continues_while_the_offers_are_only_pending(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN, DRAIN)
    await world.work()
    await world.add_provider(DRAIN, capacity=4)
    world.advance(seconds=90)  # waiting requests are matched again within 90 seconds
    await world.work()
    assert len(await log_of(world, "offer.made")) == 4
    assert len(await surges(world)) == 1


async def test_in_a_surge_no_request_is_given_up_because_providers_are_full(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    ids = await let_wait(world, DRAIN, DRAIN, DRAIN)
    await world.work()
    world.advance(minutes=30)  # three times the accept allowance of an urgent request
    await world.work()
    states = [(await ok(world.operator.get(f"/requests/{each}")))["status"] for each in ids]
    assert states == ["dispatching"] * 3
    assert (await ok(world.supervisor.get("/supervision/counts")))["red"] == 3


async def test_a_surge_is_started_and_ended_only_once_on_the_same_figures(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN, DRAIN)

    async def both(expected: list[bool]) -> None:
        async with world.context.db.begin() as tx:
            [seen] = await surge.list_figures(act_of(world.context), tx)
        switched = []
        for _ in range(2):
            async with world.context.db.begin() as tx:
                switched.append(await surge.switch_by_figures(act_of(world.context), tx, seen))
        assert switched == expected

    await both([True, False])
    await world.add_provider(DRAIN, capacity=7)
    await both([True, False])
    assert len(await log_of(world, "surge.began")) == len(await log_of(world, "surge.ended")) == 1


async def test_in_a_surge_providers_come_from_farther_away_and_answer_sooner(world: World) -> None:
    await new_policy(world, radius_km=1, surge=SURGING)
    await world.add_provider(DRAIN, point=(29.86, 121.638))  # about ten kilometres away
    near = await world.add_provider(CLEANING)
    await world.dispatch(CLEANING)
    [offer] = await ok(near.client.get("/provider/offers"))
    usual = datetime.fromisoformat(offer["expires_at"]) - world.clock.now()
    assert (await world.dispatch(DRAIN))["unmatched_reason"] == "too_far"
    await new_policy(world, radius_km=1, surge=SURGING | {"defer": []})
    await switch(world, None)
    assert (await world.dispatch(DRAIN, phone="13800000002"))["matching"] == "offered"
    hasty = (await world.dispatch(CLEANING, phone="13800000003"))["offers"][0]
    assert datetime.fromisoformat(hasty["expires_at"]) - world.clock.now() == usual / 2


async def test_booked_work_is_deferred_once_and_matched_when_the_deferral_ends(world: World) -> None:
    await world.add_provider(BASIN)
    await switch(world)
    created = await world.dispatch(BASIN)
    request_id, later = created["request"]["id"], world.clock.now() + timedelta(hours=4)
    assert (created["matching"], created["surge"], created["offers"]) == ("deferred", True, [])
    assert datetime.fromisoformat(created["deferred_until"]) == later
    shown = await ok(world.operator.get(f"/requests/{request_id}"))
    assert created["request"] | {"personal_words": None} == shown  # only a step that takes text names what it found
    world.advance(hours=3, minutes=59)
    await world.work()
    assert await ok(world.operator.get(f"/requests/{request_id}/offers")) == []
    world.advance(minutes=1)
    await world.work()
    assert len(await ok(world.operator.get(f"/requests/{request_id}/offers"))) == 1
    assert len(await log_of(world, "request.deferred")) == 1


async def test_the_end_of_a_surge_makes_its_deferred_requests_due(world: World) -> None:
    provider = await world.add_provider(BASIN, CLEANING)
    of_all, of_plumbing = await switch(world, None), await switch(world)
    for number, item in enumerate((BASIN, CLEANING)):
        assert (await world.dispatch(item, phone=f"1380000000{number}"))["matching"] == "deferred"
    await ok(world.supervisor.put(f"/surges/{of_all['id']}/end"))
    await world.work()
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert offer["item_code"] == CLEANING  # plumbing still has its own surge
    await ok(world.supervisor.put(f"/surges/{of_plumbing['id']}/end"))
    await world.work()
    assert {offer["item_code"] for offer in await ok(provider.client.get("/provider/offers"))} == {CLEANING, BASIN}


async def test_phone_callers_count_as_told_of_the_deferral_and_the_others_are_listed(world: World) -> None:
    await world.add_provider(BASIN)
    await switch(world)
    heard = (await world.dispatch(BASIN))["request"]
    assert heard["deferral_told_at"] is not None
    first = (await world.dispatch(BASIN, phone="13800000002", channel="web"))["request"]
    world.advance(minutes=1)
    second = (await world.dispatch(BASIN, phone="13800000003", channel="wechat"))["request"]
    assert [data["told"] for data in await log_of(world, "request.deferred")] == [True, False, False]
    top = await ok(world.operator.get("/deferrals", params={"limit": 1}))
    rest = await ok(world.operator.get("/deferrals", params={"cursor": top["next"]}))
    untold = top["items"] + rest["items"]
    assert [row["id"] for row in untold] == [first["id"], second["id"]]
    assert untold[0]["contact_phone"] == "138****0002"
    told = await ok(world.operator.put(f"/requests/{first['id']}/deferral-notice"))
    world.advance(minutes=1)
    assert await ok(world.operator.put(f"/requests/{first['id']}/deferral-notice")) == told
    assert [row["id"] for row in (await ok(world.operator.get("/deferrals")))["items"]] == [second["id"]]
    contacts = await ok(world.operator.get(f"/requests/{first['id']}/contacts"))
    assert [contact["purpose"] for contact in contacts] == ["request", "progress"]
    assert len(await log_of(world, "request.deferral_told")) == 1


async def test_a_surge_that_a_supervisor_started_ends_only_by_a_supervisor(world: World) -> None:
    await world.add_provider(DRAIN, capacity=50)
    mine = await switch(world)
    assert (mine["reason"], mine["began_by"]) == (WHY["reason"], str(world.staff_ids[Role.SUPERVISOR]))
    assert await switch(world) == mine
    await world.work()
    assert await surges(world) == [mine]
    await refused(world.operator.put(f"/surges/{mine['id']}/end"), 403, "not_allowed")
    ended = await ok(world.supervisor.put(f"/surges/{mine['id']}/end"))
    assert ended["ended_by"] == mine["began_by"]
    world.advance(minutes=1)
    assert await ok(world.supervisor.put(f"/surges/{mine['id']}/end")) == ended
    assert len(await log_of(world, "surge.ended")) == 1


async def test_a_supervisors_surge_counts_only_places_that_fit_the_waiting_requests(world: World) -> None:
    await world.add_provider(BASIN, capacity=50)
    before = await switch(world)
    assert (before["waiting"], before["places"]) == (0, 50)
    await ok(world.supervisor.put(f"/surges/{before['id']}/end"))
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN)
    during = await switch(world)
    assert (during["waiting"], during["places"]) == (2, 0)


async def test_a_supervisor_takes_over_and_ends_an_automatic_surge(world: World) -> None:
    await new_policy(world, surge=SURGING)
    await fill(world, await world.add_provider(DRAIN, capacity=1))
    await let_wait(world, DRAIN, DRAIN, DRAIN)
    await world.work()
    [begun] = await surges(world)
    kept = await switch(world)
    assert (kept["id"], kept["reason"]) == (begun["id"], WHY["reason"])
    await ok(world.supervisor.put(f"/surges/{begun['id']}/end"))
    await world.work()
    assert await surges(world) == []


@pytest.mark.parametrize("body", [{}, {"reason": "  "}, {"reason": "台风", "category_code": 7}])
async def test_a_surge_needs_a_reason(world: World, body: dict[str, Any]) -> None:
    await refused(world.supervisor.post("/surges", json=body), 422, "invalid_input")
    assert await surges(world) == []


async def test_an_unknown_category_surge_or_deferral_is_refused(world: World) -> None:
    unknown = world.supervisor.post("/surges", json=WHY | {"category_code": "XX"})
    assert (await refused(unknown, 422, "unknown_category"))["category"] == "XX"
    await refused(world.supervisor.put(f"/surges/{uuid4()}/end"), 404, "not_found")
    usual = (await ok(world.create(DRAIN)))["request"]["id"]
    await refused(world.operator.put(f"/requests/{usual}/deferral-notice"), 409, "not_deferred")
    assert await surges(world) == []


async def test_in_a_surge_free_places_go_by_urgency_then_priority_group_then_age(world: World) -> None:
    """Two providers with one place each and forty callers."""
    await new_policy(world, surge=SURGING)
    providers, jobs = [], []
    for _ in range(2):
        providers.append(await world.add_provider(TAP, DRAIN, capacity=1))
        jobs.append(await fill(world, providers[-1]))
    await ok(world.operator.put("/citizens/13800000137/groups/aged_80", json={"source": "身份证"}))
    waiting = await let_wait(world, *[TAP] * 38, DRAIN)
    await world.work()
    assert [data["category"] for data in await log_of(world, "surge.began")] == [PLUMBING]
    await finish(providers[0], jobs[0])
    late = await world.dispatch(TAP, phone="13800000200")
    assert (late["matching"], late["offers"]) == ("postponed", [])
    urgent = await world.dispatch(DRAIN, phone="13800000201")
    assert urgent["matching"] == "postponed"
    turns = [waiting[38], urgent["request"]["id"], waiting[37], waiting[0], waiting[1]]
    for turn in turns:
        assert await offered_next(world) == [turn]  # a free place is offered to one request at a time
        [offer] = await ok(providers[0].client.get("/provider/offers"))
        await ok(providers[0].client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
    assert await offered_next(world) == [waiting[2]]
    [offer] = await ok(providers[0].client.get("/provider/offers"))
    await ok(providers[0].client.put(f"/provider/offers/{offer['id']}/acceptance"))
    assert await offered_next(world) == []
    await finish(providers[1], jobs[1])
    assert await offered_next(world) == turns[:1]
