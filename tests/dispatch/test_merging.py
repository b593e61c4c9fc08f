"""Requests about the same: nothing that either said is lost, and each caller is called once."""

from datetime import datetime
from typing import Any

import pytest

from tests.aftercare.calls import due, events, ningbo, record, take
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused

WOMAN, NEIGHBOUR, THIRD = "13957412345", "13805741688", "13805741699"


async def merge(world: World, child: str, parent: str) -> dict[str, Any]:
    """Join the first with the second; gives the second as it stands."""
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    return await read(world, parent)


async def dispatch_each(world: World, *wanted: tuple[str, str]) -> list[dict[str, Any]]:
    """A request for each item and phone, a second apart."""
    made = []
    for item, phone in wanted:
        made.append((await world.dispatch(item, phone=phone))["request"])
        world.advance(seconds=1)
    return made


async def read(world: World, request_id: str) -> dict[str, Any]:
    return dict(await ok(world.operator.get(f"/requests/{request_id}")))


async def accept(firm: SampleProvider, made: dict[str, Any]) -> dict[str, Any]:
    return dict(await ok(firm.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance")))


async def finish(firm: SampleProvider, job: dict[str, Any]) -> None:
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
    done = {"result": "已疏通", "amount_fen": 0}
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/completion", json=done))


@pytest.mark.parametrize("item", [DRAIN, CLEANING])
async def test_one_phone_is_called_once_for_all_that_was_merged(world: World, item: str) -> None:
    firm = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN)
    children = [(await world.dispatch(each))["request"] for each in (item, DRAIN)]
    for child in children:
        await merge(world, child["id"], parent["request"]["id"])
    await world.complete(firm, parent["offers"][0]["id"])
    await world.work()
    world.clock.moment = ningbo(24, 12)
    callback = await take(world)
    assert callback["contact_phone"] == WOMAN
    assert callback["other_numbers"] == [child["number"] for child in children]
    assert await take(world, world.supervisor) == {}
    await ok(record(world, callback, reached=True, solved=True))
    await world.work()
    assert (await due(world), await world.status(parent["request"]["id"])) == ([], "closed")


async def test_two_children_of_one_phone_are_called_once_beside_the_parents(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN)
    children = await dispatch_each(world, (DRAIN, NEIGHBOUR), (DRAIN, NEIGHBOUR))
    for child in children:
        await merge(world, child["id"], parent["request"]["id"])
    await world.complete(firm, parent["offers"][0]["id"])
    await world.work()
    assert sorted((each["number"], each["other_numbers"]) for each in await due(world)) == [
        (parent["request"]["number"], []),
        (children[0]["number"], [children[1]["number"]]),
    ]


async def test_a_callback_due_on_a_child_before_it_was_merged_is_dropped(world: World) -> None:
    """It was completed, taken up again, and then found to be the same as another."""
    firm = await world.add_provider(DRAIN)
    child = await world.dispatch(DRAIN)
    await world.complete(firm, child["offers"][0]["id"])
    await world.work()
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=False))
    parent = await world.dispatch(DRAIN)
    await merge(world, child["request"]["id"], parent["request"]["id"])
    [offer] = [each for each in await ok(firm.client.get("/provider/offers")) if not each["redo"]]
    await world.complete(firm, offer["id"])
    await world.work()
    assert [each["number"] for each in await due(world)] == [parent["request"]["number"]]


