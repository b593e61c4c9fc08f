"""Free help climbs the ladder over HTTP: each rung is asked in order, for its own time."""

from datetime import datetime, time, timedelta
from typing import Any

from app.registry.models import ProviderKind, Rung
from tests.world import CHENGLANG, DRAIN, SampleProvider, World, new_policy, ok, refused

LIUJIN = "330203001002"
GRANNY = "13957412345"
MINUTES = {
    Rung.COMMUNITY_STATION: 5,
    Rung.STREET_CENTRE: 10,
    Rung.DISTRICT_CENTRE: 15,
    Rung.VOLUNTEERS: 30,
    Rung.PLEDGED_COMPANIES: 60,
}
"""How long the first policy asks each rung, in minutes."""


async def entitled(world: World, *phones: str) -> None:
    """Put these callers in the group `hardship`, whose drains are cleared free of charge."""
    for phone in phones or (GRANNY,):
        await ok(world.operator.patch(f"/citizens/{phone}", json={"name": "王阿姨"}))
        membership = {"source": "澄浪社区低保登记"}
        await ok(world.operator.put(f"/citizens/{phone}/groups/hardship", json=membership))


async def helper(world: World, rung: Rung, **facts: Any) -> SampleProvider:
    """Add a provider that clears drains free of charge on this rung."""
    kind = ProviderKind.COMPANY if rung is Rung.PLEDGED_COMPANIES else ProviderKind.PUBLIC_BODY
    tiers = facts.pop("tiers", ("free",))
    return await world.add_provider(DRAIN, tiers=tiers, kind=kind, rung=rung, **facts)


async def network(world: World) -> dict[Rung, SampleProvider]:
    """Add one helper on each rung, in the reverse of the order in which they are asked."""
    own = {Rung.COMMUNITY_STATION: {"community_code": CHENGLANG}}
    return {rung: await helper(world, rung, **own.get(rung, {})) for rung in reversed(Rung)}


async def standing(world: World, request_id: str) -> tuple[str | None, datetime | None]:
    async with world.context.db.autocommit() as tx:
        [row] = await tx.driver.fetch("SELECT rung, rung_until FROM requests WHERE id = $1", request_id)
    return row["rung"], row["rung_until"]


async def pending(world: World, request_id: str) -> list[dict[str, Any]]:
    offers = await ok(world.operator.get(f"/requests/{request_id}/offers"))
    return [offer for offer in offers if offer["status"] == "pending"]


async def decline(provider: SampleProvider, offer: dict[str, Any]) -> None:
    await ok(provider.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))


async def test_each_rung_is_asked_for_its_time_and_then_the_next(world: World) -> None:
    await entitled(world)
    providers = await network(world)
    request_id = (await world.dispatch(DRAIN, tier="free"))["request"]["id"]
    for rung in Rung:
        [offer] = await pending(world, request_id)
        assert offer["provider_id"] == str(providers[rung].id), rung
        until = world.clock.now() + timedelta(minutes=MINUTES[rung])
        assert await standing(world, request_id) == (rung, until)
        assert offer["price_fen"] == 0
        assert datetime.fromisoformat(offer["expires_at"]) <= until
        world.clock.advance(datetime.fromisoformat(offer["expires_at"]) - world.clock.now() + timedelta(seconds=1))
        await world.work()
    request = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (request["status"], request["unmatched_reason"]) == ("unmatched", "tried_before")


async def test_a_decline_climbs_at_once_and_empty_rungs_are_skipped(world: World) -> None:
    await entitled(world)
    street = await helper(world, Rung.STREET_CENTRE)
    volunteers = await helper(world, Rung.VOLUNTEERS)
    request_id = (await world.dispatch(DRAIN, tier="free"))["request"]["id"]
    [offer] = await pending(world, request_id)
    assert offer["provider_id"] == str(street.id)
    await decline(street, offer)
    await world.work()
    [offer] = await pending(world, request_id)
    assert offer["provider_id"] == str(volunteers.id)
    assert (await standing(world, request_id))[0] == Rung.VOLUNTEERS


