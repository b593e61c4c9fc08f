"""Merging requests about the same problem: what carries over to the parent, and who is called back."""

from datetime import datetime
from typing import Any

import pytest

from tests.aftercare.calls import due, events, ningbo, record, take
from tests.dispatch.test_correcting import accepted
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused

WOMAN, NEIGHBOUR, THIRD = "13957412345", "13805741688", "13805741699"


async def merge(world: World, child: str, parent: str) -> dict[str, Any]:
    """Merge the child into the parent; return the parent."""
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    return await read(world, parent)


async def dispatch_each(world: World, *wanted: tuple[str, str]) -> list[dict[str, Any]]:
    """Dispatch a request for each item and phone, a second apart; return them."""
    made = []
    for item, phone in wanted:
        made.append((await world.dispatch(item, phone=phone))["request"])
        world.advance(seconds=1)
    return made


async def read(world: World, request_id: str) -> dict[str, Any]:
    return dict(await ok(world.operator.get(f"/requests/{request_id}")))


async def accept(provider: SampleProvider, made: dict[str, Any]) -> dict[str, Any]:
    return dict(await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance")))


async def finish(provider: SampleProvider, job: dict[str, Any]) -> None:
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    done = {"result": "已疏通", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))


@pytest.mark.parametrize("item", [DRAIN, CLEANING])
async def test_one_phone_number_is_called_back_once_for_all_merged_requests(world: World, item: str) -> None:
    provider = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN)
    children = [(await world.dispatch(each))["request"] for each in (item, DRAIN)]
    for child in children:
        await merge(world, child["id"], parent["request"]["id"])
    await world.complete(provider, parent["offers"][0]["id"])
    await world.work()
    world.clock.moment = ningbo(24, 12)
    callback = await take(world)
    assert callback["contact_phone"] == WOMAN
    assert callback["other_numbers"] == [child["number"] for child in children]
    assert await take(world, world.supervisor) == {}
    await ok(record(world, callback, reached=True, solved=True))
    await world.work()
    assert (await due(world), await world.status(parent["request"]["id"])) == ([], "closed")


async def test_two_children_with_one_phone_number_share_a_callback(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN)
    children = await dispatch_each(world, (DRAIN, NEIGHBOUR), (DRAIN, NEIGHBOUR))
    for child in children:
        await merge(world, child["id"], parent["request"]["id"])
    await world.complete(provider, parent["offers"][0]["id"])
    await world.work()
    assert sorted((each["number"], each["other_numbers"]) for each in await due(world)) == [
        (parent["request"]["number"], []),
        (children[0]["number"], [children[1]["number"]]),
    ]


async def test_a_callback_for_a_child_that_was_redone_and_merged_is_dropped(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    child = await world.dispatch(DRAIN)
    await world.complete(provider, child["offers"][0]["id"])
    await world.work()
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=False))
    parent = await world.dispatch(DRAIN)
    await merge(world, child["request"]["id"], parent["request"]["id"])
    [offer] = [each for each in await ok(provider.client.get("/provider/offers")) if not each["redo"]]
    await world.complete(provider, offer["id"])
    await world.work()
    assert [each["number"] for each in await due(world)] == [parent["request"]["number"]]


