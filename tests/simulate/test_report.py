"""The page of a simulated day: its table, and plots that compare the policies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.simulate.report import Course, write_report

CALL = datetime(2026, 11, 24, 2, tzinfo=UTC)


def course(*minutes: int | None) -> Course:
    """Return urgent requests received at one moment and accepted after these minutes, or never."""
    rows = [
        {
            "urgency": "urgent",
            "received_at": CALL,
            "dispatched_at": CALL,
            "accepted_at": at,
            "started_at": at,
            "left_at": at,
        }
        for at in (CALL + timedelta(minutes=after) if after else None for after in minutes)
    ]
    return Course(rows, [0.5, 2.0])


def test_it_holds_the_table_and_a_line_for_each_policy(tmp_path: Path) -> None:
    page = tmp_path / "new" / "day-7.html"
    table = [("", "first", "near<st"), ("matched", "1", "2")]
    write_report(
        page, "day, seed 7", table, {"first": course(3, None), "near<st": course(3, 9)}, ZoneInfo("Asia/Shanghai")
    )
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert "<td>near&lt;st</td>" in text


def test_a_day_without_dispatches_has_a_table_alone(tmp_path: Path) -> None:
    page = tmp_path / "day-7.html"
    write_report(page, "day, seed 7", [("", "first"), ("matched", "0")], {"first": course()}, ZoneInfo("Asia/Shanghai"))
    assert "<svg" not in page.read_text(encoding="utf-8")
