"""The stored reach of providers (who serves what where) always matches price lines, coverage and points."""

from uuid import UUID

import pytest

from app.kit.db import Database
from tests.world import CLEANING, DRAIN, NANMEN, World

MEANT = """
SELECT DISTINCT c.township_code, line.item_code, line.tier, p.id, p.lat, p.lon
FROM providers p JOIN provider_items line ON line.provider_id = p.id AND line.approved_at IS NOT NULL
JOIN provider_coverage c ON c.provider_id = p.id
"""
CHANGES = (
    "UPDATE provider_items SET approved_at = NULL WHERE provider_id = $1 AND tier = 'paid'",
    "UPDATE provider_items SET approved_at = valid_from WHERE provider_id = $1",
    "UPDATE provider_items SET tier = 'low_fee' WHERE provider_id = $1 AND tier = 'paid'",
    "INSERT INTO provider_items SELECT gen_random_uuid(), provider_id, item_code, tier, price_kind, price_fen,"
    " valid_from + 1, NULL, approved_at FROM provider_items WHERE provider_id = $1",
    "DELETE FROM provider_items WHERE provider_id = $1 AND valid_to IS NULL AND valid_from = '2020-01-02'",
    f"DELETE FROM provider_coverage WHERE provider_id = $1 AND township_code = '{NANMEN}'",
    f"UPDATE provider_coverage SET township_code = '{NANMEN}' WHERE provider_id = $1 AND township_code = '330203004'",
    "UPDATE providers SET lat = lat + 0.01, lon = lon - 0.01 WHERE id = $1",
    "UPDATE provider_items SET item_code = 'HK02' WHERE provider_id = $1 AND item_code = 'HK01'",
    "DELETE FROM provider_items WHERE provider_id = $1",
)


@pytest.mark.parametrize("whole", [False, True])
async def test_every_change_to_a_provider_updates_its_reach(world: World, db: Database, *, whole: bool) -> None:
    provider = await world.add_provider(DRAIN, CLEANING, tiers=("paid",))
    await world.add_provider(DRAIN, tiers=("free",))
    assert await _reaching(db) == await _meant(db) != set()
    changes = CHANGES if not whole else (*CHANGES[:3], "DELETE FROM providers WHERE id = $1")
    for change in changes:
        async with db.begin() as tx:
            await tx.driver.execute(change, provider.id)
        assert await _reaching(db) == await _meant(db), change
    assert provider.id not in {row[3] for row in await _reaching(db)}


async def _reaching(db: Database) -> set[tuple[str, str, str, UUID, float, float]]:
    async with db.autocommit() as tx:
        return {tuple(row) for row in await tx.driver.fetch("SELECT * FROM provider_reach")}


async def _meant(db: Database) -> set[tuple[str, str, str, UUID, float, float]]:
    async with db.autocommit() as tx:
        return {tuple(row) for row in await tx.driver.fetch(MEANT)}
