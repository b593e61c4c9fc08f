"""Each round is judged by its own clock, once and for all. The citizen's wait runs from the first call."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.world import DRAIN, SampleProvider, World, ok, refused

DAY = {"from": "2026-11-24", "to": "2026-11-24"}


async def fulfilment(world: World) -> dict[str, Any]:
    return dict(await ok(world.manager.get("/metrics/fulfilment", params=DAY)))


async def on_time(world: World) -> tuple[int, int]:
    """Return how many rounds were completed in time, and how many were due."""
    rate = (await fulfilment(world))["rates"]["on_time"]
    return rate["numerator"], rate["denominator"]


async def accept(provider: SampleProvider) -> dict[str, Any]:
    [offer] = await ok(provider.client.get("/provider/offers"))
    return dict(await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance")))


async def finish(provider: SampleProvider, job: dict[str, Any]) -> None:
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(
        provider.client.put(
            f"/provider/jobs/{job['id']}/quote", json={"amount_fen": job["agreed_fen"] or 0, "agreed_on_site": True}
        )
    )
    done = {"result": "修好了", "amount_fen": job["agreed_fen"] or 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))


async def call_back(world: World, *, solved: bool) -> None:
    world.advance(hours=3)
    await world.work()
    taken = await ok(world.operator.post("/callbacks/next"))
    await ok(world.operator.put(f"/callbacks/{taken['id']}/outcome", json={"reached": True, "solved": solved}))
    await world.work()


@pytest.mark.parametrize("late", [True, False])
async def test_a_redo_in_time_does_not_change_what_was_late_or_in_time_before(world: World, *, late: bool) -> None:
    provider = await world.add_provider(DRAIN)
    await world.dispatch(DRAIN)
    job = await accept(provider)
    world.advance(hours=25 if late else 1)
    await finish(provider, job)
    assert await on_time(world) == (0 if late else 1, 1)
    await call_back(world, solved=False)
    assert await on_time(world) == (0 if late else 1, 1)
    await finish(provider, await accept(provider))
    assert await on_time(world) == (1 if late else 2, 2)


async def test_a_reopening_that_is_late_leaves_the_first_round_in_time(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    world.advance(minutes=2)
    await finish(provider, await accept(provider))
    await call_back(world, solved=True)
    await ok(world.operator.put(f"/requests/{created['request']['id']}/reopening", json={"reason": "又堵了"}))
    world.advance(minutes=1)
    job = await accept(provider)
    world.advance(hours=30)
    await finish(provider, job)
    assert await on_time(world) == (1, 2)
    clocks = (await fulfilment(world))["clocks"]
    assert (clocks["dispatch"]["count"], clocks["dispatch"]["median_seconds"]) == (1, 0)
    assert (clocks["accept"]["count"], clocks["accept"]["median_seconds"]) == (2, 90)


async def test_a_second_dispatch_leaves_the_first_late(world: World) -> None:
    created = await world.dispatch(DRAIN)
    assert created["request"]["status"] == "unmatched"
    world.advance(hours=25)
    assert await on_time(world) == (0, 1)
    provider = await world.add_provider(DRAIN)
    await ok(world.supervisor.put(f"/requests/{created['request']['id']}/dispatch"))
    await finish(provider, await accept(provider))
    assert await on_time(world) == (1, 2)
    assert (await fulfilment(world))["clocks"]["dispatch"]["median_seconds"] == 0


async def test_a_return_gives_the_next_provider_a_clock_of_its_own_and_the_citizen_no_other(world: World) -> None:
    first = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    world.advance(minutes=2)
    job = await accept(first)
    second = await world.add_provider(DRAIN)
    world.advance(hours=23)
    await ok(first.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    await world.work()
    [offer] = await ok(second.client.get("/provider/offers"))
    assert offer["arrive_by"] == created["request"]["arrive_by"]
    assert offer["round_arrive_by"] > offer["arrive_by"]
    world.advance(minutes=1)
    job = await accept(second)
    until = (world.clock.now() + timedelta(hours=40)).isoformat()
    await ok(second.client.put(f"/provider/jobs/{job['id']}/extension", json={"until": until, "reason": "等配件"}))
    world.advance(hours=4)
    await finish(second, job)
    assert await on_time(world) == (1, 1)
    figures = await fulfilment(world)
    assert (figures["clocks"]["accept"]["count"], figures["clocks"]["accept"]["median_seconds"]) == (2, 90)
    assert figures["wait"]["median_seconds"] == 27 * 3600 + 180
    done = await ok(world.operator.get(f"/requests/{created['request']['id']}"))
    assert (done["complete_by"], done["round"]) == (created["request"]["complete_by"], 2)
    assert done["round_complete_by"] > done["complete_by"]


async def test_late_work_that_is_cancelled_or_held_was_late(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await accept(provider)
    world.advance(hours=25)
    hold = {"cause": "citizen", "reason": "出门", "until": (world.clock.now() + timedelta(days=2)).isoformat()}
    await ok(world.operator.put(f"/requests/{created['request']['id']}/hold", json=hold))
    assert await on_time(world) == (0, 1)
    await ok(world.operator.put(f"/requests/{created['request']['id']}/cancellation", json={"reason": "不用了"}))
    assert await on_time(world) == (0, 1)


async def test_each_round_may_ask_for_more_time(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await world.dispatch(DRAIN)

    async def ask(job: dict[str, Any]) -> None:
        until = (world.clock.now() + timedelta(hours=30)).isoformat()
        path = f"/provider/jobs/{job['id']}/extension"
        asked = await ok(provider.client.put(path, json={"until": until, "reason": "等配件"}))
        await ok(world.supervisor.put(f"/extensions/{asked['id']}/decision", json={"granted": True}))
        later = {"until": (world.clock.now() + timedelta(hours=60)).isoformat(), "reason": "还要等"}
        await refused(provider.client.put(path, json=later), 409, "extension_exists")

    job = await accept(provider)
    await ask(job)
    world.advance(hours=26)
    await finish(provider, job)
    rates = (await fulfilment(world))["rates"]
    assert (rates["on_time"]["numerator"], rates["on_time_by_original"]["numerator"]) == (1, 0)
    await call_back(world, solved=False)
    job = await accept(provider)
    assert job["original_complete_by"] is None
    await ask(job)
    shown = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert shown["original_complete_by"] < shown["complete_by"]
    await finish(provider, job)
    rates = (await fulfilment(world))["rates"]
    assert (rates["on_time"]["numerator"], rates["on_time_by_original"]["numerator"]) == (2, 1)


@pytest.mark.parametrize("seed", range(4))
async def test_a_rounds_result_does_not_change_afterwards(world: World, seed: int) -> None:
    """A random walk over rounds: a round judged late or on time stays so."""
    rng, provider = Random(seed), await world.add_provider(DRAIN)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    on_time_before = late_before = 0
    for _ in range(7):
        world.advance(minutes=rng.randint(1, 4))
        status = await world.status(request_id)
        if status == "unmatched":
            await ok(world.supervisor.put(f"/requests/{request_id}/dispatch"))
        elif status == "closed":
            await ok(world.operator.put(f"/requests/{request_id}/reopening", json={"reason": "又堵了"}))
        elif status == "completed":
            await call_back(world, solved=rng.random() < 0.5)
        else:
            await world.work()
            offers = await ok(provider.client.get("/provider/offers"))
            if not offers:
                provider = await world.add_provider(DRAIN)
                world.advance(minutes=30)
                await world.work()
                continue
            job = await accept(provider)
            world.advance(hours=rng.choice([1, 25]))
            if rng.random() < 0.4:
                await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
                provider = await world.add_provider(DRAIN)
            else:
                await finish(provider, job)
        await world.work()
        done, due = await on_time(world)
        assert done >= on_time_before
        assert due - done >= late_before
        on_time_before, late_before = done, due - done
        assert (await fulfilment(world))["clocks"]["dispatch"]["count"] == 1
    assert on_time_before + late_before > 0
