"""Deadlines: the time that the item's urgency allows, counted on the right calendar.

`always` counts every minute. `service_hours` counts the hours of the centre's field service (08:00 to 20:00 daily).
`working_days` counts all minutes of Chinese working days, including make-up working days and excluding public holidays.
A day that the centre has entered itself (`Days`) overrides what the holidays library says about it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from app.catalog.models import ArriveRule, Calendar

if TYPE_CHECKING:
    from holidays.countries.china import China

SERVICE_OPENS = time(8)
SERVICE_CLOSES = time(20)
SAME_DAY_UNTIL = time(14)
"""Same-day work dispatched after this time is due by the close of the next day."""
BOOKED_GRACE = timedelta(hours=24)
DAY = timedelta(days=1)
FRIDAY = 5
YELLOW = 0.75
"""The share of a clock's time after which it turns yellow."""
Days = Mapping[date, bool]
"""Days that the centre has entered itself, and whether each is a working day."""
NO_DAYS: Days = MappingProxyType({})


class Allowance(NamedTuple):
    """The time that an urgency allows, in minutes (see the urgencies table)."""

    accept_minutes: int | None
    arrive_minutes: int | None
    arrive_rule: ArriveRule
    complete_minutes: int | None
    calendar: Calendar
    days: Days = NO_DAYS


class Deadlines(NamedTuple):
    """Deadlines in UTC, counted from dispatch."""

    accept_by: datetime
    arrive_by: datetime
    complete_by: datetime


class Window(NamedTuple):
    """A span of time, for example that of an appointment or of a clock's pause."""

    start: datetime
    end: datetime


def month_after(month: date) -> date:
    """Return the first day of the following month. `month` is the first day of a month."""
    return (month + timedelta(days=31)).replace(day=1)


