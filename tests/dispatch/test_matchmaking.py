"""Which provider is offered a request, and which next: by ranking, an operator's pick or the citizen's choice."""

from datetime import time
from typing import Any
from uuid import UUID

import pytest

from app.registry.models import Standing
from tests.world import CLEANING, DRAIN, World, new_policy, ok, refused

FAR = (29.74, 121.2)


async def offers_of(world: World, request_id: str) -> list[tuple[str, str]]:
    """Return the provider and status of each offer, oldest first."""
    offers = await ok(world.operator.get(f"/requests/{request_id}/offers"))
    return [(offer["provider_id"], offer["status"]) for offer in offers]


async def test_the_nearest_of_equals_is_asked_and_the_answer_explains_itself(world: World) -> None:
    far, near = await world.add_provider(DRAIN, point=FAR), await world.add_provider(DRAIN)
    closed = await world.add_provider(DRAIN, hours=(time(1), time(2)))
    created = await world.dispatch(DRAIN)
    [offer] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    assert offer["provider_id"] == str(near.id)
    assert offer["policy_version"] >= 1
    assert set(offer["scores"]) == {"distance", "credit", "record", "load", "fairness", "price", "total"}
    answer = await ok(world.operator.post("/matching/preview", json={"item": DRAIN, "area": "330203001"}))
    assert [row["provider_id"] for row in answer["candidates"]] == [str(near.id), str(far.id)]
    assert [(row["provider_id"], row["reason"], row["zh"]) for row in answer["rejected"]] == [
        (str(closed.id), "closed_then", "期望时间段内不营业")
    ]


async def test_a_decline_asks_the_next_provider_and_the_last_leaves_the_request_unmatched(world: World) -> None:
    near, far = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=FAR)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    for provider in (near, far):
        [offer] = await ok(provider.client.get("/provider/offers"))
        world.advance(seconds=1)
        await ok(provider.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
        await world.work()
    assert await offers_of(world, request_id) == [(str(near.id), "declined"), (str(far.id), "declined")]
    request = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (request["status"], request["unmatched_reason"]) == ("unmatched", "tried_before")
    events = [event["kind"] for event in await ok(world.operator.get(f"/requests/{request_id}/events"))]
    assert events == [
        "request.created", "request.dispatched", "offer.made", "offer.declined", "offer.made", "offer.declined",
        "request.unmatched",
    ]  # fmt: skip


async def test_when_an_offer_expires_the_next_is_made_in_the_same_step(world: World) -> None:
    near, far = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=FAR)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    world.advance(minutes=3, seconds=1)
    await world.work()
    assert await offers_of(world, request_id) == [(str(near.id), "expired"), (str(far.id), "pending")]


async def test_an_offer_lives_at_most_half_the_accept_allowance(world: World) -> None:
    await world.add_provider(DRAIN, CLEANING)
    urgent = (await world.dispatch(DRAIN))["offers"][0]
    booked = (await world.dispatch(CLEANING))["offers"][0]
    assert urgent["expires_at"] == "2026-11-24T02:03:00Z"
    assert booked["expires_at"] == "2026-11-24T03:00:00Z"


async def test_a_full_provider_is_waited_for_while_accept_by_allows(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=1)
    first = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{first['offers'][0]['id']}/acceptance"))
    second = await world.dispatch(DRAIN, phone="13800000002")
    assert (second["matching"], second["request"]["status"]) == ("waiting", "dispatching")
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    await world.work()
    assert len(await ok(provider.client.get("/provider/offers"))) == 1  # the return freed the capacity
    third = (await world.dispatch(DRAIN, phone="13800000003"))["request"]["id"]
    world.advance(minutes=11)
    await world.work()
    assert await world.status(third) == "unmatched"


async def test_a_provider_that_fills_up_has_its_other_offers_withdrawn(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=1)
    first, second = await world.dispatch(DRAIN), await world.dispatch(DRAIN, phone="13800000002")
    assert len(await ok(provider.client.get("/provider/offers"))) == 2
    await ok(provider.client.put(f"/provider/offers/{first['offers'][0]['id']}/acceptance"))
    await world.work()
    assert await offers_of(world, second["request"]["id"]) == [(str(provider.id), "withdrawn")]


