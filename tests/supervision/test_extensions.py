"""Extensions: asked for once and in time, decided by a supervisor; and who was at fault for a return."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.registry.models import ProviderDay, ProviderWindow
from tests.world import DRAIN, SampleProvider, World, ok, refused

REASON = "配件要从杭州调货，后天才到"


async def accepted(world: World, provider: SampleProvider | None = None) -> tuple[SampleProvider, dict[str, Any]]:
    provider = provider or await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    return provider, await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))


def asking(job: dict[str, Any], **more: float) -> dict[str, str]:
    until = datetime.fromisoformat(job["complete_by"]) + timedelta(**more)
    return {"until": until.isoformat(), "reason": REASON}


async def test_a_granted_extension_moves_both_deadlines_and_keeps_the_old(world: World) -> None:
    provider, job = await accepted(world)
    body = asking(job, days=2)
    asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=body))
    assert await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=body)) == asked
    await refused(
        provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking(job, days=3)), 409, "extension_exists"
    )
    [row] = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "extension_asked"})))["items"]
    assert (row["extension_id"], row["job_id"]) == (asked["id"], job["id"])
    decide = f"/extensions/{asked['id']}/decision"
    granted = await ok(world.supervisor.put(decide, json={"granted": True, "note": "情况属实"}))
    assert await ok(world.supervisor.put(decide, json={"granted": True})) == granted
    await refused(world.supervisor.put(decide, json={"granted": False}), 409, "extension_decided")
    assert (granted["status"], granted["complete_by_before"]) == ("granted", job["complete_by"])
    request = await ok(world.operator.get(f"/requests/{job['request_id']}"))
    for name in ("arrive_by", "complete_by"):
        assert datetime.fromisoformat(request[name]) == datetime.fromisoformat(job[name]) + timedelta(days=2)


async def test_on_time_by_the_approved_deadline_may_be_late_by_the_original(world: World) -> None:
    provider, job = await accepted(world)
    asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking(job, days=2)))
    await ok(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}))
    day = world.clock.now().date().isoformat()
    world.advance(days=2)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    done = {"result": "换好配件，试水通畅", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    rates = (await ok(world.manager.get("/metrics/fulfilment", params={"from": day, "to": day})))["rates"]
    assert [rates[name]["numerator"] for name in ("on_time", "on_time_by_original")] == [1, 0]
    assert [rates[name]["denominator"] for name in ("on_time", "on_time_by_original")] == [1, 1]


async def test_asking_late_or_for_too_much_is_refused(world: World) -> None:
    provider, job = await accepted(world)
    url = f"/provider/jobs/{job['id']}/extension"
    for more in (timedelta(), timedelta(days=30, seconds=1)):
        body = asking(job, seconds=more.total_seconds())
        await refused(provider.client.put(url, json=body), 422, "extension_until_invalid")
    world.advance(minutes=121)
    await refused(provider.client.put(url, json=asking(job, days=1)), 409, "extension_too_late")
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(world.operator.put(f"/jobs/{job['id']}/extension", json=asking(job, days=1)))


async def test_two_supervisors_decide_at_once_and_the_first_counts(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for _ in range(5):
        _, job = await accepted(world, provider)
        asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking(job, days=2)))
        url = f"/extensions/{asked['id']}/decision"
        answers = await asyncio.gather(*(world.supervisor.put(url, json={"granted": yes}) for yes in (True, False)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        [won] = [answer.json() for answer in answers if answer.is_success]
        request = await ok(world.operator.get(f"/requests/{job['request_id']}"))
        moved = datetime.fromisoformat(request["complete_by"]) - datetime.fromisoformat(job["complete_by"])
        assert moved == (timedelta(days=2) if won["status"] == "granted" else timedelta())
        events = await ok(world.operator.get(f"/requests/{job['request_id']}/events"))
        kinds = [event["kind"] for event in events if event["kind"].startswith("extension.")]
        assert kinds == ["extension.asked", f"extension.{won['status']}"]
        await ok(world.operator.put(f"/requests/{job['request_id']}/cancellation", json={"reason": "自己修好了"}))


async def test_a_decision_after_the_job_is_over_is_refused(world: World) -> None:
    provider, job = await accepted(world)
    asked = await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking(job, days=2)))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_parts"}))
    await refused(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}), 409, "job_over")


async def test_the_next_provider_may_ask_although_the_one_before_was_not_answered(world: World) -> None:
    provider, job = await accepted(world)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/extension", json=asking(job, days=2)))
    other = await world.add_provider(DRAIN)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_parts"}))
    await world.work()
    [offer] = await ok(other.client.get("/provider/offers"))
    mine = await ok(other.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    asked = await ok(other.client.put(f"/provider/jobs/{mine['id']}/extension", json=asking(mine, days=2)))
    events = await ok(world.operator.get(f"/requests/{job['request_id']}/events"))
    kinds = [event["kind"] for event in events if event["kind"].startswith("extension.")]
    assert (asked["status"], kinds) == ("asked", ["extension.asked", "extension.refused", "extension.asked"])


async def returned_counts(world: World, provider: SampleProvider) -> tuple[int, int]:
    """Return the provider's returns in the sums of its days and in its window."""
    async with world.context.db.begin() as tx:
        days = (
            (await tx.session.execute(select(ProviderDay).where(ProviderDay.provider_id == provider.id)))
            .scalars()
            .all()
        )
        window = await tx.session.get_one(ProviderWindow, provider.id)
        return sum(day.returned for day in days), window.returned


async def test_a_return_that_was_not_the_providers_fault_no_longer_counts(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for fault, left in (("citizen", (0, 0)), ("provider", (1, 1))):
        _, job = await accepted(world, provider)
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "citizen_absent"}))
        [row] = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "to_arbitrate"})))["items"]
        assert row["job_id"] == job["id"]
        assert await returned_counts(world, provider) == (1, 1)
        finding = {"fault": fault, "note": "已电话核实"}
        url = f"/jobs/{job['id']}/arbitration"
        await ok(world.supervisor.put(url, json=finding))
        await ok(world.supervisor.put(url, json=finding))
        assert await returned_counts(world, provider) == left
        await refused(world.supervisor.put(url, json=finding | {"fault": "nobody"}), 409, "already_arbitrated")
        assert (await ok(world.supervisor.get("/supervision/queue", params={"kind": "to_arbitrate"})))["items"] == []
        await ok(world.operator.put(f"/requests/{job['request_id']}/cancellation", json={"reason": "不需要了"}))


async def test_the_first_return_before_starting_is_free_and_not_arbitrated(world: World) -> None:
    provider, job = await accepted(world)
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    finding = {"fault": "provider", "note": "已电话核实"}
    await refused(world.supervisor.put(f"/jobs/{job['id']}/arbitration", json=finding), 409, "not_to_arbitrate")
