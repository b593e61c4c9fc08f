"""The database's processes are stopped (SIGSTOP, as on a hanging machine): nobody waits for ever, and it recovers."""

import asyncio
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from app.kit import db as database
from app.kit import embedded
from app.kit.context import Context, open_context
from app.kit.db import Timeouts
from app.kit.migrate import migrate
from app.main import create_app
from app.settings import Settings
from app.worker import DUE_STEPS, LOG_STEPS, work

HASTY = Timeouts(statement=0.5, lock=0.2, idle=5)
CALLS = 6


def server_processes(data: Path) -> list[psutil.Process]:
    """Return the postmaster and its children."""
    postmaster = psutil.Process(int((data / "cluster" / "postmaster.pid").read_text().split()[0]))
    return [postmaster, *postmaster.children(recursive=True)]


async def test_a_stopped_database_gives_503_in_time_and_goes_on_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANSWER_SECONDS", "ROLLBACK_SECONDS", "CONNECT_SECONDS"):
        monkeypatch.setattr(database, name, 0.5)
    monkeypatch.setattr("app.worker.LONGEST_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr("app.worker.BEAT_SECONDS", 0.1)
    rounds: dict[str, int] = {}

    def counted(name: str, step: Any) -> Any:
        async def run(context: Context, *catalog: Any) -> int:
            done: int = await step(context, *catalog)
            rounds[name] = rounds.get(name, 0) + 1
            return done

        return run

    for module, steps in (("DUE_STEPS", DUE_STEPS), ("LOG_STEPS", LOG_STEPS)):
        monkeypatch.setattr(f"app.worker.{module}", {name: counted(name, step) for name, step in steps.items()})

    with embedded.join(tmp_path / "data") as server:
        settings = Settings(database_url=server.url, database_direct_url=server.url, pool_size=CALLS)
        await migrate(server.url)
        async with open_context(settings, HASTY) as context:
            application = create_app(settings, context)
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            async with (
                application.router.lifespan_context(application),
                httpx.AsyncClient(transport=transport, base_url="http://hotline") as client,
            ):
                worker = asyncio.ensure_future(work(context, application.state.catalog))
                try:
                    await every_step_goes_on(rounds)
                    stopped = server_processes(tmp_path / "data")
                    try:
                        for process in stopped:
                            process.send_signal(signal.SIGSTOP)
                        async with asyncio.timeout(30):
                            answers = await asyncio.gather(*(call(client) for _ in range(CALLS)))
                            ready, live = await client.get("/health/ready"), await client.get("/health/live")
                    finally:
                        for process in stopped:
                            process.send_signal(signal.SIGCONT)
                    assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "database_unavailable")}
                    assert all(int(one.headers["Retry-After"]) > 0 for one in (*answers, ready))
                    assert (ready.status_code, live.status_code) == (503, 200)
                    async with asyncio.timeout(30):
                        while (await client.get("/health/ready")).status_code != 200 or (
                            await call(client)
                        ).status_code != 401:
                            await asyncio.sleep(0.05)
                    rounds.clear()
                    await every_step_goes_on(rounds)
                    assert not worker.done()
                finally:
                    worker.cancel()
                    await asyncio.gather(worker, return_exceptions=True)


async def call(client: httpx.AsyncClient) -> httpx.Response:
    """Make a call whose token has to be looked up."""
    return await client.get("/api/v1/requests", headers={"Authorization": f"Bearer {uuid4().hex}"})


async def every_step_goes_on(rounds: dict[str, int]) -> None:
    """Check that each step of the worker completes again."""
    async with asyncio.timeout(30):
        while rounds.keys() != DUE_STEPS.keys() | LOG_STEPS.keys():
            await asyncio.sleep(0.05)
