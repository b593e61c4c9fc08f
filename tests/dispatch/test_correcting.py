"""Corrections of recorded requests, and how the provider that works on them learns of it."""

from datetime import datetime
from typing import Any

import pytest

from tests.aftercare.calls import due, events
from tests.world import CLEANING, DOOR_LOCK, DRAIN, SampleProvider, World, decoded, ok, refused

REASON = {"reason": "听错了"}
ELSEWHERE = "330203002"


async def correct(world: World, request_id: str, client: Any = None, **facts: Any) -> Any:
    """Correct the request under its current ETag; return the raw response."""
    client = client or world.supervisor
    read = await client.get(f"/requests/{request_id}")
    return await client.patch(
        f"/requests/{request_id}", json=REASON | facts, headers={"If-Match": read.headers["ETag"]}
    )


async def taken(world: World, **facts: Any) -> str:
    return str((await ok(world.create(DRAIN, **facts)))["request"]["id"])


async def accepted(
    world: World, provider: SampleProvider, item: str = DRAIN, **facts: Any
) -> tuple[str, dict[str, Any]]:
    made = await world.dispatch(item, chosen_provider_id=str(provider.id), **facts)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    return made["request"]["id"], job


async def test_a_correction_needs_the_current_etag_and_may_be_repeated(world: World) -> None:
    request_id = await taken(world)
    url = f"/requests/{request_id}"
    body = REASON | {"description": "卫生间地漏堵了"}
    await refused(world.operator.patch(url, json=body), 428, "version_required")
    await refused(world.operator.patch(url, json=body, headers={"If-Match": '"7"'}), 412, "version_stale")
    first = await correct(world, request_id, world.operator, description="卫生间地漏堵了")
    assert (decoded(first)["description"], first.headers["ETag"]) == ("卫生间地漏堵了", '"2"')
    again = await world.operator.patch(url, json=body, headers={"If-Match": '"1"'})
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')  # a retry: nothing is left to change
    stale = world.operator.patch(url, json=REASON | {"description": "又一处"}, headers={"If-Match": '"1"'})
    await refused(stale, 412, "version_stale")
    [corrected] = await events(world, {"id": request_id}, "request.corrected")
    assert (corrected["fields"], corrected["about_number"]) == (["description"], decoded(first)["number"])


@pytest.mark.parametrize(
    "body",
    [{}, {"item": None}, {"phone": None}, {"quantity": 0}, {"phone": "123"}, {"status": "closed"}],
)
async def test_a_correction_without_a_valid_change_is_refused(world: World, body: dict[str, Any]) -> None:
    await refused(correct(world, await taken(world), **body), 422, "invalid_input")


async def test_a_correction_needs_its_reason(world: World) -> None:
    request_id = await taken(world)
    answer = world.supervisor.patch(f"/requests/{request_id}", json={"quantity": 2}, headers={"If-Match": '"1"'})
    await refused(answer, 422, "invalid_input")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"item": "XX99"}, "unknown_item"),
        ({"area": "999999999"}, "unknown_area"),
        ({"item": "GV01"}, "not_dispatchable"),
        ({"item": "UT06"}, "relay_first"),
        ({"wanted_from": "2026-11-20T02:00:00Z", "wanted_to": "2026-11-21T02:00:00Z"}, "window_invalid"),
    ],
)
async def test_an_impossible_correction_changes_nothing(world: World, facts: dict[str, Any], code: str) -> None:
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    before = await ok(world.operator.get(f"/requests/{request_id}"))
    problem = await correct(world, request_id, **facts)
    assert (problem.status_code, problem.json()["code"]) == (422, code)
    assert await ok(world.operator.get(f"/requests/{request_id}")) == before


