"""Return, failure, reassignment, cancellation, reopening and redo of dispatched requests."""

from typing import Any

from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused


async def accepted(world: World, provider: SampleProvider, **facts: Any) -> tuple[str, dict[str, Any]]:
    """Dispatch a request that the provider accepts; return its id and the job."""
    created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id), **facts)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    return created["request"]["id"], job


async def test_a_first_return_asks_the_next_and_keeps_deadlines_and_a_second_does_not(
    world: World,
) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    before = await ok(world.operator.get(f"/requests/{request_id}"))
    world.advance(minutes=5)
    back = {"reason": "no_staff", "note": "师傅临时有事"}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json=back))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json=back))
    await world.work()
    after = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (after["status"], after["returns"]) == ("dispatching", 1)
    assert after["arrive_by"] == before["arrive_by"]
    [offer] = await ok(other.client.get("/provider/offers"))
    second = await ok(other.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    await ok(other.client.put(f"/provider/jobs/{second['id']}/return", json=back))
    again = await ok(world.operator.get(f"/requests/{request_id}"))
    assert (again["status"], again["unmatched_reason"], again["returns"]) == ("unmatched", "returned", 2)


async def test_a_return_after_starting_and_a_failure_leave_the_request_unmatched(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for path, body, reason in (
        ("return", {"reason": "no_parts"}, "returned"),
        ("failure", {"note": "管道塌陷，须物业开挖"}, "failed"),
    ):
        request_id, job = await accepted(world, provider)
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/{path}", json=body))
        request = await ok(world.operator.get(f"/requests/{request_id}"))
        assert (request["status"], request["unmatched_reason"]) == ("unmatched", reason)
    closed = await ok(world.supervisor.put(f"/requests/{request_id}/closure", json={"note": "已转物业处理"}))
    assert (closed["status"], closed["close_reason"]) == ("closed", "no_provider")


async def test_a_supervisor_reassigns_an_unstarted_job(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    await refused(world.operator.put(f"/jobs/{job['id']}/reassignment"), 403, "not_allowed")
    world.advance(seconds=1)
    await ok(world.supervisor.put(f"/jobs/{job['id']}/reassignment"))
    await world.work()
    assert [offer["provider_id"] for offer in await ok(world.operator.get(f"/requests/{request_id}/offers"))] == [
        str(provider.id), str(other.id),
    ]  # fmt: skip
    await refused(world.supervisor.put(f"/jobs/{job['id']}/reassignment"), 409, "job_over")


async def test_cancelling_ends_the_job_and_may_be_repeated(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request_id, job = await accepted(world, provider)
    for _ in range(2):
        reason = {"reason": "邻居帮忙弄好了"}
        assert (await ok(world.operator.put(f"/requests/{request_id}/cancellation", json=reason)))[
            "status"
        ] == "cancelled"
    await refused(provider.client.put(f"/provider/jobs/{job['id']}/start"), 409, "job_over")
    await refused(world.operator.put(f"/requests/{request_id}/dispatch"), 409, "status_conflict")
    assert (await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"] == 0


async def test_each_redo_goes_to_the_same_provider_at_no_charge(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await world.add_provider(DRAIN, price_fen=100)
    created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
    await world.complete(provider, created["offers"][0]["id"])
    for redo in (1, 2):
        await world.work()
        world.advance(days=1)
        callback = await ok(world.operator.post("/callbacks/next"))
        unsolved = {"reached": True, "solved": False, "satisfaction": "dissatisfied"}
        await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json=unsolved))
        [offer] = await ok(provider.client.get("/provider/offers"))
        assert (offer["redo"], offer["price_fen"]) == (True, 0)
        await world.complete(provider, offer["id"], amount_fen=0)
        request = await ok(world.operator.get(f"/requests/{created['request']['id']}"))
        assert (request["status"], request["redos"]) == ("completed", redo)


async def test_a_reopened_request_goes_to_the_same_provider_at_no_charge(world: World) -> None:
    provider = await world.add_provider(CLEANING)
    await world.add_provider(CLEANING, price_fen=100)
    created = await world.dispatch(CLEANING, chosen_provider_id=str(provider.id))
    request_id = created["request"]["id"]
    await world.complete(provider, created["offers"][0]["id"])
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
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert (offer["redo"], offer["price_fen"]) == (True, 0)
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    done = f"/provider/jobs/{job['id']}/completion"
    await refused(provider.client.put(done, json={"result": "重做", "amount_fen": 1}), 422, "amount_on_free_job")
    await ok(provider.client.put(done, json={"result": "重擦一遍，业主当场看过", "amount_fen": 0}))


async def test_reopening_needs_a_dispatch_and_is_refused_after_15_days(world: World) -> None:
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
