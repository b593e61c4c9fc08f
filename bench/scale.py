"""Whether matching stays fast as the registry and the history grow: match time and dispatch throughput, in one process.

A registry grows in two shapes: with the city (each copy of the sample registry serves its own copy of the townships) or
denser (all copies serve the same townships). The cases are measured alternately, round by round, so that a drift of the
machine affects all of them. The result is the ratio to the first case.
"""

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.engine import make_url

from app.auth.models import Staff
from app.catalog.load import load_reference_data
from app.catalog.models import Item, Kind, Tier, Township
from app.catalog.snapshot import Snapshot, read_snapshot
from app.danger.snapshot import dangers_of, read_scripts
from app.desk.actions import Call, create_request
from app.events.act import SYSTEM, Act, Actor, act_of
from app.events.models import ActorKind
from app.intake.schemas import RequestIn
from app.kit import embedded
from app.kit.clock import ManualClock
from app.kit.context import Context
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.migrate import migrate
from app.kit.pubsub import PubSub
from app.matching import queries
from app.matching.actions import match
from app.matching.wanted import Wanted
from app.registry.models import Provider
from app.sample.load import load_registry
from app.settings import Settings
from bench.history import add_history

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""A Tuesday, at ten in the morning in the centre's zone."""
CONCURRENT = 16
MATCHES, DISPATCHES = 150, 240
SEED = 81890
PLENTY = 100_000
"""Each provider's capacity, high enough that none fills up during the measurement."""
WIDTHS = (8, 8, 8, 7, 9, 9, 7, 6, 8, 7)

# Each copy of a row equals the row except for these columns; `k` is the number of the copy.
_COPIED = {
    "providers": "'id', md5(t.id::text || k)::uuid, 'uscc', t.uscc || '-' || k, 'number', t.number + k * 1000000",
    "provider_items": "'id', md5(t.id::text || k)::uuid, 'provider_id', md5(t.provider_id::text || k)::uuid",
    "provider_papers": "'provider_id', md5(t.provider_id::text || k)::uuid",
    "provider_hours": "'provider_id', md5(t.provider_id::text || k)::uuid",
    "provider_coverage": "'provider_id', md5(t.provider_id::text || k)::uuid",
    "provider_windows": "'provider_id', md5(t.provider_id::text || k)::uuid",
}
_TOWNSHIP = ", 'township_code', t.township_code || '-' || to_hex(k)"
_MOVED = ", 'lat', t.lat + k / 10 * 0.5, 'lon', t.lon + k % 10 * 0.5"
_NUDGED = ", 'lat', t.lat + k % 10 * 0.002, 'lon', t.lon + k / 10 * 0.002"
_IN_THE_CITY = {"providers": _TOWNSHIP + _MOVED, "provider_coverage": _TOWNSHIP}
_DENSER = {"providers": _NUDGED}
# Fills in one statement what the triggers maintain; they are off while copies are made.
_REACH = """
INSERT INTO provider_reach (township_code, item_code, tier, provider_id, lat, lon)
SELECT DISTINCT c.township_code, line.item_code, line.tier, p.id, p.lat, p.lon
FROM provider_items line JOIN providers p ON p.id = line.provider_id JOIN provider_coverage c ON c.provider_id = p.id
WHERE line.approved_at IS NOT NULL
ON CONFLICT DO NOTHING
"""


@dataclass
class Case:
    """A registry with its history, and its measurements: milliseconds, and dispatches per second."""

    name: str
    db: Database
    catalog: Snapshot
    operator: Actor
    total: list[float] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)
    looked_at: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cold: float = 0
    """The median of the first round, when no provider's facts are cached yet."""

    def wanted(self, rng: Random) -> tuple[Item, Township]:
        """Return an item that is dispatched, and a township."""
        items = [item for item in self.catalog.items.values() if item.dispatchable and item.kind != Kind.RELAY]
        return rng.choice(items), rng.choice(list(self.catalog.townships.values()))


