"""Providers without software are notified by phone, and their reply period begins with that call."""

from app.registry.models import ReachedBy
from tests.credit.cases import give_back, ledger, ningbo, say
from tests.world import DRAIN, World, ok, refused


async def test_the_reply_period_begins_when_the_entry_is_read_out(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    await give_back(world, provider)
    [entry] = (await ledger(provider))["items"]
    assert entry["reply_by"] is None
    world.clock.moment = ningbo(12, 20)
    await world.work()
    assert (await ledger(provider))["credit"] == 100
    decision = {"apply": True, "note": "情况属实"}
    url = f"/credit/entries/{entry['id']}"
    await refused(world.registrar.put(f"{url}/decision", json=decision), 409, "provider_not_told")

    called = await ok(world.operator.post("/notices/to-phone/next"))
    assert (called["provider_id"], called["provider_phone"]) == (str(provider.id), called["provider_phone"])
    assert (await world.supervisor.post("/notices/to-phone/next")).status_code == 204  # somebody has taken it
    [listed] = await ok(world.supervisor.get("/notices/to-phone"))
    [notice] = listed["notices"]
    assert notice["kind"] == "credit_proposed"
    told = await ok(world.operator.put(f"/providers/{provider.id}/notices/{notice['id']}/reading"))
    assert told["read_at"] == "2026-12-20T02:00:00Z"
    await world.work()
    assert (await ledger(provider))["items"][0]["reply_by"] == "2026-12-25T16:00:00Z"  # Monday to Friday
    assert await ok(world.operator.get("/notices/to-phone")) == []


async def test_an_operator_records_what_the_provider_says(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    await give_back(world, provider)
    [entry] = (await ok(world.operator.get(f"/providers/{provider.id}/credit")))["items"]
    [listed] = await ok(world.operator.get("/notices/to-phone"))
    await ok(world.operator.put(f"/providers/{provider.id}/notices/{listed['notices'][0]['id']}/reading"))
    replied = await say(world.operator, f"/credit/entries/{entry['id']}/reply")
    assert replied["status"] == "answered"
    async with world.context.db.begin() as tx:
        assert await tx.driver.fetchval("SELECT on_behalf FROM events WHERE kind = 'credit.answered'") is True
    await refused(world.manager.put(f"/credit/entries/{entry['id']}/reply", json={"text": "无"}), 403, "not_allowed")


async def test_an_offer_to_phone_shows_that_notices_wait(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    await give_back(world, provider)
    await world.dispatch(DRAIN)
    [offer] = await ok(world.operator.get("/offers/to-phone"))
    assert (offer["provider_id"], offer["unread_notices"]) == (str(provider.id), 1)


async def test_a_provider_that_reads_its_queue_is_not_listed_for_phoning(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await give_back(world, provider)
    assert await ok(world.operator.get("/notices/to-phone")) == []
