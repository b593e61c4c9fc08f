"""Which tier a citizen is entitled to: the cheapest open one, while a monthly quota lasts."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from app.matching.models import Mode
from tests.world import CLEANING, DRAIN, SampleProvider, World, new_policy, ok, refused

GRANNY, NEIGHBOUR = "13957412345", "13957412346"
HAIRCUT = "EL05"  # free once a month for aged_80, twice for living_alone; low_fee for everybody


async def member(world: World, group: str, phone: str = GRANNY, **facts: Any) -> None:
    await ok(world.operator.put(f"/citizens/{phone}/groups/{group}", json={"source": "社区登记", **facts}))


async def free(world: World, item: str = HAIRCUT, **facts: Any) -> dict[str, Any]:
    """Dispatch a request for free help; return the answer."""
    return await world.dispatch(item, tier="free", **facts)


async def check_used_up(world: World, item: str = HAIRCUT, **facts: Any) -> None:
    """Check that this month's free quota is used up."""
    await refused(world.create(item, tier="free", **facts), 409, "not_entitled")


async def create_free(world: World, item: str = HAIRCUT, **facts: Any) -> str:
    """Create a request for free help, which the quota must allow; return its id."""
    return str((await ok(world.create(item, tier="free", **facts)))["request"]["id"])


async def accepted(provider: SampleProvider, created: dict[str, Any], *steps: str) -> str:
    """Accept the first offer and take these steps on its job; return the job's id."""
    job = (await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance")))["id"]
    bodies = {
        "return": {"reason": "no_staff"},
        "failure": {"note": "老人临时住院"},
        "completion": {"result": "理发完毕", "amount_fen": 0},
    }
    for step in steps:
        await ok(provider.client.put(f"/provider/jobs/{job}/{step}", json=bodies.get(step)))
    return str(job)


async def close(world: World, request_id: str) -> None:
    await ok(world.operator.put(f"/requests/{request_id}/closure", json={"note": "已向求助人说明"}))


async def tiers(world: World, item: str, phone: str = GRANNY) -> dict[str, Any]:
    rows = await ok(world.operator.get(f"/citizens/{phone}/tiers", params={"item": item}))
    return {row["tier"]: (row["open"], row["quota_per_month"], row["used"]) for row in rows}


async def drain_used_up(world: World, phone: str = GRANNY) -> None:
    """Use up the free quota of somebody living alone: one drain free a month, three at low_fee."""
    await member(world, "living_alone", phone)
    await create_free(world, DRAIN, phone=phone)


@pytest.mark.parametrize("fallback", ["low_fee", "paid"])
async def test_the_fallback_is_the_next_open_tier_and_not_the_dearest(world: World, fallback: str) -> None:
    await drain_used_up(world)
    problem = await refused(world.create(DRAIN, tier="free"), 409, "not_entitled")
    assert (problem["asked"], problem["entitled"]) == ("free", "low_fee")
    served = (await ok(world.create(DRAIN, tier="free", tier_fallback=fallback)))["request"]
    assert [served[name] for name in ("tier_asked", "tier_entitled", "tier", "tier_fallback")] == [
        "free", "low_fee", "low_fee", fallback,
    ]  # fmt: skip


async def test_with_cheaper_tiers_used_up_only_a_citizen_who_agreed_to_pay_is_served(world: World) -> None:
    await drain_used_up(world)
    for _ in range(3):
        await ok(world.create(DRAIN, tier="low_fee"))
    for tier in ("free", "low_fee"):
        problem = await refused(world.create(DRAIN, tier=tier, tier_fallback="low_fee"), 409, "not_entitled")
        assert problem["entitled"] == "paid"
    paid = (await ok(world.create(DRAIN, tier="free", tier_fallback="paid")))["request"]
    assert (paid["tier_entitled"], paid["tier"]) == ("paid", "paid")


async def test_the_desk_sees_each_tier_with_its_quota_and_use(world: World) -> None:
    assert await tiers(world, DRAIN) == {
        "free": (False, None, None),
        "low_fee": (False, None, None),
        "paid": (True, None, None),
    }
    await drain_used_up(world)
    assert await tiers(world, DRAIN) == {"free": (False, 1, 1), "low_fee": (True, 3, 0), "paid": (True, None, None)}
    assert await tiers(world, HAIRCUT) == {
        "free": (True, 2, 0),
        "low_fee": (True, None, None),
        "paid": (True, None, None),
    }
    await refused(world.operator.get(f"/citizens/{GRANNY}/tiers", params={"item": "ZZ99"}), 422, "unknown_item")
    await refused(world.manager.get(f"/citizens/{GRANNY}/tiers", params={"item": DRAIN}), 403, "not_allowed")


async def test_a_preview_uses_the_tier_open_to_the_caller(world: World) -> None:
    await drain_used_up(world)
    asked = {"item": DRAIN, "area": "330203001001", "tier": "free"}
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["tier"] == "free"
    assert (await ok(world.operator.post("/matching/preview", json=asked | {"phone": GRANNY})))["tier"] == "low_fee"
    assert (await ok(world.operator.post("/matching/preview", json=asked | {"phone": NEIGHBOUR})))["tier"] == "paid"


async def test_with_two_groups_the_larger_quota_applies(world: World) -> None:
    await member(world, "aged_80")
    await member(world, "living_alone")
    for _ in range(2):
        await create_free(world)
    await check_used_up(world)


async def test_a_category_quota_leaves_out_what_is_open_to_everybody(world: World) -> None:
    await member(world, "aged_80")
    assert world.catalog.items["IT07"].tiers == ["free", "low_fee"]
    for _ in range(2):
        await ok(world.create("IT07", tier="low_fee"))
    needed = [i for i in world.catalog.items.values() if i.category_code == "IT" and i.tiers == ["paid", "low_fee"]]
    assert (await tiers(world, needed[0].code))["low_fee"] == (True, 2, 0)


async def test_a_request_closed_without_help_does_not_use_the_quota(world: World) -> None:
    await member(world, "aged_80")
    request_id = (await free(world))["request"]["id"]
    assert await world.status(request_id) == "unmatched"
    await close(world, request_id)
    await create_free(world)


async def test_a_request_uses_the_quota_from_dispatch_until_after_its_closure(world: World) -> None:
    await member(world, "aged_80")
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await check_used_up(world)
    await accepted(provider, created, "start")
    await check_used_up(world)
    [job] = await ok(provider.client.get("/provider/jobs"))
    await ok(
        provider.client.put(f"/provider/jobs/{job['id']}/completion", json={"result": "理发完毕", "amount_fen": 0})
    )
    await check_used_up(world)
    world.advance(days=1)
    await world.work()
    callback = await ok(world.operator.post("/callbacks/next"))
    await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json={"reached": True, "solved": True}))
    assert await world.status(created["request"]["id"]) == "closed"
    await check_used_up(world)


