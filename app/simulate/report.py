"""A simulated day as an HTML page: its table, and plots that compare the policies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.kit.db import Tx
from app.simulate import queries


@dataclass(frozen=True)
class Course:
    """The course of the day: a row for each dispatched request, and each provider's offers divided by its capacity."""

    requests: Sequence[Mapping[str, Any]]
    loads: Sequence[float]


async def read_course(tx: Tx) -> Course:
    """Read the course of the day in this database."""
    loads = [load for row in await queries.list_loads(tx) for load in row["loads"]]
    return Course([dict(row) for row in await queries.list_courses(tx)], loads)


def write_report(
    path: Path, title: str, table: Sequence[Sequence[str]], courses: Mapping[str, Course], zone: ZoneInfo
) -> None:
    """Write the page.

    `table` starts with the header row; `courses` are by policy. Raises ImportError (matplotlib), OSError.
    """
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table)
    plots = "".join(f"<figure>{plot}</figure>" for plot in _draw(courses, zone))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PAGE.format(title=escape(title), rows=rows, plots=plots), encoding="utf-8")


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933 }}
table {{ border-collapse: collapse }} td {{ padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #d9e2ec }}
tr:first-child {{ font-weight: 600 }} figure {{ margin: 2rem 0 }} svg {{ max-width: 100%; height: auto }}
</style>
<h1>{title}</h1>
<table>{rows}</table>
{plots}
</html>
"""


def _draw(courses: Mapping[str, Course], zone: ZoneInfo) -> Iterator[str]:
    from matplotlib.figure import Figure  # imported here because only reports need it
    from matplotlib.ticker import ScalarFormatter

    if not any(course.requests for course in courses.values()):
        return
    urgencies = list(dict.fromkeys(row["urgency"] for course in courses.values() for row in course.requests))
    for title, until in (("Minutes from the call to acceptance", "accepted_at"), ("… to arrival", "started_at")):
        figure = Figure((10, 3.2), layout="constrained")
        for axes, urgency in zip(figure.subplots(1, len(urgencies), squeeze=False)[0], urgencies, strict=True):
            for policy, course in courses.items():
                _steps(axes, _minutes(course, urgency, until), policy)
            axes.set(title=urgency, xlabel="minutes", ylabel="share of dispatched", ylim=(0, 1), xscale="symlog")
            axes.set_xlim(0, max(axes.get_xlim()[1], 2))  # two ticks at least: the first is at one minute
            axes.xaxis.set_major_formatter(ScalarFormatter())
        yield _svg(figure, title)
    figure = Figure((10, 3.2), layout="constrained")
    waiting, loads = figure.subplots(1, 2)
    for policy, course in courses.items():
        hours, open_requests = zip(*_backlog(course, zone), strict=True)
        waiting.step(hours, open_requests, where="post", label=policy)
        _steps(loads, course.loads, policy)
    waiting.set(title="Dispatched, not yet accepted", xlabel="hour of the day", ylabel="requests", xlim=(0, 30))
    loads.set(title="Counted offers over capacity", xlabel="offers per place", ylabel="share of providers")
    yield _svg(figure, "Backlog and fairness")


def _steps(axes: Any, values: Sequence[float | None], label: str) -> None:
    """Plot the share of all values up to each value. Missing values count as larger than all."""
    known = sorted(value for value in values if value is not None)
    axes.step([0, *known], [place / max(len(values), 1) for place in range(len(known) + 1)], where="post", label=label)


def _minutes(course: Course, urgency: str, until: str) -> list[float | None]:
    return [
        (row[until] - row["received_at"]) / timedelta(minutes=1) if row[until] else None
        for row in course.requests
        if row["urgency"] == urgency
    ]


def _backlog(course: Course, zone: ZoneInfo) -> list[tuple[float, int]]:
    """Return for each change how many requests were dispatched but not yet accepted.

    Times are hours since the first local midnight.
    """
    begin = min(row["received_at"] for row in course.requests).astimezone(zone)
    midnight = datetime.combine(begin.date(), datetime.min.time(), tzinfo=zone)
    moves: Mapping[str, int] = {"dispatched_at": 1, "left_at": -1}
    changes = sorted((row[name], move) for row in course.requests for name, move in moves.items() if row[name])
    counts = accumulate(move for _, move in changes)
    return [((at - midnight) / timedelta(hours=1), count) for (at, _), count in zip(changes, counts, strict=True)]


def _svg(figure: Any, title: str) -> str:
    figure.suptitle(title)
    figure.axes[0].legend(frameon=False)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
