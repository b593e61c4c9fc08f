"""How the play goes, on the screen: figures of the day and of this moment, and the volumes by kind and hour."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.demo.api import Refused
from app.demo.play import Play

LIVE_SECONDS = 1.0
LINE_SECONDS = 5.0
HOURS_SHOWN = 8
TODAY = {
    "requests": "受理 In",
    "answered_in_call": "当场答复 Answered",
    "relayed": "转接 Relayed",
    "offered": "派单 Offered",
    "accepted": "接单 Accepted",
    "completed": "完工 Done",
    "callbacks": "回访 Called back",
    "unmatched": "无人可派 Unmatched",
    "declined": "拒单 Declined",
    "expired": "超时 Expired",
    "returned": "退单 Returned",
    "cancelled": "取消 Cancelled",
}
OPEN = {
    "received": "待答复 To answer",
    "relayed": "转接中 Relayed",
    "dispatching": "派单中 Dispatching",
    "assigned": "已接单 Assigned",
    "in_progress": "施工中 Started",
    "completed": "待回访 To call back",
    "unmatched": "待值班长 Unmatched",
    "on_hold": "挂起 On hold",
}
KINDS = {"info": "咨询 Info", "service": "服务 Service", "relay": "转接 Relay", "volunteer": "志愿 Volunteer"}


@dataclass(frozen=True)
class Look:
    """One look: the API's figures of now, today's volumes by hour and kind, answers per real second since the last."""

    at: datetime
    now: Mapping[str, Any]
    volumes: Sequence[Mapping[str, Any]]
    answers_per_second: float


async def show(play: Play, console: Console) -> None:
    """Show how it goes, for ever: as one live picture in a terminal, line by line elsewhere."""
    if not console.is_terminal:
        async for look in _looks(play, LINE_SECONDS):
            console.print(_line(look, play), soft_wrap=True)
        return
    with Live(console=console, auto_refresh=False) as live:
        async for look in _looks(play, LIVE_SECONDS):
            live.update(_picture(look, play), refresh=True)


async def _looks(play: Play, seconds: float) -> AsyncIterator[Look]:
    loop = asyncio.get_running_loop()
    answers, looked_at = play.traffic.answers, loop.time()
    while True:
        await asyncio.sleep(seconds)
        rate = (play.traffic.answers - answers) / (loop.time() - looked_at)
        answers, looked_at = play.traffic.answers, loop.time()
        at = play.room.now()
        day = {"from": f"{at:%Y-%m-%d}", "to": f"{at:%Y-%m-%d}"}
        try:
            now = await play.manager.get("/metrics/now")
            volumes = await play.manager.get("/metrics/volumes", by=["hour", "kind"], **day)
        except Refused:
            continue
        yield Look(at, now, volumes["rows"], rate)


def _line(look: Look, play: Play) -> str:
    counts = [f"{label} {look.now['today'][name]}" for name, label in TODAY.items()]
    started = f"{OPEN['in_progress']} {look.now['requests'].get('in_progress', 0)}"
    return " | ".join([f"{look.at:%m-%d %H:%M}", *counts, started, _pace(look, play)])


def _pace(look: Look, play: Play) -> str:
    """The load, whether the machine keeps up, and what was refused."""
    problems = ", ".join(f"{code} {count}" for code, count in play.problems.most_common(6))
    return " | ".join(
        (
            f"{look.answers_per_second:.0f} 次 HTTP/s",
            f"排队 Waiting {len(play.room.ringing)}, {lag(play.room.wait, play)}",
            f"问题 Problems {problems or 0}",
        )
    )


def lag(wait: timedelta, play: Play) -> str:
    """A citizen's wait for an operator, in the centre's time and in real time: how far the play is behind."""
    return f"{wait.total_seconds():.0f} s (实 real {play.room.clock.real_seconds(wait):.1f} s)"


def _picture(look: Look, play: Play) -> RenderableType:
    today = _counts("今天 Today", TODAY, look.now["today"])
    standing = _counts("现在 Now", OPEN, look.now["requests"])
    standing.add_row("待回应派单 Offers out", str(look.now["offers_waiting"]))
    standing.add_row("到期回访 Callbacks due", str(look.now["callbacks_due"]))
    heading = Text(f"{look.at:%Y-%m-%d %H:%M}", style="bold")
    return Group(heading, Columns([today, standing]), _volumes(look), Text(_pace(look, play)))


def _counts(title: str, labels: Mapping[str, str], counts: Mapping[str, int]) -> Table:
    table = Table(title=title, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, label in labels.items():
        table.add_row(label, str(counts.get(name, 0)))
    return table


def _volumes(look: Look) -> Table:
    hours = range(max(0, look.at.hour + 1 - HOURS_SHOWN), look.at.hour + 1)
    found = {(row["hour"], row["kind"]): row["requests"] for row in look.volumes}
    table = Table("", *(f"{hour:02d}:00" for hour in hours), title="每小时受理量 Requests by hour")
    for kind, label in KINDS.items():
        table.add_row(label, *(str(found.get((hour, kind), 0)) for hour in hours))
    return table
