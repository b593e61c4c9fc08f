"""Two callers at once, with real commits on real connections: exactly one wins and the other is told so."""

import asyncio
from typing import Any

from app.matching.models import Mode
from app.registry.models import ReachedBy
from tests.world import DRAIN, SampleProvider, World, new_policy, ok


async def offered_to_three(
    world: World, providers: list[SampleProvider]
) -> tuple[list[Any], list[dict[str, Any]], str]:
    await new_policy(world, mode=Mode.BROADCAST)
    created = await world.dispatch(DRAIN)
    await new_policy(world, mode=Mode.CASCADE)
    by_id = {str(provider.id): provider for provider in providers}
    offers = created["offers"]
    assert len(offers) == 3
    return [by_id[offer["provider_id"]] for offer in offers], offers, created["request"]["id"]


async def test_three_accept_at_once_and_one_gets_the_job(world: World) -> None:
    all_providers = [await world.add_provider(DRAIN, capacity=50) for _ in range(3)]
    for _ in range(5):
        providers, offers, request_id = await offered_to_three(world, all_providers)
        answers = await asyncio.gather(
            *(
                provider.client.put(f"/provider/offers/{offer['id']}/acceptance")
                for provider, offer in zip(providers, offers, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes == {"offer_withdrawn"}
        jobs = await ok(world.operator.get(f"/requests/{request_id}/jobs"))
        assert len(jobs) == 1
        statuses = sorted(offer["status"] for offer in await ok(world.operator.get(f"/requests/{request_id}/offers")))
        assert statuses == ["accepted", "withdrawn", "withdrawn"]


async def test_a_provider_accepts_twice_at_once_and_has_one_job(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    accept = f"/provider/offers/{offer['id']}/acceptance"
    answers = await asyncio.gather(*(ok(provider.client.put(accept)) for _ in range(4)))
    assert len({answer["id"] for answer in answers}) == 1
    assert (await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"] == 1


async def test_the_last_place_goes_to_one_of_two_jobs(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=1)
    offers = [(await world.dispatch(DRAIN, phone=phone))["offers"][0] for phone in ("13800000001", "13800000002")]
    answers = await asyncio.gather(
        *(provider.client.put(f"/provider/offers/{offer['id']}/acceptance") for offer in offers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json()["code"] for answer in answers if answer.is_error} == {"provider_full"}
    assert (await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"] == 1


async def test_accept_against_cancel_leaves_no_job_on_a_cancelled_request(world: World) -> None:
    for _ in range(5):
        provider = await world.add_provider(DRAIN)
        created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
        request_id, [offer] = created["request"]["id"], created["offers"]
        await asyncio.gather(
            provider.client.put(f"/provider/offers/{offer['id']}/acceptance"),
            world.operator.put(f"/requests/{request_id}/cancellation", json={"reason": "邻居已经帮忙通好了"}),
        )
        assert await world.status(request_id) == "cancelled"
        jobs = await ok(world.operator.get(f"/requests/{request_id}/jobs"))
        assert all(job["status"] == "cancelled" for job in jobs)
        assert (await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"] == 0


async def test_accept_against_expiry_ends_in_one_of_the_two(world: World) -> None:
    for _ in range(5):
        provider = await world.add_provider(DRAIN)
        created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
        request_id, [offer] = created["request"]["id"], created["offers"]
        accept = asyncio.ensure_future(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
        world.advance(minutes=30)
        _, answer = await asyncio.gather(world.work(), accept)
        [kept, *_] = await ok(world.operator.get(f"/requests/{request_id}/offers"))
        assert kept["status"] == ("accepted" if answer.is_success else "expired")
        assert (await world.status(request_id) == "assigned") == answer.is_success


async def test_completing_and_returning_at_once_leaves_one_result(world: World) -> None:
    for _ in range(5):
        provider = await world.add_provider(DRAIN)
        created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
        job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        done, returned = await asyncio.gather(
            provider.client.put(f"/provider/jobs/{job['id']}/completion", json={"result": "已疏通", "amount_fen": 0}),
            provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_parts"}),
        )
        assert sorted([done.status_code, returned.status_code]) == [200, 409]
        expected = "completed" if done.is_success else "unmatched"
        assert await world.status(created["request"]["id"]) == expected
        assert (await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"] == 0


async def test_two_supervisors_merge_each_others_requests(world: World) -> None:
    for _ in range(5):
        one = (await world.dispatch(DRAIN, phone="13800000001"))["request"]["id"]
        two = (await world.dispatch(DRAIN, phone="13800000002"))["request"]["id"]
        answers = await asyncio.gather(
            world.supervisor.put(f"/requests/{one}/parent", json={"parent_id": two}),
            world.supervisor.put(f"/requests/{two}/parent", json={"parent_id": one}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sorted([await world.status(one), await world.status(two)]).count("merged") == 1


async def test_one_key_sent_five_times_at_once_makes_one_request(world: World) -> None:
    await world.add_provider(DRAIN)
    answers = await asyncio.gather(*(world.create(DRAIN, dispatch=True, key="ring-42") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    listed = await ok(world.operator.get("/requests", params={"citizen_phone": "13957412345"}))
    assert len(listed["items"]) == 1


async def test_a_new_caller_calls_twice_at_once_and_is_one_citizen(world: World) -> None:
    answers = await asyncio.gather(*(world.create(DRAIN) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    caller = await ok(world.operator.get("/citizens/13957412345"))
    assert len(caller["open_requests"]) == 4


async def test_two_operators_never_phone_the_same_provider(world: World) -> None:
    for phone in ("13800000001", "13800000002", "13800000003"):
        await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
        await world.dispatch(DRAIN, phone=phone)
    answers = await asyncio.gather(*(world.operator.post("/offers/to-phone/next") for _ in range(5)))
    taken = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert len(taken) == len(set(taken)) == 3
    assert [answer.status_code for answer in answers].count(204) == 2


async def test_two_workers_expire_each_offer_once_and_make_one_next(world: World) -> None:
    providers = [await world.add_provider(DRAIN) for _ in range(3)]
    requests = [(await world.dispatch(DRAIN, phone=f"1380000000{n}"))["request"]["id"] for n in range(6)]
    world.advance(minutes=4)
    await asyncio.gather(world.work(), world.work())
    for request_id in requests:
        offers = await ok(world.operator.get(f"/requests/{request_id}/offers"))
        assert [offer["status"] for offer in offers] == ["expired", "pending"]
    assert len(providers) == 3