async def test_after_acceptance_only_a_supervisor_corrects(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, _ = await accepted(world, provider)
    facts = {"address": "澄浪路90弄"}
    await refused(correct(world, request_id, world.operator, **facts), 403, "not_allowed")
    assert (await correct(world, request_id, **facts)).status_code == 200


async def test_the_audit_log_names_the_changes_with_personal_data_masked(world: World) -> None:
    request_id = (await ok(world.create(CLEANING)))["request"]["id"]
    facts = {"phone": "13805741688", "contact_name": "李伯伯", "address": "青林湾18幢", "quantity": 3}
    decoded(await correct(world, request_id, **facts))
    entries = (await ok(world.admin.get("/audit", params={"limit": 50})))["items"]
    [entry] = [entry for entry in entries if entry["action"] == "request.corrected"]
    assert (entry["subject"], "reason" in entry["data"]) == (f"request:{request_id}", False)
    told = (await ok(world.operator.get(f"/requests/{request_id}/timeline")))["items"]
    assert [one["words"] for one in told if one["kind"] == "request.corrected"] == ["听错了"]
    assert {"quantity", "contact_phone", "contact_name", "address"} == entry["data"]["changes"].keys()
    assert not any(secret in str(entry) for secret in ("13805741688", "13957412345", "李伯伯", "青林湾18幢", "302室"))


async def test_a_corrected_number_moves_the_request_to_that_citizen_and_group(world: World) -> None:
    await ok(world.operator.put("/citizens/13805741688/groups/aged_80", json={"source": "身份证"}))
    request_id = await taken(world)
    after = decoded(await correct(world, request_id, world.operator, phone="13805741688"))
    assert after["priority_group"] == "aged_80"
    pop_up = await ok(world.operator.get("/citizens/13805741688"))
    assert [each["id"] for each in pop_up["open_requests"]] == [request_id]
    assert (await ok(world.operator.get("/citizens/13957412345")))["open_requests"] == []
    new = decoded(await correct(world, request_id, world.operator, phone="13777770000"))
    assert new["priority_group"] is None


async def test_a_number_that_is_not_entitled_to_the_tier_is_refused(world: World) -> None:
    await ok(world.operator.put("/citizens/13957412345/groups/aged_80", json={"source": "身份证"}))
    request_id = await taken(world, tier="low_fee")
    await refused(correct(world, request_id, phone="13777770000"), 409, "not_entitled")
    after = decoded(await correct(world, request_id, phone="13777770000", tier="paid"))
    assert (after["tier"], after["tier_asked"]) == ("paid", "paid")


async def test_a_corrected_item_while_dispatching_asks_other_providers(world: World) -> None:
    drains, locks = await world.add_provider(DRAIN), await world.add_provider(DOOR_LOCK)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    after = decoded(await correct(world, request_id, world.operator, item=DOOR_LOCK))
    assert (after["item_code"], after["category_code"], after["urgency"]) == (DOOR_LOCK, "LS", "urgent")
    await world.work()
    assert await ok(drains.client.get("/provider/offers")) == []
    [offer] = await ok(locks.client.get("/provider/offers"))
    assert (offer["request_id"], offer["item_code"]) == (request_id, DOOR_LOCK)


async def test_deadlines_follow_the_corrected_item_from_the_first_call(world: World) -> None:
    await world.add_provider(CLEANING)
    made = (await world.dispatch(CLEANING))["request"]
    other = (await world.dispatch(DRAIN))["request"]
    world.advance(minutes=5)
    after = decoded(await correct(world, made["id"], world.operator, item=DRAIN))
    assert [after[name] for name in ("accept_by", "arrive_by", "complete_by")] == [
        other[name] for name in ("accept_by", "arrive_by", "complete_by")
    ]


async def test_a_request_corrected_to_a_question_gets_an_answer_deadline(world: World) -> None:
    request_id = await taken(world)
    after = decoded(await correct(world, request_id, item="GV01"))
    assert (after["kind"], after["answer_by"] is not None) == ("info", True)
    back = decoded(await correct(world, request_id, item=DRAIN))
    assert (back["kind"], back["answer_by"]) == ("service", None)


async def test_a_provider_that_declined_the_wrong_item_is_asked_for_the_right_one(world: World) -> None:
    provider = await world.add_provider(DRAIN, CLEANING)
    made = await world.dispatch(CLEANING)
    refusal = {"reason": "not_our_work"}
    await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/refusal", json=refusal))
    await world.work()
    assert await world.status(made["request"]["id"]) == "unmatched"
    world.advance(minutes=1)
    decoded(await correct(world, made["request"]["id"], world.operator, item=DRAIN))
    await world.work()
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert offer["item_code"] == DRAIN


async def test_a_corrected_area_is_matched_again_and_a_corrected_description_is_not(world: World) -> None:
    here = await world.add_provider(DRAIN, townships=("330203001",))
    there = await world.add_provider(DRAIN, townships=(ELSEWHERE,))
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    [before] = await ok(here.client.get("/provider/offers"))
    decoded(await correct(world, request_id, world.operator, description="厨房的，不是卫生间"))
    [same] = await ok(here.client.get("/provider/offers"))
    assert (same["id"], same["description"]) == (before["id"], "厨房的，不是卫生间")
    decoded(await correct(world, request_id, world.operator, area=ELSEWHERE))
    await world.work()
    assert await ok(here.client.get("/provider/offers")) == []
    assert [each["request_id"] for each in await ok(there.client.get("/provider/offers"))] == [request_id]


async def test_an_unmatched_request_is_dispatched_again_once_corrected(world: World) -> None:
    provider = await world.add_provider(DRAIN, townships=(ELSEWHERE,))
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    assert await world.status(request_id) == "unmatched"
    assert decoded(await correct(world, request_id, world.operator, area=ELSEWHERE))["status"] == "dispatching"
    await world.work()
    assert len(await ok(provider.client.get("/provider/offers"))) == 1


@pytest.mark.parametrize("begun", [False, True])
async def test_the_provider_is_notified_and_may_return_the_job_uncounted(world: World, begun: bool) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.9, 121.6))
    request_id, job = await accepted(world, provider)
    if begun:
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    world.advance(minutes=5)
    decoded(await correct(world, request_id, address="青林湾18幢", description="是三楼的总管"))
    [live] = await ok(provider.client.get("/provider/jobs"))
    assert datetime.fromisoformat(live["corrected_at"]) == world.clock.now()
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert (shown["address"], shown["description"]) == ("青林湾18幢", "是三楼的总管")
    [notice] = (await ok(provider.client.get("/provider/notices")))["items"]
    assert (notice["kind"], "地址" in notice["zh"], "青林湾" in notice["zh"]) == ("request_corrected", True, False)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "out_of_scope"}))
    await world.work()
    request = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (request["status"], request["returns"]) == ("dispatching", 0)
    figures = (await ok(provider.client.get("/provider/statement")))["months"][-1]
    assert figures["returned"] == 0
    assert len(await ok(other.client.get("/provider/offers"))) == 1
    finding = {"fault": "provider", "note": "无故退单"}
    await refused(world.supervisor.put(f"/jobs/{job['id']}/arbitration", json=finding), 409, "not_to_arbitrate")


