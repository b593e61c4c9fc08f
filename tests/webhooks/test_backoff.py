"""When a failed delivery is retried."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.webhooks.backoff import DEAD_AFTER, LONGEST_WAIT, RETRY_SECONDS, next_try, retry_after

MORNING = datetime(2026, 11, 24, 2, tzinfo=UTC)


@given(seed=st.integers(), took=st.lists(st.floats(0, 15), min_size=len(RETRY_SECONDS), max_size=len(RETRY_SECONDS)))
def test_retries_rise_and_end_after_a_receiver_counts_as_dead(seed: int, took: list[float]) -> None:
    chance, now, waits = Random(seed), MORNING, []
    for attempts, seconds in enumerate(took, 1):
        due = next_try(now, attempts, chance)
        assert due is not None
        waits.append(due - now)
        now = due + timedelta(seconds=seconds)
    assert waits == sorted(waits)
    assert DEAD_AFTER < now - MORNING < timedelta(hours=32)
    assert next_try(now, len(RETRY_SECONDS) + 1, chance) is None


@given(attempts=st.integers(1, len(RETRY_SECONDS)), asked=st.timedeltas(timedelta(-1), timedelta(days=400)))
def test_what_the_receiver_asks_for_never_shortens_the_wait_and_lengthens_it_within_bounds(
    attempts: int, asked: timedelta
) -> None:
    alone = next_try(MORNING, attempts, Random(1))
    due = next_try(MORNING, attempts, Random(1), MORNING + asked)
    assert alone is not None
    assert due == max(alone, MORNING + min(asked, LONGEST_WAIT))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Tue, 24 Nov 2026 02:05:00 GMT", 300),
        ("Tue, 24 Nov 2026 01:00:00 GMT", -3600),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
        (None, None),
        ("Tue, 99 Nov 2026 02:05:00 GMT", None),
        ("Tue, 24 Nov 2026 02:05:00", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: int | None) -> None:
    assert retry_after(value, MORNING) == (None if seconds is None else timedelta(seconds=seconds))


@settings(max_examples=50)
@given(st.text())
def test_no_retry_after_breaks_anything(value: str) -> None:
    retry_after(value, MORNING)
