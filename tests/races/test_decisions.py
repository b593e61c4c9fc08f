"""Decisions about work in progress, or by two people at once: real commits on real connections."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tests.world import DRAIN, SampleProvider, World, new_policy, ok

DONE = {"result": "疏通完毕，试水通畅", "amount_fen": 0}


async def cancel(world: World, request_id: str) -> None:
    """Cancel the request, so that it does not come before the next round's caller."""
    await ok(world.operator.put(f"/requests/{request_id}/cancellation", json={"reason": "自己修好了"}))


async def accepted(world: World) -> tuple[SampleProvider, dict[str, Any]]:
    """Create a provider and a job that it has accepted."""
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN, chosen_provider_id=str(provider.id)))["offers"]
    return provider, await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))


async def kinds(world: World, request_id: str) -> list[str]:
    """Return the kinds of the request's events in order."""
    return [event["kind"] for event in await ok(world.operator.get(f"/requests/{request_id}/events"))]


async def open_jobs(world: World, provider: SampleProvider) -> int:
    return int((await ok(world.registrar.get(f"/providers/{provider.id}")))["open_jobs"])


async def test_withdrawing_and_accepting_at_once_leaves_one_result(world: World) -> None:
    for _ in range(5):
        provider = await world.add_provider(DRAIN)
        created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
        [offer] = created["offers"]
        answers = await asyncio.gather(
            world.operator.put(f"/offers/{offer['id']}/withdrawal", json={"reason": "地址写错了"}),
            provider.client.put(f"/provider/offers/{offer['id']}/acceptance"),
        )
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [204, 409])
        kept = answers[1].is_success
        [offer] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
        assert offer["status"] == ("accepted" if kept else "withdrawn")
        assert await open_jobs(world, provider) == kept
        await cancel(world, created["request"]["id"])


async def test_reassigning_and_starting_at_once_leaves_one_result(world: World) -> None:
    for _ in range(5):
        provider, job = await accepted(world)
        answers = await asyncio.gather(
            world.supervisor.put(f"/jobs/{job['id']}/reassignment"),
            provider.client.put(f"/provider/jobs/{job['id']}/start"),
        )
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [204, 409])
        started = answers[1].is_success
        assert await world.status(job["request_id"]) == ("in_progress" if started else "dispatching")
        assert await open_jobs(world, provider) == started
        await cancel(world, job["request_id"])


async def test_two_concurrent_reopenings_count_once(world: World) -> None:
    for _ in range(5):
        request_id = (await world.dispatch(DRAIN))["request"]["id"]
        await ok(world.supervisor.put(f"/requests/{request_id}/closure", json={"note": "无单位可派"}))
        body = {"reason": "还是堵"}
        await asyncio.gather(*(world.operator.put(f"/requests/{request_id}/reopening", json=body) for _ in range(2)))
        assert (await kinds(world, request_id)).count("request.reopened") == 1
        await cancel(world, request_id)


async def test_an_extension_and_a_completion_at_once_leave_a_consistent_job(world: World) -> None:
    for _ in range(5):
        provider, job = await accepted(world)
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        until = datetime.fromisoformat(job["complete_by"]) + timedelta(days=2)
        body = {"until": until.isoformat(), "reason": "配件要从杭州调货"}
        asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=body))
        granted, done = await asyncio.gather(
            world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}),
            provider.client.put(f"/provider/jobs/{job['id']}/completion", json=DONE),
        )
        assert done.is_success
        moved = datetime.fromisoformat((await ok(world.operator.get(f"/requests/{job['request_id']}")))["complete_by"])
        events = await kinds(world, job["request_id"])
        if granted.is_success:
            assert moved == until
            assert events.index("extension.granted") < events.index("job.completed")
        else:
            assert (granted.json()["code"], moved) == ("job_over", datetime.fromisoformat(job["complete_by"]))


async def test_two_supervisors_arbitrate_at_once(world: World) -> None:
    for _ in range(5):
        provider, job = await accepted(world)
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "citizen_absent"}))
        url = f"/jobs/{job['id']}/arbitration"
        findings = [{"fault": fault, "note": "已电话核实"} for fault in ("citizen", "provider")]
        answers = await asyncio.gather(*(world.supervisor.put(url, json=finding) for finding in findings))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert (await kinds(world, job["request_id"])).count("job.arbitrated") == 1


async def test_two_supervisors_withdraw_the_last_two_defaults_at_once(world: World) -> None:
    for _ in range(5):
        await new_policy(world)
        listed = (await ok(world.supervisor.get("/policies")))["items"]
        left = [policy["version"] for policy in listed if policy["withdrawn_at"] is None]
        await asyncio.gather(*(world.supervisor.put(f"/policies/{version}/withdrawal") for version in left))
        assert [policy["in_force"] for policy in (await ok(world.supervisor.get("/policies")))["items"]].count(
            True
        ) == 1


async def test_two_workers_raise_an_alarm_once(world: World) -> None:
    ids = [(await world.dispatch(DRAIN, phone=f"1380000000{n}"))["request"]["id"] for n in range(6)]
    world.advance(minutes=9)
    await asyncio.gather(world.work(), world.work())
    for request_id in ids:
        assert [kind for kind in await kinds(world, request_id) if kind.startswith("clock.")] == ["clock.yellow"]
