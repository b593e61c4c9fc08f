"""A provider that lets offers expire repeatedly becomes unreachable, is notified, and resumes when it says so."""

import asyncio
from typing import Any

import pytest

from app.events.topics import provider_topic
from app.registry.models import ReachedBy
from tests.world import DRAIN, SampleProvider, World, new_policy, ok, refused

LIMIT = 3


async def offered(world: World, provider: SampleProvider) -> dict[str, Any]:
    """Make an offer to this provider, whatever others there are."""
    created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
    [offer] = created["offers"]
    return {**offer, "request_id": created["request"]["id"]}


async def cancel(world: World, offer: dict[str, Any]) -> None:
    reason = {"reason": "等不及了，自己找人修好了"}
    await ok(world.operator.put(f"/requests/{offer['request_id']}/cancellation", json=reason))


async def stay_silent(world: World, provider: SampleProvider, times: int = 1) -> None:
    for _ in range(times):
        offer = await offered(world, provider)
        world.advance(minutes=4)
        await world.work()
        await cancel(world, offer)


async def document(world: World, provider: SampleProvider) -> dict[str, Any]:
    return dict(await ok(provider.client.get("/provider")))


async def events(world: World, provider: SampleProvider) -> list[Any]:
    async with world.context.db.autocommit() as tx:
        query = "SELECT at, data FROM events WHERE kind = 'provider.unreachable' AND provider_id = $1"
        return list(await tx.driver.fetch(query, provider.id))


async def test_after_three_expired_offers_in_a_row_a_provider_is_unreachable_and_notified(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await stay_silent(world, provider, LIMIT - 1)
    before = await document(world, provider)
    assert (before["reachable"], before["silent_offers"], before["notice"]) == (True, 2, None)
    offer = await offered(world, provider)
    async with world.context.pubsub.subscribe(provider_topic(provider.id)) as woken:
        world.advance(minutes=4)
        await world.work()
        await asyncio.wait_for(woken.wait(), 5)
    own = await document(world, provider)
    assert (own["reachable"], own["unreachable_why"], own["silent_offers"]) == (False, "silent", LIMIT)
    assert own["unreachable_at"] == world.clock.now().isoformat().replace("+00:00", "Z")
    assert own["notice"]["zh"].startswith("连续多次派单到期未答复")
    assert own["notice"]["en"].startswith("You did not answer several offers in a row")
    [event] = await events(world, provider)
    assert event["at"] == world.clock.now()
    await cancel(world, offer)
    assert (await world.dispatch(DRAIN))["request"]["unmatched_reason"] == "unreachable"


async def test_a_silent_provider_is_notified_once(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for number in range(LIMIT + 2):
        await world.dispatch(DRAIN, chosen_provider_id=str(provider.id), phone=f"1380000000{number}")
    world.advance(minutes=4)
    await world.work()
    assert len(await events(world, provider)) == 1
    assert (await document(world, provider))["unreachable_why"] == "silent"


async def test_a_policy_says_how_many_are_too_many(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await new_policy(world, silent_limit=1)
    await stay_silent(world, provider)
    assert (await document(world, provider))["unreachable_why"] == "silent"


@pytest.mark.parametrize("answer", ["acceptance", "refusal"])
async def test_any_answer_resets_the_count(world: World, answer: str) -> None:
    provider = await world.add_provider(DRAIN)
    await stay_silent(world, provider, LIMIT - 1)
    offer = await offered(world, provider)
    body = {"reason": "busy"} if answer == "refusal" else None
    await ok(provider.client.put(f"/provider/offers/{offer['id']}/{answer}", json=body))
    assert (await document(world, provider))["silent_offers"] == 0
    await cancel(world, offer)
    await stay_silent(world, provider, LIMIT - 1)
    assert (await document(world, provider))["reachable"] is True


async def test_a_provider_that_switches_itself_on_starts_at_zero(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await stay_silent(world, provider, LIMIT)
    own = await ok(provider.client.patch("/provider/availability", json={"reachable": True}))
    assert (own["reachable"], own["unreachable_why"], own["unreachable_at"], own["silent_offers"], own["notice"]) == (
        True, None, None, 0, None,
    )  # fmt: skip
    await stay_silent(world, provider, LIMIT - 1)
    assert (await document(world, provider))["reachable"] is True


async def test_an_offer_that_nobody_phoned_is_not_counted_as_silence(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    await stay_silent(world, provider, LIMIT)
    assert (await document(world, provider))["silent_offers"] == 0
    for _ in range(LIMIT):
        offer = await offered(world, provider)
        taken = await ok(world.operator.post("/offers/to-phone/next"))
        assert taken["id"] == offer["id"]
        await ok(world.operator.put(f"/offers/{offer['id']}/no-answer"))
        world.advance(minutes=4)
        await world.work()
        await cancel(world, offer)
    own = await document(world, provider)
    assert (own["unreachable_why"], own["silent_offers"]) == ("silent", LIMIT)
    url = f"/providers/{provider.id}/availability"
    await refused(world.manager.patch(url, json={"reachable": True}), 403, "not_allowed")
    back = await ok(world.operator.patch(url, json={"reachable": True}))  # the provider phoned the centre
    assert (back["reachable"], back["silent_offers"]) == (True, 0)


async def test_accepting_and_expiring_at_once_counts_correctly(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=50)
    for _ in range(6):
        await ok(provider.client.patch("/provider/availability", json={"reachable": True}))
        await stay_silent(world, provider, LIMIT - 1)
        offer = await offered(world, provider)
        accept = asyncio.ensure_future(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
        world.advance(minutes=4)
        _, answer = await asyncio.gather(world.work(), accept)
        own = await document(world, provider)
        expected = (True, 0) if answer.is_success else (False, LIMIT)
        assert (own["reachable"], own["silent_offers"]) == expected
        await cancel(world, offer)
