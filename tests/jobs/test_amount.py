"""A supervisor corrects the bill of completed work, and everything summed up from it follows."""

from typing import Any

import pytest

from tests.aftercare.calls import complete, due, events, record
from tests.world import DRAIN, SampleProvider, World, ok, refused

MONTH = "2026-11"


async def billed(world: World, amount_fen: int = 1_200, **facts: Any) -> tuple[SampleProvider, dict[str, Any], str]:
    """Have the only provider complete and bill a job; return the provider, the request and the job's id."""
    provider = await world.add_provider(DRAIN, tiers=("paid", "low_fee", "free"))
    made = await world.dispatch(DRAIN, **facts)
    job = await world.complete(provider, made["offers"][0]["id"], amount_fen)
    await world.work()
    return provider, made["request"], job["id"]


async def correct(world: World, job_id: str, amount_fen: int, was_fen: int = 1_200, **facts: Any) -> Any:
    body = {"amount_fen": amount_fen, "was_fen": was_fen, "reason": "少打了一个零"} | facts
    return await world.supervisor.put(f"/jobs/{job_id}/amount", json=body)


async def turnover(world: World, first: str, last: str) -> int:
    """Return the centre's turnover of these days in fen."""
    answer = await ok(world.manager.get("/metrics/volumes", params={"from": first, "to": last, "by": "day"}))
    return sum(row["turnover_fen"] for row in answer["rows"])


async def test_a_corrected_bill_changes_figures_statement_and_turnover_and_is_notified(world: World) -> None:
    provider, request, job_id = await billed(world)
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=True, paid_fen=12_000))
    world.advance(days=3)
    for _ in range(2):
        corrected = await ok(correct(world, job_id, 12_000, agreed_with_citizen=True))
    assert (corrected["amount_fen"], corrected["agreed_fen"]) == (12_000, 12_000)
    for _ in range(2):  # before and after the log is rolled up
        assert await turnover(world, "2026-11-24", "2026-11-24") == 12_000
        assert await turnover(world, "2026-11-25", "2026-11-30") == 0
        await world.work()
    month = await ok(provider.client.get(f"/provider/statement/{MONTH}"))
    assert (month["figures"]["turnover_fen"], month["total"]["amount_fen"]) == (12_000, 12_000)
    assert month["jobs"][0]["amount_corrected_at"] is not None
    everybody = await ok(world.manager.get("/metrics/turnover", params={"month": MONTH}))
    assert "12000" in str(everybody)
    notices = (await ok(provider.client.get("/provider/notices")))["items"]
    [told] = [each for each in notices if each["kind"] == "amount_corrected"]
    assert "12.00" in told["zh"]
    assert "120.00" in told["zh"]
    [event] = await events(world, request, "job.amount_corrected")
    assert (event["was_fen"], event["difference_fen"], event["lower"]) == (1_200, 10_800, False)


async def test_a_callback_that_is_due_is_reconciled_with_the_corrected_bill(world: World) -> None:
    _, _, job_id = await billed(world)
    await ok(correct(world, job_id, 12_000, agreed_with_citizen=True))
    [callback] = await due(world)
    assert callback["billed_fen"] == 12_000
    done = await ok(record(world, callback, reached=True, solved=True, paid_fen=12_000))
    assert done["difference_fen"] == 0


async def test_the_last_of_two_corrections_counts(world: World) -> None:
    provider, _, job_id = await billed(world)
    await ok(correct(world, job_id, 1_000))
    await refused(correct(world, job_id, 900), 409, "amount_changed")
    await ok(correct(world, job_id, 900, was_fen=1_000))
    await world.work()
    assert (await ok(provider.client.get(f"/provider/statement/{MONTH}")))["figures"]["turnover_fen"] == 900


@pytest.mark.parametrize(
    ("facts", "billed_fen", "amount_fen", "status", "code"),
    [
        ({}, 1_200, 12_000, 409, "above_consent"),
        ({"tier": "free"}, 0, 1, 422, "amount_on_free_job"),
        ({"tier": "low_fee"}, 1_200, 10_000_000, 422, "above_cap"),
    ],
)
async def test_a_correction_above_consent_or_cap_is_refused(
    world: World, facts: dict[str, Any], billed_fen: int, amount_fen: int, status: int, code: str
) -> None:
    for group in ("aged_80", "hardship"):
        await world.operator.put(f"/citizens/13957412345/groups/{group}", json={"source": "证件"})
    _, _, job_id = await billed(world, billed_fen, **facts)
    await refused(correct(world, job_id, amount_fen, was_fen=billed_fen), status, code)


async def test_only_a_supervisor_corrects_and_only_completed_jobs(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await refused(correct(world, job["id"], 100, was_fen=0), 409, "not_completed")
    body = {"amount_fen": 100, "was_fen": 0, "reason": "更正"}
    await refused(world.operator.put(f"/jobs/{job['id']}/amount", json=body), 403, "not_allowed")


async def test_a_locked_monthly_return_stays_as_declared(world: World) -> None:
    provider, _, job_id = await billed(world)
    world.advance(days=10)
    declared = {"turnover_fen": 500_000, "profit_tax_fen": 40_000}
    await ok(provider.client.put(f"/provider/months/{MONTH}", json=declared))
    await ok(world.registrar.put(f"/providers/{provider.id}/months/{MONTH}/lock", json=declared))
    await ok(correct(world, job_id, 1_000))
    [month] = (await ok(provider.client.get("/provider/months")))["items"]
    assert (month["status"], month["turnover"]["month_fen"]) == ("locked", 500_000)
    assert (await ok(provider.client.get(f"/provider/statement/{MONTH}")))["figures"]["turnover_fen"] == 1_000


async def test_a_closed_jobs_bill_is_corrected_too(world: World) -> None:
    request = await complete(world, await world.add_provider(DRAIN))
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=True))
    assert await world.status(request["id"]) == "closed"
    [job] = await ok(world.operator.get(f"/requests/{request['id']}/jobs"))
    assert (await ok(correct(world, job["id"], 7_000, was_fen=8_000)))["amount_fen"] == 7_000