async def test_providers_of_a_rung_are_asked_in_turn_only_within_its_time(world: World) -> None:
    await entitled(world)
    stations = {str((await helper(world, Rung.COMMUNITY_STATION)).id) for _ in range(4)}
    street = await helper(world, Rung.STREET_CENTRE)
    request_id = (await world.dispatch(DRAIN, tier="free"))["request"]["id"]
    _, until = await standing(world, request_id)
    asked = []
    while (offer := (await pending(world, request_id))[0])["provider_id"] in stations:
        asked.append(offer["provider_id"])
        expires_at = datetime.fromisoformat(offer["expires_at"])
        assert until is not None
        assert expires_at <= until
        assert await standing(world, request_id) == (Rung.COMMUNITY_STATION, until)
        world.clock.advance(expires_at - world.clock.now())
        await world.work()
    assert offer["provider_id"] == str(street.id)
    assert len(set(asked)) == len(asked) == 2  # three minutes, then the remaining two of five


async def test_closed_helpers_keep_their_rung_and_open_ones_on_it_come_first(world: World) -> None:
    greeting, zone = "EL02", world.context.settings.zone  # free, same_day

    async def add(rung: Rung, opens: time = time(0), **facts: Any) -> SampleProvider:
        hours = (opens, time(20) if opens > time(0) else time(0))
        return await world.add_provider(greeting, tiers=("free",), rung=rung, hours=hours, **facts)

    closed = await add(Rung.STREET_CENTRE, time(8))
    await add(Rung.VOLUNTEERS)
    world.clock.moment = datetime(2026, 11, 24, 21, tzinfo=zone)
    request_id = (await world.dispatch(greeting))["request"]["id"]
    [offer] = await pending(world, request_id)
    assert offer["provider_id"] == str(closed.id)
    assert await standing(world, request_id) == (Rung.STREET_CENTRE, datetime.fromisoformat(offer["expires_at"]))
    awake = await add(Rung.STREET_CENTRE, point=(29.7, 121.3))
    request_id = (await world.dispatch(greeting, phone="13800000002"))["request"]["id"]
    [offer] = await pending(world, request_id)
    assert offer["provider_id"] == str(awake.id)
    assert await standing(world, request_id) == (Rung.STREET_CENTRE, world.clock.now() + timedelta(minutes=10))


async def test_closed_helpers_on_a_higher_rung_are_asked_for_their_opening(world: World) -> None:
    greeting = "EL02"
    street = [await world.add_provider(greeting, tiers=("free",), rung=Rung.STREET_CENTRE) for _ in range(4)]
    hours = (time(14), time(20))
    late = await world.add_provider(greeting, tiers=("free",), rung=Rung.VOLUNTEERS, hours=hours)
    request_id = (await world.dispatch(greeting))["request"]["id"]
    while (offers := await pending(world, request_id)) and offers[0]["provider_id"] in {str(one.id) for one in street}:
        world.clock.advance(datetime.fromisoformat(offers[0]["expires_at"]) - world.clock.now())
        await world.work()
    [offer] = offers
    assert offer["provider_id"] == str(late.id)
    assert datetime.fromisoformat(offer["ask_from"]).astimezone(world.context.settings.zone).time() == time(14)


async def test_a_station_serves_only_its_own_community(world: World) -> None:
    await entitled(world, GRANNY, "13957412346")
    theirs = await helper(world, Rung.COMMUNITY_STATION, community_code=LIUJIN)
    district = await helper(world, Rung.DISTRICT_CENTRE)
    ours = await world.dispatch(DRAIN, tier="free", area=CHENGLANG)
    assert [offer["provider_id"] for offer in ours["offers"]] == [str(district.id)]
    neighbours = await world.dispatch(DRAIN, tier="free", area=LIUJIN, phone="13957412346")
    assert [offer["provider_id"] for offer in neighbours["offers"]] == [str(theirs.id)]


async def test_without_a_known_community_no_station_is_asked(world: World) -> None:
    await entitled(world)
    await helper(world, Rung.COMMUNITY_STATION, community_code=CHENGLANG)
    street = await helper(world, Rung.STREET_CENTRE)
    created = await world.dispatch(DRAIN, tier="free", area="330203001")
    assert [offer["provider_id"] for offer in created["offers"]] == [str(street.id)]


