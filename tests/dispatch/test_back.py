"""Requests that come back: return, failure, reassign, cancel, merge, hold, reopen, redo."""

from typing import Any

from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused


async def accepted(world: World, firm: SampleProvider, **facts: Any) -> tuple[str, dict[str, Any]]:
    """A request that the firm has accepted, and the job."""
    created = await world.dispatch(DRAIN, chosen_provider_id=str(firm.id), **facts)
    job = await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    return created["request"]["id"], job


async def test_a_return_before_starting_goes_to_the_next_and_keeps_the_citizens_deadlines(world: World) -> None:
    firm, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, job = await accepted(world, firm)
    before = await ok(world.operator.get(f"/requests/{request_id}"))
    world.advance(minutes=5)
    back = {"reason": "no_staff", "note": "师傅临时有事"}
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/return", json=back))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/return", json=back))
    await world.work()
    after = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (after["status"], after["returns"]) == ("dispatching", 1)
    assert after["arrive_by"] == before["arrive_by"]
    [offer] = await ok(other.client.get("/provider/offers"))
    second = await ok(other.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    await ok(other.client.put(f"/provider/jobs/{second['id']}/return", json=back))
    again = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (again["status"], again["unmatched_reason"], again["returns"]) == ("unmatched", "returned", 2)


async def test_a_return_after_starting_and_a_failure_go_to_the_supervisor(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    for path, body, reason in (
        ("return", {"reason": "no_parts"}, "returned"),
        ("failure", {"note": "管道塌陷，须物业开挖"}, "failed"),
    ):
        request_id, job = await accepted(world, firm)
        await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
        await ok(firm.client.put(f"/provider/jobs/{job['id']}/{path}", json=body))
        request = await ok(world.operator.get(f"/requests/{request_id}"))
        assert (request["status"], request["unmatched_reason"]) == ("unmatched", reason)
    closed = await ok(world.supervisor.put(f"/requests/{request_id}/closure", json={"note": "已转物业处理"}))
    assert (closed["status"], closed["close_reason"]) == ("closed", "no_provider")


async def test_a_supervisor_reassigns_an_unstarted_job(world: World) -> None:
    firm, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, job = await accepted(world, firm)
    await refused(world.operator.put(f"/jobs/{job['id']}/reassignment"), 403, "not_allowed")
    world.advance(seconds=1)
    await ok(world.supervisor.put(f"/jobs/{job['id']}/reassignment"))
    await world.work()
    assert [offer["provider_id"] for offer in await ok(world.operator.get(f"/requests/{request_id}/offers"))] == [
        str(firm.id), str(other.id),
    ]  # fmt: skip
    await refused(world.supervisor.put(f"/jobs/{job['id']}/reassignment"), 409, "job_over")


async def test_cancelling_takes_everything_back_and_may_be_repeated(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, firm)
    for _ in range(2):
        reason = {"reason": "邻居帮忙弄好了"}
        assert (await ok(world.operator.put(f"/requests/{request_id}/cancellation", json=reason)))[
            "status"
        ] == "cancelled"
    await refused(firm.client.put(f"/provider/jobs/{job['id']}/start"), 409, "job_over")
    await refused(world.operator.put(f"/requests/{request_id}/dispatch"), 409, "status_conflict")
    assert (await ok(world.registrar.get(f"/providers/{firm.id}")))["open_jobs"] == 0


async def test_merging_keeps_one_at_work_and_each_callers_number(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, _ = await accepted(world, firm)
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
    assert await ok(firm.client.get("/provider/offers")) == []
    await refused(
        world.operator.put(f"/requests/{request_id}/parent", json={"parent_id": third["request"]["id"]}),
        409,
        "merge_target_over",
    )


async def test_when_the_parent_is_cancelled_the_oldest_child_takes_its_place(world: World) -> None:
    firm = await world.add_provider(DRAIN)
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
    assert [offer["request_id"] for offer in await ok(firm.client.get("/provider/offers"))] == [children[0]]


async def test_a_parent_that_is_closed_without_work_gives_its_children_back(world: World) -> None:
    parent, child = [
        (await world.dispatch(DRAIN, phone=phone))["request"]["id"] for phone in ("13800000001", "13800000002")
    ]
    await ok(world.operator.put(f"/requests/{child}/parent", json={"parent_id": parent}))
    await ok(world.supervisor.put(f"/requests/{parent}/closure", json={"note": "无单位可派"}))
    assert await world.status(child) == "received"


async def test_a_supervisor_undoes_a_merge_and_kinds_do_not_mix(world: World) -> None:
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


async def test_a_short_hold_leaves_the_live_offer_alone(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    hold = {"cause": "citizen", "reason": "稍等，先找物业", "until": "2026-11-25T06:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    await ok(world.operator.delete(f"/requests/{request_id}/hold"))
    await world.work()
    assert await world.status(request_id) == "dispatching"
    assert len(await ok(firm.client.get("/provider/offers"))) == 1


async def test_a_held_job_of_a_suspended_firm_waits_and_the_worker_rests(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, firm)
    hold = {"cause": "citizen", "reason": "业主出差", "until": "2026-11-26T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    await refused(world.supervisor.put(f"/jobs/{job['id']}/reassignment"), 409, "request_on_hold")
    document = await world.registrar.get(f"/providers/{firm.id}")
    standing = {"standing": "suspended", "reason": "证照过期"}
    headers = {"If-Match": document.headers["ETag"]}
    await ok(world.registrar.put(f"/providers/{firm.id}/standing", json=standing, headers=headers))
    await world.work()
    world.advance(days=3)
    await world.work()
    assert await world.status(request_id) == "unmatched"


async def test_a_second_redo_goes_to_the_same_firm_too(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    await world.add_provider(DRAIN, price_fen=100)
    created = await world.dispatch(DRAIN, chosen_provider_id=str(firm.id))
    await world.complete(firm, created["offers"][0]["id"])
    for redo in (1, 2):
        await world.work()
        world.advance(days=1)
        callback = await ok(world.operator.post("/callbacks/next"))
        unsolved = {"reached": True, "solved": False, "satisfaction": "dissatisfied"}
        await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json=unsolved))
        [offer] = await ok(firm.client.get("/provider/offers"))
        assert (offer["redo"], offer["price_fen"]) == (True, 0)
        await world.complete(firm, offer["id"], amount_fen=0)
        request = await ok(world.operator.get(f"/requests/{created['request']['id']}"))
        assert (request["status"], request["redos"]) == ("completed", redo)


async def test_a_hold_of_the_citizens_own_pauses_the_clocks(world: World) -> None:
    await world.add_provider(DRAIN)
    created = (await world.dispatch(DRAIN))["request"]
    hold = {"cause": "citizen", "reason": "家里没人，明天下午再来", "until": "2026-11-25T06:00:00Z"}
    held = await ok(world.operator.put(f"/requests/{created['id']}/hold", json=hold))
    assert held["status"] == "on_hold"
    await world.work()
    [offer] = await ok(world.operator.get(f"/requests/{created['id']}/offers"))
    assert offer["status"] == "withdrawn"
    world.advance(hours=28)
    await world.work()
    resumed = await ok(world.operator.get(f"/requests/{created['id']}"))
    assert resumed["status"] == "dispatching"
    assert resumed["complete_by"] == "2026-11-26T06:00:00Z"
    assert created["complete_by"] == "2026-11-25T02:00:00Z"


async def test_work_on_a_held_request_waits_too(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, firm)
    hold = {"cause": "citizen", "reason": "业主出差", "until": "2026-11-26T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{request_id}/hold", json=hold))
    start = f"/provider/jobs/{job['id']}/start"
    problem = await refused(firm.client.put(start), 409, "request_on_hold")
    assert problem["until"] == "2026-11-26T02:00:00+00:00"
    await refused(firm.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "busy"}), 422, "invalid_input")
    back = firm.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"})
    await refused(back, 409, "request_on_hold")
    await ok(world.operator.delete(f"/requests/{request_id}/hold"))
    await ok(firm.client.put(start))
    assert await world.status(request_id) == "in_progress"


async def test_a_hold_for_the_centres_reasons_does_not(world: World) -> None:
    created = (await ok(world.create("GV01")))["request"]
    hold = {"cause": "centre", "reason": "等民政局回复", "until": "2026-11-25T02:00:00Z"}
    await ok(world.operator.put(f"/requests/{created['id']}/hold", json=hold))
    world.advance(hours=5)
    resumed = await ok(world.operator.delete(f"/requests/{created['id']}/hold"))
    assert (resumed["status"], resumed["answer_by"]) == ("received", created["answer_by"])
    await refused(world.operator.delete(f"/requests/{created['id']}/hold"), 409, "status_conflict")


async def test_a_reopened_request_goes_to_the_same_firm_at_no_charge(world: World) -> None:
    firm = await world.add_provider(CLEANING)
    await world.add_provider(CLEANING, price_fen=100)
    created = await world.dispatch(CLEANING, chosen_provider_id=str(firm.id))
    request_id = created["request"]["id"]
    await world.complete(firm, created["offers"][0]["id"])
    await world.work()
    world.advance(days=1)
    callback = await ok(world.operator.post("/callbacks/next"))
    outcome = {"reached": True, "solved": True, "satisfaction": "satisfied", "paid_fen": 8_000}
    await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json=outcome))
    assert await world.status(request_id) == "closed"

    world.advance(days=10)
    again = {"reason": "擦过的窗又花了"}
    reopened = await ok(world.operator.put(f"/requests/{request_id}/reopening", json=again))
    assert (reopened["status"], reopened["reopens"]) == ("dispatching", 1)
    [offer] = await ok(firm.client.get("/provider/offers"))
    assert (offer["redo"], offer["price_fen"]) == (True, 0)
    job = await ok(firm.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
    done = f"/provider/jobs/{job['id']}/completion"
    await refused(firm.client.put(done, json={"result": "重做", "amount_fen": 1}), 422, "amount_on_free_job")
    await ok(firm.client.put(done, json={"result": "重擦一遍，业主当场看过", "amount_fen": 0}))


async def test_reopening_has_its_time_and_needs_work_that_was_dispatched(world: World) -> None:
    answered = (await ok(world.create("GV01", answer="带身份证到街道办理。")))["request"]
    url = f"/requests/{answered['id']}/reopening"
    await refused(world.operator.put(url, json={"reason": "没听清"}), 409, "reopen_without_dispatch")
    relayed = (await ok(world.create("UT05", relay={"to": "市政路灯热线", "outside_number": "LD-7731"})))["request"]
    closed = await ok(world.operator.put(f"/requests/{relayed['id']}/closure", json={"note": "路灯已修复"}))
    assert (closed["close_reason"], closed["outside_number"]) == ("relayed", "LD-7731")
    unmatched = (await world.dispatch(DRAIN))["request"]["id"]
    await ok(world.supervisor.put(f"/requests/{unmatched}/closure", json={"note": "无单位可派"}))
    world.advance(days=15, seconds=1)
    await refused(
        world.operator.put(f"/requests/{unmatched}/reopening", json={"reason": "还是堵"}), 409, "reopen_too_late"
    )
