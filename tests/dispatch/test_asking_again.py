"""Which providers are asked again: any by an operator's pick, late or busy ones by a dispatch on a later day."""

from typing import Any

import pytest

from tests.world import DRAIN, SampleProvider, World, new_policy, ok, refused


async def pick(world: World, request_id: str, provider: SampleProvider) -> Any:
    """Have the operator pick this provider; return the raw response."""
    return await world.operator.post(f"/requests/{request_id}/offers", json={"provider_id": str(provider.id)})


async def asked(world: World, provider: SampleProvider, **facts: Any) -> tuple[str, str]:
    """Dispatch a request to the provider; return the ids of request and offer."""
    made = await world.dispatch(DRAIN, **facts)
    [offer] = await ok(provider.client.get("/provider/offers"))
    return made["request"]["id"], offer["id"]


async def let_expire(world: World, provider: SampleProvider, offer: str) -> None:
    world.advance(minutes=10)
    await world.work()


async def decline(world: World, provider: SampleProvider, offer: str) -> None:
    refusal = {"reason": "not_our_work"}
    await ok(provider.client.put(f"/provider/offers/{offer}/refusal", json=refusal))
    await world.work()


async def withdraw_by_mistake(world: World, provider: SampleProvider, offer: str) -> None:
    await ok(world.operator.put(f"/offers/{offer}/withdrawal", json={"reason": "点错了"}))
    await world.work()


async def give_back(world: World, provider: SampleProvider, offer: str) -> None:
    job = await ok(provider.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    await world.work()


async def give_back_begun(world: World, provider: SampleProvider, offer: str) -> None:
    job = await ok(provider.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/failure", json={"note": "缺配件"}))
    await world.work()


async def take_away(world: World, provider: SampleProvider, offer: str) -> None:
    job = await ok(provider.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(world.supervisor.put(f"/jobs/{job['id']}/reassignment"))
    await world.work()


async def run_out_unswept(world: World, provider: SampleProvider, offer: str) -> None:
    world.advance(minutes=10)


@pytest.mark.parametrize(
    "before",
    [let_expire, decline, withdraw_by_mistake, give_back, give_back_begun, take_away, run_out_unswept],
    ids=lambda step: step.__name__,
)
async def test_an_operator_may_pick_a_provider_again_however_its_last_offer_ended(world: World, before: Any) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, provider)
    await before(world, provider, offer)
    again = await pick(world, request_id, provider)
    assert again.status_code == 201, again.text
    [made] = again.json()["offers"]
    assert made["id"] != offer
    job = await ok(provider.client.put(f"/provider/offers/{made['id']}/acceptance"))
    assert (await world.status(request_id), job["request_id"]) == ("assigned", request_id)


async def test_the_citizens_choice_that_let_its_offer_expire_may_be_picked_again(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, provider, chosen_provider_id=str(provider.id))
    await let_expire(world, provider, offer)
    assert (await pick(world, request_id, provider)).status_code == 201


async def test_a_provider_of_an_expired_broadcast_may_be_picked_again(world: World) -> None:
    await new_policy(world, mode="broadcast", broadcast_size=2)
    provider, _ = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, offer = await asked(world, provider)
    await let_expire(world, provider, offer)
    assert (await pick(world, request_id, provider)).status_code == 201


async def test_picking_a_provider_that_has_a_pending_offer_makes_no_second_offer(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.9, 121.6))
    request_id, offer = await asked(world, provider)
    for _ in range(2):
        again = await ok(pick(world, request_id, provider))
        assert [made["id"] for made in again["offers"]] == [offer]
    assert (await pick(world, request_id, other)).status_code == 201
    assert [len(await ok(each.client.get("/provider/offers"))) for each in (provider, other)] == [1, 1]


async def test_a_pick_must_pass_every_other_filter(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=1)
    request_id, offer = await asked(world, provider)
    await decline(world, provider, offer)
    url = f"/requests/{request_id}/offers"
    body = {"provider_id": str(provider.id)}
    await ok(world.operator.put(f"/citizens/13957412345/bars/{provider.id}", json={"reason": "态度差"}))
    assert (await refused(world.operator.post(url, json=body), 409, "provider_not_eligible"))["reason"] == "barred"
    await ok(world.operator.delete(f"/citizens/13957412345/bars/{provider.id}"))
    document = await world.registrar.get(f"/providers/{provider.id}")
    headers = {"If-Match": document.headers["ETag"]}
    standing = {"standing": "suspended", "reason": "证照过期"}
    await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=standing, headers=headers))
    problem = await refused(world.operator.post(url, json=body), 409, "provider_not_eligible")
    assert problem["reason"] == "not_active"
    assert await world.status(request_id) == "unmatched"


async def test_the_decision_on_a_pick_lists_the_picked_provider_as_ranked(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.9, 121.6))
    request_id, offer = await asked(world, provider)
    await decline(world, provider, offer)
    await ok(pick(world, request_id, provider))
    decisions = (await ok(world.operator.get(f"/requests/{request_id}/decisions")))["items"]
    assert [each["provider_id"] for each in decisions[-1]["ranked"]] == [str(provider.id)]
    assert [(each["provider_id"], each["reason"]) for each in decisions[-1]["rejected"]] == [
        (str(other.id), "tried_before")
    ]


@pytest.mark.parametrize(
    ("reason", "hours", "asked_again"),
    [
        (None, 24, True),
        ("busy", 24, True),
        ("no_staff", 24, True),
        ("busy", 1, False),
        ("not_our_work", 24, False),
        ("too_far", 24, False),
        ("price", 24, False),
        ("other", 24, False),
    ],
)
async def test_a_dispatch_the_next_day_asks_providers_again_that_were_late_or_busy(
    world: World, reason: str | None, hours: int, asked_again: bool
) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, provider)
    if reason:
        await ok(provider.client.put(f"/provider/offers/{offer}/refusal", json={"reason": reason}))
    else:
        world.advance(minutes=10)
    await world.work()
    assert await world.status(request_id) == "unmatched"
    world.advance(hours=hours)
    again = await ok(world.supervisor.put(f"/requests/{request_id}/dispatch"))
    assert (len(again["offers"]), again["unmatched_reason"]) == ((1, None) if asked_again else (0, "tried_before"))


@pytest.mark.parametrize("before", [withdraw_by_mistake, give_back], ids=lambda step: step.__name__)
async def test_a_dispatch_the_next_day_does_not_ask_after_a_withdrawal_or_a_return(world: World, before: Any) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, provider)
    await before(world, provider, offer)
    world.advance(days=1)
    again = await ok(world.supervisor.put(f"/requests/{request_id}/dispatch"))
    assert (again["offers"], again["unmatched_reason"]) == ([], "tried_before")


async def test_the_same_round_does_not_begin_again_at_midnight(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, offer = await asked(
        world, provider, wanted_from="2026-11-24T02:00:00Z", wanted_to="2026-11-27T02:00:00Z"
    )
    late = await world.add_provider(DRAIN, capacity=0, point=(29.9, 121.6))
    await ok(provider.client.put(f"/provider/offers/{offer}/refusal", json={"reason": "busy"}))
    world.advance(hours=15)
    candidates = await ok(world.operator.get(f"/requests/{request_id}/candidates"))
    reasons = {row["provider_id"]: row["reason"] for row in candidates["rejected"]}
    assert reasons == {str(provider.id): "tried_before", str(late.id): "full"}
