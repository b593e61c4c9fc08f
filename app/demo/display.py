"""Shows the progress of the play: figures for the day and for the moment, and volumes by kind and hour."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.catalog.models import Kind
from app.demo.api import Refused
from app.demo.pace import first_of
from app.demo.play import Play
from app.intake.models import RequestStatus
from app.kit.terms import Term

LOOK_SECONDS = 1.0
LINE_SECONDS = 5.0
HOURS_SHOWN = 7
COLUMNS = 3
TODAY = {
    "requests": "受理 In",
    "answered_in_call": "当场答复 Answered",
    "relayed": "转接 Relayed",
    "offered": "派单 Offered",
    "accepted": "接单 Accepted",
    "completed": "完工 Done",
    "callbacks": "回访 Called back",
    "unmatched": "无人接单 Unmatched",
    "declined": "拒单 Declined",
    "expired": "超时 Expired",
    "returned": "退单 Returned",
    "cancelled": "取消 Cancelled",
}
OPEN = (
    RequestStatus.RECEIVED,
    RequestStatus.RELAYED,
    RequestStatus.DISPATCHING,
    RequestStatus.ASSIGNED,
    RequestStatus.IN_PROGRESS,
    RequestStatus.COMPLETED,
    RequestStatus.UNMATCHED,
    RequestStatus.ON_HOLD,
)


@dataclass
class Figures:
    """The figures last read: today's counts, open requests by status, and today's volumes. `rate` is HTTP answers per
    second."""

    today: Mapping[str, int] = field(default_factory=dict)
    by_status: Mapping[str, int] = field(default_factory=dict)
    offers_waiting: int = 0
    callbacks_due: int = 0
    volumes: Sequence[Mapping[str, Any]] = ()
    rate: float = 0.0


async def show(play: Play, console: Console) -> None:
    """Show the play for ever: as a live picture in a terminal, or as lines elsewhere."""
    figures = Figures()
    await first_of(_read(play, figures), _measure(play, figures), _draw(play, figures, console))


async def _read(play: Play, figures: Figures) -> None:
    """Keep reading the figures that a manager may see. The picture is redrawn however long an answer takes."""
    while True:
        with suppress(Refused):
            now = await play.manager.get("/metrics/now")
            figures.today, figures.by_status = now["today"], now["requests"]
            figures.offers_waiting, figures.callbacks_due = now["offers_waiting"], now["callbacks_due"]
            day = f"{play.room.now():%Y-%m-%d}"
            volumes = await play.manager.get("/metrics/volumes", **{"from": day, "to": day, "by": ["hour", "kind"]})
            figures.volumes = volumes["rows"]
        await asyncio.sleep(LOOK_SECONDS)


async def _measure(play: Play, figures: Figures) -> None:
    loop = asyncio.get_running_loop()
    while True:
        answers, at = play.traffic.answers, loop.time()
        await asyncio.sleep(LINE_SECONDS)
        figures.rate = (play.traffic.answers - answers) / (loop.time() - at)


async def _draw(play: Play, figures: Figures, console: Console) -> None:
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_SECONDS)
            console.print(_line(play, figures), soft_wrap=True)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(_picture(play, figures), refresh=True)
            await asyncio.sleep(LOOK_SECONDS)


def _line(play: Play, figures: Figures) -> str:
    counts = [f"{label} {figures.today.get(name, 0)}" for name, label in TODAY.items()]
    started = f"{_label(RequestStatus.IN_PROGRESS)} {figures.by_status.get(RequestStatus.IN_PROGRESS, 0)}"
    moment = f"{play.room.now():%m-%d %H:%M}"
    return " | ".join([moment, *counts, started, _pace(play, figures), _problems(play)])


def _pace(play: Play, figures: Figures) -> str:
    """Return the load and the queue as text, which show whether the machine keeps up."""
    return f"{figures.rate:.0f} 次 HTTP/s | 排队 Waiting {len(play.room.ringing)}, {lag(play.room.wait, play)}"


def _problems(play: Play) -> str:
    """Return the six most frequent problems as text, the most frequent first."""
    problems = ", ".join(f"{code} {count}" for code, count in play.problems.most_common(6))
    return f"问题 Problems {problems or 0}"


def _label(term: Term) -> str:
    return f"{term.zh} {term.en.capitalize()}"


def lag(wait: timedelta, play: Play) -> str:
    """Return a citizen's wait for an operator as text, in the centre's time and in real time.

    The real time shows how far the play lags behind.
    """
    return f"{wait.total_seconds():.0f} s (实 real {play.room.clock.real_seconds(wait):.1f} s)"


def _picture(play: Play, figures: Figures) -> RenderableType:
    """Return the picture: 17 lines, so that a terminal of 80 × 24 also keeps the sign-ins above it."""
    now = play.room.now()
    today = {label: figures.today.get(name, 0) for name, label in TODAY.items()}
    standing = {_label(status): figures.by_status.get(status, 0) for status in OPEN}
    standing |= {"待回应 Offers out": figures.offers_waiting, "待回访 To call back": figures.callbacks_due}
    return Group(
        Text.assemble((f"{now:%Y-%m-%d %H:%M}", "bold"), "  今天 Today"),
        _counts(today),
        Text("现在 Now"),
        _counts(standing),
        _volumes(now.hour, figures),
        *(Text(line, no_wrap=True, overflow="ellipsis") for line in (_pace(play, figures), _problems(play))),
    )


def _counts(counts: Mapping[str, int]) -> Table:
    """Return the counts in three columns, read downwards."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(COLUMNS):
        table.add_column(width=20)
        table.add_column(width=5, justify="right")
    cells = [(label, str(count)) for label, count in counts.items()]
    rows = -(-len(cells) // COLUMNS)
    for row in range(rows):
        table.add_row(*(text for cell in cells[row::rows] for text in cell))
    return table


def _volumes(hour: int, figures: Figures) -> Table:
    hours = range(max(0, hour + 1 - HOURS_SHOWN), hour + 1)
    found = {(row["hour"], row["kind"]): row["requests"] for row in figures.volumes}
    table = Table("每小时 By hour", *(f"{hour:02d}:00" for hour in hours), box=None, padding=(0, 2, 0, 0))
    for kind in Kind:
        table.add_row(_label(kind), *(str(found.get((hour, kind), 0)) for hour in hours))
    return table
