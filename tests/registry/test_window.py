"""The stored window of counts covers the last 28 days, however long it was not updated."""

import random
from datetime import timedelta

from app.registry.models import WINDOW_COUNTS, WINDOW_DAYS
from app.registry.tasks import roll_windows
from tests.world import DRAIN, SampleProvider, World, ok

COUNTS = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in WINDOW_COUNTS)


async def kept(world: World, provider: SampleProvider) -> dict[str, int]:
    async with world.context.db.autocommit() as tx:
        query = f"SELECT {', '.join(WINDOW_COUNTS)} FROM provider_windows WHERE provider_id = $1"
        row = await tx.driver.fetchrow(query, provider.id)
    return dict(row) if row else dict.fromkeys(WINDOW_COUNTS, 0)


async def recount(world: World, provider: SampleProvider) -> dict[str, int]:
    first = world.clock.now().astimezone(world.context.settings.zone).date() - timedelta(days=WINDOW_DAYS - 1)
    async with world.context.db.autocommit() as tx:
        query = f"SELECT {COUNTS} FROM provider_days WHERE provider_id = $1 AND day >= $2"
        [row] = await tx.driver.fetch(query, provider.id, first)
    return dict(row)


async def answer(world: World, provider: SampleProvider, chance: random.Random) -> None:
    """Decline an offer of the ranking, or accept it and give the job back. Then the citizen cancels."""
    created = await world.dispatch(DRAIN, phone=f"1395741{chance.randrange(10_000):04d}")
    [offer] = created["offers"]
    if chance.random() < 0.5:
        await ok(provider.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
    else:
        job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    cancelled = f"/requests/{created['request']['id']}/cancellation"
    await ok(world.operator.put(cancelled, json={"reason": "等不及了，自己找人修好了"}))


async def test_the_window_is_the_last_28_days_whenever_the_worker_has_run(world: World) -> None:
    provider, chance = await world.add_provider(DRAIN), random.Random(28)
    seen = set()
    for _ in range(40):
        for _ in range(chance.choice([0, 1, 1, 2])):
            await answer(world, provider, chance)
        if chance.random() < 0.6:  # on the other days the worker is down
            await world.work()
            assert await kept(world, provider) == await recount(world, provider)
            seen.add((await kept(world, provider))["counted"])
        world.advance(days=chance.choice([1, 1, 1, 2, 4]))
    assert len(seen) > 10
    world.advance(days=WINDOW_DAYS)
    await world.work()
    assert set((await kept(world, provider)).values()) == {0}


async def test_a_second_run_changes_nothing_and_a_busy_window_is_left_for_the_next(world: World) -> None:
    providers = [await world.add_provider(DRAIN) for _ in range(3)]
    async with world.context.db.begin() as tx:
        for provider in providers:
            await tx.driver.execute(
                "INSERT INTO provider_days (provider_id, day, declined, counted) "
                "VALUES ($1, '2026-10-27', 2, 2), ($1, '2026-10-28', 1, 1)",
                provider.id,
            )
            await tx.driver.execute(
                "INSERT INTO provider_windows (provider_id, first_day, declined, counted) "
                "VALUES ($1, '2026-09-01', 3, 3)",
                provider.id,
            )
    async with world.context.db.begin() as tx:
        await tx.driver.execute("SELECT FROM provider_windows WHERE provider_id = $1 FOR UPDATE", providers[0].id)
        assert await roll_windows(world.context) == 2
    assert await roll_windows(world.context) == 1
    assert await roll_windows(world.context) == 0
    for provider in providers:
        assert (await kept(world, provider))["counted"] == (await kept(world, provider))["declined"] == 1
