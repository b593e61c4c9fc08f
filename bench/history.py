"""A long past made by set-based SQL: closed requests, three in ten with an offer and a job, and their events."""

from datetime import datetime

from app.kit.db import Database

TABLES = ["citizens", "requests", "offers", "jobs", "events"]
CITIZENS = 300_000

# Ids and times grow with n, like those of real rows.
_FILL = """
INSERT INTO citizens (id, phone, created_at)
SELECT md5('citizen' || n)::uuid, '155' || lpad(n::text, 8, '0'), '{now}' FROM generate_series(0, {citizens} - 1) n;

CREATE TEMP TABLE past AS
WITH item AS (
  SELECT i.*, u.rank, kind <> 'info' AS sent, row_number() OVER (PARTITION BY kind <> 'info') - 1 AS place
  FROM items i JOIN urgencies u ON u.code = i.urgency
), township AS (
  SELECT *, row_number() OVER () - 1 AS place FROM townships
), provider AS (
  SELECT id, row_number() OVER () - 1 AS place FROM providers
)
SELECT n, (lpad(to_hex(1500000000000 + n * 10), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid AS id,
  timestamptz '{now}' - interval '2 days' - interval '25 seconds' * ({past} - n) AS at, item.sent,
  item.kind, item.category_code, item.code AS item, item.urgency, item.rank, item.tiers[1] AS tier,
  township.code AS township, township.lat, township.lon, provider.id AS provider, n * 7919 % {citizens} AS citizen
FROM generate_series(1::bigint, {past}) n
JOIN item ON item.sent = (n % 10 < 3)
  AND item.place = n / 10 % CASE WHEN n % 10 < 3 THEN (SELECT count(*) FROM item WHERE sent)
    ELSE (SELECT count(*) FROM item WHERE NOT sent) END
JOIN township ON township.place = n % (SELECT count(*) FROM township)
JOIN provider ON provider.place = n / 10 % (SELECT count(*) FROM provider);

INSERT INTO requests (id, status, channel, kind, category_code, item_code, urgency, urgency_rank, description,
  citizen_id, contact_phone, township_code, lat, lon, tier_asked, tier_entitled, tier, answered_in_call, received_at,
  answered_at, dispatched_at, assigned_at, started_at, completed_at, closed_at, close_reason)
SELECT id, 'closed', 'phone', kind, category_code, item, urgency, rank, '厨房下水道堵了，水倒灌到地上',
  md5('citizen' || citizen)::uuid, '155' || lpad(citizen::text, 8, '0'), township, lat, lon, tier, tier, tier,
  NOT sent, at, at, at, at, at, at, at, CASE WHEN sent THEN 'solved' ELSE 'answered' END FROM past;

INSERT INTO offers (id, request_id, provider_id, status, tier, price_kind, price_fen, offered_by, policy_version, rank,
  scores, offered_at, expires_at, decided_at, ended_at, end_reason)
SELECT id, id, provider, 'ended', tier, CASE tier WHEN 'free' THEN 'free' ELSE 'fixed' END,
  CASE tier WHEN 'free' THEN 0 ELSE 8000 END, 'ranking', 1, 1, '{{"total": 0.7}}', at, at + interval '3 minutes', at,
  at, 'done' FROM past WHERE sent;

INSERT INTO jobs (id, request_id, offer_id, provider_id, status, tier, price_kind, amount_fen, agreed_fen, agreed_how,
  result, accepted_at, started_at, completed_at)
SELECT id, id, id, provider, 'completed', tier, CASE tier WHEN 'free' THEN 'free' ELSE 'fixed' END, cost, cost,
  'price_card', '疏通完毕，试水通畅', at, at, at
FROM past, LATERAL (SELECT CASE tier WHEN 'free' THEN 0 ELSE 8000 END AS cost) _ WHERE sent;

INSERT INTO events (at, kind, request_id, provider_id, actor_kind, seq, request_kind, category_code, item_code,
  township_code, community_code, tier, channel, urgency, priority_group)
SELECT at, what, id, provider, 'system', n * 8 + place, r.kind, r.category_code, r.item_code, r.township_code,
  r.community_code, r.tier, r.channel, r.urgency, r.priority_group
FROM past JOIN requests r USING (id), LATERAL unnest(CASE WHEN sent
  THEN ARRAY['request.created', 'offer.made', 'request.assigned', 'request.closed']
  ELSE ARRAY['request.created'] END) WITH ORDINALITY AS step (what, place);

DROP TABLE past
"""


async def add_history(url: str, past: int, now: datetime) -> None:
    """Add this many past requests. Drops and rebuilds indexes around it, and does not check foreign keys."""
    db = Database(url, pool_size=1)
    async with db.begin() as tx:
        indexes = await tx.driver.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY ($1)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            TABLES,
        )
        await tx.driver.execute("SET LOCAL session_replication_role = replica")
        await tx.driver.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for index in indexes:
            await tx.driver.execute(f"DROP INDEX {index['indexname']}")
        await tx.driver.execute(_FILL.format(past=past, now=now.isoformat(), citizens=CITIZENS))
        for index in indexes:
            await tx.driver.execute(index["indexdef"])
    async with db.engine.connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE")
    await db.close()
