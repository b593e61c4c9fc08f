"""When citizens are called back: from 09:00 to 20:00 in the centre's time zone, once in each third of these hours."""

from bisect import bisect_right
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(20)
THIRDS = (OPENS, time(12, 40), time(16, 20))
"""When each third of the calling hours begins. There is one attempt per third."""
URGENT = ("emergency", "urgent")
URGENT_DELAY = timedelta(hours=2)
DAY = timedelta(days=1)


def is_calling_hour(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether citizens are called back at that moment."""
    return OPENS <= moment.astimezone(zone).time() < CLOSES


def third_of(moment: datetime, zone: ZoneInfo) -> int:
    """Return the third (0 to 2) of the calling hours that contains the moment.

    A moment before the hours is in the first third, one after them in the last.
    """
    return max(bisect_right(THIRDS, moment.astimezone(zone).time()) - 1, 0)


def first_due(completed_at: datetime, urgency: str, zone: ZoneInfo) -> datetime:
    """Return when the first call is due, in UTC: at 09:00 on the next day.

    For urgent work: two hours after completion, or at the next 09:00 if that is outside calling hours.
    """
    if urgency not in URGENT:
        return _at(completed_at.astimezone(zone).date() + DAY, OPENS, zone)
    due = completed_at + URGENT_DELAY
    if is_calling_hour(due, zone):
        return due
    local = due.astimezone(zone)
    return _at(local.date() if local.time() < OPENS else local.date() + DAY, OPENS, zone)


def next_due(now: datetime, tried: Collection[int], zone: ZoneInfo) -> datetime:
    """Return the next start of an untried third, in UTC. At least one third must be untried."""
    today = now.astimezone(zone).date()
    left = [start for third, start in enumerate(THIRDS) if third not in tried]
    return min(due for day in (today, today + DAY) for start in left if (due := _at(day, start, zone)) > now)


def may_call_from(due_at: datetime, tried: Collection[int], now: datetime, zone: ZoneInfo) -> datetime:
    """Return when a callback due at `due_at` may be made: within calling hours, in a third not yet tried."""
    if due_at > now or (is_calling_hour(now, zone) and third_of(now, zone) not in tried):
        return due_at
    return next_due(now, tried, zone)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