async def test_paid_requests_and_chosen_providers_skip_the_ladder(world: World) -> None:
    await entitled(world)
    providers = await network(world)
    paid_provider = await world.add_provider(DRAIN)
    paid = await world.dispatch(DRAIN)
    assert [offer["provider_id"] for offer in paid["offers"]] == [str(paid_provider.id)]
    assert await standing(world, paid["request"]["id"]) == (None, None)
    choice = str(providers[Rung.VOLUNTEERS].id)
    chosen = await world.dispatch(DRAIN, tier="free", chosen_provider_id=choice)
    assert [offer["provider_id"] for offer in chosen["offers"]] == [choice]


async def test_a_policy_without_a_ladder_asks_everybody_in_one_ranking(world: World) -> None:
    await entitled(world)
    await helper(world, Rung.COMMUNITY_STATION, point=(29.74, 121.2))
    near = await helper(world, Rung.PLEDGED_COMPANIES)
    await new_policy(world, ladder=[])
    created = await world.dispatch(DRAIN, tier="free")
    assert [offer["provider_id"] for offer in created["offers"]] == [str(near.id)]


async def test_past_the_ladder_a_request_is_unmatched_unless_the_citizen_agreed_to_pay(world: World) -> None:
    await entitled(world, GRANNY, "13957412346")
    station = await helper(world, Rung.COMMUNITY_STATION)
    cheap, dear = await world.add_provider(DRAIN, tiers=("low_fee",)), await world.add_provider(DRAIN)
    free_only = (await world.dispatch(DRAIN, tier="free"))["request"]["id"]
    agreed = (await world.dispatch(DRAIN, tier="free", tier_fallback="paid", phone="13957412346"))["request"]["id"]
    for offer in await ok(station.client.get("/provider/offers")):
        await decline(station, offer)
    await world.work()
    assert await world.status(free_only) == "unmatched"
    for provider, tier in ((cheap, "low_fee"), (dear, "paid")):
        [offer] = await pending(world, agreed)
        assert (offer["provider_id"], offer["tier"]) == (str(provider.id), tier)
        await decline(provider, offer)
        await world.work()
    assert await world.status(agreed) == "unmatched"


async def test_a_later_consent_to_pay_is_recorded_and_used_by_the_next_dispatch(world: World) -> None:
    await entitled(world)
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, tier="free")
    url = f"/requests/{created['request']['id']}"
    assert created["request"]["status"] == "unmatched"
    for _ in range(2):
        consented = await ok(world.operator.put(f"{url}/tier-consent", json={"tier": "paid"}))
        assert (consented["tier"], consented["tier_fallback"], consented["status"]) == ("free", "paid", "unmatched")
    events = await ok(world.operator.get(f"{url}/events"))
    [said] = [event for event in events if event["kind"] == "request.tier_consented"]
    assert (said["actor_kind"], said["data"]) == ("staff", {"tier": "paid"})
    again = await ok(world.operator.put(f"{url}/dispatch"))
    assert [(offer["provider_id"], offer["expires_at"]) for offer in again["offers"]] == [
        (str(provider.id), "2026-11-24T02:03:00Z")
    ]


async def test_a_consent_to_pay_while_waiting_is_used_at_once(world: World) -> None:
    await entitled(world)
    await helper(world, Rung.COMMUNITY_STATION, capacity=0)
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, tier="free")
    assert created["matching"] == "waiting"
    request_id = created["request"]["id"]
    await ok(world.operator.put(f"/requests/{request_id}/tier-consent", json={"tier": "paid"}))
    await world.work()
    assert [offer["provider_id"] for offer in await pending(world, request_id)] == [str(provider.id)]


async def test_a_consent_to_a_tier_that_is_not_allowed_or_not_dearer_is_refused(world: World) -> None:
    await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    url = f"/requests/{created['request']['id']}/tier-consent"
    for tier in ("free", "low_fee", "paid"):
        await refused(world.operator.put(url, json={"tier": tier}), 422, "tier_not_dearer")
    cleaning = await world.dispatch("RE01", phone="13957412347")
    unmatched = f"/requests/{cleaning['request']['id']}/tier-consent"
    await refused(world.operator.put(unmatched, json={"tier": "paid"}), 422, "tier_not_allowed")
    await refused(world.manager.put(url, json={"tier": "paid"}), 403, "not_allowed")
    await ok(world.operator.put(f"/requests/{created['request']['id']}/cancellation", json={"reason": "自己弄好了"}))
    await refused(world.operator.put(url, json={"tier": "paid"}), 409, "status_conflict")
