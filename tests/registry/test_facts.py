"""Providers' facts in memory match the database, whoever changed it, and hours match what is stored."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.catalog.calendar import is_public_holiday, is_working_day
from app.kit.db import Database, Tx
from app.registry.facts import Facts, Hours, Paper, Price, Span, Wants, list_facts
from app.registry.opening import Day, Part, is_open, list_openings, next_opening
from tests.world import CLEANING, DOOR_LOCK, DRAIN, World

WANTS = Wants(DRAIN, "paid", ("lock",))
CHANGES = (
    "UPDATE provider_items SET price_fen = price_fen + 100 WHERE provider_id = $1 AND tier = 'paid'",
    "UPDATE provider_items SET valid_to = '2026-12-31' WHERE provider_id = $1",
    "UPDATE provider_items SET approved_at = NULL WHERE provider_id = $1",
    "UPDATE provider_items SET approved_at = valid_from WHERE provider_id = $1",
    "DELETE FROM provider_items WHERE provider_id = $1 AND tier = 'paid'",
    "UPDATE provider_papers SET expires_on = '2026-12-31' WHERE provider_id = $1",
    "DELETE FROM provider_papers WHERE provider_id = $1",
    "INSERT INTO provider_papers (provider_id, paper_code, issued_on, number) VALUES ($1, 'lock', '2026-01-01', 'x')",
    "UPDATE provider_hours SET closes = '18:00', opens = '08:00' WHERE provider_id = $1",
    "DELETE FROM provider_hours WHERE provider_id = $1 AND weekday = 7",
    "INSERT INTO provider_hours VALUES ($1, 7, '09:00', '12:00')",
    "INSERT INTO provider_exceptions VALUES ($1, '2026-12-01', '00:00', NULL)",
    "UPDATE provider_exceptions SET day = '2026-12-02' WHERE provider_id = $1",
    "DELETE FROM provider_exceptions WHERE provider_id = $1",
)


@pytest.fixture
async def elsewhere(world: World) -> AsyncIterator[Database]:
    """Yield another process of the same centre."""
    db = Database(world.context.settings.database_url or "", pool_size=1)
    yield db
    await db.close()


async def kept(tx: Tx, provider: UUID) -> Facts:
    version = await tx.driver.fetchval("SELECT facts_version FROM providers WHERE id = $1", provider)
    return (await list_facts(tx, WANTS, {provider: version}))[provider]


async def now_true(tx: Tx, provider: UUID) -> Facts:
    """Return the facts from the database, bypassing the cache."""
    before, tx.kept = tx.kept, {}
    try:
        return (await list_facts(tx, WANTS, {provider: -1}))[provider]
    finally:
        tx.kept = before


async def test_each_change_is_seen_at_once_in_every_process(world: World, elsewhere: Database) -> None:
    provider = await world.add_provider(DRAIN, DOOR_LOCK, tiers=("paid", "free"))
    other = await world.add_provider(CLEANING)
    async with elsewhere.begin() as tx:
        alike = await kept(tx, other.id)
        known = await kept(tx, provider.id)
    for change in CHANGES:
        async with world.context.db.begin() as tx:
            await tx.driver.execute(change, provider.id)
            assert await kept(tx, provider.id) == await now_true(tx, provider.id), change
        async with elsewhere.begin() as tx:
            former, known = known, await kept(tx, provider.id)
            assert known == await now_true(tx, provider.id) != former, change
            assert await kept(tx, other.id) is alike


async def test_a_rolled_back_change_does_not_reach_the_facts(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with world.context.db.begin() as tx:
        before = await kept(tx, provider.id)
    with contextlib.suppress(ZeroDivisionError):
        async with world.context.db.begin() as tx:
            await tx.driver.execute(CHANGES[0], provider.id)
            assert await kept(tx, provider.id) != before
            raise ZeroDivisionError
    async with world.context.db.begin() as tx:
        assert await kept(tx, provider.id) == before
        await tx.driver.execute(CHANGES[1], provider.id)
        assert await kept(tx, provider.id) == await now_true(tx, provider.id)


async def test_a_paper_that_is_only_looked_at_changes_no_facts(world: World) -> None:
    provider = await world.add_provider(DOOR_LOCK)
    async with world.context.db.begin() as tx:
        before = await kept(tx, provider.id)
        await tx.driver.execute("UPDATE provider_papers SET look_on = '2026-12-24' WHERE provider_id = $1", provider.id)
        assert await kept(tx, provider.id) is before


def test_the_price_is_the_latest_line_in_force() -> None:
    lines = [Price(date(2026, 6, 1), date(2026, 6, 30), "fixed", 3), Price(date(2026, 1, 1), None, "fixed", 2)]
    facts = Facts(lines, [Paper("lock", date(2026, 1, 1), date(2026, 3, 31))], Hours({}, {}))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
    prices = [facts.price(day) for day in days]
    assert [price and price.fen for price in prices] == [None, 2, 3, 2]
    assert [facts.holds(["lock"], date(2026, month, 31)) for month in (1, 3, 5)] == [True, True, False]
    assert [facts.holds(papers, days[1]) for papers in ([], ["lock", "gas"])] == [True, False]


MEANT = """
SELECT p.id, d.day, span.opens, span.closes FROM providers p
CROSS JOIN unnest($1::date[], $2::boolean[], $3::boolean[]) AS given (day, library_off, library_works)
CROSS JOIN LATERAL (SELECT given.day, extract(isodow FROM given.day) AS weekday,
  coalesce(p.keeps_holidays, p.kind = 'public_body') AS keeps, coalesce(NOT c.working, given.library_off) AS off,
  coalesce(c.working, given.library_works) AND extract(isodow FROM given.day) > 5 AS made_up
  FROM (SELECT) one LEFT JOIN calendar_days c ON c.day = given.day) d