async def test_a_return_by_a_provider_that_started_after_the_correction_goes_to_the_supervisor(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    decoded(await correct(world, request_id, address="青林湾18幢"))
    world.advance(minutes=5)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_parts"}))
    assert await world.status(request_id) == "unmatched"


async def test_a_corrected_contact_does_not_allow_an_uncounted_return(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    decoded(await correct(world, request_id, phone="13805741688", contact_name="李伯伯"))
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert (shown["contact_phone"], shown["contact_name"], shown["corrected_at"]) == ("13805741688", "李伯伯", None)
    assert shown["said_at"] is not None


async def test_after_acceptance_a_corrected_item_is_offered_to_the_same_provider_first(world: World) -> None:
    provider, other = await world.add_provider(DRAIN, DOOR_LOCK), await world.add_provider(DOOR_LOCK, price_fen=100)
    request_id, job = await accepted(world, provider)
    world.advance(minutes=1)
    decoded(await correct(world, request_id, item=DOOR_LOCK))
    await world.work()
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert (offer["item_code"], await ok(other.client.get("/provider/offers"))) == (DOOR_LOCK, [])
    await refused(provider.client.put(f"/provider/jobs/{job['id']}/start"), 409, "job_over")


async def test_a_provider_that_does_not_cover_the_corrected_area_loses_the_job(world: World) -> None:
    provider = await world.add_provider(DRAIN, townships=("330203001",))
    there = await world.add_provider(DRAIN, townships=(ELSEWHERE,))
    request_id, _ = await accepted(world, provider)
    world.advance(minutes=1)
    decoded(await correct(world, request_id, area=ELSEWHERE))
    await world.work()
    assert await ok(provider.client.get("/provider/jobs")) == []
    assert [each["request_id"] for each in await ok(there.client.get("/provider/offers"))] == [request_id]


async def test_once_started_the_area_can_be_corrected_and_the_item_cannot(world: World) -> None:
    provider = await world.add_provider(DRAIN, townships=("330203001",))
    request_id, job = await accepted(world, provider)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await refused(correct(world, request_id, item=DOOR_LOCK), 409, "work_begun")
    assert decoded(await correct(world, request_id, area=ELSEWHERE))["status"] == "in_progress"


async def test_a_corrected_quantity_is_the_jobs_and_its_cap_follows(world: World) -> None:
    await ok(world.operator.put("/citizens/13957412345/groups/aged_80", json={"source": "身份证"}))
    provider = await world.add_provider(CLEANING, tiers=("low_fee",))
    request_id, before = await accepted(world, provider, CLEANING, tier="low_fee")
    assert decoded(await correct(world, request_id, quantity=2.5))["quantity"] == 2.5
    [job] = await ok(provider.client.get("/provider/jobs"))
    assert (job["quantity"], job["cap_fen"]) == (2.5, before["cap_fen"] * 5 // 2)


async def test_a_corrected_time_moves_the_appointment_and_its_deadlines(world: World) -> None:
    provider = await world.add_provider(CLEANING)
    window = {"wanted_from": "2026-11-26T01:00:00Z", "wanted_to": "2026-11-26T03:00:00Z"}
    request_id, _ = await accepted(world, provider, CLEANING, **window)
    later = {"wanted_from": "2026-11-27T01:00:00Z", "wanted_to": "2026-11-27T03:00:00Z"}
    after = decoded(await correct(world, request_id, **later))
    assert after["arrive_by"] == "2026-11-27T03:00:00Z"
    [job] = await ok(provider.client.get("/provider/jobs"))
    assert (job["appointment_from"], job["appointment_to"]) == (later["wanted_from"], later["wanted_to"])


async def extended(world: World, provider: SampleProvider, item: str, until: str, **facts: Any) -> tuple[str, Any]:
    """Grant a provider an extension for accepted work; return the request's id and the request."""
    request_id, job = await accepted(world, provider, item, **facts)
    asking = {"until": until, "reason": "配件要从杭州调货"}
    asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking))
    await ok(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}))
    return request_id, await ok(world.operator.get(f"/requests/{request_id}"))


