"""The picture of the play in a terminal."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from app.catalog.models import Kind
from app.demo.display import OPEN, TODAY, Figures, _picture
from app.demo.play import Play

ANNOUNCED = 7
"""The lines above the picture: where to sign in, and how the demo ends."""


def test_the_picture_of_a_busy_evening_fits_80_by_24_below_the_sign_ins() -> None:
    play: Any = SimpleNamespace(
        room=SimpleNamespace(
            now=lambda: datetime(2026, 11, 24, 23, 5, tzinfo=UTC),
            ringing={1: None},
            wait=timedelta(seconds=600),
            clock=SimpleNamespace(real_seconds=lambda span: span.total_seconds() / 120),
        ),
        problems=Counter(status_conflict=120, offer_expired=140, not_entitled=300, danger_not_relayed=400),
    )
    figures = Figures(
        today=dict.fromkeys(TODAY, 11_090),
        by_status=dict.fromkeys(OPEN, 10045),
        offers_waiting=1_234,
        callbacks_due=12_345,
        volumes=[{"hour": hour, "kind": kind, "requests": 1_234} for hour in range(24) for kind in Kind],
        rate=1_234.5,
    )
    console = Console(width=80, height=24, record=True, file=StringIO())
    console.print(_picture(cast(Play, play), figures))
    lines = console.export_text().splitlines()
    assert len(lines) <= 24 - ANNOUNCED
    assert "\n".join(lines).count("11090") == len(TODAY)
    assert "…" not in "".join(lines[:-1])  # only the list of problems may be cut
