"""A person at the keyboard: a real terminal, the real agent, a real server."""

import asyncio
import os
import pty
import re
import sys
from collections.abc import AsyncIterator

import pytest

from tests.children import async_child
from tests.providers.kit import Terminal
from tests.world import DRAIN, SampleProvider, World, ok

Keys = tuple[int, "asyncio.Queue[str]"]


@pytest.fixture
async def provider(world: World) -> SampleProvider:
    return await world.add_provider(DRAIN)


class Desk:
    """The agent in a terminal. Tests can wait for what it shows and press keys."""

    def __init__(self, terminal: int) -> None:
        self._terminal, self._shown, self._news = terminal, "", asyncio.Event()
        asyncio.get_running_loop().add_reader(terminal, self._read)

    def _read(self) -> None:
        try:
            self._shown += os.read(self._terminal, 65_536).decode(errors="ignore")
        except OSError:  # the agent has left its terminal
            asyncio.get_running_loop().remove_reader(self._terminal)
        self._news.set()

    async def shows(self, text: str) -> None:
        """Wait until it has shown this since the last call."""
        async with asyncio.timeout(30):
            while text not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._shown):
                self._news.clear()
                await self._news.wait()
        self._shown = ""

    def press(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._terminal, keys.encode())


@pytest.fixture
async def desk(url: str, provider: SampleProvider) -> AsyncIterator[Desk]:
    """Run `hotline-provider watch` in a terminal."""
    ours, its = pty.openpty()
    command = (sys.executable, "-m", "hotline_provider.cli", "watch")
    environment = Terminal(url, provider).whole_environment | {"TERM": "xterm", "LINES": "40", "COLUMNS": "160"}
    async with async_child(*command, stdin=its, stdout=its, env=environment) as process:
        os.close(its)
        desk = Desk(ours)
        try:
            yield desk
            desk.press("q")
            async with asyncio.timeout(30):
                assert await process.wait() == 0
        finally:
            asyncio.get_running_loop().remove_reader(ours)
            os.close(ours)


async def test_a_job_from_the_offer_to_the_bill_by_keys(world: World, provider: SampleProvider, desk: Desk) -> None:
    await desk.shows("q 退出")
    created = await world.dispatch(DRAIN)
    await desk.shows(str(created["request"]["number"]))
    desk.press("a")
    await desk.shows("电话 13957412345")
    await desk.shows("已接单")
    desk.press("s")
    await desk.shows("已到场开工")
    desk.press("p")
    await desk.shows("1_")
    desk.press("\x7f2\n120.5\n")
    await desk.shows("y/n")
    desk.press("y\n")
    await desk.shows("求助人已同意")
    desk.press("c")
    await desk.shows("2_")
    desk.press("\n")
    await desk.shows("120.50_")
    desk.press("\n")
    await desk.shows("做了什么")
    desk.press("疏通主管，试水通常\x7f畅\r")
    await desk.shows("收费 120.50 元")
    [job] = await ok(world.operator.get(f"/requests/{created['request']['id']}/jobs"))
    assert (job["status"], job["quantity"], job["amount_fen"]) == ("completed", 2, 12_050)
    assert job["result"] == "疏通主管，试水通畅"


async def test_the_chosen_row_stays_chosen_and_a_reason_is_picked_by_its_number(
    world: World, provider: SampleProvider, desk: Desk
) -> None:
    first = await world.dispatch(DRAIN, phone="13800000001")
    world.advance(seconds=1)
    second = await world.dispatch(DRAIN, phone="13800000002")
    await desk.shows(str(second["request"]["number"]))
    desk.press("\x1b[B")
    await ok(provider.client.put(f"/provider/offers/{first['offers'][0]['id']}/acceptance"))
    await desk.shows("已接单")
    desk.press("d")
    await desk.shows("5 没有人手")
    desk.press("5")
    await desk.shows("可不填")
    desk.press("\r")
    await desk.shows("已拒单")
    [offer] = await ok(world.operator.get(f"/requests/{second['request']['id']}/offers"))
    assert (offer["status"], offer["decline_reason"]) == ("declined", "no_staff")


async def test_an_invalid_or_refused_amount_is_shown_and_changes_nothing(
    world: World, provider: SampleProvider, desk: Desk
) -> None:
    created = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    await desk.shows("已接单")
    desk.press("p\x7f两根\n")
    await desk.shows("不是数量")
    desk.press("p\n一百二\n")
    await desk.shows("不是金额")
    desk.press("c\n80\n")
    await desk.shows("y/n")
    desk.press("y\n")
    await desk.shows("做了什么")
    desk.press("\x1b")
    await desk.shows("q 退出")
    desk.press("c\n80\ny\n通了\n")
    await desk.shows("已开工")
    assert (await ok(world.operator.get(f"/jobs/{job['id']}")))["status"] == "accepted"


async def test_without_its_terminal_the_agent_ends(url: str, provider: SampleProvider) -> None:
    ours, its = pty.openpty()
    command = (sys.executable, "-m", "hotline_provider.cli", "watch")
    environment = Terminal(url, provider).whole_environment | {"TERM": "xterm"}
    async with async_child(*command, stdin=its, stdout=its, env=environment) as process, asyncio.timeout(30):
        os.close(its)
        desk = Desk(ours)
        await desk.shows("q 退出")
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
        assert await process.wait() != 0