def span_of(first: date, following: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moments at which the two days begin in the zone."""
    return datetime.combine(first, time(0), zone), datetime.combine(following, time(0), zone)


@cache
def _china(year: int) -> "China":
    from holidays.countries.china import China  # imported here: it loads all countries, which is slow

    return China(years=year)  # type: ignore[no-untyped-call]  # holidays has no types here


def is_working_day(day: date, days: Days = NO_DAYS) -> bool:
    """Return whether the date is a Chinese working day: as the centre entered it, or else as the library knows it."""
    entered = days.get(day)
    return _china(day.year).is_working_day(day) if entered is None else entered


def is_public_holiday(day: date) -> bool:
    """Return whether the library lists the date as a public holiday. An ordinary Saturday or Sunday is not one."""
    return day in _china(day.year)


def list_holidays(year: int) -> dict[date, str]:
    """Return the year's public holidays known to the library, with their English names.

    Make-up days are not included (see `list_make_up_days`).
    """
    return {day: name for day, name in sorted(_china(year).items()) if day.year == year}


def list_make_up_days(year: int) -> list[date]:
    """Return the Saturdays and Sundays of the year that the library lists as working days."""
    return sorted(day for day in _china(year).weekend_workdays if day.year == year)


def is_year_known(year: int, days: Days) -> bool:
    """Return whether the State Council's notice for the year is known, from the library or the centre's own entries.

    Without the notice, the library lists the statutory holidays but no make-up days. Every year so far has had some.
    """
    return bool(list_make_up_days(year)) or any(
        working and day.year == year and day.isoweekday() > FRIDAY for day, working in days.items()
    )


def is_night(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether the moment is outside the hours in which people may be phoned about non-urgent matters."""
    return not SERVICE_OPENS <= moment.astimezone(zone).time() < SERVICE_CLOSES


def next_morning(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the next night after the moment ends (08:00), in the moment's own time zone."""
    local = moment.astimezone(zone)
    return _at(local if local.time() < SERVICE_OPENS else local + DAY, SERVICE_OPENS).astimezone(moment.tzinfo)


def _counts(calendar: Calendar, day: datetime, days: Days) -> tuple[datetime, datetime] | None:
    """Return the part of this local day that the calendar counts, or None."""
    if calendar is Calendar.SERVICE_HOURS:
        return _at(day, SERVICE_OPENS), _at(day, SERVICE_CLOSES)
    return (_at(day, time(0)), _at(day + DAY, time(0))) if is_working_day(day.date(), days) else None


def _at(day: datetime, clock: time) -> datetime:
    return datetime.combine(day.date(), clock, tzinfo=day.tzinfo)


def add_minutes(calendar: Calendar, moment: datetime, minutes: int, zone: ZoneInfo, days: Days = NO_DAYS) -> datetime:
    """Return the moment at which this many minutes of the calendar have passed since `moment`."""
    return add_time(calendar, moment, timedelta(minutes=minutes), zone, days)


def add_time(calendar: Calendar, moment: datetime, span: timedelta, zone: ZoneInfo, days: Days = NO_DAYS) -> datetime:
    """Return the moment at which this much time of the calendar has passed since `moment`."""
    left = span
    if calendar is Calendar.ALWAYS:
        return moment + left
    day = moment.astimezone(zone)
    while True:
        counted = _counts(calendar, day, days)
        if counted and day < counted[1]:
            start = max(day, counted[0])
            if left <= counted[1] - start:
                return (start + left).astimezone(moment.tzinfo)
            left -= counted[1] - start
        day = _at(day + DAY, time(0))


def add_working_days(moment: datetime, count: int, zone: ZoneInfo, days: Days = NO_DAYS) -> datetime:
    """Return the moment at which this many whole Chinese working days have passed since `moment`."""
    return add_time(Calendar.WORKING_DAYS, moment, count * DAY, zone, days)


def counted_time(
    calendar: Calendar,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    days: Days = NO_DAYS,
    pauses: Sequence[Window] = (),
) -> timedelta:
    """Return how much of the time between two moments the calendar counts, without pauses. The inverse of add_time."""
    if pauses:
        overlaps = [(max(start, pause.start), min(end, pause.end)) for pause in pauses]
        paused = sum((counted_time(calendar, *overlap, zone, days) for overlap in overlaps), timedelta())
        return counted_time(calendar, start, end, zone, days) - paused
    if calendar is Calendar.ALWAYS:
        return max(end - start, timedelta())
    day, total = start.astimezone(zone), timedelta()
    while day < end:
        counted = _counts(calendar, day, days)
        if counted:
            total += max(min(counted[1], end) - max(counted[0], day), timedelta())
        day = _at(day + DAY, time(0))
    return total


def yellow_at(
    calendar: Calendar,
    start: datetime,
    due: datetime,
    zone: ZoneInfo,
    days: Days = NO_DAYS,
    pauses: Sequence[Window] = (),
) -> datetime:
    """Return when 75 % of the time that the calendar counts between `start` and `due` has passed, without pauses.

    It is never after `due`. The pauses are in chronological order.
    """
    left = counted_time(calendar, start, due, zone, days, pauses) * YELLOW
    for pause in pauses:
        before = counted_time(calendar, start, pause.start, zone, days)
        if left <= before or due <= pause.start:
            break
        start, left = pause.end, left - before
    return min(due, add_time(calendar, start, left, zone, days))


def default_window(moment: datetime, zone: ZoneInfo) -> Window:
    """Return when booked work is done if the citizen named no time: the service hours of the next day."""
    tomorrow = moment.astimezone(zone) + DAY
    return Window(
        _at(tomorrow, SERVICE_OPENS).astimezone(moment.tzinfo), _at(tomorrow, SERVICE_CLOSES).astimezone(moment.tzinfo)
    )


def deadlines(allowance: Allowance, dispatched_at: datetime, wanted: Window | None, zone: ZoneInfo) -> Deadlines:
    """Return the deadlines of work dispatched at that moment. `wanted` is the citizen's window, for booked work."""
    calendar, days = allowance.calendar, allowance.days
    accept_by = add_minutes(calendar, dispatched_at, allowance.accept_minutes or 0, zone, days)
    match allowance.arrive_rule:
        case ArriveRule.DAY_CLOSE:
            local = dispatched_at.astimezone(zone)
            day = local if local.time() <= SAME_DAY_UNTIL else local + DAY
            arrive_by = _at(day, SERVICE_CLOSES).astimezone(dispatched_at.tzinfo)
            return Deadlines(accept_by, arrive_by, _at(day + DAY, SERVICE_CLOSES).astimezone(dispatched_at.tzinfo))
        case ArriveRule.APPOINTMENT:
            window = wanted or default_window(dispatched_at, zone)
            return Deadlines(accept_by, window.end, window.end + BOOKED_GRACE)
        case _:
            arrive_by = add_minutes(calendar, dispatched_at, allowance.arrive_minutes or 0, zone, days)
            complete_by = add_minutes(calendar, dispatched_at, allowance.complete_minutes or 0, zone, days)
            return Deadlines(accept_by, arrive_by, complete_by)