async def test_a_separated_request_gets_a_callback_of_its_own(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent, child = await world.dispatch(DRAIN), await world.dispatch(DRAIN)
    await merge(world, child["request"]["id"], parent["request"]["id"])
    await world.complete(provider, parent["offers"][0]["id"])
    await ok(world.supervisor.delete(f"/requests/{child['request']['id']}/parent"))
    again = await ok(world.operator.put(f"/requests/{child['request']['id']}/dispatch"))
    await world.complete(provider, again["offers"][0]["id"])
    await world.work()
    assert {each["number"] for each in await due(world)} == {parent["request"]["number"], child["request"]["number"]}


RELAY: dict[str, Any] = {"relay": {"to": "110"}, "dispatch": True}


@pytest.mark.parametrize(
    ("parent_item", "child_item", "parent_facts"),
    [("UT10", "UT06", RELAY), ("UT10", "UT03", RELAY)],
    ids=["never relayed", "not dispatchable"],
)
async def test_a_child_that_may_not_be_dispatched_is_left_to_the_supervisor_when_its_parent_is_cancelled(
    world: World, parent_item: str, child_item: str, parent_facts: dict[str, Any]
) -> None:
    parent = await ok(world.create(parent_item, **parent_facts))
    child = (await ok(world.create(child_item, phone=NEIGHBOUR, danger_dismissed=True)))["request"]
    await merge(world, child["id"], parent["request"]["id"])
    url = f"/requests/{parent['request']['id']}/cancellation"
    assert (await ok(world.operator.put(url, json={"reason": "人已找到"})))["status"] == "cancelled"
    assert (await read(world, child["id"]))["status"] == "received"
    queue = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "separated"})))["items"]
    assert [(each["request_id"], each["kinds"]) for each in queue] == [(child["id"], ["separated"])]
    assert (await ok(world.supervisor.get("/supervision/counts")))["separated"] == 1
    await ok(world.operator.put(f"/requests/{child['id']}/relay", json={"to": "12345"}))
    assert (await ok(world.supervisor.get("/supervision/counts")))["separated"] == 0


async def test_the_oldest_child_that_may_be_dispatched_replaces_a_cancelled_parent(world: World) -> None:
    parent = await ok(world.create("UT10", **RELAY))
    barred = (await ok(world.create("UT03", phone=NEIGHBOUR, danger_dismissed=True)))["request"]["id"]
    world.advance(seconds=1)
    heir = (await ok(world.create("UT10", phone=THIRD, relay={"to": "110"})))["request"]["id"]
    for child in (barred, heir):
        await merge(world, child, parent["request"]["id"])
    cancelled = {"reason": "人已找到"}
    await ok(world.operator.put(f"/requests/{parent['request']['id']}/cancellation", json=cancelled))
    assert (await read(world, heir))["status"] == "dispatching"
    assert (await read(world, barred))["parent_id"] == heir


async def test_the_parent_takes_over_a_childs_urgency_group_and_earlier_deadlines(world: World) -> None:
    await ok(world.operator.put(f"/citizens/{NEIGHBOUR}/groups/aged_80", json={"source": "身份证"}))
    parent = (await world.dispatch(CLEANING))["request"]
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR))["request"]
    assert (parent["urgency"], parent["priority_group"], child["urgency"]) == ("booked", None, "urgent")
    after = await merge(world, child["id"], parent["id"])
    assert (after["urgency"], after["priority_group"]) == ("urgent", "aged_80")
    assert [after[name] for name in ("accept_by", "arrive_by", "complete_by")] == [
        child[name] for name in ("accept_by", "arrive_by", "complete_by")
    ]
    [joined] = await events(world, parent, "request.joined")
    assert joined["joined_number"] == child["number"]
    assert {"urgency", "priority_group", "complete_by"} <= set(joined["changed"])


async def test_a_parent_that_is_more_urgent_keeps_its_deadlines(world: World) -> None:
    parent = (await world.dispatch(DRAIN))["request"]
    world.advance(minutes=1)
    child = (await world.dispatch(CLEANING, phone=NEIGHBOUR))["request"]
    after = await merge(world, child["id"], parent["id"])
    assert [after[name] for name in ("urgency", "complete_by")] == [parent[name] for name in ("urgency", "complete_by")]


async def test_the_parent_takes_over_the_earlier_answer_deadline(world: World) -> None:
    child = (await ok(world.create("GV01")))["request"]
    world.advance(hours=1)
    parent = (await ok(world.create("GV01", phone=NEIGHBOUR)))["request"]
    assert (await merge(world, child["id"], parent["id"]))["answer_by"] == child["answer_by"]


async def test_merging_a_dispatched_request_into_an_undispatched_one_dispatches_it(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent = (await ok(world.create(DRAIN)))["request"]
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR))["request"]
    world.advance(minutes=5)
    after = await merge(world, child["id"], parent["id"])
    assert (after["status"], after["accept_by"]) == ("dispatching", child["accept_by"])
    await world.work()
    assert [each["request_id"] for each in await ok(provider.client.get("/provider/offers"))] == [parent["id"]]


