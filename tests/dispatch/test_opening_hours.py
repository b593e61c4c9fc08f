"""Closed providers: when their offers run, whom an outage spares, and which offers are phoned at night."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.kit.heartbeat import beat
from app.matching.models import Mode
from app.registry.models import ProviderException, ProviderHours, ProviderKind, ReachedBy, Rung
from tests.world import DRAIN, SampleProvider, World, new_policy, ok

ZONE = ZoneInfo("Asia/Shanghai")
TAP = "PE04"  # same_day; its offers expire after ten minutes
DAYTIME = (time(8), time(20))


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


async def at(world: World, when: str) -> None:
    """Advance the clock to this local time and run the worker every ten minutes."""
    while world.clock.moment < local(when):
        world.clock.moment = min(world.clock.moment + timedelta(minutes=10), local(when))
        await world.work()


async def offers_of(world: World, request_id: str) -> list[dict[str, Any]]:
    return list(await ok(world.operator.get(f"/requests/{request_id}/offers")))


async def standing(world: World, provider: SampleProvider) -> tuple[bool, int]:
    """Return whether the provider is reachable, and its credit."""
    shown = await ok(world.registrar.get(f"/providers/{provider.id}"))
    return shown["reachable"], shown["credit"]


async def test_a_closed_providers_offer_runs_from_its_opening(world: World) -> None:
    provider = await world.add_provider(TAP, hours=DAYTIME)
    world.clock.moment = local("11-24 21:00")
    requests = [(await world.dispatch(TAP, phone=f"1395740000{n}"))["request"] for n in range(3)]
    await at(world, "11-25 08:05")
    for request in requests:
        [offer] = await offers_of(world, request["id"])
        assert offer["status"] == "pending"
        assert datetime.fromisoformat(offer["ask_from"]) == local("11-25 08:00")
        assert datetime.fromisoformat(offer["expires_at"]) == local("11-25 08:10")
        assert await world.status(request["id"]) == "dispatching"
    assert await standing(world, provider) == (True, 100)
    [offer, *_] = await ok(provider.client.get("/provider/offers"))
    await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    figures = await ok(world.manager.get("/metrics/fulfilment", params={"from": "2026-11-24", "to": "2026-11-24"}))
    assert figures["clocks"]["accept"]["median_seconds"] == 300  # the night is outside service hours


async def test_overnight_only_one_of_eight_closed_providers_is_asked(world: World) -> None:
    providers = [await world.add_provider(TAP, hours=DAYTIME) for _ in range(8)]
    world.clock.moment = local("11-24 21:00")
    request = (await world.dispatch(TAP))["request"]
    await at(world, "11-25 08:05")
    assert await world.status(request["id"]) == "dispatching"
    assert len(await offers_of(world, request["id"])) == 1
    assert {await standing(world, provider) for provider in providers} == {(True, 100)}


async def test_a_provider_that_stays_silent_after_opening_becomes_unreachable(world: World) -> None:
    provider = await world.add_provider(TAP, hours=DAYTIME)
    world.clock.moment = local("11-24 21:00")
    for n in range(3):
        await world.dispatch(TAP, phone=f"1395740000{n}")
    await at(world, "11-25 08:20")
    assert (await standing(world, provider))[0] is False


async def test_a_provider_that_closes_before_its_offer_expires_is_asked_again(world: World) -> None:
    provider = await world.add_provider(TAP, hours=DAYTIME)
    world.clock.moment = local("11-24 19:55")
    request = (await world.dispatch(TAP))["request"]
    await at(world, "11-25 08:05")
    first, second = await offers_of(world, request["id"])
    assert (first["status"], first["withdraw_reason"]) == ("withdrawn", "provider_closed")
    assert (second["status"], second["provider_id"]) == ("pending", str(provider.id))
    assert await standing(world, provider) == (True, 100)


async def test_an_urgent_request_asks_open_providers_before_one_that_opens_later(world: World) -> None:
    late = await world.add_provider(DRAIN, hours=DAYTIME, price_fen=1_000)
    awake = await world.add_provider(DRAIN, price_fen=90_000, point=(29.7, 121.3))
    world.clock.moment = local("11-25 07:00")  # the provider must arrive by 09:00
    request = (await world.dispatch(DRAIN))["request"]
    [offer] = await offers_of(world, request["id"])
    assert offer["provider_id"] == str(awake.id)
    await at(world, "11-25 07:30")
    waiting = (await offers_of(world, request["id"]))[-1]
    assert (waiting["provider_id"], waiting["status"]) == (str(late.id), "pending")
    assert datetime.fromisoformat(waiting["ask_from"]) == local("11-25 08:00")


async def test_a_broadcast_asks_the_open_providers_first_and_the_others_at_their_opening(world: World) -> None:
    await new_policy(world, mode=Mode.BROADCAST, broadcast_size=3)
    closed = [await world.add_provider(DRAIN, hours=DAYTIME) for _ in range(2)]
    awake = [await world.add_provider(DRAIN) for _ in range(2)]
    world.clock.moment = local("11-25 07:00")
    request = (await world.dispatch(DRAIN))["request"]
    asked = {offer["provider_id"] for offer in await offers_of(world, request["id"])}
    assert asked == {str(provider.id) for provider in awake}
    await at(world, "11-25 08:01")
    asked = {offer["provider_id"] for offer in await offers_of(world, request["id"]) if offer["status"] == "pending"}
    assert asked == {str(provider.id) for provider in closed}


async def test_open_providers_are_asked_before_better_ones_that_are_closed(world: World) -> None:
    closed = [await world.add_provider(TAP, hours=DAYTIME, price_fen=1_000) for _ in range(2)]
    awake = [await world.add_provider(TAP, price_fen=price, point=(29.7, 121.3)) for price in (80_000, 90_000)]
    world.clock.moment = local("11-24 21:00")
    request = (await world.dispatch(TAP))["request"]
    candidates = (await ok(world.operator.get(f"/requests/{request['id']}/candidates")))["candidates"]
    assert [row["open_now"] for row in candidates] == [False, False, True]  # the fourth has the offer
    await at(world, "11-24 21:20")
    asked = [offer["provider_id"] for offer in await offers_of(world, request["id"])]
    assert asked[:2] == [str(provider.id) for provider in awake]  # the better of the open ones first
    assert asked[2] in {
        str(provider.id) for provider in closed
    }  # it is asked for its opening because no open one is left
    [first, _, last] = (await ok(world.operator.get(f"/requests/{request['id']}/decisions")))["items"]
    assert [row["provider_id"] for row in first["ranked"]] == asked[:2]
    assert {(row["provider_id"], row["reason"]) for row in first["rejected"]} == {
        (str(provider.id), "closed_now") for provider in closed
    }
    assert {row["provider_id"] for row in last["ranked"]} == {str(provider.id) for provider in closed}
    own = await ok(closed[0].client.get(f"/provider/decisions/{request['id']}"))
    assert own[0]["reason"] == "closed_now"


async def test_the_citizens_choice_is_asked_though_it_is_closed(world: World) -> None:
    chosen = await world.add_provider(TAP, hours=DAYTIME)
    await world.add_provider(TAP)
    world.clock.moment = local("11-24 21:00")
    request = (await world.dispatch(TAP, chosen_provider_id=str(chosen.id)))["request"]
    [offer] = await offers_of(world, request["id"])
    assert offer["provider_id"] == str(chosen.id)
    assert datetime.fromisoformat(offer["ask_from"]) == local("11-25 08:00")


async def test_a_broadcast_asks_no_closed_provider_while_one_is_open(world: World) -> None:
    await new_policy(world, mode=Mode.BROADCAST, broadcast_size=3)
    for _ in range(3):
        await world.add_provider(TAP, hours=DAYTIME)
    awake = await world.add_provider(TAP, point=(29.7, 121.3))
    world.clock.moment = local("11-24 21:00")
    request = (await world.dispatch(TAP))["request"]
    assert [offer["provider_id"] for offer in await offers_of(world, request["id"])] == [str(awake.id)]


async def test_special_hours_on_a_day_decide_when_an_offer_runs(world: World) -> None:
    provider = await world.add_provider(TAP, hours=DAYTIME)
    async with world.context.db.begin() as tx:
        rest = ProviderException(provider_id=provider.id, day=date(2026, 11, 25), opens=time(10), closes=time(12))
        tx.session.add(rest)
    world.clock.moment = local("11-24 21:00")
    request = (await world.dispatch(TAP))["request"]
    [offer] = await offers_of(world, request["id"])
    assert datetime.fromisoformat(offer["ask_from"]) == local("11-25 10:00")


async def test_the_operators_pick_waits_for_its_opening_too(world: World) -> None:
    provider = await world.add_provider(TAP, hours=DAYTIME)
    world.clock.moment = local("11-24 21:00")
    request = (await ok(world.create(TAP)))["request"]
    picked = await ok(world.operator.post(f"/requests/{request['id']}/offers", json={"provider_id": str(provider.id)}))
    assert datetime.fromisoformat(picked["offers"][0]["expires_at"]) == local("11-25 08:10")


@pytest.mark.parametrize(
    ("kind", "keeps", "when", "asked"),
    [
        (ProviderKind.PUBLIC_BODY, None, "10-01 10:00", False),  # National Day, a Thursday
        (ProviderKind.PUBLIC_BODY, False, "10-01 10:00", True),
        (ProviderKind.COMPANY, None, "10-01 10:00", True),
        (ProviderKind.COMPANY, True, "10-01 10:00", False),
        (ProviderKind.PUBLIC_BODY, None, "10-10 10:00", True),  # a make-up Saturday
        (ProviderKind.COMPANY, None, "10-10 10:00", False),
        (ProviderKind.PUBLIC_BODY, None, "10-17 10:00", False),  # an ordinary Saturday
    ],
)
async def test_public_bodies_keep_holidays_and_make_up_days(
    world: World, kind: ProviderKind, *, keeps: bool | None, when: str, asked: bool
) -> None:
    provider = await world.add_provider(DRAIN, kind=kind, keeps_holidays=keeps)
    async with world.context.db.begin() as tx:
        for weekday in (6, 7):
            await tx.session.delete(await tx.session.get_one(ProviderHours, (provider.id, weekday, time(0))))
    world.clock.moment = local(when)
    created = await world.dispatch(DRAIN)
    assert bool(created["offers"]) is asked


async def test_a_public_body_with_special_hours_on_a_holiday_is_asked(world: World) -> None:
    body = await world.add_provider(DRAIN, kind=ProviderKind.PUBLIC_BODY)
    async with world.context.db.begin() as tx:
        tx.session.add(ProviderException(provider_id=body.id, day=date(2026, 10, 1), opens=time(9), closes=time(12)))
    world.clock.moment = local("10-01 10:00")
    assert len((await world.dispatch(DRAIN))["offers"]) == 1


async def test_a_registrar_sets_whether_a_provider_keeps_holidays(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    found = await world.registrar.get(f"/providers/{provider.id}")
    assert found.json()["keeps_holidays"] is None
    under = {"If-Match": found.headers["etag"]}
    path, edit = f"/providers/{provider.id}", {"keeps_holidays": True}
    edited = await ok(world.registrar.patch(path, json=edit, headers=under))
    assert edited["keeps_holidays"] is True


async def test_offers_that_expired_while_the_centre_was_down_are_made_again(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await beat(world.context.db, world.clock)
    requests = [(await world.dispatch(DRAIN, phone=f"1395740000{n}"))["request"] for n in range(3)]
    world.advance(minutes=40)
    await beat(world.context.db, world.clock)
    await world.work()
    for request in requests:
        first, second = await offers_of(world, request["id"])
        assert (first["status"], first["withdraw_reason"]) == ("withdrawn", "centre_down")
        assert (second["status"], second["provider_id"]) == ("pending", str(provider.id))
    assert await standing(world, provider) == (True, 100)
    figures = await ok(world.manager.get("/metrics/fulfilment", params={"from": "2026-11-24", "to": "2026-11-24"}))
    assert figures["rates"]["no_response"]["numerator"] == 0


async def test_a_provider_that_is_silent_while_the_centre_runs_becomes_unreachable(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for n in range(3):
        await world.dispatch(DRAIN, phone=f"1395740000{n}")
    for _ in range(40):
        await beat(world.context.db, world.clock)
        world.advance(seconds=10)
    await world.work()
    assert (await standing(world, provider))[0] is False


async def test_an_outage_does_not_use_up_a_rungs_time(world: World) -> None:
    ladder = [
        {"rung": Rung.COMMUNITY_STATION, "timeout_seconds": 300},
        {"rung": Rung.VOLUNTEERS, "timeout_seconds": 300},
    ]
    await new_policy(world, ladder=ladder)
    station = await world.add_provider(DRAIN, tiers=("free",), rung=Rung.COMMUNITY_STATION)
    await world.add_provider(DRAIN, tiers=("free",), rung=Rung.VOLUNTEERS)
    membership = {"source": "身份证"}
    await ok(world.operator.put("/citizens/13957412345/groups/living_alone", json=membership))
    await beat(world.context.db, world.clock)
    created = await world.create(DRAIN, dispatch=True, tier="free", tier_fallback="paid")
    request = created.json()["request"]
    if request["tier"] != "free":
        pytest.skip("the sample's entitlements give this group no free help")
    world.advance(minutes=20)
    await beat(world.context.db, world.clock)
    await world.work()
    assert {offer["provider_id"] for offer in await offers_of(world, request["id"])} == {str(station.id)}


@pytest.mark.parametrize(
    ("item", "window", "rings"),
    [
        (DRAIN, {}, True),
        (TAP, {}, False),
        (TAP, {"wanted_from": "2026-11-24T23:00+08:00", "wanted_to": "2026-11-25T01:00+08:00"}, True),
    ],
)
async def test_at_night_only_urgent_offers_are_phoned(
    world: World, item: str, window: dict[str, str], *, rings: bool
) -> None:
    provider = await world.add_provider(item, reached_by=ReachedBy.PHONE)  # open at all hours
    world.clock.moment = local("11-24 22:00")
    request = (await world.dispatch(item, **window))["request"]
    listed = await ok(world.operator.get("/offers/to-phone"))
    taken = await world.operator.post("/offers/to-phone/next")
    assert (len(listed), taken.status_code) == ((1, 200) if rings else (0, 204))
    if not rings:
        await at(world, "11-25 08:01")
        taken = await ok(world.operator.post("/offers/to-phone/next"))
        assert taken["request_id"] == request["id"]
        assert await standing(world, provider) == (True, 100)


async def test_a_closed_provider_is_not_phoned(world: World) -> None:
    await world.add_provider(TAP, reached_by=ReachedBy.PHONE, hours=(time(13), time(20)))
    world.clock.moment = local("11-24 10:00")
    await world.dispatch(TAP)
    assert await ok(world.operator.get("/offers/to-phone")) == []
    world.clock.moment = local("11-24 13:00")
    assert len(await ok(world.operator.get("/offers/to-phone"))) == 1
