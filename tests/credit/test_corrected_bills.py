"""Credit follows a corrected bill: the wrong amount's entry is reversed and the right one's is made, each once."""

from typing import Any

import pytest
from sqlalchemy import update

from app.events.models import EventCursor
from tests.aftercare.calls import due, record
from tests.credit.cases import adds_up, ledger, ningbo, say
from tests.jobs.test_amount import billed, correct
from tests.world import SampleProvider, World, ok

PRAISE = {
    "code": "praised", "zh": "满意且收费如实", "en": "Praised, and billed as paid", "event": "callback.done",
    "when": {"satisfaction": "very_satisfied", "overcharged": False}, "points": 3, "reply_working_days": None,
    "most": {"points": 30, "days": 30},
}  # fmt: skip
LOWERED = {
    "code": "billed_too_much", "zh": "多收费，经更正", "en": "Billed too much, and corrected",
    "event": "job.amount_corrected", "when": {"lower": True}, "points": -5, "reply_working_days": 3,
    "most": {"points": 20, "days": 90},
}  # fmt: skip


async def called_back(world: World, billed_fen: int, paid_fen: int, **facts: Any) -> tuple[SampleProvider, str]:
    """Bill a job and record what the citizen says they paid. Return the provider and the job."""
    provider, _, job_id = await billed(world, billed_fen)
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=True, paid_fen=paid_fen, **facts))
    await world.work()
    return provider, job_id


async def put_right(world: World, job_id: str, amount_fen: int, was_fen: int) -> None:
    """Correct the bill and let the worker process it."""
    world.advance(seconds=1)
    await ok(correct(world, job_id, amount_fen, was_fen=was_fen, agreed_with_citizen=True))
    await world.work()


async def entries(provider: SampleProvider) -> list[tuple[str, str, int]]:
    """Return rule, status and effect of the provider's entries, oldest first."""
    return [(one["rule"], one["status"], one["effect"]) for one in reversed((await ledger(provider))["items"])]


async def put_in_force(world: World, *rules: dict[str, Any]) -> None:
    """Put a version with only these rules in force."""
    kept = (await ok(world.registrar.get("/credit/rules/versions")))["items"][0]["rules"]
    world.advance(seconds=1)
    await ok(world.registrar.post("/credit/rules/versions", json=kept | {"version": "海曙", "rules": rules}))


async def test_a_proposal_from_the_wrong_bill_is_withdrawn(world: World) -> None:
    provider, job_id = await called_back(world, 1_200, 12_000)
    assert await entries(provider) == [("overcharged", "proposed", 0)]
    await put_right(world, job_id, 12_000, 1_200)
    assert await entries(provider) == [("overcharged", "reversed", 0)]
    [notice] = [
        one for one in (await ok(provider.client.get("/provider/notices")))["items"] if "reversed" in one["kind"]
    ]
    assert "收费已更正" in notice["zh"]
    world.advance(days=30)
    await world.work()
    assert (await ledger(provider))["credit"] == 100


@pytest.mark.parametrize("steps", [(), ("appeal",), ("appeal", "uphold")])
async def test_a_deduction_from_the_wrong_bill_is_returned_even_after_an_appeal(
    world: World, steps: tuple[str, ...]
) -> None:
    provider, job_id = await called_back(world, 1_200, 12_000)
    world.advance(days=10)
    await world.work()
    [entry] = (await ledger(provider))["items"]
    assert (entry["status"], entry["effect"]) == ("applied", -4)
    if "appeal" in steps:
        await say(provider.client, f"/provider/credit/{entry['id']}/appeal")
    if "uphold" in steps:
        decision = {"granted": False, "note": "账实不符"}
        await ok(world.registrar.put(f"/credit/entries/{entry['id']}/appeal-decision", json=decision))
    await put_right(world, job_id, 12_000, 1_200)
    assert await entries(provider) == [("overcharged", "reversed", 0)]
    assert (await ledger(provider))["credit"] == 100
    assert await adds_up(world)


async def test_the_corrected_bill_is_judged_as_if_billed_first(world: World) -> None:
    provider, job_id = await called_back(world, 12_000, 12_000)
    assert await entries(provider) == []
    await put_right(world, job_id, 1_200, 12_000)
    assert await entries(provider) == [("overcharged", "proposed", 0)]
    [entry] = (await ledger(provider))["items"]
    assert entry["reply_by"] is not None


