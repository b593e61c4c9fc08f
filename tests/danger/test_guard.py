"""No request with a danger reaches a company, on any path, before it is relayed to an emergency line."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.auth.models import Role
from tests.world import CHENGLANG, DRAIN, SampleProvider, World, ok, refused

GAS = "厨房煤气味好重，水也倒灌"
DRY = "厨房下水道堵了"
TWO = "她说不想活了，还煤气泄漏了"
NO_LINES = ["物业", "王师傅", "x", "122", "12119", "95119", "1199", "消防器材店", "13805741119", "燃气公司", "110"]


async def taken(world: World, **facts: Any) -> dict[str, Any]:
    """Create a request without dispatching it."""
    return dict((await ok(world.create(**facts)))["request"])


async def read(world: World, request: dict[str, Any]) -> dict[str, Any]:
    return dict(await ok(world.operator.get(f"/requests/{request['id']}")))


async def step(world: World, request: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    """Take an operator's step. Return the request afterwards."""
    answer = await ok(world.operator.put(f"/requests/{request['id']}/{what}", json=body))
    return dict(answer.get("request", answer))


async def tell(world: World, request: dict[str, Any], kind: str = "gas") -> dict[str, Any]:
    return await step(world, request, "danger", kind=kind)


async def relay(world: World, request: dict[str, Any], line: str = "119") -> dict[str, Any]:
    return await step(world, request, "danger/relay", line=line)


async def correct(world: World, request: dict[str, Any], version: int, **facts: Any) -> dict[str, Any]:
    headers = {"If-Match": f'"{version}"'}
    body = facts | {"reason": "来电人补充"}
    return dict(await ok(world.operator.patch(f"/requests/{request['id']}", json=body, headers=headers)))


async def asked(world: World, request: dict[str, Any]) -> list[str]:
    """Return the statuses of its offers, sorted."""
    return sorted(offer["status"] for offer in await ok(world.operator.get(f"/requests/{request['id']}/offers")))


async def kinds(world: World, request: dict[str, Any]) -> list[str]:
    events = await ok(world.operator.get(f"/requests/{request['id']}/events"))
    return [event["kind"] for event in events if "danger" in event["kind"]]


async def accept(provider: SampleProvider, made: dict[str, Any]) -> dict[str, Any]:
    return dict(await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance")))


async def test_a_danger_is_not_dispatched_before_its_line_has_it(world: World) -> None:
    await world.add_provider(DRAIN)
    await refused(world.create(danger="gas", dispatch=True), 409, "danger_not_relayed")
    request = await taken(world, danger="gas")
    assert (request["status"], request["urgency"], request["danger"]) == ("received", "emergency", "gas")
    path = f"/requests/{request['id']}"
    for _ in range(2):
        await refused(world.operator.put(f"{path}/dispatch"), 409, "danger_not_relayed")
    await refused(world.operator.put(f"{path}/answer", json={"answer": "开窗"}), 409, "danger_not_relayed")
    relayed = await relay(world, request)
    assert (relayed["status"], relayed["relay_to"], relayed["danger_lines"]) == ("relayed", "119", ["119"])
    assert relayed["danger_relayed_at"]
    assert relayed["danger_relayed_by"] == str(world.staff_ids[Role.OPERATOR])
    assert (await step(world, request, "dispatch"))["status"] == "dispatching"
    assert await asked(world, request) == ["pending"]
    assert await kinds(world, request) == ["request.danger_raised", "request.danger_relayed"]


async def test_recorded_and_relayed_in_one_call_it_may_go_out_as_well(world: World) -> None:
    await world.add_provider(DRAIN)
    made = await world.dispatch(danger="gas", relay={"to": "燃气公司抢修", "outside_number": "A7"})
    assert made["matching"] == "offered"
    assert made["request"]["danger_lines"] == ["燃气公司抢修"]
    assert made["request"]["outside_number"] == "A7"


@pytest.mark.parametrize("line", ["12345", "95598", "转 12345 政务热线", *NO_LINES])
async def test_a_line_for_something_else_does_not_lift_the_guard(world: World, line: str) -> None:
    await refused(world.create(danger="fire", relay={"to": line}), 422, "not_its_line")
    request = await taken(world, danger="fire")
    await refused(
        world.operator.put(f"/requests/{request['id']}/danger/relay", json={"line": line}), 422, "not_its_line"
    )
    await step(world, request, "relay", to=line)
    assert (await read(world, request))["danger_relayed_at"] is None
    await refused(world.operator.put(f"/requests/{request['id']}/dispatch"), 409, "danger_not_relayed")
    close = world.operator.put(f"/requests/{request['id']}/closure", json={"note": "已转"})
    await refused(close, 409, "danger_not_relayed")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("fire", "120"),
        ("fire", "转１１９"),
        ("fire", "消防"),
        ("fire", "Fire Brigade"),
        ("fire", "火情 119，治安 110，三方通话"),
        ("drowning", "110"),
        ("drowning", "派出所"),
        ("gas", "燃气公司"),
        ("gas", "消防：气味浓、着火、有人被困"),
        ("trapped", "电梯维保应急"),
    ],
)
async def test_a_number_or_a_name_of_its_lines_lifts_the_guard(world: World, kind: str, line: str) -> None:
    request = (await ok(world.create(danger=kind, relay={"to": line})))["request"]
    assert request["danger_lines"] == [line]


