"""When a demo's clock starts, and how many operators it has."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.demo.stage import Plan, first_moment, operators_for

ZONE = ZoneInfo("Asia/Shanghai")
REAL = datetime(2026, 11, 24, 6, 15, tzinfo=UTC)  # 14:15 at the centre


def plan(*, plays: bool) -> Plan:
    return Plan(speed=None, port=0, hours=None, scale=1.0, history_days=0, plays=plays, seed=1)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        (None, "2026-11-24 07:30"),
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), "2026-11-24 07:30"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "2026-11-25 07:30"),  # 07:30 sharp
        (datetime(2026, 11, 27, 15, 59, tzinfo=UTC), "2026-11-28 07:30"),
    ],
)
def test_a_play_begins_on_a_morning_that_nothing_has_seen_yet(last: datetime | None, start: str) -> None:
    assert f"{first_moment(last, REAL, ZONE, plan(plays=True)):%Y-%m-%d %H:%M}" == start


def test_without_a_play_it_is_now_unless_a_play_went_further() -> None:
    further = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    assert first_moment(None, REAL, ZONE, plan(plays=False)) == REAL
    assert first_moment(datetime(2026, 11, 24, 1, 0, tzinfo=UTC), REAL, ZONE, plan(plays=False)) == REAL
    assert first_moment(further, REAL, ZONE, plan(plays=False)) > further


def test_more_calls_take_more_operators() -> None:
    assert operators_for(REAL, 0.01) < operators_for(REAL, 1.0) < operators_for(REAL, 2.0)
