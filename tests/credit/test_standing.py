"""Credit moves a provider to watch, to suspended and back, without undoing people's decisions. Time restores credit."""

from app.credit.tasks import recover_credit
from tests.credit.cases import adds_up, give_back, ledger, ningbo, proposed, say
from tests.world import DRAIN, SampleProvider, World, ok


async def deduct(world: World, provider: SampleProvider) -> str:
    """Deduct six points without a reply. Return the entry's id."""
    entry = await proposed(world, provider)
    world.advance(days=9)
    await world.work()
    return str(entry["id"])


async def revoke(world: World, provider: SampleProvider, entry_id: str) -> None:
    await say(provider.client, f"/provider/credit/{entry_id}/appeal")
    decision = {"granted": True, "note": "申诉成立"}
    await ok(world.registrar.put(f"/credit/entries/{entry_id}/appeal-decision", json=decision))


async def standing(provider: SampleProvider) -> str:
    return str((await ledger(provider))["standing"])


async def kinds(provider: SampleProvider) -> list[str]:
    notices = (await ok(provider.client.get("/provider/notices")))["items"]
    standing = {"credit_watch", "credit_suspend", "credit_release", "credit_activate"}
    return sorted({notice["kind"] for notice in notices} & standing)


async def test_below_a_threshold_a_provider_is_put_on_watch_and_notified(world: World) -> None:
    provider = await world.add_provider(DRAIN, credit=83)
    entry = await deduct(world, provider)
    assert await standing(provider) == "watch"
    [notice] = [n for n in (await ok(provider.client.get("/provider/notices")))["items"] if n["kind"] == "credit_watch"]
    assert "77" in notice["zh"]
    assert "77" in notice["en"]
    await revoke(world, provider, entry)
    assert (await ledger(provider))["credit"] == 83
    assert await standing(provider) == "watch"  # back from 85 on


async def test_a_provider_suspended_by_credit_gets_no_work_until_it_recovers(world: World) -> None:
    provider = await world.add_provider(DRAIN, credit=65)
    entry = await deduct(world, provider)
    assert await standing(provider) == "suspended"
    assert (await world.dispatch(DRAIN))["matching"] == "unmatched"
    await revoke(world, provider, entry)
    assert await standing(provider) == "watch"  # it was active before; at 65 it goes to watch
    assert await kinds(provider) == ["credit_release", "credit_suspend", "credit_watch"]


async def test_a_provider_suspended_by_a_registrar_is_not_released_by_credit(world: World) -> None:
    provider = await world.add_provider(DRAIN, credit=100)
    entry = await deduct(world, provider)
    document = await world.registrar.get(f"/providers/{provider.id}")
    body = {"standing": "suspended", "reason": "证照存疑，暂停核查"}
    headers = {"If-Match": document.headers["etag"]}
    await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=body, headers=headers))
    await revoke(world, provider, entry)
    assert ((await ledger(provider))["credit"], await standing(provider)) == (100, "suspended")
    assert await kinds(provider) == []


async def test_a_provider_released_by_a_registrar_is_not_suspended_again_by_a_gain(world: World) -> None:
    provider = await world.add_provider(DRAIN, credit=60)
    await deduct(world, provider)
    document = await world.registrar.get(f"/providers/{provider.id}")
    body, headers = {"standing": "active", "reason": "整改验收通过"}, {"If-Match": document.headers["etag"]}
    await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=body, headers=headers))
    world.clock.moment = ningbo(2, 1).replace(year=2027)
    assert await recover_credit(world.context) == 1
    assert ((await ledger(provider))["credit"], await standing(provider)) == (59, "active")
    await proposed(world, provider)
    world.advance(days=9)
    await world.work()
    assert (await ledger(provider))["credit"] == 59  # five working days over the Spring Festival
    world.advance(days=9)
    await world.work()
    assert ((await ledger(provider))["credit"], await standing(provider)) == (53, "suspended")


async def test_a_whole_month_without_a_deduction_brings_credit_back(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await deduct(world, provider)  # applied on 1 December
    world.clock.moment = ningbo(12, 31, 23)
    assert await recover_credit(world.context) == 0
    world.clock.moment = ningbo(12, 31).replace(year=2027, month=1, day=31)
    assert await recover_credit(world.context) == 0  # December was not complete
    world.clock.moment = ningbo(2, 1).replace(year=2027)
    assert await recover_credit(world.context) == 1
    assert await recover_credit(world.context) == 0
    found = await ledger(provider)
    assert (found["credit"], found["items"][0]["rule"], found["items"][0]["effect"]) == (99, "recovery", 5)
    world.clock.moment = ningbo(3, 1).replace(year=2027)
    assert await recover_credit(world.context) == 1
    assert ((await ledger(provider))["credit"], (await ledger(provider))["items"][0]["effect"]) == (100, 1)
    assert await adds_up(world)


async def test_a_month_with_an_open_proposal_restores_no_credit(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await deduct(world, provider)
    world.clock.moment = ningbo(1, 15).replace(year=2027)
    await give_back(world, provider)
    [entry, _] = (await ledger(provider))["items"]
    await say(provider.client, f"/provider/credit/{entry['id']}/reply")
    world.clock.moment = ningbo(2, 10).replace(year=2027)
    assert await recover_credit(world.context) == 0
    decision = {"apply": False, "note": "理由成立"}
    await ok(world.registrar.put(f"/credit/entries/{entry['id']}/decision", json=decision))
    assert await recover_credit(world.context) == 1