async def test_what_was_dismissed_covers_nothing_that_is_told_later(world: World) -> None:
    await world.add_provider(DRAIN)
    drill = "家里着火了（演习）"
    request = (await world.dispatch(description=drill, danger_dismissed=True))["request"]
    same = {"description": drill, "address": "3号楼"}
    assert (await correct(world, request, 1, **same))["danger"] is None
    assert await asked(world, request) == ["pending"]
    told = await correct(world, request, 2, description="现在真的家里着火了，厨房全是火")
    assert (told["danger"], told["danger_dismissed_by"]) == ("fire", None)
    assert await asked(world, request) == ["withdrawn"]


async def test_a_second_danger_needs_a_line_of_its_own_or_the_operators_word(world: World) -> None:
    await world.add_provider(DRAIN)
    gas: dict[str, Any] = {"description": TWO, "danger": "gas", "relay": {"to": "119"}}
    problem = await refused(world.create(**gas, dispatch=True), 422, "danger_heard")
    assert problem["danger"] == "self_harm"
    request = await taken(world, **gas)
    problem = await refused(world.operator.put(f"/requests/{request['id']}/dispatch"), 422, "danger_heard")
    assert problem["danger"] == "self_harm"
    await tell(world, request, "self_harm")
    await refused(world.operator.put(f"/requests/{request['id']}/dispatch"), 409, "danger_not_relayed")
    await relay(world, request, "110")
    assert (await step(world, request, "dispatch"))["status"] == "dispatching"
    dismissed = (await world.dispatch(**gas, danger_dismissed=True, phone="13805741688"))["request"]
    assert (dismissed["danger"], dismissed["status"]) == ("gas", "dispatching")
    assert await kinds(world, dismissed) == [
        "request.danger_dismissed", "request.danger_raised", "request.danger_relayed",
    ]  # fmt: skip


async def test_a_line_that_is_for_both_is_enough(world: World) -> None:
    await world.add_provider(DRAIN)
    await world.dispatch(description=TWO, danger="gas", relay={"to": "120"})


async def test_a_second_danger_can_be_taken_back_by_itself(world: World) -> None:
    await world.add_provider(DRAIN)
    request = await taken(world, description=TWO, danger="gas", relay={"to": "119"})
    back = await step(world, request, "danger/withdrawal", reason="是电视里的话", kind="self_harm")
    assert (back["danger"], back["danger_lines"]) == ("gas", ["119"])
    assert (await step(world, request, "dispatch"))["status"] == "dispatching"