MORNING = {"wanted_from": "2026-11-26T01:00:00Z", "wanted_to": "2026-11-26T03:00:00Z"}


@pytest.mark.parametrize(
    ("day", "completed"), [("2026-11-27", "2026-12-02T08:00:00Z"), ("2026-12-08", None)], ids=["earlier", "later"]
)
async def test_a_granted_extension_outlasts_a_corrected_window(world: World, day: str, completed: str | None) -> None:
    provider = await world.add_provider(CLEANING)
    request_id, before = await extended(world, provider, CLEANING, "2026-12-02T08:00:00Z", **MORNING)
    corrected = {"wanted_from": f"{day}T01:00:00Z", "wanted_to": f"{day}T03:00:00Z"}
    after = decoded(await correct(world, request_id, **corrected))
    assert after["complete_by"] == (completed or after["original_complete_by"])
    assert after["original_complete_by"] > before["original_complete_by"]
    assert after["arrive_by"] == max(before["arrive_by"], corrected["wanted_to"])


async def test_a_correction_to_a_more_urgent_item_replaces_an_extended_deadline(world: World) -> None:
    provider = await world.add_provider(CLEANING, DRAIN)
    request_id, _ = await extended(world, provider, CLEANING, "2026-12-02T08:00:00Z", **MORNING)
    other = (await world.dispatch(DRAIN, phone="13957412346"))["request"]
    after = decoded(await correct(world, request_id, item=DRAIN, wanted_from=None, wanted_to=None))
    assert after["complete_by"] == other["complete_by"]


@pytest.mark.parametrize("state", ["completed", "closed", "cancelled"])
async def test_after_the_end_only_the_description_and_contact_can_be_corrected(world: World, state: str) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    request_id = made["request"]["id"]
    if state == "cancelled":
        await ok(world.operator.put(f"/requests/{request_id}/cancellation", json={"reason": "不要了"}))
    else:
        await world.complete(provider, made["offers"][0]["id"])
        await world.work()
    if state == "closed":
        [callback] = await due(world)
        outcome = {"reached": True, "solved": True}
        await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json=outcome))
    for work in ({"item": DOOR_LOCK}, {"area": ELSEWHERE}):
        await refused(correct(world, request_id, **work), 409, "status_conflict")
    words = {"description": "厨房水槽", "phone": "13805741688", "address": "青林湾18幢", "contact_name": "李伯伯"}
    assert decoded(await correct(world, request_id, **words))["description"] == "厨房水槽"
    if state == "completed":
        [callback] = await due(world)
        assert callback["contact_phone"].endswith("1688")


async def test_a_correction_of_a_merged_request_reaches_the_provider_of_its_parent(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent, _ = await accepted(world, provider)
    child = await taken(world, phone="13805741688")
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    world.advance(minutes=1)
    decoded(await correct(world, child, world.operator, description="我家在二楼"))
    [job] = await ok(provider.client.get("/provider/jobs"))
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert [each["words"] for each in shown["said"]] == ["我家在二楼"]
    [told] = await events(world, {"id": parent}, "request.corrected")
    assert told["fields"] == ["description"]
