"""Which tier a citizen may have: tiers are walked cheapest first, and a quota counts help that came."""

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
    """A request for free help that is out; the answer."""
    return await world.dispatch(item, tier="free", **facts)


async def nobody_left(world: World, item: str = HAIRCUT, **facts: Any) -> None:
    """The month's free help is used up, or promised."""
    await refused(world.create(item, tier="free", **facts), 409, "not_entitled")


async def one_left(world: World, item: str = HAIRCUT, **facts: Any) -> str:
    """There is a place, and this request takes it; its id."""
    return str((await ok(world.create(item, tier="free", **facts)))["request"]["id"])


async def accepted(firm: SampleProvider, created: dict[str, Any], *steps: str) -> str:
    """The job, after these steps; its id."""
    job = (await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance")))["id"]
    bodies = {
        "return": {"reason": "no_staff"},
        "failure": {"note": "老人临时住院"},
        "completion": {"result": "理发完毕", "amount_fen": 0},
    }
    for step in steps:
        await ok(firm.client.put(f"/provider/jobs/{job}/{step}", json=bodies.get(step)))
    return str(job)


async def close(world: World, request_id: str) -> None:
    await ok(world.operator.put(f"/requests/{request_id}/closure", json={"note": "已向求助人说明"}))


async def tiers(world: World, item: str, phone: str = GRANNY) -> dict[str, Any]:
    rows = await ok(world.operator.get(f"/citizens/{phone}/tiers", params={"item": item}))
    return {row["tier"]: (row["open"], row["quota_per_month"], row["used"]) for row in rows}


async def drain_used_up(world: World, phone: str = GRANNY) -> None:
    """Living alone: free once a month, low_fee three times; the free one is promised."""
    await member(world, "living_alone", phone)
    await one_left(world, DRAIN, phone=phone)


@pytest.mark.parametrize("fallback", ["low_fee", "paid"])
async def test_the_next_tier_that_is_open_is_the_one_above_and_not_the_dearest(world: World, fallback: str) -> None:
    await drain_used_up(world)
    problem = await refused(world.create(DRAIN, tier="free"), 409, "not_entitled")
    assert (problem["asked"], problem["entitled"]) == ("free", "low_fee")
    served = (await ok(world.create(DRAIN, tier="free", tier_fallback=fallback)))["request"]
    assert [served[name] for name in ("tier_asked", "tier_entitled", "tier", "tier_fallback")] == [
        "free", "low_fee", "low_fee", fallback,
    ]  # fmt: skip


async def test_with_every_cheaper_tier_used_up_the_citizen_pays(world: World) -> None:
    await drain_used_up(world)
    for _ in range(3):
        await ok(world.create(DRAIN, tier="low_fee"))
    for tier in ("free", "low_fee"):
        problem = await refused(world.create(DRAIN, tier=tier, tier_fallback="low_fee"), 409, "not_entitled")
        assert problem["entitled"] == "paid"
    paid = (await ok(world.create(DRAIN, tier="free", tier_fallback="paid")))["request"]
    assert (paid["tier_entitled"], paid["tier"]) == ("paid", "paid")


async def test_the_desk_sees_each_tier_with_its_rule_and_what_is_used(world: World) -> None:
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


async def test_a_preview_is_of_the_tier_at_which_the_caller_would_be_served(world: World) -> None:
    await drain_used_up(world)
    asked = {"item": DRAIN, "area": "330203001001", "tier": "free"}
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["tier"] == "free"
    assert (await ok(world.operator.post("/matching/preview", json=asked | {"phone": GRANNY})))["tier"] == "low_fee"
    assert (await ok(world.operator.post("/matching/preview", json=asked | {"phone": NEIGHBOUR})))["tier"] == "paid"


async def test_two_groups_open_what_either_of_their_rules_has_left(world: World) -> None:
    await member(world, "aged_80")
    await member(world, "living_alone")
    for _ in range(2):
        await one_left(world)
    await nobody_left(world)


async def test_a_category_quota_leaves_out_what_is_open_to_everybody(world: World) -> None:
    await member(world, "aged_80")
    assert world.catalog.items["IT07"].tiers == ["free", "low_fee"]
    for _ in range(2):
        await ok(world.create("IT07", tier="low_fee"))
    needed = [i for i in world.catalog.items.values() if i.category_code == "IT" and i.tiers == ["paid", "low_fee"]]
    assert (await tiers(world, needed[0].code))["low_fee"] == (True, 2, 0)


async def test_no_help_uses_no_place(world: World) -> None:
    """Unmatched, and closed for want of anybody."""
    await member(world, "aged_80")
    request_id = (await free(world))["request"]["id"]
    assert await world.status(request_id) == "unmatched"
    await close(world, request_id)
    await one_left(world)


async def test_a_place_is_held_while_somebody_may_come_and_kept_once_they_came(world: World) -> None:
    await member(world, "aged_80")
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await nobody_left(world)
    await accepted(firm, created, "start")
    await nobody_left(world)
    [job] = await ok(firm.client.get("/provider/jobs"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/completion", json={"result": "理发完毕", "amount_fen": 0}))
    await nobody_left(world)
    world.advance(days=1)
    await world.work()
    callback = await ok(world.operator.post("/callbacks/next"))
    await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json={"reached": True, "solved": True}))
    assert await world.status(created["request"]["id"]) == "closed"
    await nobody_left(world)


async def test_a_cancelled_request_gives_its_place_back_at_once(world: World) -> None:
    await member(world, "aged_80")
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await accepted(firm, created)
    await nobody_left(world)
    url = f"/requests/{created['request']['id']}/cancellation"
    await ok(world.operator.put(url, json={"reason": "女儿带去剪了"}))
    await one_left(world)


@pytest.mark.parametrize("steps", [("start", "return"), ("start", "failure")])
async def test_work_given_back_for_good_gives_the_place_back(world: World, steps: tuple[str, ...]) -> None:
    await member(world, "aged_80")
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    await accepted(firm, created, *steps)
    assert await world.status(created["request"]["id"]) == "unmatched"
    await one_left(world)


async def test_a_first_return_keeps_the_place_while_others_are_asked(world: World) -> None:
    await member(world, "aged_80")
    first = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world, chosen_provider_id=str(first.id))
    await world.add_provider(HAIRCUT, tiers=("free",))
    await accepted(first, created, "return")
    await world.work()
    assert await world.status(created["request"]["id"]) == "dispatching"
    await nobody_left(world)


