"""Rebuilding stored figures from the log, for days that the log covers completely."""

from uuid import UUID

import pytest

from app.catalog.snapshot import Snapshot
from app.kit.db import Database
from app.kit.steps import note_trouble
from app.metrics.counting import VOLUMES
from app.metrics.rollup import Rebuilt
from tests.metrics.history import NINGBO, add_citizen, ningbo, number, receive, roll_up
from tests.world import DRAIN

pytestmark = pytest.mark.odd_events
WRONG = 99


async def two_days(db: Database, catalog: Snapshot) -> None:
    """Create one request on the 23rd and one on the 24th, roll them up, then falsify the stored counts."""
    async with db.begin() as tx:
        citizen_id = await add_citizen(tx)
        for day in (23, 24):
            await receive(tx, catalog, citizen_id, DRAIN, ningbo(day))
    await number(db)
    await roll_up(db)
    await change(db, f"UPDATE daily_volumes SET requests = {WRONG}")


async def change(db: Database, sql: str) -> None:
    async with db.begin() as tx:
        await tx.driver.execute(sql)


async def rebuilt(db: Database) -> tuple[Rebuilt, dict[int, int]]:
    """Return the result of the rebuild, and each day's stored number of requests."""
    async with db.begin() as tx:
        done = await VOLUMES.rebuild(tx, NINGBO)
        kept = await tx.driver.fetch("SELECT day, sum(requests) AS requests FROM daily_volumes GROUP BY day")
    return done, {row["day"].day: row["requests"] for row in kept}


async def test_all_days_are_counted_again_from_a_log_that_has_them_all(db: Database, catalog: Snapshot) -> None:
    await two_days(db, catalog)
    assert await rebuilt(db) == (Rebuilt(ningbo(23).date(), 2), {23: 1, 24: 1})
    assert await rebuilt(db) == (Rebuilt(ningbo(23).date(), 2), {23: 1, 24: 1})


async def test_days_with_events_that_lack_facts_are_kept(db: Database, catalog: Snapshot) -> None:
    await two_days(db, catalog)
    await change(db, "UPDATE events SET item_code = NULL WHERE seq = 1")
    assert await rebuilt(db) == (Rebuilt(ningbo(24).date(), 1), {23: WRONG, 24: 1})


async def test_days_that_the_log_covers_only_in_part_are_kept(db: Database, catalog: Snapshot) -> None:
    await two_days(db, catalog)
    await change(
        db,
        "SET LOCAL session_replication_role = replica; UPDATE events SET seq = seq + 1000;"
        "UPDATE event_cursors SET seq = seq + 1000",
    )
    assert await rebuilt(db) == (Rebuilt(ningbo(24).date(), 1), {23: WRONG, 24: 1})


async def test_events_not_yet_rolled_up_are_left_to_the_worker(db: Database, catalog: Snapshot) -> None:
    await two_days(db, catalog)
    async with db.begin() as tx:
        event_id = await tx.driver.fetchval("SELECT id FROM events WHERE seq = 2")
        await note_trouble(tx, VOLUMES.step, UUID(int=event_id), ValueError("no"), ningbo(24))
        await receive(tx, catalog, await add_citizen(tx, "13957412346"), DRAIN, ningbo(24, 11))
    await number(db)
    assert await rebuilt(db) == (Rebuilt(ningbo(23).date(), 1), {23: 1})
    assert await roll_up(db) == 1
    assert (await rebuilt(db))[1] == {23: 1, 24: 1}


async def test_nothing_is_rebuilt_from_an_empty_log(db: Database) -> None:
    assert await rebuilt(db) == (Rebuilt(None, 0), {})