async def test_a_gain_from_the_wrong_bill_is_taken_back(world: World) -> None:
    await put_in_force(world, PRAISE)
    world.clock.moment = ningbo(11, 24, 12)
    provider, _, job_id = await billed(world, 12_000)
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE providers SET credit = 90")
    [callback] = await due(world)
    await ok(record(world, callback, reached=True, solved=True, paid_fen=12_000, satisfaction="very_satisfied"))
    await world.work()
    assert (await ledger(provider))["credit"] == 93
    await put_right(world, job_id, 1_200, 12_000)
    assert await entries(provider) == [("praised", "reversed", 0)]
    assert (await ledger(provider))["credit"] == 90


async def test_correcting_there_and_back_counts_once(world: World) -> None:
    provider, job_id = await called_back(world, 1_200, 12_000)
    was = 1_200
    for amount in (12_000, 1_000, 900, 12_000, 1_200):
        await put_right(world, job_id, amount, was)
        was = amount
    assert [status for _, status, _ in await entries(provider)] == ["reversed", "reversed", "proposed"]


async def test_corrections_of_a_bill_are_judged_as_one(world: World) -> None:
    await put_in_force(world, LOWERED)
    provider, _, job_id = await billed(world, 12_000)
    await put_right(world, job_id, 1_200, 12_000)
    await put_right(world, job_id, 900, 1_200)
    assert await entries(provider) == [("billed_too_much", "proposed", 0)]
    await put_right(world, job_id, 12_000, 900)  # the provider's bill was right
    assert await entries(provider) == [("billed_too_much", "reversed", 0)]
    await put_right(world, job_id, 12_500, 12_000)
    await put_right(world, job_id, 12_100, 12_500)  # lower than the corrected amount, not than the billed one
    assert [status for _, status, _ in await entries(provider)] == ["reversed"]


async def test_a_rule_about_the_completion_itself_follows_too(world: World) -> None:
    nothing = LOWERED | {"code": "billed_nothing", "event": "job.completed", "when": {"amount_fen": 0}}
    await put_in_force(world, nothing)
    provider, _, job_id = await billed(world, 0)
    assert await entries(provider) == [("billed_nothing", "proposed", 0)]
    await put_right(world, job_id, 1_200, 0)
    assert await entries(provider) == [("billed_nothing", "reversed", 0)]


async def test_a_correction_that_still_breaks_the_rule_changes_nothing(world: World) -> None:
    provider, job_id = await called_back(world, 1_200, 12_000)
    before = (await ledger(provider))["items"]
    await put_right(world, job_id, 1_300, 1_200)
    assert (await ledger(provider))["items"] == before


async def test_reading_the_log_again_gives_the_same_ledger(world: World) -> None:
    provider, job_id = await called_back(world, 1_200, 12_000)
    was = 1_200
    for amount in (12_000, 1_000, 12_000, 800):
        await put_right(world, job_id, amount, was)
        was = amount
    before = await ledger(provider)
    await read_again(world)
    assert await ledger(provider) == before
    async with world.context.db.begin() as tx:  # and from nothing
        await tx.driver.execute("DELETE FROM credit_entries")
    await read_again(world)
    live = [one for one in await entries(provider) if one[1] != "reversed"]
    assert live == [("overcharged", "proposed", 0)]


async def read_again(world: World) -> None:
    """Have the ledger read the log from the start again."""
    async with world.context.db.begin() as tx:
        await tx.session.execute(update(EventCursor).where(EventCursor.reader == "credit").values(seq=0))
    await world.work()


async def test_a_rule_that_came_later_is_not_applied_by_a_correction(world: World) -> None:
    await put_in_force(world, LOWERED)
    provider, job_id = await called_back(world, 1_200, 12_000)
    kept = (await ok(world.registrar.get("/credit/rules/versions")))["items"]
    sample = next(one["rules"] for one in kept if one["rules"]["version"] == "sample-2")
    world.advance(seconds=1)
    await ok(world.registrar.post("/credit/rules/versions", json=sample | {"version": "海曙二"}))
    await put_right(world, job_id, 1_300, 1_200)
    assert await entries(provider) == []