async def test_what_stands_for_itself_again_is_called_for_itself(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    parent, child = await world.dispatch(DRAIN), await world.dispatch(DRAIN)
    await merge(world, child["request"]["id"], parent["request"]["id"])
    await world.complete(firm, parent["offers"][0]["id"])
    await ok(world.supervisor.delete(f"/requests/{child['request']['id']}/parent"))
    again = await ok(world.operator.put(f"/requests/{child['request']['id']}/dispatch"))
    await world.complete(firm, again["offers"][0]["id"])
    await world.work()
    assert {each["number"] for each in await due(world)} == {parent["request"]["number"], child["request"]["number"]}


RELAY: dict[str, Any] = {"relay": {"to": "110"}, "dispatch": True}


@pytest.mark.parametrize(
    ("parent_item", "child_item", "parent_facts"),
    [("UT10", "UT06", RELAY), ("UT10", "UT03", RELAY)],
    ids=["never relayed", "not dispatchable"],
)
async def test_a_child_that_may_not_go_out_goes_to_a_person_when_the_parent_is_cancelled(
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


async def test_of_several_children_the_oldest_that_may_go_out_takes_the_place(world: World) -> None:
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


async def test_the_one_that_goes_on_is_as_urgent_as_the_most_urgent_and_due_first(world: World) -> None:
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


async def test_what_is_nearer_on_the_one_that_goes_on_stays(world: World) -> None:
    parent = (await world.dispatch(DRAIN))["request"]
    world.advance(minutes=1)
    child = (await world.dispatch(CLEANING, phone=NEIGHBOUR))["request"]
    after = await merge(world, child["id"], parent["id"])
    assert [after[name] for name in ("urgency", "complete_by")] == [parent[name] for name in ("urgency", "complete_by")]


async def test_an_answer_is_owed_by_the_nearer_deadline(world: World) -> None:
    child = (await ok(world.create("GV01")))["request"]
    world.advance(hours=1)
    parent = (await ok(world.create("GV01", phone=NEIGHBOUR)))["request"]
    assert (await merge(world, child["id"], parent["id"]))["answer_by"] == child["answer_by"]


async def test_what_was_out_goes_out_when_it_is_merged_into_what_was_not(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    parent = (await ok(world.create(DRAIN)))["request"]
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR))["request"]
    world.advance(minutes=5)
    after = await merge(world, child["id"], parent["id"])
    assert (after["status"], after["accept_by"]) == ("dispatching", child["accept_by"])
    await world.work()
    assert [each["request_id"] for each in await ok(firm.client.get("/provider/offers"))] == [parent["id"]]


async def test_three_ways_the_last_takes_over_from_all(world: World) -> None:
    first, second, third = await dispatch_each(world, (DRAIN, WOMAN), (CLEANING, NEIGHBOUR), (CLEANING, THIRD))
    await merge(world, first["id"], second["id"])
    after = await merge(world, second["id"], third["id"])
    assert (after["urgency"], after["complete_by"]) == ("urgent", first["complete_by"])
    assert (await read(world, first["id"]))["parent_id"] == third["id"]
    await ok(world.operator.put(f"/requests/{third['id']}/cancellation", json={"reason": "不需要了"}))
    heir = await read(world, first["id"])
    assert (heir["status"], heir["parent_id"]) == ("dispatching", None)


async def test_the_heir_is_as_urgent_as_those_who_stay_with_it(world: World) -> None:
    parent, heir, other = await dispatch_each(world, (CLEANING, WOMAN), (CLEANING, NEIGHBOUR), (DRAIN, THIRD))
    for child in (heir, other):
        await merge(world, child["id"], parent["id"])
    await ok(world.operator.put(f"/requests/{parent['id']}/cancellation", json={"reason": "不需要了"}))
    after = await read(world, heir["id"])
    assert (after["status"], after["urgency"], after["complete_by"]) == ("dispatching", "urgent", other["complete_by"])


async def test_work_that_a_firm_has_is_not_lost_to_what_nobody_has(world: World) -> None:
    firm, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN, chosen_provider_id=str(firm.id))
    job = await accept(firm, made)
    later = await world.dispatch(DRAIN, phone=NEIGHBOUR, chosen_provider_id=str(other.id))
    first, second = made["request"]["id"], later["request"]["id"]
    url = f"/requests/{first}/parent"
    problem = await refused(world.operator.put(url, json={"parent_id": second}), 409, "merge_the_other_way")
    assert (problem["number"], problem["parent"]) == (made["request"]["number"], later["request"]["number"])
    await accept(other, later)
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
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


async def test_what_is_said_about_a_child_reaches_who_works_on_the_parent(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    parent, job = made["request"], await accept(firm, made)
    [before] = await ok(firm.client.get("/provider/jobs"))
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
    [after] = await ok(firm.client.get("/provider/jobs"))
    assert datetime.fromisoformat(after["said_at"]) == world.clock.now()
    shown = await ok(firm.client.get(f"/provider/jobs/{job['id']}"))
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
        if event["provider_id"] == str(firm.id) and event["kind"] in ("request.contacted", "request.joined")
    ]
    assert heard == [
        ("request.joined", None),
        ("request.contacted", child["number"]),
        ("request.contacted", parent["number"]),
    ]
    await finish(firm, job)


async def test_what_is_said_while_nobody_has_the_work_is_there_for_who_takes_it(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    child = (await world.dispatch(DRAIN, phone=NEIGHBOUR, description="一楼也堵了"))["request"]
    await merge(world, child["id"], made["request"]["id"])
    job = await accept(firm, made)
    shown = await ok(firm.client.get(f"/provider/jobs/{job['id']}"))
    assert [each["words"] for each in shown["said"]] == ["一楼也堵了"]