async def test_a_danger_that_is_told_beside_a_relayed_one_takes_its_place(world: World) -> None:
    await world.add_provider(DRAIN)
    request = (await world.dispatch(description=DRY, danger="gas", relay={"to": "119"}))["request"]
    told = await correct(world, request, 1, description="她说不想活了")
    assert (told["danger"], told["danger_relayed_at"]) == ("self_harm", None)
    assert await asked(world, request) == ["withdrawn"]


async def test_of_two_that_no_line_has_each_is_relayed_before_it_goes_out_again(world: World) -> None:
    await world.add_provider(DRAIN)
    request = (await world.dispatch(description=DRY))["request"]
    await tell(world, request)
    assert (await correct(world, request, 1, description="她说不想活了"))["danger"] == "self_harm"
    assert (await relay(world, request, "110"))["danger"] == "gas"
    await world.work()
    assert await asked(world, request) == ["withdrawn"]
    await relay(world, request, "119")
    await world.work()
    assert await asked(world, request) == ["pending", "withdrawn"]


async def test_taken_back_the_other_that_was_told_stays(world: World) -> None:
    request = await taken(world, danger="gas")
    await tell(world, request, "fire")
    assert (await step(world, request, "danger/withdrawal", reason="看错了"))["danger"] == "gas"


async def test_several_lines_have_it_one_after_the_other_and_each_once(world: World) -> None:
    request = await taken(world, danger="electric_water")
    await relay(world, request, "120")
    world.advance(minutes=1)
    for _ in range(2):
        relayed = await relay(world, request, "95598")
        assert relayed["danger_lines"] == ["120", "95598"]
    assert relayed["danger_relayed_at"] == relayed["received_at"]
    assert (await kinds(world, request)).count("request.danger_relayed") == 2


async def test_a_danger_that_only_the_words_tell_needs_the_operators_decision(world: World) -> None:
    await world.add_provider(DRAIN)
    problem = await refused(world.create(description=GAS, dispatch=True, key="a"), 422, "danger_heard")
    assert (problem["danger"], problem["danger_en"]) == ("gas", "Gas leak")
    await refused(world.create("GV01", description=GAS, answer="打开窗"), 422, "danger_heard")
    assert (await ok(world.operator.get("/requests")))["items"] == []
    made = await world.dispatch(description=GAS, danger_dismissed=True)
    assert made["matching"] == "offered"
    request = await read(world, made["request"])
    assert (request["danger"], request["urgency"]) == (None, "urgent")
    assert request["danger_dismissed_by"] == made["request"]["danger_dismissed_by"] is not None
    assert await kinds(world, request) == ["request.danger_dismissed"]


async def test_what_was_heard_and_only_noted_stands_before_the_supervisor_until_it_is_over(world: World) -> None:
    request = await taken(world, description=GAS)
    assert (request["danger"], request["urgency"]) == ("gas", "emergency")
    [waiting] = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "danger"})))["items"]
    assert (waiting["request_id"], waiting["danger_kind"]) == (request["id"], "gas")
    assert waiting["danger_relayed_at"] is None
    assert (await ok(world.supervisor.get("/supervision/counts")))["danger"] == 1
    await relay(world, request)
    [waiting] = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "danger"})))["items"]
    assert waiting["danger_relayed_at"]
    await step(world, request, "closure", note="燃气公司已处理")
    assert (await ok(world.supervisor.get("/supervision/counts")))["danger"] == 0


