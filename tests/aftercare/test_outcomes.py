"""Outcomes of callbacks, also for merged callers: the request is closed, the work is done again, or a complaint
opens."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from app.aftercare.schemas import Outcome
from tests.aftercare.calls import complete, due, events, ningbo, record, take
from tests.world import DRAIN, World, ok, refused


async def called(world: World, **outcome: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Have the only provider do a request and record this outcome. Return the request and the callback."""
    request = await complete(world, await world.add_provider(DRAIN))
    world.clock.moment = ningbo(24, 12)
    return request, await ok(record(world, await take(world), **outcome))


async def test_a_solved_outcome_closes_the_request_and_may_be_repeated(world: World) -> None:
    outcome = {"reached": True, "solved": True, "satisfaction": "very_satisfied", "remark": "师傅很准时"}
    request, callback = await called(world, **outcome)
    assert (callback["status"], callback["request_status"]) == ("done", "closed")
    assert (await ok(world.operator.get(f"/requests/{request['id']}")))["close_reason"] == "solved"
    assert await ok(record(world, callback, **outcome)) == callback
    await refused(record(world, callback, reached=True, solved=False), 409, "status_conflict")
    [told] = await events(world, request, "callback.done")
    assert {name: told[name] for name in ("solved", "satisfaction", "paid_fen")} == {
        "solved": True,
        "satisfaction": "very_satisfied",
        "paid_fen": None,
    }


async def test_what_was_paid_is_reconciled_with_the_bill(world: World) -> None:
    request, callback = await called(world, reached=True, solved=True, paid_fen=9_500)
    assert (callback["billed_fen"], callback["difference_fen"]) == (8_000, 1_500)
    assert (await events(world, request, "callback.done"))[0]["difference_fen"] == 1_500


async def test_an_unsolved_request_is_redone_by_the_same_provider_at_no_charge(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request = await complete(world, provider)
    await world.add_provider(DRAIN)
    [callback] = await due(world)
    after = await ok(record(world, callback, reached=True, solved=False, remark="今天早上又堵了"))
    assert after["request_status"] == "dispatching"
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert (offer["redo"], offer["price_fen"]) == (True, 0)
    await world.complete(provider, offer["id"], amount_fen=0)
    await world.work()
    [again] = await due(world)
    assert (again["number"], again["billed_fen"]) == (request["number"], 0)
    assert again["id"] != callback["id"]


async def test_a_citizen_may_refuse_the_same_provider(world: World) -> None:
    first = await world.add_provider(DRAIN)
    await complete(world, first)
    second = await world.add_provider(DRAIN)
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=False, redo_refused=True))
    await world.work()
    assert await ok(first.client.get("/provider/offers")) == []
    [offer] = await ok(second.client.get("/provider/offers"))
    assert offer["redo"] is False


async def merged(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Merge two neighbours' requests about one drain and complete the work. Return the first caller's callback, then
    the second's."""
    provider = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN)
    child = (await world.dispatch(DRAIN, phone="13805741688"))["request"]
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["request"]["id"]}))
    await world.complete(provider, parent["offers"][0]["id"])
    await world.work()
    callbacks = {callback["request_id"]: callback for callback in await due(world)}
    assert len(callbacks) == 2
    return callbacks[parent["request"]["id"]], callbacks[child["id"]]


async def test_each_merged_caller_is_called_back_and_keeps_the_status(world: World) -> None:
    parent, child = await merged(world)
    assert (child["served_request_id"], child["billed_fen"]) == (parent["request_id"], None)
    done = await ok(record(world, child, reached=True, solved=True, paid_fen=0))
    assert (done["status"], done["request_status"], done["difference_fen"]) == ("done", "merged", None)
    assert await world.status(parent["request_id"]) == "completed"
    await ok(record(world, parent, reached=True, solved=True))
    assert await world.status(child["request_id"]) == "merged"


async def test_an_unsolved_merged_request_is_redone_and_the_other_callback_dropped(world: World) -> None:
    parent, child = await merged(world)
    await ok(record(world, child, reached=True, solved=False))
    assert await world.status(parent["request_id"]) == "dispatching"
    assert await due(world) == []
    await refused(record(world, parent, reached=True, solved=True), 409, "callback_outdated")
    world.clock.moment = ningbo(24, 12)
    assert await take(world) == {}
    await world.work()
    assert await events(world, {"id": parent["request_id"]}, "callback.dropped") == [{}]
    await refused(record(world, parent, reached=True, solved=True), 409, "status_conflict")


async def test_every_caller_is_called_again_after_the_redo(world: World) -> None:
    parent, child = await merged(world)
    await ok(record(world, parent, reached=True, solved=False))
    offers = await ok(world.operator.get(f"/requests/{parent['request_id']}/offers"))
    [offer] = [offer for offer in offers if offer["status"] == "pending"]
    job = await ok(world.operator.put(f"/offers/{offer['id']}/acceptance"))
    await ok(world.operator.put(f"/jobs/{job['id']}/start"))
    await ok(world.operator.put(f"/jobs/{job['id']}/completion", json={"result": "重新疏通", "amount_fen": 0}))
    await world.work()
    again = await due(world)
    assert {callback["request_id"] for callback in again} == {parent["request_id"], child["request_id"]}
    assert {callback["job_id"] for callback in again} == {job["id"]}