async def test_merged_twice_the_last_parent_takes_over_from_all(world: World) -> None:
    first, second, third = await dispatch_each(world, (DRAIN, WOMAN), (CLEANING, NEIGHBOUR), (CLEANING, THIRD))
    await merge(world, first["id"], second["id"])
    after = await merge(world, second["id"], third["id"])
    assert (after["urgency"], after["complete_by"]) == ("urgent", first["complete_by"])
    assert (await read(world, first["id"]))["parent_id"] == third["id"]
    await ok(world.operator.put(f"/requests/{third['id']}/cancellation", json={"reason": "不需要了"}))
    heir = await read(world, first["id"])
    assert (heir["status"], heir["parent_id"]) == ("dispatching", None)


async def test_the_child_that_replaces_a_parent_takes_over_the_urgency_of_the_others(world: World) -> None:
    parent, heir, other = await dispatch_each(world, (CLEANING, WOMAN), (CLEANING, NEIGHBOUR), (DRAIN, THIRD))
    for child in (heir, other):
        await merge(world, child["id"], parent["id"])
    await ok(world.operator.put(f"/requests/{parent['id']}/cancellation", json={"reason": "不需要了"}))
    after = await read(world, heir["id"])
    assert (after["status"], after["urgency"], after["complete_by"]) == ("dispatching", "urgent", other["complete_by"])


async def test_an_accepted_request_is_not_merged_into_one_that_is_less_far(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
    job = await accept(provider, made)
    later = await world.dispatch(DRAIN, phone=NEIGHBOUR, chosen_provider_id=str(other.id))
    first, second = made["request"]["id"], later["request"]["id"]
    url = f"/requests/{first}/parent"
    problem = await refused(world.operator.put(url, json={"parent_id": second}), 409, "merge_the_other_way")
    assert (problem["number"], problem["parent"]) == (made["request"]["number"], later["request"]["number"])
    await accept(other, later)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await refused(world.operator.put(url, json={"parent_id": second}), 409, "merge_the_other_way")
    await merge(world, second, first)
    assert (await ok(other.client.get("/provider/jobs")), await world.status(first)) == ([], "in_progress")


async def test_a_hold_ends_with_the_merge(world: World) -> None:
    parent, child = [(await world.dispatch(DRAIN, phone=phone))["request"] for phone in (WOMAN, NEIGHBOUR)]
    hold = {"cause": "citizen", "reason": "等儿子到家", "until": "2026-11-25T06:00:00Z"}
    await ok(world.operator.put(f"/requests/{child['id']}/hold", json=hold))
    await merge(world, child["id"], parent["id"])
    after = await read(world, child["id"])
    assert (after["status"], after["hold_reason"], after["hold_until"]) == ("merged", None, None)
    world.advance(days=2)
    await world.work()
    assert await world.status(child["id"]) == "merged"


async def test_later_contacts_about_a_child_reach_the_provider_of_the_parent(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    parent, job = made["request"], await accept(provider, made)
    [before] = await ok(provider.client.get("/provider/jobs"))
    assert before["said_at"] is None
    world.advance(minutes=1)
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR, description="楼上倒灌到我家了"))["request"]
    await merge(world, child["id"], parent["id"])
    world.advance(minutes=1)
    for request, purpose, note in ((child, "progress", "什么时候到"), (parent, "change", "改走后门")):
        contact = {"purpose": purpose, "phone": NEIGHBOUR, "note": note}
        said = await ok(world.operator.post(f"/requests/{request['id']}/contacts", json=contact))
        assert (said["number"], said["request_id"]) == (request["number"], request["id"])
    complaint = {"purpose": "complaint", "phone": NEIGHBOUR, "note": "师傅态度差"}
    await ok(world.operator.post(f"/requests/{child['id']}/contacts", json=complaint))
    [after] = await ok(provider.client.get("/provider/jobs"))
    assert datetime.fromisoformat(after["said_at"]) == world.clock.now()
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert [(each["number"], each["purpose"], each["words"]) for each in shown["said"]] == [
        (child["number"], "request", "楼上倒灌到我家了"),
        (child["number"], "progress", "什么时候到"),
        (parent["number"], "change", "改走后门"),
    ]
    contacts = await ok(world.operator.get(f"/requests/{parent['id']}/contacts"))
    assert [(each["number"], each["purpose"]) for each in contacts] == [
        (parent["number"], "request"),
        (child["number"], "request"),
        (child["number"], "progress"),
        (parent["number"], "change"),
        (child["number"], "complaint"),
    ]
    told = await ok(world.operator.get(f"/requests/{parent['id']}/events"))
    heard = [
        (event["kind"], event["data"].get("about_number"))
        for event in told
        if event["provider_id"] == str(provider.id) and event["kind"] in ("request.contacted", "request.joined")
    ]
    assert heard == [
        ("request.joined", None),
        ("request.contacted", child["number"]),
        ("request.contacted", parent["number"]),
    ]
    await finish(provider, job)