@pytest.mark.parametrize("channel", ["web", "wechat", "station", "alarm"])
async def test_without_an_operator_on_the_line_it_is_kept_and_not_dispatched(world: World, channel: str) -> None:
    await world.add_provider(DRAIN)
    answers = [await ok(world.create(description=GAS, channel=channel, dispatch=True, key=channel)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["matching"], answers[0]["offers"]) == (None, [])
    request = answers[0]["request"]
    assert (request["status"], request["danger"], request["dispatched_at"]) == ("received", "gas", None)
    assert (await ok(world.supervisor.get("/supervision/counts")))["danger"] == 1
    await world.work()
    assert await asked(world, request) == []


async def test_recording_and_relaying_wait_for_no_address(world: World) -> None:
    await world.add_provider(DRAIN)
    await refused(world.create(area=None, danger="gas", relay={"to": "119"}, dispatch=True), 422, "area_needed")
    made = await ok(world.create(area=None, address=None, danger="gas", relay={"to": "119"}))
    request = made["request"]
    assert (request["status"], request["township_code"]) == ("relayed", None)
    path = f"/requests/{request['id']}"
    await refused(world.operator.put(f"{path}/dispatch"), 422, "area_needed")
    await refused(world.operator.get(f"{path}/candidates"), 422, "area_needed")
    [line] = (await ok(world.supervisor.get("/supervision/queue")))["items"]
    assert line["township"] is None
    await world.work()
    today = str(world.clock.now().date())
    asked_for = {"from": today, "to": today, "by": "township"}
    [row] = (await ok(world.manager.get("/metrics/volumes", params=asked_for)))["rows"]
    assert (row["township"], row["requests"], row["relayed"]) == ("unknown", 1, 1)
    day = await ok(world.manager.get("/metrics/day", params={"day": today}))
    assert "unknown" in str(day)
    for version, said in enumerate(({"address": "澄浪路88弄"}, {"area": CHENGLANG}), 1):
        corrected = said | {"reason": "问到了"}
        await ok(world.operator.patch(path, json=corrected, headers={"If-Match": f'"{version}"'}))
    assert (await step(world, request, "dispatch"))["status"] == "dispatching"


async def test_providers_that_are_asked_are_asked_no_more_until_a_line_has_it(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    request = await tell(world, made["request"])
    assert (request["status"], request["urgency"]) == ("dispatching", "emergency")
    assert request["arrive_by"] < made["request"]["arrive_by"]
    assert await asked(world, request) == ["withdrawn"]
    acceptance = provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance")
    await refused(acceptance, 409, "offer_withdrawn")
    for _ in range(3):
        await world.work()
        world.advance(minutes=10)
    assert await asked(world, request) == ["withdrawn"]
    picked = world.operator.post(f"/requests/{request['id']}/offers", json={"provider_id": str(provider.id)})
    await refused(picked, 409, "danger_not_relayed")
    await tell(world, request)
    assert (await kinds(world, request)) == ["request.danger_raised"]
    await relay(world, request)
    await world.work()
    assert await asked(world, request) == ["pending", "withdrawn"]


async def test_the_citizens_own_choice_waits_too(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    choice: dict[str, Any] = {"chosen_provider_id": str(provider.id)}
    await refused(world.create(danger="gas", dispatch=True, **choice), 409, "danger_not_relayed")
    made = await world.dispatch(danger="gas", relay={"to": "119"}, **choice)
    assert [offer["provider_id"] for offer in made["offers"]] == [str(provider.id)]


async def test_a_provider_that_has_the_work_is_told_and_what_it_gives_back_waits(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    first = provider if made["offers"][0]["provider_id"] == str(provider.id) else other
    job = await accept(first, made)
    request = await tell(world, made["request"])
    assert request["status"] == "assigned"
    [notice] = (await ok(first.client.get("/provider/notices")))["items"]
    assert str(request["number"]) in notice["zh"]
    assert "安全" in notice["zh"]
    assert "safety" in notice["en"]
    await ok(first.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "other", "note": "有煤气味"}))
    await world.work()
    assert await world.status(request["id"]) == "dispatching"
    assert "pending" not in await asked(world, request)
    await relay(world, request)
    await world.work()
    assert "pending" in await asked(world, request)


async def test_a_danger_taken_back_goes_out_again_at_its_own_urgency(world: World) -> None:
    await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    await tell(world, made["request"])
    for _ in range(2):
        back = await step(world, made["request"], "danger/withdrawal", reason="是下水道的臭味")
    assert (back["danger"], back["urgency"]) == (None, "urgent")
    assert back["arrive_by"] == made["request"]["arrive_by"]
    await world.work()
    assert await asked(world, back) == ["pending", "withdrawn"]
    [noted] = (await ok(world.admin.get("/audit", params={"subject": f"request:{back['id']}"})))["items"]
    assert (noted["action"], "reason" in noted["data"]) == ("request.danger_withdrawn", False)
    told = (await ok(world.operator.get(f"/requests/{back['id']}/timeline")))["items"]
    assert [one["words"] for one in told if one["kind"] == "request.danger_withdrawn"] == ["是下水道的臭味"]


async def test_done_work_is_not_sent_again_while_the_danger_is_not_relayed(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    job = await accept(provider, made)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await tell(world, made["request"])
    done = {"result": "已疏通", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    await world.work()
    world.advance(hours=2)
    await world.work()
    callback = await ok(world.operator.post("/callbacks/next"))
    said = {"reached": True, "solved": False}
    answer = f"/callbacks/{callback['id']}/outcome"
    await refused(world.operator.put(answer, json=said), 409, "danger_not_relayed")
    await relay(world, made["request"])
    await ok(world.operator.put(answer, json=said))
    assert await world.status(made["request"]["id"]) == "dispatching"


async def test_merged_the_danger_goes_with_it(world: World) -> None:
    await world.add_provider(DRAIN)
    parent = (await world.dispatch(DRAIN))["request"]
    child = await taken(world, danger="gas", phone="13805741688")
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    joined = await read(world, parent)
    assert (joined["danger"], joined["urgency"], joined["status"]) == ("gas", "emergency", "dispatching")
    await world.work()
    assert await asked(world, parent) == ["withdrawn"]
    await relay(world, parent)
    await world.work()
    assert await asked(world, parent) == ["pending", "withdrawn"]


async def test_merged_a_danger_that_a_line_has_stops_nothing(world: World) -> None:
    await world.add_provider(DRAIN)
    parent = (await world.dispatch(DRAIN))["request"]
    child = await taken(world, danger="gas", relay={"to": "119"}, phone="13805741688")
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    await world.work()
    joined = await read(world, parent)
    assert (joined["danger"], joined["danger_lines"]) == ("gas", ["119"])
    assert "pending" in await asked(world, parent)


@pytest.mark.parametrize("endangered", ["parent", "child"])
async def test_a_merge_sends_nothing_out_that_is_not_relayed(world: World, endangered: str) -> None:
    await world.add_provider(DRAIN)
    child = (await world.dispatch(DRAIN))["request"]
    parent = await taken(world, phone="13805741688", danger="gas" if endangered == "parent" else None)
    if endangered == "child":
        await tell(world, child)
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    await world.work()
    now = await read(world, parent)
    assert (now["status"], now["danger"]) == ("received", "gas")
    assert await asked(world, parent) == []


async def test_whoever_takes_the_place_of_a_cancelled_parent_is_not_sent_out_with_the_danger(world: World) -> None:
    await world.add_provider(DRAIN)
    parent = (await world.dispatch(DRAIN))["request"]
    children = []
    for phone in ("13805741688", "13805741699"):
        children.append(child := await taken(world, phone=phone))
        world.advance(seconds=1)
        await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    other = await taken(world, phone="13805741677", danger="gas")
    await ok(world.operator.put(f"/requests/{other['id']}/parent", json={"parent_id": parent["id"]}))
    await step(world, parent, "danger/withdrawal", reason="不在这一户")
    await step(world, parent, "cancellation", reason="不用了")
    await world.work()
    heir = await read(world, children[0])
    assert (heir["status"], heir["danger"]) == ("received", "gas")
    assert await asked(world, heir) == []


async def test_a_held_request_and_one_in_the_queue_of_those_who_wait_are_not_pulled(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=1)
    first = await world.dispatch(DRAIN)
    waiting = (await world.dispatch(DRAIN, phone="13805741688"))["request"]
    job = await accept(provider, first)
    await world.work()
    assert "pending" not in await asked(world, waiting)
    await tell(world, waiting)
    until = {"cause": "citizen", "reason": "等人", "until": (world.clock.now().isoformat())}
    world.advance(seconds=-1)
    await step(world, waiting, "hold", **until)
    world.advance(seconds=2)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    done = {"result": "已疏通", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    await world.work()
    world.advance(minutes=5)
    await world.work()
    assert await world.status(waiting["id"]) == "dispatching"
    assert "pending" not in await asked(world, waiting)
    await relay(world, waiting)
    await world.work()
    assert "pending" in await asked(world, waiting)


async def test_a_text_that_is_corrected_to_a_danger_stops_the_asking(world: World) -> None:
    await world.add_provider(DRAIN)
    request = (await world.dispatch(DRAIN))["request"]
    headers = {"If-Match": '"1"'}
    told = {"description": GAS, "reason": "来电人补充"}
    corrected = await ok(world.operator.patch(f"/requests/{request['id']}", json=told, headers=headers))
    assert (corrected["danger"], corrected["urgency"]) == ("gas", "emergency")
    assert await asked(world, request) == ["withdrawn"]
    item = {"item": "PE03", "reason": "项目记错"}
    corrected = await ok(world.operator.patch(f"/requests/{request['id']}", json=item, headers={"If-Match": '"2"'}))
    assert corrected["urgency"] == "emergency"
    await world.work()
    assert await asked(world, request) == ["withdrawn"]


async def test_an_unmatched_danger_can_be_corrected_and_stays_until_it_is_relayed(world: World) -> None:
    request = (await world.dispatch(DRAIN))["request"]
    assert request["status"] == "unmatched"
    await tell(world, request)
    place = {"address": "2号楼", "item": "PE03", "reason": "记错"}
    corrected = await ok(world.operator.patch(f"/requests/{request['id']}", json=place, headers={"If-Match": '"1"'}))
    assert corrected["status"] == "unmatched"
    assert (await relay(world, request))["status"] == "relayed"


async def test_a_danger_told_while_a_provider_accepts_is_either_taken_back_or_told_to_it(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for number in range(6):
        made = await world.dispatch(DRAIN, phone=f"1380574{number:04d}")
        request = made["request"]
        acceptance = f"/provider/offers/{made['offers'][0]['id']}/acceptance"
        answers = await asyncio.gather(
            provider.client.put(acceptance),
            world.operator.put(f"/requests/{request['id']}/danger", json={"kind": "gas"}),
        )
        accepted = answers[0].status_code == 200
        assert answers[1].status_code == 200
        told = [
            notice
            for notice in (await ok(provider.client.get("/provider/notices")))["items"]
            if str(request["number"]) in notice["zh"]
        ]
        assert await world.status(request["id"]) == ("assigned" if accepted else "dispatching")
        assert bool(told) == accepted
        await relay(world, request)
        await step(world, request, "cancellation", reason="结束")


async def test_over_and_no_danger_cannot_be_told_or_relayed(world: World) -> None:
    request = await taken(world)
    await refused(world.operator.put(f"/requests/{request['id']}/danger/relay", json={"line": "119"}), 409, "no_danger")
    await step(world, request, "cancellation", reason="不用了")
    await refused(world.operator.put(f"/requests/{request['id']}/danger", json={"kind": "gas"}), 409, "status_conflict")
    await refused(world.operator.put(f"/requests/{request['id']}/danger", json={"kind": "rain"}), 422, "invalid_input")
    await refused(world.manager.put(f"/requests/{request['id']}/danger", json={"kind": "gas"}), 403, "not_allowed")


async def test_a_danger_that_no_line_has_is_not_cancelled(world: World) -> None:
    request = await taken(world, danger="gas")
    cancellation = f"/requests/{request['id']}/cancellation"
    await refused(world.operator.put(cancellation, json={"reason": "不用了"}), 409, "danger_not_relayed")
    await relay(world, request)
    assert (await step(world, request, "cancellation", reason="不用了"))["status"] == "cancelled"


async def test_separated_a_request_keeps_the_line_that_has_the_danger_of_both(world: World) -> None:
    parent = await taken(world)
    child = await taken(world, danger="gas", phone="13805741688")
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    has_it = await relay(world, parent)
    await ok(world.supervisor.delete(f"/requests/{child['id']}/parent"))
    separated = await read(world, child)
    for name in ("danger", "danger_lines", "danger_relayed_at", "danger_relayed_by"):
        assert separated[name] == has_it[name] is not None


@pytest.mark.parametrize(
    ("item", "line", "kind"),
    [
        ("UT03", None, "gas"),
        ("UT07", None, "trapped"),
        ("UT10", None, "fire"),
        ("UT10", "110", "crime"),
        ("HL01", None, "other_medical"),
    ],
)
async def test_an_emergency_item_is_a_danger_in_itself(world: World, item: str, line: str | None, kind: str) -> None:
    request = await taken(world, item=item, relay=line and {"to": line})
    assert (request["danger"], request["danger_relayed_at"] is not None) == (kind, line is not None)
    assert (await taken(world, item=item, danger_dismissed=True, phone="13805741688"))["danger"] is None
    assert (await correct(world, request, 1, item="PE02"))["danger"] == kind


async def test_an_emergency_item_goes_nowhere_without_its_line(world: World) -> None:
    lift: dict[str, Any] = {"item": "UT07", "relay": {"to": "物业"}, "dispatch": True}
    assert (await refused(world.create(**lift), 422, "danger_heard"))["danger"] == "trapped"
    request = (await ok(world.create(**lift, channel="web")))["request"]
    assert (request["status"], request["danger_relayed_at"]) == ("relayed", None)
    assert (await ok(world.create(**lift | {"relay": {"to": "96333"}})))["request"]["status"] == "unmatched"
    harmless = await taken(world, phone="13805741688")
    assert (await correct(world, harmless, 1, item="UT03"))["danger"] == "gas"


@pytest.mark.parametrize("purpose", ["progress", "change", "complaint"])
async def test_a_danger_is_heard_in_a_later_call(world: World, purpose: str) -> None:
    await world.add_provider(DRAIN)
    request = (await world.dispatch(description=DRY))["request"]
    said = {"purpose": purpose, "phone": None, "note": "现在厨房着火了，快来人"}
    for _ in range(2):
        await ok(world.operator.post(f"/requests/{request['id']}/contacts", json=said))
    assert (await read(world, request))["danger"] == "fire"
    assert await asked(world, request) == ["withdrawn"]
    assert await kinds(world, request) == ["request.danger_raised"]


async def test_a_danger_is_heard_in_a_call_about_a_merged_request_and_not_raised_where_all_is_over(
    world: World,
) -> None:
    parent, child = await taken(world), await taken(world, phone="13805741688")
    await ok(world.operator.put(f"/requests/{child['id']}/parent", json={"parent_id": parent["id"]}))
    said = {"purpose": "progress", "phone": None, "note": "家里着火了"}
    await ok(world.operator.post(f"/requests/{child['id']}/contacts", json=said))
    assert (await read(world, parent))["danger"] == "fire"
    over = await taken(world, phone="13805741677")
    await step(world, over, "cancellation", reason="不用了")
    await ok(world.operator.post(f"/requests/{over['id']}/contacts", json=said))
    assert (await read(world, over))["danger"] is None


@pytest.mark.parametrize("what", ["return", "failure"])
async def test_a_danger_is_heard_as_work_is_given_back(world: World, what: str) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    first = provider if made["offers"][0]["provider_id"] == str(provider.id) else other
    job = await accept(first, made)
    if what == "failure":
        await ok(first.client.put(f"/provider/jobs/{job['id']}/start"))
    note = {"note": "厨房煤气泄漏，我们先撤了"} | ({"reason": "other"} if what == "return" else {})
    await ok(first.client.put(f"/provider/jobs/{job['id']}/{what}", json=note))
    await world.work()
    assert (await read(world, made["request"]))["danger"] == "gas"
    assert "pending" not in await asked(world, made["request"])
    assert (await ok(world.supervisor.get("/supervision/counts")))["danger"] == 1


async def test_a_danger_is_heard_in_what_was_typed_at_the_item_and_in_why_it_waits(world: World) -> None:
    asked_for = {"words": "厨房煤气味很重"}
    problem = await refused(world.create(description=DRY, asked=asked_for, dispatch=True), 422, "danger_heard")
    assert problem["danger"] == "gas"
    request = await taken(world)
    until = (world.clock.now() + timedelta(hours=1)).isoformat()
    held = await step(world, request, "hold", cause="citizen", reason="家里着火了，先等消防", until=until)
    assert (held["status"], held["danger"], held["urgency"]) == ("on_hold", "fire", "emergency")


async def test_recording_waits_for_no_item_no_words_and_no_right_number(world: World) -> None:
    body: dict[str, Any] = {"phone": "0000", "danger": "trapped", "relay": {"to": "96333"}}
    request = (await ok(world.operator.post("/requests", json=body)))["request"]
    assert (request["item_code"], request["description"]) == ("UT07", "人员被困（电话：0000）")
    assert (request["contact_phone"], request["danger_lines"]) == (None, ["96333"])
    request = (await ok(world.operator.post("/requests", json={"danger": "gas", "description": "gas, strong"})))[
        "request"
    ]
    assert (request["item_code"], request["description"]) == ("UT03", "gas, strong")
    for missing in ({"phone": "0000"}, {"phone": None}, {"phone": None, "item": "UT03"}):
        await refused(world.operator.post("/requests", json=missing), 422, "invalid_input")


async def test_what_was_acknowledged_is_so_again_though_its_words_tell_a_danger_by_now(world: World) -> None:
    words = "这里有独角兽"
    body: dict[str, Any] = {"description": words, "key": "once", "phone": "13805740001"}
    first = await world.dispatch(DRAIN, **body)
    guide = (await ok(world.registrar.get("/dangers/gas")))["approved"]["content"]
    said = {"recognise": ["独角兽"], "take_back": []}
    await ok(world.registrar.put("/dangers/gas/draft", json=guide | {"words": said}, headers={"If-Match": '"1"'}))
    await ok(world.supervisor.put("/dangers/gas/versions/2/approval"))
    async with asyncio.timeout(60):
        while not (await ok(world.operator.post("/catalog/suggestions", json={"words": words})))["dangers"]:
            await asyncio.sleep(0.01)
    assert await world.dispatch(DRAIN, **body) == first
    await refused(world.create(**body | {"key": "another"}, dispatch=True), 422, "danger_heard")
    await refused(world.create(**body | {"description": f"{words}。"}, dispatch=True), 422, "key_reused")


async def test_a_long_story_before_it_hides_no_danger(world: World) -> None:
    story = {"words": "我跟你讲啊那个下水道堵了好几天了，" * 160, "suggested": []}
    await refused(world.create(description=GAS, asked=story, dispatch=True), 422, "danger_heard")


async def test_why_a_danger_was_taken_back_stands_in_no_event(world: World) -> None:
    request = await taken(world, danger="gas")
    await step(world, request, "danger/withdrawal", reason="陈阿姨说看错了")
    events = await ok(world.operator.get(f"/requests/{request['id']}/events"))
    assert events[-1]["kind"] == "request.danger_withdrawn"
    assert "陈阿姨" not in str(events)
