"""Complaints as cases, however they are made: owner, deadline, the provider's reply, decision, credit, answer."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from app.auth.models import Role
from app.registry.models import ReachedBy
from tests.aftercare.calls import NINGBO, complete, events, ningbo, record, take
from tests.world import DRAIN, World, ok, refused

PHONE = "13957412345"


async def complain(world: World, request_id: str, note: str = "师傅态度很差", phone: str = PHONE) -> dict[str, Any]:
    """Record a citizen's complaint by phone. Return the open case."""
    contact = {"purpose": "complaint", "phone": phone, "note": note}
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=contact))
    [case] = await cases(world, open=True)
    return case


async def cases(world: World, **wanted: Any) -> list[dict[str, Any]]:
    return list((await ok(world.supervisor.get("/complaints", params=wanted)))["items"])


async def decide(world: World, case: dict[str, Any], **decision: Any) -> dict[str, Any]:
    body = {"upheld": True, "decision": "情况属实，向求助人致歉"} | decision
    return dict(await ok(world.supervisor.put(f"/complaints/{case['id']}/decision", json=body)))


async def closed(world: World) -> str:
    """Have the only provider do a request, and close it as solved."""
    request = await complete(world, await world.add_provider(DRAIN))
    world.clock.moment = ningbo(24, 12)
    await ok(record(world, await take(world), reached=True, solved=True, satisfaction="satisfied"))
    return str(request["id"])


async def received(world: World) -> str:
    return str((await ok(world.create(DRAIN)))["request"]["id"])


async def assigned(world: World) -> str:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    return str(made["request"]["id"])


async def answered(world: World) -> str:
    return str((await ok(world.create("GV01", answer="带身份证")))["request"]["id"])


async def cancelled(world: World) -> str:
    request_id = await assigned(world)
    await ok(world.operator.put(f"/requests/{request_id}/cancellation", json={"reason": "等不及了"}))
    return request_id


async def merged(world: World) -> str:
    parent = await assigned(world)
    child = (await ok(world.create(DRAIN)))["request"]["id"]
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    return str(child)


@pytest.mark.parametrize(
    ("state", "about_a_provider"),
    [(received, False), (answered, False), (assigned, True), (closed, True), (cancelled, True), (merged, True)],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_complaint_opens_a_case_in_any_state_of_the_request(
    world: World, state: Any, about_a_provider: bool
) -> None:
    request_id = await state(world)
    before = await world.status(request_id)
    case = await complain(world, request_id)
    assert (case["request_id"], case["cause"], case["words"]) == (request_id, "said", "师傅态度很差")
    assert (case["owner_id"], case["status"]) == (str(world.staff_ids[Role.SUPERVISOR]), "open")
    assert (case["provider_id"] is not None, case["reply_by"] is not None) == (about_a_provider, about_a_provider)
    assert await world.status(request_id) == before
    queue = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "complaint"})))["items"]
    assert [(each["request_id"], each["complaint_id"]) for each in queue] == [(request_id, case["id"])]
    assert (await ok(world.supervisor.get("/supervision/counts")))["complaint"] == 1
    assert [event["kind"] for event in await ok(world.operator.get(f"/requests/{request_id}/events"))][-2:] == [
        "request.contacted",
        "complaint.opened",
    ]


async def test_the_deadline_is_counted_in_working_days_and_raises_its_alarms_once(world: World) -> None:
    request_id = await closed(world)
    case = await complain(world, request_id)
    due = datetime.fromisoformat(case["due_at"]).astimezone(NINGBO)
    assert due == datetime(2026, 12, 1, 12, tzinfo=NINGBO)  # Tuesday noon, and five working days
    for moment, raised in ((ningbo(27, 12), []), (ningbo(30, 12), ["yellow"]), (due, ["yellow", "red"])):
        world.clock.moment = moment
        for _ in range(2):
            await world.work()
        seen = [
            level
            for level in ("yellow", "red")
            for event in await events(world, {"id": request_id}, f"clock.{level}")
            if event["clock"] == "complaint"
        ]
        assert seen == raised
        [item] = (await ok(world.supervisor.get("/supervision/queue")))["items"]
        assert item["kinds"] == [
            *(["red"] if raised[1:] else []),
            "complaint",
            *(["yellow"] if len(raised) == 1 else []),
        ]
    await decide(world, case)
    assert (await ok(world.supervisor.get("/supervision/queue")))["items"] == []


