"""Runs the demo from beginning to end: prepares it, starts the processes, plays and sums up."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from app.demo.display import show
from app.demo.pace import first_of
from app.demo.play import Play
from app.demo.processes import HOST, ProcessEnded, log_folder, running
from app.demo.sole import DemoRunning, sole_demo
from app.demo.stage import Plan, Stage, set_stage
from app.demo.summary import sum_up
from app.kit.clock import clock_from
from app.settings import Settings


async def run_demo(settings: Settings, direct_url: str, plan: Plan) -> int:
    """Run the demo until its time is over or SIGINT or SIGTERM ends it. Return the exit code."""
    console, stopped = Console(), asyncio.Event()
    logging.getLogger().setLevel(logging.WARNING)  # the players' HTTP clients log a lot
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with sole_demo(direct_url, settings):
            port = find_port(plan.port)
            _log_to(log_folder(settings))
            console.print("正在准备 Preparing …")
            stage = await first_of(set_stage(settings, direct_url, plan, _tell(console)), stopped.wait())
            return await _perform(stage, plan, port, stopped, console) if isinstance(stage, Stage) else 0
    except (OSError, DemoRunning, ProcessEnded) as error:
        console.print(str(error), style="red", soft_wrap=True)
        return 1


async def _perform(stage: Stage, plan: Plan, port: int, stopped: asyncio.Event, console: Console) -> int:
    async with running(stage.settings, port) as processes:
        _announce(stage, plan, port, console)
        if not plan.plays:
            await first_of(stopped.wait(), processes.watch())
            return 0
        play = Play(stage, plan, f"http://{HOST}:{port}")
        async with play.api:
            await first_of(stopped.wait(), processes.watch(), play.run(), show(play, console))
            console.print("正在结束 Stopping …")
            totals = await play.totals()
    return 0 if await sum_up(play, totals, stage.settings, console) else 1


def find_port(port: int) -> int:
    """Return the port, or a free one for 0. Raises OSError if the port is taken."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = port + 1 if port < 65_535 else 0
            raise OSError(
                f"端口 {port} 已被占用，请另选一个 port {port} is taken; choose another: "
                f'make demo ARGS="--port {other}"'
            ) from error
        return int(probe.getsockname()[1])


def _log_to(folder: Path) -> None:
    """Write the log, including the players' errors, to a file, because the terminal shows the play."""
    folder.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("app")
    logger.addHandler(logging.FileHandler(folder / "demo.log", mode="w", encoding="utf-8"))
    logger.propagate = False


def _tell(console: Console) -> Callable[[int, int], None]:
    def tell(done: int, days: int) -> None:
        if done % 10 == 0 or done == days:
            console.print(f"历史数据 History: {done}/{days} 天 days")

    return tell


def _announce(stage: Stage, plan: Plan, port: int, console: Console) -> None:
    provider = stage.members[stage.cast.visitor]
    now = clock_from(stage.settings).now().astimezone(stage.settings.zone)
    lines = {
        "控制台 Console": f"http://{HOST}:{port}/  接口文档 API docs: http://{HOST}:{port}/docs",
        "登录 Sign-ins": f"operator1–{stage.operators}, supervisor1, registrar1, manager1, admin1",
        "密码 Password": f"{stage.password}  (本次运行随机生成 made for this run)",
        "服务单位 Provider": provider.name,
        "密钥 Key": provider.key,
        "日志 Logs": str(log_folder(stage.settings)),
        "时钟 Clock": f"{now:%Y-%m-%d %H:%M}, × {plan.factor:g}; {_ending(plan, now)}",
    }
    for label, value in lines.items():
        console.print(f"{label}: {value}", highlight=False, soft_wrap=True, markup=False)
    if stage.phoned:
        console.print(
            f"系统允许打开的文件太少（ulimit -n），{stage.phoned} 家有软件的单位改由电话通知 "
            f"too few open files are allowed (ulimit -n), so {stage.phoned} providers with software are phoned",
            soft_wrap=True,
        )


def _ending(plan: Plan, began: datetime) -> str:
    """Return, as text for the screen, when the demo ends."""
    if plan.plays and plan.hours:
        return f"到 {began + timedelta(hours=plan.hours):%m-%d %H:%M} 自行结束 ends by itself then, or with Ctrl-C"
    return "一直运行 goes on until Ctrl-C"