def url_of(url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def run_sql(url: str, *statements: str) -> None:
    """Run statements that commit one by one."""
    db = Database(url, pool_size=1)
    async with db.engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await db.close()


async def found(url: str) -> None:
    """Set up the catalogue, the sample registry with kept counts and ample capacity, and an operator."""
    await migrate(url)
    db = Database(url, pool_size=1)
    async with db.begin() as tx:
        await load_reference_data(tx)
        await load_registry(tx, NOW.date(), NOW)
        await tx.session.execute(update(Provider).values(capacity=PLENTY))
        tx.session.add(
            Staff(id=new_id(NOW), username="bench", name="bench", password_hash="!", roles=["operator"], created_at=NOW)
        )
    await db.close()
    await run_sql(
        url,
        "INSERT INTO provider_windows (provider_id, first_day, accepted, declined, expired, counted, completed)"
        f" SELECT id, '{NOW.date() - timedelta(days=27)}', 30, 3, 2, 35, 29 FROM providers",
    )


async def grow(url: str, copies: int, *, city: bool) -> None:
    """Add copies of the registry, each in its own townships (`city`) or all in the same ones."""
    statements = []
    if city:
        moved = "'code', t.code || '-' || to_hex(k)" + _MOVED
        statements.append(_copy("townships", moved, copies))
    more = _IN_THE_CITY if city else _DENSER
    statements += [_copy(table, columns + more.get(table, ""), copies) for table, columns in _COPIED.items()]
    await run_sql(url, "SET session_replication_role = replica", *statements, _REACH, "VACUUM ANALYZE")


def _copy(table: str, columns: str, copies: int) -> str:
    return (
        f"INSERT INTO {table} SELECT copy.* FROM {table} t, generate_series(1, {copies}) k,"
        f" LATERAL jsonb_populate_record(t, jsonb_build_object({columns})) copy"
    )


async def open_case(name: str, url: str) -> Case:
    """Return a case, ready to be measured."""
    db = Database(url, pool_size=CONCURRENT)
    async with db.begin() as tx:
        staff = (await tx.session.execute(text("SELECT id FROM staff"))).scalar_one()
    return Case(name, db, await read_snapshot(db), Actor(ActorKind.STAFF, staff))


async def measure_round(case: Case, settings: Settings) -> None:
    """Measure a round. The demand is the same each time, so that after the first round all needed facts are cached."""
    await measure_matches(case, Random(SEED), settings, MATCHES)
    await measure_dispatches(case, Random(SEED), settings, DISPATCHES)


async def measure_matches(case: Case, rng: Random, settings: Settings, count: int) -> None:
    """Match this many times on one connection, and time the statement within each call."""
    list_candidates = queries.list_candidates

    async def timed(*args: Any, **params: Any) -> Sequence[Any]:
        begun = time.perf_counter()
        rows = await list_candidates(*args, **params)
        case.sql.append((time.perf_counter() - begun) * 1000)
        return rows

    queries.list_candidates = timed
    try:
        async with case.db.begin() as tx:
            for _ in range(count):
                item, place = case.wanted(rng)
                wanted = Wanted(item, Tier(item.tiers[0]), place.code, None, place.lat, place.lon, None, None, None)
                begun = time.perf_counter()
                matching = await match(Act(SYSTEM, NOW, settings), tx, wanted)
                case.total.append((time.perf_counter() - begun) * 1000)
                case.looked_at.append(len(matching.survivors) + len(matching.rejected))
    finally:
        queries.list_candidates = list_candidates


async def measure_dispatches(case: Case, rng: Random, settings: Settings, count: int) -> None:
    """Create and dispatch this many requests, CONCURRENT at a time."""
    context = Context(settings, case.db, ManualClock(NOW), PubSub("postgresql://"))
    dangers = dangers_of(read_scripts())
    bodies = iter([_body(*case.wanted(rng)) for _ in range(count)])

    async def caller() -> None:
        for body in bodies:
            await create_request(
                act_of(context)._replace(actor=case.operator), context, Call(body), case.catalog, dangers
            )

    await _rate(case, count, caller)


def _body(item: Item, place: Township) -> RequestIn:
    return RequestIn(
        phone=f"154{secrets.randbelow(10**8):08d}",
        contact_name="王阿姨",
        area=place.code,
        address="澄浪路88弄12号302室",
        item=item.code,
        description="请尽快派人上门，家里有老人",
        dispatch=True,
    )


async def _rate(case: Case, count: int, caller: Callable[[], Awaitable[None]]) -> None:
    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CONCURRENT)))
    case.rates.append(count / (time.perf_counter() - begun))


