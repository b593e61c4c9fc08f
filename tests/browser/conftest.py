"""Debian's Chromium and a real server. `page` fails its test on any console error or accessibility violation."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from app.worker import work
from tests.browser.person import Person
from tests.world import World

AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
DESK = ViewportSize(width=1366, height=768)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that journeys recorded: key presses, seconds, kilobytes."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium. It cannot use its sandbox when run as root."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "Chromium is missing: apt install chromium fonts-noto-cjk"
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=program, args=list(QUIET), chromium_sandbox=os.geteuid() != 0
        )
        yield chromium
        await chromium.close()


@pytest.fixture
async def site(world: World) -> AsyncIterator[str]:
    """Serve the test's own application, with a worker, and yield its address."""
    config = uvicorn.Config(world.application, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        worker = tasks.create_task(work(world.context, world.application.state.catalog))
        serving = tasks.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        worker.cancel()
        server.should_exit = True
        await serving


Opening = Callable[..., Awaitable[Person]]


@pytest.fixture
async def sit_down(browser: Browser, site: str) -> AsyncIterator[Opening]:
    """Yield a function that opens a browser for one more person: `await sit_down(PHONE, "en-US")`."""
    people: list[Person] = []

    async def open_browser(viewport: ViewportSize = DESK, language: str = "zh-CN") -> Person:
        context = await browser.new_context(
            viewport=viewport,
            base_url=site,
            locale=language,
            timezone_id="Asia/Shanghai",
            has_touch=viewport == PHONE,
            is_mobile=viewport == PHONE,
        )
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(path=AXE)
        person = Person(await context.new_page())
        people.append(person)
        return person

    yield open_browser
    for person in people:
        await person.page.context.close()
        assert person.complaints == []
