"""Unattended operation: the provider's own system, here small scripts, decides offers and receives job changes."""

import asyncio
import contextlib
import json
import shlex
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hotline_provider import Journal, unattended
from hotline_provider.unattended import Unattended
from hotline_provider.wording import Lang, Say
from tests.providers.kit import client_of
from tests.world import DOOR_LOCK, DRAIN, SampleProvider, World, ok

DECIDE = """
import json, sys
offer = json.load(sys.stdin)
if offer["item_code"] == "LS01":
    answer = {"answer": "decline", "reason": "no_staff", "note": "锁匠请假"}
else:
    answer = {"answer": "accept"}
print(json.dumps(answer))
"""
NOTE = """
import pathlib, sys
with pathlib.Path(sys.argv[1]).open("a") as told:
    told.write(sys.stdin.read() + "\\n")
"""


def script(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-c", code, *words])


@asynccontextmanager
async def at_work(
    world: World, provider: SampleProvider, folder: Path, on_offer: str | None, on_job: str | None, *accept: str
) -> AsyncIterator[None]:
    async with client_of(world, provider, journal=Journal(folder / "journal.db")) as hotline:
        agent = Unattended(hotline, Say(Lang.ZH), on_offer, on_job, frozenset(accept))
        running = asyncio.create_task(agent.run())
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_providers_own_program_decides_and_is_notified_of_each_change(world: World, tmp_path: Path) -> None:
    provider = await world.add_provider(DRAIN, DOOR_LOCK)
    told = tmp_path / "told"

    def statuses() -> list[Any]:
        lines = told.read_text().splitlines() if told.exists() else []
        return [(job["status"], job.get("contact_phone")) for job in map(json.loads, lines)]

    async with at_work(world, provider, tmp_path, script(DECIDE), script(NOTE, str(told))):
        lock = (await world.dispatch(DOOR_LOCK))["request"]["id"]
        drain = (await world.dispatch(DRAIN))["request"]["id"]
        await until(lambda: len(statuses()) == 1)
        [job] = await ok(provider.client.get("/provider/jobs"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        await until(lambda: len(statuses()) == 2)
        await ok(world.operator.put(f"/requests/{drain}/cancellation", json={"reason": "邻居帮忙通好了"}))
        await until(lambda: len(statuses()) == 3)
    assert statuses() == [("accepted", "13957412345"), ("started", "13957412345"), ("cancelled", None)]
    [declined] = await ok(world.operator.get(f"/requests/{lock}/offers"))
    assert (declined["status"], declined["decline_reason"]) == ("declined", "no_staff")


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('好的')"], ids=["it fails", "it says something else"])
async def test_a_command_that_fails_decides_nothing_and_is_asked_again(
    world: World, tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unattended, "AGAIN_SECONDS", 0.01)
    provider = await world.add_provider(DRAIN)
    asked = tmp_path / "asked"
    failing = f"import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('1'); {code}"
    async with at_work(world, provider, tmp_path, script(failing, str(asked)), None):
        await world.dispatch(DRAIN)
        await until(lambda: asked.exists() and len(asked.read_text()) >= 2)
    assert [offer["status"] for offer in await ok(provider.client.get("/provider/offers"))] == ["pending"]


async def test_items_named_are_accepted_and_others_are_left_to_a_person(world: World, tmp_path: Path) -> None:
    provider = await world.add_provider(DRAIN, DOOR_LOCK)
    lock = await world.dispatch(DOOR_LOCK)
    async with at_work(world, provider, tmp_path, None, None, DRAIN):
        drain = await world.dispatch(DRAIN)
        async with asyncio.timeout(30):
            while await world.status(drain["request"]["id"]) != "assigned":
                await asyncio.sleep(0.01)
    assert await world.status(lock["request"]["id"]) == "dispatching"