async def test_a_cancelled_request_frees_its_quota_at_once(world: World) -> None:
    await member(world, "aged_80")
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await accepted(provider, created)
    await check_used_up(world)
    url = f"/requests/{created['request']['id']}/cancellation"
    await ok(world.operator.put(url, json={"reason": "女儿带去剪了"}))
    await create_free(world)


@pytest.mark.parametrize("steps", [("start", "return"), ("start", "failure")])
async def test_a_return_or_failure_after_starting_frees_the_quota(world: World, steps: tuple[str, ...]) -> None:
    await member(world, "aged_80")
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await accepted(provider, created, *steps)
    assert await world.status(created["request"]["id"]) == "unmatched"
    await create_free(world)


async def test_a_first_return_keeps_the_quota_in_use_while_others_are_asked(world: World) -> None:
    await member(world, "aged_80")
    first = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world, chosen_provider_id=str(first.id))
    await world.add_provider(HAIRCUT, tiers=("free",))
    await accepted(first, created, "return")
    await world.work()
    assert await world.status(created["request"]["id"]) == "dispatching"
    await check_used_up(world)


async def test_a_merged_request_frees_its_quota_and_needs_it_again_once_separated(world: World) -> None:
    await member(world, "aged_80")
    parent = (await world.dispatch(HAIRCUT, tier="low_fee", phone=NEIGHBOUR))["request"]["id"]
    child = await create_free(world)
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    other = await create_free(world)
    await ok(world.supervisor.delete(f"/requests/{child}/parent"))
    await world.add_provider(HAIRCUT, tiers=("free",))
    await ok(world.operator.put(f"/requests/{other}/dispatch"))
    problem = await refused(world.operator.put(f"/requests/{child}/dispatch"), 409, "not_entitled")
    assert problem["entitled"] == "low_fee"
    assert await world.status(child) == "received"


async def test_a_second_dispatch_needs_the_quota_again_or_falls_to_an_agreed_tier(world: World) -> None:
    await drain_used_up(world)
    world.advance(minutes=1)
    [first] = [row["id"] for row in (await ok(world.operator.get("/requests")))["items"]]
    await ok(world.operator.put(f"/requests/{first}/dispatch"))
    assert await world.status(first) == "unmatched"
    await create_free(world, DRAIN)
    problem = await refused(world.operator.put(f"/requests/{first}/dispatch"), 409, "not_entitled")
    assert (problem["asked"], problem["entitled"]) == ("free", "low_fee")
    await ok(world.operator.put(f"/requests/{first}/tier-consent", json={"tier": "paid"}))
    cheap = await world.add_provider(DRAIN, tiers=("low_fee",))
    again = await ok(world.operator.put(f"/requests/{first}/dispatch"))
    assert [offer["provider_id"] for offer in again["offers"]] == [str(cheap.id)]
    assert (again["request"]["tier_entitled"], again["request"]["tier"]) == ("low_fee", "low_fee")