async def test_a_child_merged_before_acceptance_is_shown_to_the_provider_that_accepts(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR, description="一楼也堵了"))["request"]
    await merge(world, child["id"], made["request"]["id"])
    job = await accept(provider, made)
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert [each["words"] for each in shown["said"]] == ["一楼也堵了"]


async def test_after_a_merge_one_request_goes_on_and_each_caller_keeps_a_number(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, _ = await accepted(world, provider)
    other = await world.dispatch(DRAIN, phone="13800000002")
    third = await world.dispatch(DRAIN, phone="13800000003")
    url = f"/requests/{other['request']['id']}/parent"
    await refused(world.operator.put(url, json={"parent_id": other["request"]["id"]}), 422, "merge_into_itself")
    await ok(
        world.operator.put(f"/requests/{third['request']['id']}/parent", json={"parent_id": other["request"]["id"]})
    )
    for _ in range(2):
        merged = await ok(world.operator.put(url, json={"parent_id": request_id}))
        assert (merged["status"], merged["parent_id"]) == ("merged", request_id)
        assert merged["number"] == other["request"]["number"]
    assert (await ok(world.operator.get(f"/requests/{third['request']['id']}")))["parent_id"] == request_id
    assert await ok(provider.client.get("/provider/offers")) == []
    await refused(
        world.operator.put(f"/requests/{request_id}/parent", json={"parent_id": third["request"]["id"]}),
        409,
        "merge_target_over",
    )


async def test_when_the_parent_is_cancelled_the_oldest_child_takes_its_place(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent = (await world.dispatch(DRAIN))["request"]["id"]
    children = []
    for phone in ("13800000002", "13800000003"):
        world.advance(seconds=1)
        child = (await world.dispatch(DRAIN, phone=phone))["request"]["id"]
        await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
        children.append(child)
    await ok(world.operator.put(f"/requests/{parent}/cancellation", json={"reason": "已自行解决"}))
    await world.work()
    oldest, other = [await ok(world.operator.get(f"/requests/{child}")) for child in children]
    assert (oldest["status"], oldest["parent_id"]) == ("dispatching", None)
    assert (other["status"], other["parent_id"]) == ("merged", children[0])
    assert [offer["request_id"] for offer in await ok(provider.client.get("/provider/offers"))] == [children[0]]


async def test_when_a_parent_is_closed_without_work_its_child_is_received_again(world: World) -> None:
    parent, child = [
        (await world.dispatch(DRAIN, phone=phone))["request"]["id"] for phone in ("13800000001", "13800000002")
    ]
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    await ok(world.supervisor.put(f"/requests/{parent}/closure", json={"note": "无单位可派"}))
    assert await world.status(child) == "received"


async def test_only_a_supervisor_undoes_a_merge_and_requests_of_different_kinds_do_not_merge(world: World) -> None:
    parent, child = [
        (await world.dispatch(DRAIN, phone=phone))["request"]["id"] for phone in ("13800000001", "13800000002")
    ]
    asked = (await ok(world.create("GV01")))["request"]["id"]
    mixed = world.operator.put(f"/requests/{child}/parent", json={"parent_id": asked})
    await refused(mixed, 422, "merge_of_other_kind")
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    await refused(world.operator.delete(f"/requests/{child}/parent"), 403, "not_allowed")
    separated = await ok(world.supervisor.delete(f"/requests/{child}/parent"))
    assert (separated["status"], separated["parent_id"]) == ("received", None)
