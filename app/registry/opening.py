"""When providers are open on given days: weekly hours, special days, and public holidays.

Public bodies close on public holidays and open on make-up working days. Other providers do neither. The registry can
set this differently for a single provider. On a day with special hours (ProviderException) only those apply.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, bindparam, text

from app.catalog.calendar import Days, is_public_holiday, is_working_day
from app.catalog.queries import read_days
from app.kit.db import Prepared, Tx
from app.registry.facts import HOURS_COLUMNS, Hours, Span, read_hours

DAY = timedelta(days=1)
MONDAY, SATURDAY = 1, 6
MIDNIGHT = time(0)
LOOK_AHEAD = 15
"""How many days ahead to search for the next opening."""
KEEPS = "coalesce(p.keeps_holidays, p.kind = 'public_body')"
"""Whether the provider `p` closes on public holidays and opens on make-up working days."""


class Day(NamedTuple):
    """A day, with what it means to providers that keep public holidays."""

    on: date
    weekday: int
    off: bool
    made_up: bool

    @classmethod
    def of(cls, day: date, entered: Days) -> "Day":
        """Return the day. What the centre entered for it overrides the calendar library."""
        weekday, works = day.isoweekday(), entered.get(day)
        off = is_public_holiday(day) if works is None else not works
        return cls(day, weekday, off, weekday >= SATURDAY and is_working_day(day, entered))


class Part(NamedTuple):
    """Part of a day, up to but not including `end`."""

    day: Day
    start: time
    end: time


class Opening(NamedTuple):
    """A period in which a provider is open."""

    start: datetime
    end: datetime


def spans_on(hours: Hours, day: Day, *, keeps_holidays: bool) -> Sequence[Span]:
    """Return the opening hours on that day. A make-up day without hours of its own has Monday's."""
    if day.on in hours.own:
        return hours.own[day.on]
    if keeps_holidays:
        if day.off:
            return ()
        if day.made_up and day.weekday not in hours.weekly:
            return hours.weekly.get(MONDAY, ())
    return hours.weekly.get(day.weekday, ())


def is_open(hours: Hours, parts: Sequence[Part], *, keeps_holidays: bool) -> bool:
    """Return whether the provider is open at any time in these parts."""
    for day, start, end in parts:
        for opens, closes in spans_on(hours, day, keeps_holidays=keeps_holidays):
            if opens < end and (closes > start or closes == MIDNIGHT):
                return True
    return False


def _openings(hours: Hours, day: Day, zone: ZoneInfo, *, keeps_holidays: bool) -> Iterator[Opening]:
    for opens, closes in spans_on(hours, day, keeps_holidays=keeps_holidays):
        last = day.on + DAY if closes == MIDNIGHT else day.on
        yield Opening(datetime.combine(day.on, opens, zone), datetime.combine(last, closes, zone))


def next_opening(
    hours: Hours, entered: Days, now: datetime, zone: ZoneInfo, *, keeps_holidays: bool
) -> datetime | None:
    """Return when a provider that is closed now opens next, or None if it doesn't within LOOK_AHEAD days."""
    today = now.astimezone(zone).date()
    for n in range(LOOK_AHEAD + 1):
        for opening in _openings(hours, Day.of(today + n * DAY, entered), zone, keeps_holidays=keeps_holidays):
            if opening.start > now:
                return opening.start.astimezone(now.tzinfo)
    return None


_HOURS = Prepared(
    text(
        f"SELECT p.id, {KEEPS} AS keeps_holidays, {HOURS_COLUMNS} FROM providers p WHERE p.id = ANY (:providers)"
    ).bindparams(bindparam("providers", type_=ARRAY(Uuid)))
)


async def list_openings(
    tx: Tx, providers: Sequence[UUID], start: datetime, end: datetime, zone: ZoneInfo
) -> Mapping[UUID, list[Opening]]:
    """Return each provider's openings, in order, on the local days from `start` to `end`."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    entered = await read_days(tx)
    days = [Day.of(first + n * DAY, entered) for n in range((last - first).days + 1)]
    found: dict[UUID, list[Opening]] = {provider: [] for provider in providers}
    for row in await tx.rows(_HOURS, providers=list(providers)):
        hours, keeps = read_hours(row), row["keeps_holidays"]
        found[row["id"]] = [span for day in days for span in _openings(hours, day, zone, keeps_holidays=keeps)]
    return found


async def is_open_through(tx: Tx, provider: UUID, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Return whether the provider is open without a break from `start` to `end`."""
    open_until = start
    for span in (await list_openings(tx, [provider], start, end, zone))[provider]:
        if span.start <= open_until:
            open_until = max(open_until, span.end)
    return open_until >= end
