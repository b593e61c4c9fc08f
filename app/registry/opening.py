"""When providers are open on given days: weekly hours, days of their own, and public holidays for those that keep them.

Public bodies keep public holidays and make-up working days, others do not, unless the registry says otherwise of one. A
day with hours of its own (ProviderException) is as it says.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Boolean, Date, Integer, Uuid, bindparam, text

from app.catalog.calendar import is_public_holiday, is_working_day
from app.kit.db import Prepared, Tx

DAY = timedelta(days=1)
SATURDAY = 6
LOOK_AHEAD = 15
"""How many days are looked at for the next opening."""

# A day that the centre has entered itself stands above what the library knows.
DAYS = """
SELECT given.*, coalesce(NOT c.working, given.library_off) AS off,
  given.weekday > 5 AND coalesce(c.working, given.library_working) AS made_up
FROM given LEFT JOIN calendar_days c ON c.day = given.day
"""
"""The days of `given` (day, weekday, library_off, library_working, …) with what they are to those who keep holidays."""

KEEPS = "coalesce(p.keeps_holidays, p.kind = 'public_body')"
OF_THE_DAY = f"""h.provider_id = p.id AND NOT ({KEEPS} AND wanted.off) AND h.weekday = CASE
  WHEN {KEEPS} AND wanted.made_up AND NOT EXISTS (
    SELECT FROM provider_hours own WHERE own.provider_id = p.id AND own.weekday = wanted.weekday) THEN 1
  ELSE wanted.weekday END
  AND NOT EXISTS (SELECT FROM provider_exceptions e WHERE e.provider_id = p.id AND e.day = wanted.day)"""
"""Which of its weekly hours `h` a provider `p` keeps on the day `wanted`; a make-up day without any is a Monday."""


def calendar_facts(days: Sequence[date]) -> dict[str, list[Any]]:
    """What the statements here ask of the days."""
    return {
        "days": list(days),
        "weekdays": [day.isoweekday() for day in days],
        "off": [is_public_holiday(day) for day in days],
        "working": [day.isoweekday() >= SATURDAY and is_working_day(day) for day in days],
    }


FACTS = (
    bindparam("days", type_=ARRAY(Date)),
    bindparam("weekdays", type_=ARRAY(Integer)),
    bindparam("off", type_=ARRAY(Boolean)),
    bindparam("working", type_=ARRAY(Boolean)),
)

_SPANS = Prepared(
    text(
        f"""
WITH given AS (
  SELECT * FROM unnest(:days, :weekdays, :off, :working) AS given (day, weekday, library_off, library_working)
), wanted AS MATERIALIZED ({DAYS})
SELECT p.id, wanted.day, span.opens, span.closes
FROM providers p CROSS JOIN wanted CROSS JOIN LATERAL (
  SELECT h.opens, h.closes FROM provider_hours h WHERE {OF_THE_DAY}
  UNION ALL
  SELECT e.opens, e.closes FROM provider_exceptions e
  WHERE e.provider_id = p.id AND e.day = wanted.day AND e.closes IS NOT NULL
) span
WHERE p.id = ANY (:providers)
ORDER BY p.id, wanted.day, span.opens
"""
    ).bindparams(*FACTS, bindparam("providers", type_=ARRAY(Uuid)))
)


class Opening(NamedTuple):
    """A stretch of time in which a provider is open."""

    start: datetime
    end: datetime


async def list_openings(
    tx: Tx, providers: Sequence[UUID], start: datetime, end: datetime, zone: ZoneInfo
) -> Mapping[UUID, list[Opening]]:
    """When these providers are open on the local days from the one moment to the other, in order."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = [first + n * DAY for n in range((last - first).days + 1)]
    found: dict[UUID, list[Opening]] = {provider: [] for provider in providers}
    for row in await tx.rows(_SPANS, providers=list(providers), **calendar_facts(days)):
        closes = row["day"] + DAY if row["closes"] == time(0) else row["day"]
        opened = datetime.combine(row["day"], row["opens"], zone)
        found[row["id"]].append(Opening(opened, datetime.combine(closes, row["closes"], zone)))
    return found


async def list_next_openings(
    tx: Tx, providers: Sequence[UUID], now: datetime, zone: ZoneInfo
) -> Mapping[UUID, datetime]:
    """When these providers, closed now, open next; without one that opens in no foreseeable time."""
    found = await list_openings(tx, providers, now, now + LOOK_AHEAD * DAY, zone)
    opens = {provider: [span.start for span in spans if span.start > now] for provider, spans in found.items()}
    return {provider: moments[0].astimezone(now.tzinfo) for provider, moments in opens.items() if moments}


async def is_open_through(tx: Tx, provider: UUID, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Whether the provider is open all the time between the two moments."""
    open_until = start
    for span in (await list_openings(tx, [provider], start, end, zone))[provider]:
        if span.start <= open_until:
            open_until = max(open_until, span.end)
    return open_until >= end