async def test_a_suspended_provider_keeps_started_work_and_loses_the_rest(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = [await world.dispatch(DRAIN, phone=f"1380000000{n}") for n in range(3)]
    ids, offers = [each["request"]["id"] for each in created], [each["offers"][0] for each in created]
    started, unstarted = [
        await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance")) for offer in offers[:2]
    ]
    await ok(provider.client.put(f"/provider/jobs/{started['id']}/start"))
    document = await world.registrar.get(f"/providers/{provider.id}")
    standing = {"standing": Standing.SUSPENDED, "reason": "多次爽约，查实后暂停接单"}
    headers = {"If-Match": document.headers["ETag"]}
    await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=standing, headers=headers))
    await world.work()
    assert [await world.status(request_id) for request_id in ids] == ["in_progress", "unmatched", "unmatched"]
    [job] = await ok(world.operator.get(f"/requests/{ids[1]}/jobs"))
    assert (job["id"], job["status"]) == (unstarted["id"], "cancelled")


async def test_the_citizens_choice_comes_first_and_a_barred_provider_is_not_asked(world: World) -> None:
    near, far = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=FAR)
    chosen = await world.dispatch(DRAIN, chosen_provider_id=str(far.id))
    assert chosen["offers"][0]["provider_id"] == str(far.id)
    await ok(world.operator.put(f"/citizens/13957412345/bars/{near.id}", json={"reason": "上次漏水没修好"}))
    again = await world.dispatch(DRAIN)
    assert again["offers"][0]["provider_id"] == str(far.id)
    await ok(world.operator.delete(f"/citizens/13957412345/bars/{near.id}"))
    assert (await world.dispatch(DRAIN))["offers"][0]["provider_id"] == str(near.id)


async def test_ranked_offers_are_shared_among_equal_providers(world: World) -> None:
    await new_policy(world, silent_limit=100)
    one, two = await world.add_provider(DRAIN, capacity=50), await world.add_provider(DRAIN, capacity=50)
    asked = []
    for n in range(6):
        created = await world.dispatch(DRAIN, phone=f"1380000000{n}")
        asked.append(created["offers"][0]["provider_id"])
        world.advance(minutes=11)
        await world.work()
    assert sorted(asked).count(str(one.id)) == sorted(asked).count(str(two.id)) == 3


async def test_a_pick_and_a_withdrawn_offer_do_not_count_for_fairness(world: World) -> None:
    await new_policy(world, weights={"fairness": 1})
    providers = {
        str(provider.id): provider for provider in [await world.add_provider(DRAIN, capacity=50) for _ in range(2)]
    }
    withdrawn = await world.dispatch(DRAIN, phone="13800000001")
    first = withdrawn["offers"][0]["provider_id"]
    await ok(world.operator.put(f"/requests/{withdrawn['request']['id']}/cancellation", json={"reason": "已修好"}))
    request_id = (await ok(world.create(DRAIN, phone="13800000002")))["request"]["id"]
    picked = await ok(world.operator.post(f"/requests/{request_id}/offers", json={"provider_id": first}))

    async def decline(offer: dict[str, Any]) -> None:
        url = f"/provider/offers/{offer['id']}/refusal"
        await ok(providers[offer["provider_id"]].client.put(url, json={"reason": "busy"}))
        await world.work()

    await decline(picked["offers"][0])
    [ranked] = (await world.dispatch(DRAIN, phone="13800000003"))["offers"]
    assert ranked["provider_id"] == first
    await decline(ranked)
    [offer] = (await world.dispatch(DRAIN, phone="13800000004"))["offers"]
    assert offer["provider_id"] != first


async def test_an_operator_picks_any_provider_that_passes_the_filters(world: World) -> None:
    await world.add_provider(DRAIN)
    far, closed = await world.add_provider(DRAIN, point=FAR), await world.add_provider(DRAIN, hours=(time(1), time(2)))
    request_id = (await ok(world.create(DRAIN)))["request"]["id"]
    url = f"/requests/{request_id}/offers"
    problem = await refused(
        world.operator.post(url, json={"provider_id": str(closed.id)}), 409, "provider_not_eligible"
    )
    assert problem["reason"] == "closed_then"
    assert await world.status(request_id) == "received"
    picked = await ok(world.operator.post(url, json={"provider_id": str(far.id)}))
    assert [offer["provider_id"] for offer in picked["offers"]] == [str(far.id)]
    [offer] = await ok(world.operator.get(url))
    assert offer["offered_by"] == "operator"


