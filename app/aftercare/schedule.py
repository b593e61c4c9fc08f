"""When a citizen is called back: within 09:00-20:00 of the centre's zone, each attempt in another third of it."""

from bisect import bisect_right
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(20)
THIRDS = (OPENS, time(12, 40), time(16, 20))
"""When each third of the calling hours begins; there are as many attempts."""
URGENT = ("emergency", "urgent")
URGENT_DELAY = timedelta(hours=2)
DAY = timedelta(days=1)


def is_calling_hour(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether citizens are called back at that moment."""
    return OPENS <= moment.astimezone(zone).time() < CLOSES


def third_of(moment: datetime, zone: ZoneInfo) -> int:
    """The third (0 to 2) in which the moment lies; before the hours it is the first, after them the last."""
    return max(bisect_right(THIRDS, moment.astimezone(zone).time()) - 1, 0)


def first_due(completed_at: datetime, urgency: str, zone: ZoneInfo) -> datetime:
    """When the first call is due, in UTC: 09:00 of the next day.

    Urgent work: after two hours, or at the next 09:00 if nobody calls at that hour.
    """
    if urgency not in URGENT:
        return _at(completed_at.astimezone(zone).date() + DAY, OPENS, zone)
    due = completed_at + URGENT_DELAY
    if is_calling_hour(due, zone):
        return due
    local = due.astimezone(zone)
    return _at(local.date() if local.time() < OPENS else local.date() + DAY, OPENS, zone)


def next_due(now: datetime, tried: Collection[int], zone: ZoneInfo) -> datetime:
    """The next start of a third that was not tried yet, in UTC; at least one third must be left."""
    today = now.astimezone(zone).date()
    left = [start for third, start in enumerate(THIRDS) if third not in tried]
    return min(due for day in (today, today + DAY) for start in left if (due := _at(day, start, zone)) > now)


def may_call_from(due_at: datetime, tried: Collection[int], now: datetime, zone: ZoneInfo) -> datetime:
    """When a callback may be made that is due then: not at night, nor in a third in which nobody was reached."""
    if due_at > now or (is_calling_hour(now, zone) and third_of(now, zone) not in tried):
        return due_at
    return next_due(now, tried, zone)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