async def test_a_second_dispatch_tries_the_cheapest_tier_first_again(world: World) -> None:
    await member(world, "living_alone")
    dear = await world.add_provider(DRAIN)
    created = await free(world, DRAIN, tier_fallback="paid")
    assert (created["request"]["tier"], created["offers"][0]["provider_id"]) == ("paid", str(dear.id))
    await ok(dear.client.put(f"/provider/offers/{created['offers'][0]['id']}/refusal", json={"reason": "busy"}))
    await world.work()
    url = f"/requests/{created['request']['id']}"
    assert await world.status(created["request"]["id"]) == "unmatched"
    station = await world.add_provider(DRAIN, tiers=("free",))
    again = await ok(world.operator.put(f"{url}/dispatch"))
    assert (again["request"]["tier"], again["offers"][0]["provider_id"]) == ("free", str(station.id))


async def test_falling_skips_a_used_up_tier_and_frees_the_cheaper_quota(world: World) -> None:
    await member(world, "living_alone")
    for _ in range(3):
        await ok(world.create(DRAIN, tier="low_fee"))
    cheap, dear = await world.add_provider(DRAIN, tiers=("low_fee",)), await world.add_provider(DRAIN)
    stays = await free(world, DRAIN, tier_fallback="low_fee")
    assert (stays["matching"], stays["request"]["tier"]) == ("unmatched", "free")
    falls = await free(world, DRAIN, tier_fallback="paid")
    assert [offer["provider_id"] for offer in falls["offers"]] == [str(dear.id)]
    assert await ok(cheap.client.get("/provider/offers")) == []
    await create_free(world, DRAIN)


async def test_a_redo_and_a_reopening_use_no_further_quota(world: World) -> None:
    await member(world, "aged_80")
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    request_id = created["request"]["id"]
    await accepted(provider, created, "start", "completion")
    for solved in (False, True):
        world.advance(days=1)
        await world.work()
        callback = await ok(world.operator.post("/callbacks/next"))
        await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json={"reached": True, "solved": solved}))
        await check_used_up(world)
        if not solved:
            await accepted(
                provider, {"offers": await ok(provider.client.get("/provider/offers"))}, "start", "completion"
            )
    reopened = await ok(
        world.operator.put(f"/requests/{request_id}/reopening", json={"reason": "剪坏了", "other_provider": True})
    )
    assert reopened["tier"] == "free"
    await check_used_up(world)


async def test_reopening_a_request_closed_without_help_needs_the_quota_again(world: World) -> None:
    await member(world, "aged_80")
    request_id = (await free(world))["request"]["id"]
    await close(world, request_id)
    other = await create_free(world)
    body = {"reason": "现在有人了吗"}
    url = f"/requests/{request_id}/reopening"
    assert (await refused(world.operator.put(url, json=body), 409, "not_entitled"))["entitled"] == "low_fee"
    await ok(world.operator.put(f"/requests/{other}/cancellation", json={"reason": "重复"}))
    assert (await ok(world.operator.put(url, json=body)))["tier"] == "free"
    await check_used_up(world)


async def test_a_request_counts_in_the_month_of_its_receipt(world: World) -> None:
    await member(world, "aged_80")
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    world.clock.advance(datetime(2026, 11, 30, 15, 55, tzinfo=UTC) - world.clock.now())  # 23:55 in Ningbo
    created = await free(world)
    await check_used_up(world)
    world.advance(minutes=10)
    december = await create_free(world)
    await accepted(provider, created, "start", "completion")
    await check_used_up(world)
    await ok(world.operator.put(f"/requests/{december}/cancellation", json={"reason": "不用了"}))
    await create_free(world)


async def test_a_request_of_last_month_uses_last_months_quota_and_membership(world: World) -> None:
    await member(world, "aged_80", expires_on="2026-11-30")
    created = await free(world)
    assert created["matching"] == "unmatched"
    world.advance(days=10)
    await check_used_up(world)
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    again = await ok(world.operator.put(f"/requests/{created['request']['id']}/dispatch"))
    assert [offer["provider_id"] for offer in again["offers"]] == [str(provider.id)]