async def test_a_merged_request_uses_no_place_and_takes_one_again_when_it_goes_out_itself(world: World) -> None:
    await member(world, "aged_80")
    parent = (await world.dispatch(HAIRCUT, tier="low_fee", phone=NEIGHBOUR))["request"]["id"]
    child = await one_left(world)
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    other = await one_left(world)
    await ok(world.supervisor.delete(f"/requests/{child}/parent"))
    await world.add_provider(HAIRCUT, tiers=("free",))
    await ok(world.operator.put(f"/requests/{other}/dispatch"))
    problem = await refused(world.operator.put(f"/requests/{child}/dispatch"), 409, "not_entitled")
    assert problem["entitled"] == "low_fee"
    assert await world.status(child) == "received"


async def test_who_is_sent_out_again_takes_a_place_again_or_falls_as_agreed(world: World) -> None:
    await drain_used_up(world)
    world.advance(minutes=1)
    [first] = [row["id"] for row in (await ok(world.operator.get("/requests")))["items"]]
    await ok(world.operator.put(f"/requests/{first}/dispatch"))
    assert await world.status(first) == "unmatched"
    await one_left(world, DRAIN)
    problem = await refused(world.operator.put(f"/requests/{first}/dispatch"), 409, "not_entitled")
    assert (problem["asked"], problem["entitled"]) == ("free", "low_fee")
    await ok(world.operator.put(f"/requests/{first}/tier-consent", json={"tier": "paid"}))
    cheap = await world.add_provider(DRAIN, tiers=("low_fee",))
    again = await ok(world.operator.put(f"/requests/{first}/dispatch"))
    assert [offer["provider_id"] for offer in again["offers"]] == [str(cheap.id)]
    assert (again["request"]["tier_entitled"], again["request"]["tier"]) == ("low_fee", "low_fee")


async def test_a_request_goes_out_again_at_the_cheapest_tier_and_not_where_it_fell_to(world: World) -> None:
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


async def test_falling_passes_over_a_tier_that_is_used_up_and_gives_the_cheaper_place_back(world: World) -> None:
    await member(world, "living_alone")
    for _ in range(3):
        await ok(world.create(DRAIN, tier="low_fee"))
    cheap, dear = await world.add_provider(DRAIN, tiers=("low_fee",)), await world.add_provider(DRAIN)
    stays = await free(world, DRAIN, tier_fallback="low_fee")
    assert (stays["matching"], stays["request"]["tier"]) == ("unmatched", "free")
    falls = await free(world, DRAIN, tier_fallback="paid")
    assert [offer["provider_id"] for offer in falls["offers"]] == [str(dear.id)]
    assert await ok(cheap.client.get("/provider/offers")) == []
    await one_left(world, DRAIN)


async def test_a_redo_and_a_reopening_use_the_place_they_have(world: World) -> None:
    await member(world, "aged_80")
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    created = await free(world)
    request_id = created["request"]["id"]
    await accepted(firm, created, "start", "completion")
    for solved in (False, True):
        world.advance(days=1)
        await world.work()
        callback = await ok(world.operator.post("/callbacks/next"))
        await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json={"reached": True, "solved": solved}))
        await nobody_left(world)
        if not solved:
            await accepted(firm, {"offers": await ok(firm.client.get("/provider/offers"))}, "start", "completion")
    reopened = await ok(
        world.operator.put(f"/requests/{request_id}/reopening", json={"reason": "剪坏了", "other_provider": True})
    )
    assert reopened["tier"] == "free"
    await nobody_left(world)


