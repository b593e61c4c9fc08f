"""Deadlines on the three calendars, over years with their holidays and make-up working days."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.calendar import (
    Allowance,
    Window,
    add_minutes,
    counted_time,
    deadlines,
    default_window,
    is_working_day,
    yellow_at,
)
from app.catalog.models import ArriveRule, Calendar

ZONE = ZoneInfo("Asia/Shanghai")
moments = st.integers(0, 719 * 1440).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
URGENT = Allowance(10, 120, ArriveRule.MINUTES, 1440, Calendar.ALWAYS)
SAME_DAY = Allowance(30, None, ArriveRule.DAY_CLOSE, None, Calendar.SERVICE_HOURS)
BOOKED = Allowance(240, None, ArriveRule.APPOINTMENT, 1440, Calendar.SERVICE_HOURS)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def counted_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Return the calendar's minutes between two moments, counted one by one."""
    total, moment = 0, start.astimezone(ZONE)
    while moment < end:
        if calendar is Calendar.SERVICE_HOURS:
            total += time(8) <= moment.time() < time(20)
        else:
            total += is_working_day(moment)
        moment += timedelta(minutes=1)
    return total


@given(moments, st.integers(1, 900), st.sampled_from([Calendar.SERVICE_HOURS, Calendar.WORKING_DAYS]))
def test_adding_minutes_passes_exactly_that_many_counted_minutes(
    moment: datetime, minutes: int, calendar: Calendar
) -> None:
    assert counted_minutes(calendar, moment, add_minutes(calendar, moment, minutes, ZONE)) == minutes


@given(moments, st.integers(1, 3000), st.integers(0, 3000), st.sampled_from(Calendar))
def test_more_time_or_a_later_start_never_ends_earlier(
    moment: datetime, minutes: int, more: int, calendar: Calendar
) -> None:
    end = add_minutes(calendar, moment, minutes, ZONE)
    assert end > moment
    assert add_minutes(calendar, moment, minutes + more, ZONE) >= end
    assert add_minutes(calendar, moment + timedelta(minutes=more), minutes, ZONE) >= end


@given(moments, st.integers(1, 20_000), st.sampled_from(Calendar))
def test_counting_is_the_inverse_of_adding(moment: datetime, minutes: int, calendar: Calendar) -> None:
    end = add_minutes(calendar, moment, minutes, ZONE)
    assert counted_time(calendar, moment, end, ZONE) == timedelta(minutes=minutes)
    assert counted_time(calendar, moment, end - timedelta(minutes=1), ZONE) == timedelta(minutes=minutes - 1)


@given(moments, st.integers(0, 3000), st.sampled_from([Calendar.SERVICE_HOURS, Calendar.WORKING_DAYS]))
def test_counted_time_is_what_a_minute_by_minute_count_gives(
    moment: datetime, minutes: int, calendar: Calendar
) -> None:
    end = moment + timedelta(minutes=minutes)
    assert counted_time(calendar, moment, end, ZONE) == timedelta(minutes=counted_minutes(calendar, moment, end))


@given(moments, st.integers(1, 20_000), st.sampled_from(Calendar))
def test_a_clock_is_yellow_after_three_quarters_of_its_counted_time(
    start: datetime, minutes: int, calendar: Calendar
) -> None:
    due = add_minutes(calendar, start, 4 * minutes, ZONE)
    yellow = yellow_at(calendar, start, due, ZONE)
    assert start < yellow < due
    assert counted_time(calendar, start, yellow, ZONE) == timedelta(minutes=3 * minutes)


@given(moments, st.integers(0, 3000), st.sampled_from(Calendar))
def test_yellow_is_never_after_red_even_where_nothing_counts(start: datetime, minutes: int, calendar: Calendar) -> None:
    due = start + timedelta(minutes=minutes)
    assert start <= yellow_at(calendar, start, due, ZONE) <= due


@given(moments, st.integers(1, 3000))
def test_deadlines_land_on_counted_time(moment: datetime, minutes: int) -> None:
    for calendar in (Calendar.SERVICE_HOURS, Calendar.WORKING_DAYS):
        last = add_minutes(calendar, moment, minutes, ZONE) - timedelta(minutes=1)
        assert counted_time(calendar, last, last + timedelta(minutes=1), ZONE) == timedelta(minutes=1)


@given(moments)
def test_deadlines_come_in_their_order(moment: datetime) -> None:
    for allowance in (URGENT, SAME_DAY, BOOKED):
        due = deadlines(allowance, moment, default_window(moment, ZONE), ZONE)
        assert moment < due.accept_by
        assert moment < due.arrive_by <= due.complete_by


@pytest.mark.parametrize(
    ("received", "answer_by"),
    [
        ("2026-09-30 15:00", "2026-10-08 15:00"),  # over the National Day week
        ("2026-10-09 10:00", "2026-10-10 10:00"),  # into a Saturday that is a make-up working day
        ("2026-02-14 23:59", "2026-02-24 23:59"),  # over the Spring Festival
        ("2026-11-21 09:00", "2026-11-24 00:00"),  # a Saturday: the whole of Monday counts
    ],
)
def test_an_answer_is_due_one_working_day_later(received: str, answer_by: str) -> None:
    assert add_minutes(Calendar.WORKING_DAYS, local(received), 1440, ZONE) == local(answer_by)


@pytest.mark.parametrize(
    ("dispatched", "arrive_by", "complete_by"),
    [
        ("2026-11-24 13:59", "2026-11-24 20:00", "2026-11-25 20:00"),
        ("2026-11-24 14:01", "2026-11-25 20:00", "2026-11-26 20:00"),
        ("2026-11-24 00:00", "2026-11-24 20:00", "2026-11-25 20:00"),
    ],
)
def test_same_day_work_is_due_by_todays_close_if_dispatched_by_14(
    dispatched: str, arrive_by: str, complete_by: str
) -> None:
    due = deadlines(SAME_DAY, local(dispatched), None, ZONE)
    assert (due.arrive_by, due.complete_by) == (local(arrive_by), local(complete_by))


def test_booked_work_is_due_with_its_appointment_and_done_a_day_later() -> None:
    wanted = Window(local("2026-11-26 09:00"), local("2026-11-26 11:00"))
    due = deadlines(BOOKED, local("2026-11-24 19:00"), wanted, ZONE)
    assert due.accept_by == local("2026-11-25 11:00")
    assert (due.arrive_by, due.complete_by) == (wanted.end, wanted.end + timedelta(hours=24))