async def test_a_second_complaint_adds_to_the_open_case_and_a_later_one_opens_another(world: World) -> None:
    request_id = await closed(world)
    first = await complain(world, request_id)
    again = await complain(world, request_id, "第二天又来电", "13805741688")
    assert (again["id"], again["words"]) == (first["id"], "师傅态度很差\n第二天又来电")
    assert len(await events(world, {"id": request_id}, "complaint.repeated")) == 1
    await decide(world, first, upheld=False, decision="经核实不属实")
    later = await complain(world, request_id, "不服处理结果")
    assert later["id"] != first["id"]
    assert len(await cases(world, request_id=request_id)) == 2


async def test_complaints_at_once_open_one_case(world: World) -> None:
    request_id = await closed(world)
    contact = {"purpose": "complaint", "phone": PHONE, "note": "催了三次没人来"}
    url = f"/requests/{request_id}/contacts"
    await asyncio.gather(*(ok(world.operator.post(url, json=contact)) for _ in range(4)))
    assert len(await cases(world)) == 1


async def test_a_progress_call_opens_no_case(world: World) -> None:
    request_id = await received(world)
    contact = {"purpose": "progress", "phone": PHONE, "note": "催单"}
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=contact))
    assert await cases(world) == []


async def test_the_provider_is_notified_and_may_reply_until_the_decision(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider("HK01")
    request = await complete(world, provider)
    case = await complain(world, request["id"])
    [notice] = (await ok(provider.client.get("/provider/notices")))["items"]
    assert (notice["kind"], "师傅态度很差" in notice["zh"]) == ("complaint_opened", True)
    [own] = (await ok(provider.client.get("/provider/complaints")))["items"]
    assert (own["id"], own["number"], own["words"]) == (case["id"], request["number"], "师傅态度很差")
    assert not {"phone", "contact_phone", "contact_name", "owner_id"} & own.keys()
    url = f"/provider/complaints/{case['id']}/reply"
    await refused(other.client.put(url, json={"text": "不是我们"}), 404, "not_found")
    assert (await ok(other.client.get("/provider/complaints")))["items"] == []
    for text in ("当天有误会", "当天有误会", "当天有误会，已上门道歉"):
        replied = await ok(provider.client.put(url, json={"text": text}))
    assert replied["reply"] == "当天有误会，已上门道歉"
    assert len(await events(world, request, "complaint.replied")) == 2
    decided = await decide(world, case)
    assert (decided["reply"], decided["fault"], decided["status"]) == ("当天有误会，已上门道歉", "provider", "decided")
    await ok(provider.client.put(url, json={"text": "当天有误会，已上门道歉"}))
    await refused(provider.client.put(url, json={"text": "再说一句"}), 409, "status_conflict")
    kinds = {each["kind"] for each in (await ok(provider.client.get("/provider/notices")))["items"]}
    assert "complaint_decided" in kinds


async def test_a_provider_without_software_is_phoned_and_replies_on_the_phone(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    made = await world.dispatch(DRAIN)
    await ok(world.operator.put(f"/offers/{made['offers'][0]['id']}/acceptance"))
    case = await complain(world, made["request"]["id"])
    [to_tell] = await ok(world.operator.get("/notices/to-phone"))
    assert (to_tell["provider_id"], to_tell["notices"][0]["kind"]) == (str(provider.id), "complaint_opened")
    replied = await ok(world.operator.put(f"/complaints/{case['id']}/reply", json={"text": "路上堵车"}))
    assert replied["reply"] == "路上堵车"
    timeline = await ok(world.operator.get(f"/requests/{made['request']['id']}/events"))
    assert [event["on_behalf"] for event in timeline if event["kind"] == "complaint.replied"] == [True]


@pytest.mark.parametrize(
    ("decision", "points"),
    [
        ({}, [-8]),
        ({"fault": "provider"}, [-8]),
        ({"fault": "centre"}, []),
        ({"fault": "nobody"}, []),
        ({"upheld": False, "decision": "不属实"}, []),
    ],
)
async def test_only_an_upheld_complaint_by_the_providers_fault_costs_it_credit(
    world: World, decision: dict[str, Any], points: list[int]
) -> None:
    provider = await world.add_provider(DRAIN)
    request = await complete(world, provider)
    case = await complain(world, request["id"])
    for _ in range(2):
        await decide(world, case, **decision)
    await world.work()
    entries = (await ok(provider.client.get("/provider/credit")))["items"]
    assert [(entry["rule"], entry["points"]) for entry in entries] == [("complaint_upheld", each) for each in points]


async def test_a_complaint_without_a_job_cannot_blame_a_provider(world: World) -> None:
    case = await complain(world, await answered(world), "接线员答错了")
    url = f"/complaints/{case['id']}/decision"
    blamed = {"upheld": True, "decision": "属实", "fault": "provider"}
    await refused(world.supervisor.put(url, json=blamed), 422, "no_provider_to_blame")
    decided = await decide(world, case)
    assert (decided["upheld"], decided["fault"], decided["provider_id"]) == (True, None, None)
    nobody = {"upheld": False, "decision": "不属实", "fault": "centre"}
    await refused(world.supervisor.put(url, json=nobody), 422, "invalid_input")


async def test_the_citizen_is_phoned_about_the_decision(world: World) -> None:
    request_id = await closed(world)
    case = await complain(world, request_id, phone="13805741688")
    assert (await world.operator.post("/complaints/to-answer/next")).status_code == 204
    await refused(
        world.operator.put(f"/complaints/{case['id']}/answer", json={"reached": True}), 409, "status_conflict"
    )
    await decide(world, case)
    world.clock.moment = ningbo(24, 21)
    assert (await world.operator.post("/complaints/to-answer/next")).status_code == 204
    world.clock.moment = ningbo(25, 9)
    taken = await ok(world.operator.post("/complaints/to-answer/next"))
    assert (taken["contact_phone"], taken["decision"]) == ("13805741688", "情况属实，向求助人致歉")
    assert (await world.supervisor.post("/complaints/to-answer/next")).status_code == 204
    told = {"reached": True, "note": "接受处理"}
    for _ in range(2):
        after = await ok(world.operator.put(f"/complaints/{case['id']}/answer", json=told))
    assert (after["status"], after["answer_note"]) == ("answered", "接受处理")
    assert len(await events(world, {"id": request_id}, "complaint.answered")) == 1
    assert await cases(world, status="decided") == []


async def test_three_unanswered_calls_end_the_case(world: World) -> None:
    case = await complain(world, await closed(world))
    await decide(world, case)
    url = f"/complaints/{case['id']}/answer"
    await refused(world.operator.put(url, json={"reached": False}), 409, "answer_not_taken")
    for attempt, (moment, status) in enumerate(
        ((ningbo(24, 12), "decided"), (ningbo(24, 13), "decided"), (ningbo(24, 17), "unreached")), 1
    ):
        world.clock.moment = moment
        await ok(world.operator.post("/complaints/to-answer/next"))
        for _ in range(2):
            after = await ok(world.operator.put(url, json={"reached": False}))
        assert (after["status"], after["answer_attempts"]) == (status, attempt)
    assert (await world.operator.post("/complaints/to-answer/next")).status_code == 204


async def test_a_case_is_handed_to_another_supervisor(world: World) -> None:
    case = await complain(world, await closed(world))
    url = f"/complaints/{case['id']}/owner"
    operator = {"staff_id": str(world.staff_ids[Role.OPERATOR])}
    await refused(world.supervisor.put(url, json=operator), 422, "not_a_supervisor")
    await refused(world.operator.put(url, json=operator), 403, "not_allowed")
    staff = {"username": "chen.l", "name": "陈立", "password": "请换一个长一点的口令", "roles": ["supervisor"]}
    made = await ok(world.admin.post("/staff", json=staff))
    moved = await ok(world.supervisor.put(url, json={"staff_id": made["id"]}))
    assert moved["owner_id"] == made["id"]
    assert await cases(world, owner="me") == []


async def test_a_case_goes_to_the_supervisor_with_the_fewest_cases(world: World) -> None:
    staff = {"username": "chen.l", "name": "陈立", "password": "请换一个长一点的口令", "roles": ["supervisor"]}
    made = await ok(world.admin.post("/staff", json=staff))
    for _ in range(2):
        request_id = await received(world)
        contact = {"purpose": "complaint", "phone": PHONE, "note": "没人理"}
        await ok(world.operator.post(f"/requests/{request_id}/contacts", json=contact))
    owners = {case["owner_id"] for case in await cases(world)}
    assert owners == {str(world.staff_ids[Role.SUPERVISOR]), made["id"]}