async def test_after_an_operator_withdraws_an_offer_the_next_provider_is_asked(world: World) -> None:
    near, far = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=FAR)
    created = await world.dispatch(DRAIN)
    url = f"/offers/{created['offers'][0]['id']}/withdrawal"
    world.advance(seconds=1)
    await ok(world.operator.put(url, json={"reason": "地址写错了，重新派"}))
    await ok(world.operator.put(url, json={"reason": "地址写错了，重新派"}))
    await world.work()
    expected = [(str(near.id), "withdrawn"), (str(far.id), "pending")]
    assert await offers_of(world, created["request"]["id"]) == expected
    gone = near.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance")
    problem = await refused(gone, 409, "offer_withdrawn")
    assert problem["reason"] == "by_staff"  # what staff wrote is not shown to the provider


async def test_the_waiting_are_served_by_urgency_then_priority_group_then_age(world: World) -> None:
    provider = await world.add_provider(DRAIN, CLEANING, capacity=1)
    blocker = (await world.dispatch(DRAIN, phone="13800000000"))["offers"][0]
    job = await ok(provider.client.put(f"/provider/offers/{blocker['id']}/acceptance"))
    await ok(world.operator.put("/citizens/13800000003/groups/aged_80", json={"source": "身份证"}))
    order = [("13800000001", CLEANING), ("13800000002", DRAIN), ("13800000003", DRAIN)]
    waiting = {phone: (await world.dispatch(item, phone=phone))["request"]["id"] for phone, item in order}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    world.advance(seconds=61)
    await world.work()
    async with world.context.db.begin() as tx:
        made = await tx.driver.fetch("SELECT request_id FROM events WHERE kind = 'offer.made' ORDER BY id")
    served = [str(row["request_id"]) for row in made][1:]
    assert served == [waiting["13800000003"], waiting["13800000002"], waiting["13800000001"]]


async def test_an_evening_request_is_offered_to_a_provider_that_opens_in_the_morning(world: World) -> None:
    provider = await world.add_provider("PE04", hours=(time(8), time(20)))
    world.advance(hours=11)  # 21:00 in Ningbo; same-day work is due by the next day's close
    created = await world.dispatch("PE04")
    assert [offer["provider_id"] for offer in created["offers"]] == [str(provider.id)]


@pytest.fixture
async def working_timeouts(world: World) -> dict[str, int]:
    """Return the timeouts of a working policy. The one now in force lacks urgent work, so matching it fails."""
    async with world.context.db.autocommit() as tx:
        timeouts: dict[str, int] = await tx.driver.fetchval("SELECT offer_timeouts FROM policies")
    await new_policy(world, offer_timeouts={name: value for name, value in timeouts.items() if name != "urgent"})
    return timeouts


async def test_a_request_is_acknowledged_when_matching_fails_and_dispatched_by_the_worker(
    world: World, working_timeouts: dict[str, int]
) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, key="k")
    assert (created["matching"], created["request"]["status"], created["offers"]) == ("postponed", "dispatching", [])
    assert (await ok(world.create(DRAIN, dispatch=True, key="k"))) == created
    await new_policy(world, offer_timeouts=working_timeouts)
    await world.work()
    assert [offer["number"] for offer in await ok(provider.client.get("/provider/offers"))] == [
        created["request"]["number"]
    ]


async def test_an_unmatchable_request_does_not_hold_up_others(world: World, working_timeouts: dict[str, int]) -> None:
    provider = await world.add_provider(DRAIN, CLEANING)
    urgent = (await world.dispatch(DRAIN, phone="13800000001"))["request"]["id"]
    await world.work()
    async with world.context.db.autocommit() as tx:
        retry_at = await tx.driver.fetchval(
            "SELECT retry_at FROM step_troubles WHERE step = 'match_waiting' AND subject_id = $1", UUID(urgent)
        )
    assert retry_at > world.clock.now()
    later = await world.dispatch(CLEANING, phone="13800000002")
    assert [offer["request_id"] for offer in await ok(provider.client.get("/provider/offers"))] == [
        later["request"]["id"]
    ]


async def test_an_offer_expires_even_if_the_next_cannot_be_made(world: World, working_timeouts: dict[str, int]) -> None:
    for _ in range(2):
        await world.add_provider(DRAIN)
    await new_policy(world, offer_timeouts=working_timeouts)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    await new_policy(world, offer_timeouts={})
    world.advance(minutes=4)
    await world.work()
    assert [status for _, status in await offers_of(world, request_id)] == ["expired"]
    await new_policy(world, offer_timeouts=working_timeouts)
    world.advance(minutes=2)
    await world.work()
    assert [status for _, status in await offers_of(world, request_id)] == ["expired", "pending"]