async def build(url: str, options: argparse.Namespace) -> list[Case]:
    """Build every case in a database of its own. The first is the sample registry without a past."""
    await found(url)
    await run_sql(url, "VACUUM ANALYZE")
    cases = [await _case(url, f"{_count(0)} providers", "small", 0, city=True)]
    for copies in options.copies:
        cases.append(await _case(url, f"{_count(copies)}, city grows", f"city{copies}", copies, city=True))
        cases.append(await _case(url, f"{_count(copies)}, denser", f"dense{copies}", copies, city=False))
    if options.past:
        begun = time.perf_counter()
        await add_history(url, options.past, NOW)
        print(f"{options.past} past requests in {time.perf_counter() - begun:.0f} s", flush=True)
        suffix = f", {options.past / 1e6:g} M past"
        most = max(options.copies)
        cases.append(await _case(url, f"{_count(most)}, city{suffix}", "city_past", most, city=True))
        cases.append(await open_case(f"{_count(0)}{suffix}", url))
    return cases


def _count(copies: int) -> int:
    return 490 * (copies + 1)


async def _case(url: str, name: str, database: str, copies: int, *, city: bool) -> Case:
    create = f"CREATE DATABASE {database} TEMPLATE hotline STRATEGY FILE_COPY"
    await run_sql(url_of(url, "postgres"), create)
    await grow(url_of(url, database), copies, city=city)
    print(f"built: {name}", flush=True)
    return await open_case(name, url_of(url, database))


def show(cases: Sequence[Case]) -> None:
    """Print the table, with ratios to the first case."""
    heads = zip(
        ("cold", "p50", "p99", "ratio", "SQL p50", "SQL p99", "ratio", "rows", "disp/s", "ratio"), WIDTHS, strict=True
    )
    print(" " * 30 + "".join(f"{head:>{width}}" for head, width in heads))
    first = cases[0]
    for case in cases:
        total, sql = statistics.median(case.total), statistics.median(case.sql)
        rate = statistics.median(case.rates)
        print(
            f"{case.name:30}{case.cold:8.2f}{total:8.2f}{_p99(case.total):8.2f}"
            f"{total / statistics.median(first.total):7.2f}"
            f"{sql:9.2f}{_p99(case.sql):9.2f}{sql / statistics.median(first.sql):7.2f}"
            f"{statistics.mean(case.looked_at):6.0f}{rate:8.0f}{rate / statistics.median(first.rates):7.2f}",
            flush=True,
        )


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def main(url: str, options: argparse.Namespace) -> None:
    """Build the cases, warm each up, and measure them alternately."""
    settings = Settings(database_url=url)
    cases = await build(url, options)
    for case in cases:
        await measure_round(case, settings)
        case.cold = statistics.median(case.total)
        case.total, case.sql, case.looked_at, case.rates = [], [], [], []
    for _ in range(options.rounds):
        for case in cases:
            await measure_round(case, settings)
    print(f"ms; {options.rounds} rounds of {MATCHES} matches and {DISPATCHES} dispatches ({CONCURRENT} at a time)")
    show(cases)
    for case in cases:
        await case.db.close()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--past", type=int, default=1_000_000, help="past requests in the cases with a history")
    parser.add_argument(
        "--copies", type=int, nargs="+", default=[9, 101], help="how many copies of the sample registry to add"
    )
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder, embedded.join(Path(folder) / "data") as server:
        asyncio.run(main(server.url, options))