@pytest.mark.parametrize(("days", "status"), [(15, "dispatching"), (16, "closed")])
async def test_a_late_merged_caller_reopens_only_within_the_window(world: World, days: int, status: str) -> None:
    parent, child = await merged(world)
    await ok(record(world, parent, reached=True, solved=True))
    world.advance(days=days)
    after = await ok(record(world, child, reached=True, solved=False, remark="我家这边还是堵"))
    assert after["status"] == "done"
    assert await world.status(parent["request_id"]) == status


@pytest.mark.parametrize("satisfaction", ["dissatisfied", "very_dissatisfied"])
async def test_a_dissatisfied_citizen_opens_a_complaint_that_a_supervisor_decides(
    world: World, satisfaction: str
) -> None:
    words = "师傅迟到两个小时，态度也不好"
    request, _ = await called(world, reached=True, solved=True, satisfaction=satisfaction, remark=words)
    [complaint] = (await ok(world.operator.get("/complaints", params={"open": True})))["items"]
    assert (complaint["number"], complaint["cause"], complaint["words"]) == (request["number"], satisfaction, words)
    assert await events(world, request, "complaint.opened") == [
        {"complaint_id": complaint["id"], "cause": satisfaction}
    ]

    url, decision = f"/complaints/{complaint['id']}/decision", {"upheld": True, "decision": "情况属实，扣信用分并道歉"}
    await refused(world.operator.put(url, json=decision), 403, "not_allowed")
    decided = await ok(world.supervisor.put(url, json=decision))
    assert (decided["upheld"], decided["decision"]) == (True, decision["decision"])
    world.advance(hours=1)
    assert await ok(world.supervisor.put(url, json=decision)) == decided
    await refused(world.supervisor.put(url, json=decision | {"upheld": False}), 409, "complaint_decided")
    assert (await ok(world.operator.get("/complaints", params={"open": True})))["items"] == []
    assert (await ok(world.operator.get("/complaints", params={"open": False})))["items"] == [decided]
    assert len(await events(world, request, "complaint.decided")) == 1


async def test_a_satisfied_citizen_opens_no_complaint(world: World) -> None:
    await called(world, reached=True, solved=True, satisfaction="basically_satisfied")
    assert (await ok(world.supervisor.get("/complaints")))["items"] == []


@pytest.mark.parametrize(
    "outcome",
    [
        {"reached": True},
        {"reached": False, "solved": False},
        {"reached": False, "remark": "无人接听"},
        {"reached": False, "redo_refused": True},
        {"reached": True, "solved": True, "redo_refused": True},
        {"reached": True, "solved": True, "satisfaction": "delighted"},
        {"reached": True, "solved": True, "paid_fen": -1},
        {"reached": True, "solved": True, "paid_fen": 10**12},
        {"reached": True, "solved": True, "tip_fen": 500},
    ],
)
def test_an_impossible_outcome_is_refused(outcome: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate(outcome)


async def test_a_refused_outcome_changes_nothing(world: World) -> None:
    await complete(world, await world.add_provider(DRAIN))
    before = await due(world)
    await refused(record(world, before[0], reached=True), 422, "invalid_input")
    assert await due(world) == before


async def test_an_unknown_callback_is_not_found(world: World) -> None:
    nothing = {"id": "01890000-0000-7000-8000-000000000000"}
    await refused(record(world, nothing, reached=True, solved=True), 404, "not_found")
    decision = world.supervisor.put(f"/complaints/{nothing['id']}/decision", json={"upheld": True, "decision": "属实"})
    await refused(decision, 404, "not_found")


async def test_operators_who_take_at_once_never_get_the_same_callback(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = {(await complete(world, provider, phone=f"1395741234{digit}"))["number"] for digit in range(4)}
    world.clock.moment = ningbo(24, 12)
    taken = await asyncio.gather(*(take(world, client) for client in [world.operator, world.supervisor] * 3))
    numbers = [callback["number"] for callback in taken if callback]
    assert sorted(numbers) == sorted(made)


async def test_an_outcome_recorded_twice_concurrently_counts_once(world: World) -> None:
    request = await complete(world, await world.add_provider(DRAIN))
    [callback] = await due(world)
    outcome = {"reached": True, "solved": False, "satisfaction": "dissatisfied"}
    answers = await asyncio.gather(*(ok(record(world, callback, **outcome)) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert len(await events(world, request, "callback.done")) == 1
    assert len(await events(world, request, "request.redone")) == 1
    assert len((await ok(world.supervisor.get("/complaints")))["items"]) == 1
