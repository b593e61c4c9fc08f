"""Runs the API and the worker as separate processes on the demo's clock."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx

from app.demo.pace import first_of
from app.kit.embedded.account import die_with_parent
from app.settings import Settings

HOST = "127.0.0.1"
STOP_SECONDS = 15.0
RECHECK_SECONDS = 0.05


class ProcessEnded(Exception):
    """One of the demo's processes ended unexpectedly."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        super().__init__(f"hotline {name} 自己结束了 ended by itself (exit code {code}); 见 see {log}")


class Processes:
    """The running processes by name, and the folder of their logs."""

    def __init__(self, settings: Settings) -> None:
        self.logs = log_folder(settings)
        self._running: dict[str, Process] = {}
        self._environment = os.environ | {
            "HOTLINE_CLOCK_START": str(settings.clock_start),
            "HOTLINE_CLOCK_REAL_START": str(settings.clock_real_start),
            "HOTLINE_CLOCK_FACTOR": str(settings.clock_factor),
            # Lets webhooks reach a receiver on this machine.
            "HOTLINE_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
            "HOTLINE_PROVIDER_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
            # The longest possible: the clock is fast, and viewers should stay signed in.
            "HOTLINE_SESSION_HOURS": "8760",
            "HOTLINE_PROVIDER_SESSION_DAYS": "3650",
        }

    async def start(self, name: str, *options: str) -> None:
        """Start `hotline NAME` in its own process group, so that Ctrl-C in our terminal does not reach it."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.cli", name, *options),
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                env=self._environment,
                process_group=0,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )

    async def watch(self) -> None:
        """Wait until one of the processes ends unexpectedly, and raise ProcessEnded."""
        await first_of(*(self._watch(name, process) for name, process in self._running.items()))

    async def _watch(self, name: str, process: Process) -> None:
        raise ProcessEnded(name, await process.wait(), self.logs / f"{name}.log")

    async def stop(self) -> None:
        """Stop all processes and wait. One that does not end in time is killed."""
        await asyncio.gather(*(_stop(process) for process in self._running.values()))


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def log_folder(settings: Settings) -> Path:
    """Return the folder in which the processes write their logs."""
    return settings.data_dir / "log"


@asynccontextmanager
async def running(settings: Settings, port: int) -> AsyncIterator[Processes]:
    """Run the API and the worker during the block, which begins once the API answers. Raises ProcessEnded."""
    processes = Processes(settings)
    try:
        await processes.start("serve", "--host", HOST, "--port", str(port))
        await processes.start("worker")
        await first_of(processes.watch(), _until_ready(f"http://{HOST}:{port}/health/ready"))
        yield processes
    finally:
        await processes.stop()


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(RECHECK_SECONDS)
