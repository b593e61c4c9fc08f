"""Generates past days of the hotline and loads them by COPY, one transaction per day."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from app.aftercare.models import Callback
from app.catalog.snapshot import read_snapshot
from app.complaints.models import Complaint
from app.credit.queries import READER as CREDIT_READER
from app.credit.queries import skip_log
from app.events.sequence import SEQUENCER, number_events, wait_alone
from app.intake.models import Citizen, CitizenGroup, Contact, Request
from app.jobs.models import Job, Offer
from app.kit.db import Database, Tx
from app.kit.orm import Model
from app.matching.policy import Policy
from app.metrics.counting import VOLUMES
from app.metrics.tasks import roll_up_volumes
from app.registry.queries import roll_windows
from app.registry.tasks import BATCH, first_day_of_window
from app.sample import queries
from app.sample.day import generate_day
from app.sample.kept import kept_counts
from app.sample.market import Market
from app.sample.past import Past, Row, Rows
from app.sample.people import CITIZEN_PREFIX
from app.sample.registry import generate_registry
from app.settings import Settings

DAY = timedelta(days=1)


@dataclass
class HistoryFigures:
    """How many days were loaded, how many were skipped because they had requests, and how many rows each table got."""

    loaded: int = 0
    skipped: int = 0
    rows: Counter[str] = field(default_factory=Counter)


async def load_history(
    db: Database,
    settings: Settings,
    days: int,
    today: date,
    progress: Callable[[int, int], None],
    scale: float = 1.0,
) -> HistoryFigures:
    """Load the `days` days before `today` (in the centre's zone). At scale 1 a day has more than 10,000 requests.

    The catalogue and the sample registry must be loaded. A day that has any request, generated or real, is skipped, so
    an interrupted load can be resumed. Everything ends before `today`; nothing stays open. After each day `progress`
    gets the number of days done and the number to load.
    """
    zone = settings.zone
    await _roll_windows(db, first_day_of_window(today))
    past = await _open_past(db, zone, today)
    empty = await _find_empty_days(db, zone, [today - n * DAY for n in range(days, 0, -1)])
    figures = HistoryFigures(skipped=days - len(empty))
    rows = await _generate_day(past, empty[0], scale) if empty else Rows()
    for done, following in enumerate([*empty[1:], None][: len(empty)], 1):
        # The database writes one day while the next one is generated.
        coming = asyncio.create_task(_generate_day(past, following, scale))
        try:
            await _write(db, zone, rows, first_day_of_window(today), figures)
        finally:
            rows = await coming
        progress(done, len(empty))
    return figures


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


async def _roll_windows(db: Database, first_day: date) -> None:
    """Start all windows on the same day, so that the counts added to them expire when they should."""
    async with db.begin() as tx:
        while await roll_windows(tx, first_day, BATCH):
            pass


async def _open_past(db: Database, zone: ZoneInfo, today: date) -> Past:
    end = _midnight(today, zone)
    async with db.begin() as tx:
        known = await queries.list_citizens(tx, CITIZEN_PREFIX)
        row = await queries.find_policy(tx, end)
    policy = Policy.model_validate(row)
    market = Market(generate_registry(today), policy.weights)
    return Past(await read_snapshot(db), zone, market, policy, end, known)


async def _find_empty_days(db: Database, zone: ZoneInfo, days: Sequence[date]) -> list[date]:
    async with db.begin() as tx:
        return [
            day for day in days if not await queries.has_requests(tx, _midnight(day, zone), _midnight(day + DAY, zone))
        ]


async def _generate_day(past: Past, day: date | None, scale: float) -> Rows:
    """Return the rows generated for the day, or none if `day` is None."""
    return await generate_day(past, day, _midnight(day, past.zone), scale) if day else Rows()


async def _write(db: Database, zone: ZoneInfo, rows: Rows, window: date, figures: HistoryFigures) -> None:
    tables = _tables(rows)
    async with db.begin() as tx:
        numbers = await queries.take_numbers(tx, len(rows.requests))
        for request, number in zip(rows.requests, numbers, strict=True):
            request["number"] = number
        for model, added in tables.items():
            await queries.copy(tx, model, added)
        for model, counts in kept_counts(rows, window).items():
            await queries.add_counts(tx, model, counts)
        await _log(tx, rows, zone)
    figures.loaded += 1
    figures.rows.update({model.__tablename__: len(added) for model, added in tables.items()})
    figures.rows["events"] += len(rows.events)


def _tables(rows: Rows) -> dict[type[Model], list[Row]]:
    """Return the rows by table, in the order of their foreign keys."""
    return {
        Citizen: rows.citizens,
        CitizenGroup: rows.citizen_groups,
        Request: rows.requests,
        Contact: rows.contacts,
        Offer: rows.offers,
        Job: rows.jobs,
        Callback: rows.callbacks,
        Complaint: rows.complaints,
    }


async def _log(tx: Tx, rows: Rows, zone: ZoneInfo) -> None:
    """Number the new events here, after all existing ones, and roll them up, so that the worker has nothing left to do.

    Nobody loses credit for generated work. The worker's steps wait meanwhile, so that no number is assigned twice.
    """
    await wait_alone(tx, SEQUENCER, VOLUMES.reader, CREDIT_READER)
    while await number_events(tx):
        pass
    while await roll_up_volumes(tx, zone):
        pass
    first = await queries.last_seq(tx) + 1
    rows.events.sort(key=itemgetter(0))
    await queries.copy_events(tx, ((seq, *event) for seq, event in enumerate(rows.events, first)))
    await roll_up_volumes(tx, zone, len(rows.events))
    await skip_log(tx)