CROSS JOIN LATERAL (
  SELECT h.opens, h.closes FROM provider_hours h
  WHERE h.provider_id = p.id AND NOT (d.keeps AND d.off) AND h.weekday = CASE
    WHEN d.keeps AND d.made_up AND NOT EXISTS (
      SELECT FROM provider_hours own WHERE own.provider_id = p.id AND own.weekday = d.weekday) THEN 1
    ELSE d.weekday END
    AND NOT EXISTS (SELECT FROM provider_exceptions e WHERE e.provider_id = p.id AND e.day = d.day)
  UNION ALL
  SELECT e.opens, e.closes FROM provider_exceptions e
  WHERE e.provider_id = p.id AND e.day = d.day AND e.closes IS NOT NULL
) span ORDER BY p.id, d.day, span.opens
"""
"""The hours of every provider on these days, in SQL."""
FIRST, DAYS = date(2026, 9, 25), 24  # includes the October holidays, with make-up days before and after


async def test_openings_combine_hours_exceptions_and_holidays(world: World) -> None:
    rng, zone = Random(81890), world.context.settings.zone
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    async with world.context.db.begin() as tx:
        for day in rng.sample(days, 5):
            await tx.driver.execute(
                "INSERT INTO calendar_days VALUES ($1, $2, 'x', '2026-01-01')", day, rng.random() < 0.5
            )
    providers = [await world.add_provider(DRAIN, keeps_holidays=rng.choice([None, True, False])) for _ in range(12)]
    async with world.context.db.begin() as tx:
        await tx.driver.execute("DELETE FROM provider_hours")
        for provider in providers:
            for weekday in rng.sample(range(1, 8), 5):
                spans = rng.choice([[(8, 12), (13, 18)], [(0, 0)], [(20, 0)], [(9, 17)]])
                for opens, closes in spans:
                    await tx.driver.execute(
                        "INSERT INTO provider_hours VALUES ($1, $2, $3, $4)",
                        provider.id,
                        weekday,
                        time(opens),
                        time(closes),
                    )
            for day in rng.sample(days, 4):
                until = rng.choice([None, time(11)])
                await tx.driver.execute(
                    "INSERT INTO provider_exceptions VALUES ($1, $2, '00:00', $3)", provider.id, day, until
                )
        holidays = [is_public_holiday(day) for day in days]
        working = [day.isoweekday() > 5 and is_working_day(day) for day in days]
        meant: dict[UUID, list[tuple[datetime, datetime]]] = {provider.id: [] for provider in providers}
        for row in await tx.driver.fetch(MEANT, days, holidays, working):
            end = row["day"] + timedelta(days=row["closes"] == time(0))
            meant[row["id"]].append(
                (datetime.combine(row["day"], row["opens"], zone), datetime.combine(end, row["closes"], zone))
            )
        start, end = datetime.combine(days[0], time(3), zone), datetime.combine(days[-1], time(3), zone)
        found = await list_openings(tx, [provider.id for provider in providers], start, end, zone)
    assert sum(map(len, meant.values())) > 100
    assert {provider: [tuple(span) for span in spans] for provider, spans in found.items()} == meant


NINE_TO_FIVE = Hours({n: [Span(time(9), time(12)), Span(time(13), time(17))] for n in range(1, 6)}, {})


@pytest.mark.parametrize(
    ("start", "end", "open_then"),
    [("08:00", "09:00", False), ("08:00", "09:01", True), ("12:00", "13:00", False), ("16:59", "18:00", True)],
)
def test_a_provider_is_open_in_a_window_if_it_opens_within_it(start: str, end: str, *, open_then: bool) -> None:
    tuesday = Day.of(date(2026, 11, 24), {})
    part = Part(tuesday, time.fromisoformat(start), time.fromisoformat(end))
    assert is_open(NINE_TO_FIVE, [part], keeps_holidays=False) is open_then


def test_the_next_opening_is_the_first_that_is_to_come() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    noon, friday_evening = (datetime(2026, 11, 27, hour, tzinfo=zone).astimezone(UTC) for hour in (12, 18))
    assert next_opening(NINE_TO_FIVE, {}, noon, zone, keeps_holidays=False) == datetime(2026, 11, 27, 13, tzinfo=zone)
    monday = datetime(2026, 11, 30, 9, tzinfo=zone)
    assert next_opening(NINE_TO_FIVE, {}, friday_evening, zone, keeps_holidays=False) == monday
    assert next_opening(Hours({}, {}), {}, noon, zone, keeps_holidays=False) is None