async def test_a_hold_leaves_the_quota_as_it_was(world: World) -> None:
    await member(world, "aged_80")
    received, hold = (
        await create_free(world),
        {"cause": "citizen", "reason": "等儿子", "until": "2026-11-25T09:00:00+08:00"},
    )
    await ok(world.operator.put(f"/requests/{received}/hold", json=hold))
    await check_used_up(world)
    await ok(world.operator.delete(f"/requests/{received}/hold"))
    await ok(world.operator.put(f"/requests/{received}/dispatch"))
    assert await world.status(received) == "unmatched"
    await ok(world.operator.put(f"/requests/{received}/hold", json=hold))
    await create_free(world)


async def test_concurrent_requests_do_not_exceed_the_quota(world: World) -> None:
    await member(world, "living_alone")
    await new_policy(world, mode=Mode.CASCADE)
    await world.add_provider(HAIRCUT, tiers=("free",), capacity=20)
    answers = await asyncio.gather(*(world.create(HAIRCUT, tier="free", dispatch=True) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]


async def test_concurrent_second_dispatches_do_not_exceed_the_quota(world: World) -> None:
    await member(world, "aged_80")
    waiting = [(await free(world))["request"]["id"] for _ in range(4)]
    await world.add_provider(HAIRCUT, tiers=("free",), capacity=20)
    answers = await asyncio.gather(*(world.operator.put(f"/requests/{one}/dispatch") for one in waiting))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    statuses = sorted([await world.status(one) for one in waiting])
    assert statuses == ["dispatching", "unmatched", "unmatched", "unmatched"]


async def test_concurrent_requests_that_fall_do_not_exceed_the_low_fee_quota(world: World) -> None:
    await member(world, "living_alone", GRANNY)
    await member(world, "hardship", GRANNY)  # free twice, low_fee three times
    for _ in range(2):
        await ok(world.create(DRAIN, tier="low_fee"))
    await world.add_provider(DRAIN, tiers=("low_fee",), capacity=20)
    answers = await asyncio.gather(
        *(world.create(DRAIN, tier="free", tier_fallback="low_fee", dispatch=True) for _ in range(2))
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(answer.json()["matching"] for answer in answers) == ["offered", "unmatched"]


async def test_an_item_free_for_everybody_uses_no_quota(world: World) -> None:
    for _ in range(3):
        request = (await ok(world.create("RE01", tier="free")))["request"]
        assert (request["tier_entitled"], request["tier"]) == ("free", "free")


async def test_consent_to_pay_can_be_recorded_before_dispatch(world: World) -> None:
    received = (await ok(world.create(DRAIN)))["request"]
    url = f"/requests/{received['id']}/tier-consent"
    await refused(world.operator.put(url, json={"tier": "paid"}), 422, "tier_not_dearer")
    await member(world, "living_alone")
    free_one = await create_free(world, DRAIN)
    consented = await ok(world.operator.put(f"/requests/{free_one}/tier-consent", json={"tier": "low_fee"}))
    assert (consented["status"], consented["tier"], consented["tier_fallback"]) == ("received", "free", "low_fee")


async def test_entitlements_have_a_quota_a_month(world: World) -> None:
    await world.add_provider(CLEANING, tiers=("paid", "low_fee"), capacity=20)
    await refused(world.create(CLEANING, tier="low_fee"), 409, "not_entitled")
    await member(world, "veteran_family")
    for _ in range(2):
        request = (await world.dispatch(CLEANING, tier="low_fee"))["request"]
        assert (request["tier_entitled"], request["tier"], request["priority_group"]) == (
            "low_fee", "low_fee", "veteran_family",
        )  # fmt: skip
    await refused(world.create(CLEANING, tier="low_fee"), 409, "not_entitled")
    paying = (await world.dispatch(CLEANING, tier="low_fee", tier_fallback="paid"))["request"]
    assert (paying["tier_asked"], paying["tier_entitled"], paying["tier"]) == ("low_fee", "paid", "paid")
    world.advance(days=8)
    assert (await world.create(CLEANING, tier="low_fee")).status_code == 201


async def test_an_expired_membership_entitles_to_nothing(world: World) -> None:
    body = {"source": "低保证", "expires_on": "2026-11-24"}
    await ok(world.operator.put("/citizens/13957412345/groups/hardship", json=body))
    world.advance(days=1)
    await refused(world.create(DRAIN, tier="free"), 409, "not_entitled")


async def test_falling_to_a_dearer_tier_needs_recorded_consent(world: World) -> None:
    await world.add_provider(DRAIN, tiers=("paid",))
    await member(world, "hardship")
    refused_to_pay = await world.dispatch(DRAIN, tier="free")
    assert (refused_to_pay["matching"], refused_to_pay["unmatched_reason"]) == ("unmatched", "tier_not_offered")
    willing = await world.dispatch(DRAIN, tier="free", tier_fallback="paid")
    assert (willing["matching"], willing["request"]["tier_asked"], willing["request"]["tier"]) == (
        "offered", "free", "paid",
    )  # fmt: skip
