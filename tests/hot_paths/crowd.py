"""A registry of 500 or 50,000 providers, and up to 50,000 open requests, each with a live offer."""

import asyncio
from typing import Any

from sqlalchemy import text

from app.kit.db import Database
from bench.scale import found, run_sql

MORE = 49_500
"""Small providers, each with one item in one township, that make the sample registry denser everywhere."""
MOST_OPEN = 50_000

_EACH = """
FROM generate_series(1, {more}) k
JOIN (SELECT code AS item, row_number() OVER () AS place, count(*) OVER () AS items FROM items
      WHERE kind = 'service' AND 'paid' = ANY (tiers)) item ON item.place = k % item.items + 1
JOIN (SELECT code AS township, lat, lon, row_number() OVER () AS place, count(*) OVER () AS townships
      FROM townships) town ON town.place = k / item.items % town.townships + 1
"""
_KEYS = "'provider_id', md5('p' || k)::uuid"
_PROVIDERS = [
    statement.format(each=_EACH.format(more=MORE))
    for statement in (
        """INSERT INTO providers SELECT copy.* {each}
        JOIN providers t ON t.id = (SELECT id FROM providers ORDER BY number LIMIT 1),
        LATERAL jsonb_populate_record(t, jsonb_build_object('id', md5('p' || k)::uuid, 'uscc', t.uscc || '-' || k,
          'number', 1000000 + k, 'township_code', town.township, 'lat', town.lat + k % 97 * 0.0001,
          'lon', town.lon + k % 89 * 0.0001)) copy""",
        f"""INSERT INTO provider_items SELECT copy.* {{each}}
        JOIN provider_items t ON t.id = (SELECT id FROM provider_items WHERE tier = 'paid' LIMIT 1),
        LATERAL jsonb_populate_record(t, jsonb_build_object('id', md5('i' || k)::uuid, {_KEYS}, 'item_code', item.item))
          copy""",
        "INSERT INTO provider_coverage (provider_id, township_code) SELECT md5('p' || k)::uuid, town.township {each}",
        """INSERT INTO provider_hours (provider_id, weekday, opens, closes)
        SELECT md5('p' || k)::uuid, weekday, '00:00', '00:00' {each}, generate_series(1, 7) weekday""",
        f"""INSERT INTO provider_windows SELECT copy.* {{each}} JOIN provider_windows t
          ON t.provider_id = (SELECT provider_id FROM provider_windows LIMIT 1),
        LATERAL jsonb_populate_record(t, jsonb_build_object({_KEYS})) copy""",
        """INSERT INTO provider_reach (township_code, item_code, tier, provider_id, lat, lon)
        SELECT town.township, item.item, 'paid', p.id, p.lat, p.lon {each}
        JOIN providers p ON p.id = md5('p' || k)::uuid""",
    )
]

# Copies of the newest request with its citizen and its offer, spread over the providers that could be asked.
_CITIZENS = """
INSERT INTO citizens SELECT copy.* FROM citizens t JOIN requests r ON r.citizen_id = t.id AND r.id = :request,
  generate_series(1, :count) k,
  LATERAL jsonb_populate_record(t, jsonb_build_object(
    'id', md5('c' || k)::uuid, 'phone', '158' || lpad(k::text, 8, '0'))) copy
"""
_REQUESTS = """
INSERT INTO requests SELECT copy.* FROM requests t, generate_series(1, :count) k,
  LATERAL jsonb_populate_record(t, jsonb_build_object(
    'id', md5('r' || k)::uuid, 'number', 900000 + k, 'citizen_id', md5('c' || k)::uuid,
    'received_at', t.received_at - k * interval '1 ms')) copy
WHERE t.id = :request
"""
_OFFERS = """
INSERT INTO offers SELECT copy.* FROM offers t, (
  SELECT k, reach.provider_id FROM generate_series(1, :count) k JOIN (
    SELECT provider_id, row_number() OVER () AS place, count(*) OVER () AS providers FROM provider_reach
    WHERE (township_code, item_code, tier) IN (SELECT township_code, item_code, tier FROM requests WHERE id = :request)
  ) reach ON reach.place = k % reach.providers + 1) each,
  LATERAL jsonb_populate_record(t, jsonb_build_object(
    'id', md5('o' || k)::uuid, 'request_id', md5('r' || k)::uuid, 'provider_id', each.provider_id,
    'expires_at', t.expires_at + k * interval '1 ms')) copy
WHERE t.request_id = :request
"""
_COPIED = "SELECT md5('r' || k)::uuid FROM generate_series(1, :count) k"
_CLEAR = (
    f"DELETE FROM offers WHERE request_id IN ({_COPIED})",
    f"DELETE FROM requests WHERE id IN ({_COPIED})",
    "DELETE FROM citizens WHERE id IN (SELECT md5('c' || k)::uuid FROM generate_series(1, :count) k)",
)


_NO_AUTOVACUUM = """
DO $$ DECLARE one regclass; BEGIN
  FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', one);
  END LOOP;
END $$
"""


_LOOKING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
)

_LEFT = text("SELECT sum(n_dead_tup) FROM pg_stat_user_tables WHERE relname IN ('citizens', 'requests', 'offers')")
"""Rows that VACUUM could not remove, because an older transaction on another test's database was still open."""


async def settle(url: str) -> None:
    """Create 500 providers with ample capacity, and turn autovacuum off, so that statistics stay the same."""
    await found(url)
    await run_sql(url, _NO_AUTOVACUUM)


async def multiply(url: str) -> None:
    """Multiply them to 50,000."""
    await run_sql(url, "SET session_replication_role = replica", *_PROVIDERS, "VACUUM ANALYZE")


async def leave_open(db: Database, request: str, count: int) -> None:
    """Replace the open requests by this many like this one, each with pending offers."""
    await clear(db)
    await _run(db, {"request": request, "count": count}, _CITIZENS, _REQUESTS, _OFFERS)


async def clear(db: Database) -> None:
    """Delete them again."""
    await _run(db, {"count": MOST_OPEN}, *_CLEAR)


async def _run(db: Database, given: dict[str, Any], *statements: str) -> None:
    async with db.engine.connect() as connection:
        await connection.execute(text("SET auto_explain.log_min_duration = -1"))
        await connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement), given)
        await connection.execute(text("SET session_replication_role = origin"))
        while True:
            while (await connection.execute(_LOOKING)).scalar_one():  # VACUUM keeps rows that it may see
                await asyncio.sleep(0.01)
            await connection.execute(text("VACUUM ANALYZE"))
            if not (await connection.execute(_LEFT)).scalar_one():
                break
        await connection.execute(text("RESET auto_explain.log_min_duration"))