async def test_reopening_what_nobody_did_takes_a_place_again(world: World) -> None:
    await member(world, "aged_80")
    request_id = (await free(world))["request"]["id"]
    await close(world, request_id)
    other = await one_left(world)
    body = {"reason": "现在有人了吗"}
    url = f"/requests/{request_id}/reopening"
    assert (await refused(world.operator.put(url, json=body), 409, "not_entitled"))["entitled"] == "low_fee"
    await ok(world.operator.put(f"/requests/{other}/cancellation", json={"reason": "重复"}))
    assert (await ok(world.operator.put(url, json=body)))["tier"] == "free"
    await nobody_left(world)


async def test_the_month_is_that_in_which_the_centre_took_the_request_down(world: World) -> None:
    await member(world, "aged_80")
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    world.clock.advance(datetime(2026, 11, 30, 15, 55, tzinfo=UTC) - world.clock.now())  # 23:55 in Ningbo
    created = await free(world)
    await nobody_left(world)
    world.advance(minutes=10)
    december = await one_left(world)
    await accepted(firm, created, "start", "completion")
    await nobody_left(world)
    await ok(world.operator.put(f"/requests/{december}/cancellation", json={"reason": "不用了"}))
    await one_left(world)


async def test_a_request_of_last_month_goes_out_again_on_last_months_place_and_membership(world: World) -> None:
    await member(world, "aged_80", expires_on="2026-11-30")
    created = await free(world)
    assert created["matching"] == "unmatched"
    world.advance(days=10)
    await nobody_left(world)
    firm = await world.add_provider(HAIRCUT, tiers=("free",))
    again = await ok(world.operator.put(f"/requests/{created['request']['id']}/dispatch"))
    assert [offer["provider_id"] for offer in again["offers"]] == [str(firm.id)]


async def test_on_hold_a_request_keeps_what_it_had(world: World) -> None:
    await member(world, "aged_80")
    received, hold = (
        await one_left(world),
        {"cause": "citizen", "reason": "等儿子", "until": "2026-11-25T09:00:00+08:00"},
    )
    await ok(world.operator.put(f"/requests/{received}/hold", json=hold))
    await nobody_left(world)
    await ok(world.operator.delete(f"/requests/{received}/hold"))
    await ok(world.operator.put(f"/requests/{received}/dispatch"))
    assert await world.status(received) == "unmatched"
    await ok(world.operator.put(f"/requests/{received}/hold", json=hold))
    await one_left(world)


async def test_requests_at_once_share_out_no_more_places_than_there_are(world: World) -> None:
    await member(world, "living_alone")
    await new_policy(world, mode=Mode.CASCADE)
    await world.add_provider(HAIRCUT, tiers=("free",), capacity=20)
    answers = await asyncio.gather(*(world.create(HAIRCUT, tier="free", dispatch=True) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]


async def test_unmatched_ones_sent_out_at_once_take_no_more_places_than_there_are(world: World) -> None:
    await member(world, "aged_80")
    waiting = [(await free(world))["request"]["id"] for _ in range(4)]
    await world.add_provider(HAIRCUT, tiers=("free",), capacity=20)
    answers = await asyncio.gather(*(world.operator.put(f"/requests/{one}/dispatch") for one in waiting))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    statuses = sorted([await world.status(one) for one in waiting])
    assert statuses == ["dispatching", "unmatched", "unmatched", "unmatched"]


async def test_requests_that_fall_at_once_take_no_more_low_fee_places_than_there_are(world: World) -> None:
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


async def test_what_is_free_for_everybody_needs_no_place(world: World) -> None:
    for _ in range(3):
        request = (await ok(world.create("RE01", tier="free")))["request"]
        assert (request["tier_entitled"], request["tier"]) == ("free", "free")


async def test_a_yes_can_be_recorded_before_a_request_goes_out(world: World) -> None:
    received = (await ok(world.create(DRAIN)))["request"]
    url = f"/requests/{received['id']}/tier-consent"
    await refused(world.operator.put(url, json={"tier": "paid"}), 422, "tier_not_dearer")
    await member(world, "living_alone")
    free_one = await one_left(world, DRAIN)
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


async def test_falling_to_a_dearer_tier_needs_the_recorded_yes(world: World) -> None:
    await world.add_provider(DRAIN, tiers=("paid",))
    await member(world, "hardship")
    refused_to_pay = await world.dispatch(DRAIN, tier="free")
    assert (refused_to_pay["matching"], refused_to_pay["unmatched_reason"]) == ("unmatched", "tier_not_offered")
    willing = await world.dispatch(DRAIN, tier="free", tier_fallback="paid")
    assert (willing["matching"], willing["request"]["tier_asked"], willing["request"]["tier"]) == (
        "offered", "free", "paid",
    )  # fmt: skip
