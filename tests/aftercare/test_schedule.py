"""Due times of callbacks: within calling hours, each attempt in another third of them, never in the past."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.aftercare.schedule import first_due, is_calling_hour, next_due, third_of

NINGBO = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([NINGBO, ZoneInfo("Asia/Urumqi"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")])
MOMENTS = st.integers(0, 2 * 365 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(0, seconds))
URGENCIES = st.sampled_from(["emergency", "urgent", "same_day", "booked"])


def ningbo(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=NINGBO)


@given(MOMENTS, URGENCIES, ZONES)
def test_the_first_callback_is_due_later_and_within_calling_hours(
    moment: datetime, urgency: str, zone: ZoneInfo
) -> None:
    due = first_due(moment, urgency, zone)
    assert is_calling_hour(due, zone)
    assert due > moment
    if urgency in ("same_day", "booked"):
        local = due.astimezone(zone)
        assert local.time() == time(9)
        assert local.date() == moment.astimezone(zone).date() + timedelta(days=1)
    else:
        assert due >= moment + timedelta(hours=2)


@given(MOMENTS, ZONES, st.lists(st.integers(0, 40 * 60), min_size=2, max_size=2))
def test_three_attempts_lie_in_three_thirds(moment: datetime, zone: ZoneInfo, minutes_late: list[int]) -> None:
    """Each call is made some time after it is due, as soon as an untried third begins."""
    due, tried = first_due(moment, "same_day", zone), [0]
    for late in minutes_late:
        called = due + timedelta(minutes=late)
        due = next_due(called, tried, zone)
        assert called < due <= called + timedelta(days=2)
        assert is_calling_hour(due, zone)
        assert third_of(due, zone) not in tried
        tried.append(third_of(due, zone))
    assert sorted(tried) == [0, 1, 2]


def test_urgent_work_is_called_back_after_two_hours_or_in_the_morning() -> None:
    assert first_due(ningbo(1, 10), "urgent", NINGBO) == ningbo(1, 12)
    assert first_due(ningbo(1, 6, 30), "emergency", NINGBO) == ningbo(1, 9)
    assert first_due(ningbo(1, 18), "urgent", NINGBO) == ningbo(2, 9)
    assert first_due(ningbo(1, 23), "urgent", NINGBO) == ningbo(2, 9)


def test_the_next_attempt_is_on_the_same_day_if_an_untried_third_still_begins() -> None:
    assert next_due(ningbo(2, 9, 5), [0], NINGBO) == ningbo(2, 12, 40)
    assert next_due(ningbo(2, 12, 45), [0], NINGBO) == ningbo(2, 16, 20)
    assert next_due(ningbo(2, 17), [0, 2], NINGBO) == ningbo(3, 12, 40)
    assert next_due(ningbo(2, 19, 59), [2], NINGBO) == ningbo(3, 9)


def test_the_thirds_and_the_hours_begin_and_end_on_the_minute() -> None:
    clock = [ningbo(2, *at) for at in ((3,), (9,), (12, 39), (12, 40), (16, 19), (16, 20), (19, 59), (20,))]
    assert [third_of(moment, NINGBO) for moment in clock] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert [is_calling_hour(moment, NINGBO) for moment in clock] == [False, *[True] * 6, False]
