"""Events that cost or earn credit, other than returned jobs."""

from tests.aftercare.calls import complete, record, take
from tests.credit.cases import adds_up, ledger, ningbo
from tests.world import DRAIN, World, ok


async def test_a_complaint_costs_credit_once_it_is_upheld(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await complete(world, provider)
    world.clock.moment = ningbo(11, 24, 12)
    outcome = {"reached": True, "solved": True, "satisfaction": "dissatisfied", "remark": "没收拾干净"}
    await ok(record(world, await take(world), **outcome))
    await world.work()
    assert (await ledger(provider))["items"] == []
    [complaint] = (await ok(world.supervisor.get("/complaints")))["items"]
    decision = {"upheld": True, "decision": "现场照片与反映一致"}
    await ok(world.supervisor.put(f"/complaints/{complaint['id']}/decision", json=decision))
    await world.work()
    [entry] = (await ledger(provider))["items"]
    assert (entry["rule"], entry["points"]) == ("complaint_upheld", -8)


async def test_work_done_late_and_silence_cost_credit_and_praise_brings_it(world: World) -> None:
    provider = await world.add_provider(DRAIN, credit=95)
    made = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    world.advance(days=2)
    done = {"result": "疏通完毕", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    await world.work()
    [late] = (await ledger(provider))["items"]
    assert (late["rule"], late["points"], late["request_number"]) == ("late", -2, made["request"]["number"])
    world.advance(hours=2)
    await ok(record(world, await take(world), reached=True, solved=True, satisfaction="very_satisfied"))
    await world.work()
    found = await ledger(provider)
    assert (found["credit"], found["items"][0]["rule"], found["items"][0]["effect"]) == (96, "praised", 1)
    for _ in range(3):  # as many as the first policy allows
        await world.dispatch(DRAIN)
        world.advance(hours=1)
        await world.work()
    assert (await ledger(provider))["items"][0]["rule"] == "silent"


async def test_praise_brings_nothing_to_those_at_full_credit(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await complete(world, provider)
    world.clock.moment = ningbo(11, 24, 12)
    await ok(record(world, await take(world), reached=True, solved=True, satisfaction="very_satisfied"))
    await world.work()
    assert (await ledger(provider))["items"] == []
    assert await adds_up(world)
