"""A deduction needs notice and a chance to reply first, and can be appealed afterwards."""

import asyncio

from app.credit.tasks import make_entries
from tests.credit.cases import adds_up, give_back, ledger, ningbo, proposed, say
from tests.world import DRAIN, World, ok, refused


async def test_a_providers_fault_is_proposed_as_a_deduction_with_its_reason(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request = await give_back(world, provider)
    found = await ledger(provider)
    [entry] = found["items"]
    assert (found["credit"], entry["status"], entry["points"], entry["effect"]) == (100, "proposed", -6, 0)
    assert (entry["rule"], entry["request_number"]) == ("given_back", request["number"])
    assert entry["reply_by"] == "2026-12-01T02:00:00Z"  # five working days
    [notice] = (await ok(provider.client.get("/provider/notices")))["items"]
    assert str(request["number"]) in notice["zh"]
    assert "5 个工作日内可以申辩" in notice["zh"]


async def test_a_return_without_fault_costs_no_credit(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for fault in ("citizen", "centre", "nobody"):
        await give_back(world, provider, fault)
    assert await ledger(provider) == {"items": [], "next": None, "credit": 100, "standing": "active"}


async def test_an_unanswered_proposal_is_deducted_once_the_reply_period_ends(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    decision = {"apply": True, "note": "情况属实"}
    await refused(
        world.registrar.put(f"/credit/entries/{entry['id']}/decision", json=decision), 409, "reply_period_runs"
    )
    world.clock.moment = ningbo(12, 1, 9)
    await world.work()
    assert (await ledger(provider))["credit"] == 100
    world.clock.moment = ningbo(12, 1, 10)
    await world.work()
    found = await ledger(provider)
    assert (found["credit"], found["items"][0]["status"], found["items"][0]["effect"]) == (94, "applied", -6)
    assert found["items"][0]["appeal_by"] == "2026-12-15T02:00:00Z"  # ten working days
    notice = (await ok(provider.client.get("/provider/notices")))["items"][0]
    assert notice["kind"] == "credit_applied"
    url = f"/provider/credit/{entry['id']}/reply"
    await refused(provider.client.put(url, json={"text": "请再核实"}), 409, "status_conflict")


async def test_a_proposal_with_a_reply_waits_for_a_decision(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    answered = await say(provider.client, f"/provider/credit/{entry['id']}/reply")
    assert answered["status"] == "answered"
    assert await say(provider.client, f"/provider/credit/{entry['id']}/reply") == answered
    world.clock.moment = ningbo(12, 20)
    await world.work()
    assert (await ledger(provider))["credit"] == 100
    [waiting] = (await ok(world.registrar.get("/credit/entries", params={"status": "answered"})))["items"]
    assert waiting == answered
    url = f"/credit/entries/{entry['id']}/decision"
    dropped = await ok(world.supervisor.put(url, json={"apply": False, "note": "理由成立"}))
    assert (dropped["status"], dropped["effect"]) == ("dropped", 0)
    assert await ok(world.supervisor.put(url, json={"apply": False, "note": "理由成立"})) == dropped
    await refused(world.supervisor.put(url, json={"apply": True, "note": "改判"}), 409, "status_conflict")
    assert (await ok(provider.client.get("/provider/notices")))["items"][0]["kind"] == "credit_dropped"


async def test_a_late_reply_is_refused_even_before_the_worker_ran(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    world.clock.moment = ningbo(12, 1, 10)
    problem = await refused(
        provider.client.put(f"/provider/credit/{entry['id']}/reply", json={"text": "请再核实"}),
        409,
        "reply_period_over",
    )
    assert problem["reply_by"] == "2026-12-01 10:00"


async def test_an_appeal_gives_the_points_back_or_leaves_it_as_it_was(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    first, second = await proposed(world, provider), await proposed(world, provider)
    too_early = provider.client.put(f"/provider/credit/{first['id']}/appeal", json={"text": "申诉"})
    await refused(too_early, 409, "status_conflict")
    world.clock.moment = ningbo(12, 2)
    await world.work()
    assert (await ledger(provider))["credit"] == 88
    for entry in (first, second):
        assert (await say(provider.client, f"/provider/credit/{entry['id']}/appeal"))["status"] == "appealed"
    url = "/credit/entries/{}/appeal-decision"
    granted, refusal = {"granted": True, "note": "当日确有急诊记录"}, {"granted": False, "note": "未提前告知求助人"}
    await refused(world.supervisor.put(url.format(first["id"]), json=granted), 403, "not_allowed")
    revoked = await ok(world.registrar.put(url.format(first["id"]), json=granted))
    assert (revoked["status"], revoked["effect"]) == ("revoked", 0)
    assert await ok(world.registrar.put(url.format(first["id"]), json=granted)) == revoked
    upheld = await ok(world.registrar.put(url.format(second["id"]), json=refusal))
    assert (upheld["status"], upheld["effect"]) == ("upheld", -6)
    assert (await ledger(provider))["credit"] == 94
    assert await adds_up(world)


async def test_two_concurrent_decisions_leave_one_refused(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    await say(provider.client, f"/provider/credit/{entry['id']}/reply")
    world.clock.moment = ningbo(12, 2)
    url = f"/credit/entries/{entry['id']}/decision"
    bodies = [{"apply": True, "note": "情况属实"}, {"apply": False, "note": "理由成立"}]
    answers = await asyncio.gather(
        *(client.put(url, json=body) for client, body in zip((world.registrar, world.supervisor), bodies, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await adds_up(world)


async def test_an_appeal_after_its_period_is_refused(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    world.clock.moment = ningbo(12, 1)
    await world.work()
    world.clock.moment = ningbo(12, 15)
    url = f"/provider/credit/{entry['id']}/appeal"
    await refused(provider.client.put(url, json={"text": "请复核"}), 409, "appeal_period_over")
    await refused(provider.client.put(url, json={"text": " "}), 422, "invalid_input")


async def test_another_providers_entry_is_not_found(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider()
    entry = await proposed(world, provider)
    for step in ("reply", "appeal"):
        url = f"/provider/credit/{entry['id']}/{step}"
        await refused(other.client.put(url, json={"text": "不是我们的"}), 404, "not_found")
    assert (await ledger(other))["items"] == []


async def test_reading_the_log_twice_gives_one_entry_within_the_rules_limit(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=20)
    for _ in range(4):
        await give_back(world, provider)
    assert [entry["points"] for entry in (await ledger(provider))["items"]] == [-6, -6, -6]  # at most 18 in 90 days
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE event_cursors SET seq = 0 WHERE reader = 'credit'")
    while await make_entries(world.context):
        pass
    assert len((await ledger(provider))["items"]) == 3


async def test_the_rules_are_shown_to_everybody(world: World) -> None:
    provider = await world.add_provider()
    rules = await ok(provider.client.get("/credit/rules"))
    assert rules["sample"] is True
    codes = {"given_back", "complaint_upheld", "overcharged", "silent", "late", "praised"}
    assert {rule["code"] for rule in rules["rules"]} == codes
