"""A person may ask a provider again that was asked before; a fresh dispatch asks again those who were late or busy."""

from typing import Any

import pytest

from tests.world import DRAIN, SampleProvider, World, new_policy, ok, refused


async def pick(world: World, request_id: str, firm: SampleProvider) -> Any:
    """The operator asks this firm; gives the raw response."""
    return await world.operator.post(f"/requests/{request_id}/offers", json={"provider_id": str(firm.id)})


async def asked(world: World, firm: SampleProvider, **facts: Any) -> tuple[str, str]:
    """A request that the firm is being asked about, and the offer."""
    made = await world.dispatch(DRAIN, **facts)
    [offer] = await ok(firm.client.get("/provider/offers"))
    return made["request"]["id"], offer["id"]


async def let_expire(world: World, firm: SampleProvider, offer: str) -> None:
    world.advance(minutes=10)
    await world.work()


async def decline(world: World, firm: SampleProvider, offer: str) -> None:
    refusal = {"reason": "not_our_work"}
    await ok(firm.client.put(f"/provider/offers/{offer}/refusal", json=refusal))
    await world.work()


async def withdraw_by_mistake(world: World, firm: SampleProvider, offer: str) -> None:
    await ok(world.operator.put(f"/offers/{offer}/withdrawal", json={"reason": "点错了"}))
    await world.work()


async def give_back(world: World, firm: SampleProvider, offer: str) -> None:
    job = await ok(firm.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    await world.work()


async def give_back_begun(world: World, firm: SampleProvider, offer: str) -> None:
    job = await ok(firm.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/failure", json={"note": "缺配件"}))
    await world.work()


async def take_away(world: World, firm: SampleProvider, offer: str) -> None:
    job = await ok(firm.client.put(f"/provider/offers/{offer}/acceptance"))
    await ok(world.supervisor.put(f"/jobs/{job['id']}/reassignment"))
    await world.work()


async def run_out_unswept(world: World, firm: SampleProvider, offer: str) -> None:
    world.advance(minutes=10)


@pytest.mark.parametrize(
    "before",
    [let_expire, decline, withdraw_by_mistake, give_back, give_back_begun, take_away, run_out_unswept],
    ids=lambda step: step.__name__,
)
async def test_an_operators_pick_asks_again_whatever_was_said_before(world: World, before: Any) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm)
    await before(world, firm, offer)
    again = await pick(world, request_id, firm)
    assert again.status_code == 201, again.text
    [made] = again.json()["offers"]
    assert made["id"] != offer
    job = await ok(firm.client.put(f"/provider/offers/{made['id']}/acceptance"))
    assert (await world.status(request_id), job["request_id"]) == ("assigned", request_id)


async def test_the_citizens_own_choice_that_was_late_is_asked_again_by_a_pick(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm, chosen_provider_id=str(firm.id))
    await let_expire(world, firm, offer)
    assert (await pick(world, request_id, firm)).status_code == 201


async def test_one_of_a_broadcast_that_ran_out_is_asked_again(world: World) -> None:
    await new_policy(world, mode="broadcast", broadcast_size=2)
    firm, _ = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm)
    await let_expire(world, firm, offer)
    assert (await pick(world, request_id, firm)).status_code == 201


async def test_a_firm_that_is_being_asked_is_not_asked_twice(world: World) -> None:
    firm, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.9, 121.6))
    request_id, offer = await asked(world, firm)
    for _ in range(2):
        again = await ok(pick(world, request_id, firm))
        assert [made["id"] for made in again["offers"]] == [offer]
    assert (await pick(world, request_id, other)).status_code == 201
    assert [len(await ok(each.client.get("/provider/offers"))) for each in (firm, other)] == [1, 1]


async def test_a_pick_must_pass_every_other_filter(world: World) -> None:
    firm = await world.add_provider(DRAIN, capacity=1)
    request_id, offer = await asked(world, firm)
    await decline(world, firm, offer)
    url = f"/requests/{request_id}/offers"
    body = {"provider_id": str(firm.id)}
    await ok(world.operator.put(f"/citizens/13957412345/bars/{firm.id}", json={"reason": "态度差"}))
    assert (await refused(world.operator.post(url, json=body), 409, "provider_not_eligible"))["reason"] == "barred"
    await ok(world.operator.delete(f"/citizens/13957412345/bars/{firm.id}"))
    document = await world.registrar.get(f"/providers/{firm.id}")
    headers = {"If-Match": document.headers["ETag"]}
    standing = {"standing": "suspended", "reason": "证照过期"}
    await ok(world.registrar.put(f"/providers/{firm.id}/standing", json=standing, headers=headers))
    problem = await refused(world.operator.post(url, json=body), 409, "provider_not_eligible")
    assert problem["reason"] == "not_active"
    assert await world.status(request_id) == "unmatched"


async def test_what_was_decided_says_that_the_picked_firm_was_ranked(world: World) -> None:
    firm, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.9, 121.6))
    request_id, offer = await asked(world, firm)
    await decline(world, firm, offer)
    await ok(pick(world, request_id, firm))
    decisions = (await ok(world.operator.get(f"/requests/{request_id}/decisions")))["items"]
    assert [each["provider_id"] for each in decisions[-1]["ranked"]] == [str(firm.id)]
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
async def test_a_fresh_dispatch_the_next_day_asks_those_who_were_late_or_busy(
    world: World, reason: str | None, hours: int, asked_again: bool
) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm)
    if reason:
        await ok(firm.client.put(f"/provider/offers/{offer}/refusal", json={"reason": reason}))
    else:
        world.advance(minutes=10)
    await world.work()
    assert await world.status(request_id) == "unmatched"
    world.advance(hours=hours)
    again = await ok(world.supervisor.put(f"/requests/{request_id}/dispatch"))
    assert (len(again["offers"]), again["unmatched_reason"]) == ((1, None) if asked_again else (0, "tried_before"))


@pytest.mark.parametrize("before", [withdraw_by_mistake, give_back], ids=lambda step: step.__name__)
async def test_a_fresh_dispatch_does_not_ask_whom_staff_took_it_from_or_who_gave_it_back(
    world: World, before: Any
) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm)
    await before(world, firm, offer)
    world.advance(days=1)
    again = await ok(world.supervisor.put(f"/requests/{request_id}/dispatch"))
    assert (again["offers"], again["unmatched_reason"]) == ([], "tried_before")


async def test_the_same_round_does_not_begin_again_at_midnight(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, offer = await asked(world, firm, wanted_from="2026-11-24T02:00:00Z", wanted_to="2026-11-27T02:00:00Z")
    late = await world.add_provider(DRAIN, capacity=0, point=(29.9, 121.6))
    await ok(firm.client.put(f"/provider/offers/{offer}/refusal", json={"reason": "busy"}))
    world.advance(hours=15)
    candidates = await ok(world.operator.get(f"/requests/{request_id}/candidates"))
    reasons = {row["provider_id"]: row["reason"] for row in candidates["rejected"]}
    assert reasons == {str(firm.id): "tried_before", str(late.id): "full"}
