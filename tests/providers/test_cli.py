"""The command line against a real server on a real port."""

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.registry.models import PriceKind
from hotline_provider.board import Unclear, pick
from hotline_provider.wording import Lang, Say
from tests.children import async_child
from tests.providers.kit import Terminal, job
from tests.world import CLEANING, DRAIN, World, ok


async def test_a_job_from_the_offer_to_the_bill(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    number = str((await world.dispatch(DRAIN))["request"]["number"])
    terminal = Terminal(url, provider)

    accepted = await terminal.run("accept", number)
    assert f"已接单 {number}" in accepted
    assert "王阿姨，电话 13957412345，地址 澄浪路88弄12号302室" in accepted
    listed = await terminal.run("jobs")
    assert world.catalog.items[DRAIN].zh in listed
    assert "待报价" in listed
    assert "已到场" in await terminal.run("start", number)
    assert "求助人已同意" in await terminal.run("quote", number, "--amount", "120.5", "--agreed")
    done = await terminal.run("complete", number, "--amount", "120.50", "--result", "疏通主管，试水通畅")
    assert "收费 120.50 元" in done
    assert "没有未完成的工单" in await terminal.run("jobs")


async def test_an_offer_is_named_by_the_end_of_its_id(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    name = created["offers"][0]["id"][-6:].upper()
    await Terminal(url, provider).run("decline", name, "--reason", "no_staff", "--note", "师傅请假")
    [stored] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    assert (stored["status"], stored["decline_reason"]) == ("declined", "no_staff")


def test_an_ambiguous_name_is_refused() -> None:
    say = Say(Lang.ZH)
    jobs = [
        job(id=UUID(f"0193a1b2-0000-7000-8000-{end}"), number=number)
        for number, end in ((100001, "aaaaaa2f31c8"), (100002, "bbbbbb2f31c8"))
    ]
    assert pick("100002", jobs, "jobs", say) is jobs[1]
    assert pick("aa2f31c8", jobs, "jobs", say) is jobs[0]
    with pytest.raises(Unclear, match="2f31c8 对应多个工单"):
        pick("2f31c8", jobs, "jobs", say)
    with pytest.raises(Unclear, match="没有编号或单号为 1c8 的工单"):
        pick("1c8", jobs[:1], "jobs", say)


async def test_an_appointment_is_typed_in_local_time(world: World, url: str) -> None:
    provider = await world.add_provider(CLEANING, price_kind=PriceKind.FIXED)
    opens = world.clock.now() + timedelta(days=1)
    wanted = {"wanted_from": opens.isoformat(), "wanted_to": (opens + timedelta(hours=8)).isoformat()}
    created = await world.dispatch(CLEANING, **wanted)
    start, end = (f"{(opens + timedelta(hours=hours)).astimezone():%Y-%m-%d %H:%M}" for hours in (1, 3))
    window = ("--appointment-from", start, "--appointment-to", end)
    await Terminal(url, provider).run("accept", str(created["request"]["number"]), *window)
    [job] = await ok(provider.client.get("/provider/jobs"))
    assert datetime.fromisoformat(job["appointment_from"]) == opens + timedelta(hours=1)


async def test_a_job_is_given_back(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    number, terminal = str(created["request"]["number"]), Terminal(url, provider)
    assert "13957412345" in await terminal.run("contact", number)
    assert "已退单" in await terminal.run("return", number, "--reason", "no_parts")
    assert await world.status(created["request"]["id"]) == "dispatching"


async def test_a_job_says_that_what_was_taken_down_is_corrected(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    request = (await world.dispatch(DRAIN))["request"]
    terminal = Terminal(url, provider)
    await terminal.run("accept", str(request["number"]))
    assert "更正" not in await terminal.run("jobs")
    etag = (await world.supervisor.get(f"/requests/{request['id']}")).headers["ETag"]
    correction = {"address": "澄浪路 9 号", "reason": "听错了"}
    await ok(world.supervisor.patch(f"/requests/{request['id']}", json=correction, headers={"If-Match": etag}))
    assert "更正" in "".join((await terminal.run("jobs")).split())
    world.advance(minutes=1)
    await terminal.run("start", str(request["number"]))
    assert "更正" not in await terminal.run("jobs")


async def test_errors_are_printed_and_set_the_exit_status(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    number = str((await world.dispatch(DRAIN))["request"]["number"])
    terminal = Terminal(url, provider)
    assert "没有编号或单号为 999999 的派单" in await terminal.run("accept", "999999", status=2)
    assert "12.345" in await terminal.run("quote", number, "--amount", "12.345", status=2)
    await terminal.run("accept", number)
    await terminal.run("start", number)
    refused = await terminal.run("--lang", "en", "complete", number, "--amount", "80", "--result", "通了", status=1)
    assert "The citizen has agreed to 0 fen" in refused

    terminal.environment["HOTLINE_KEY"] = "revoked"
    assert "请先登录" in await terminal.run("jobs", status=1)
    terminal.environment["HOTLINE_KEY"] = ""
    assert "HOTLINE_KEY" in await terminal.run("jobs", status=2)


async def test_an_extension_is_requested(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    until = datetime.fromisoformat(job["complete_by"]).replace(second=0) + timedelta(days=2)
    words = ("--until", f"{until.astimezone():%Y-%m-%d %H:%M}", "--reason", "配件要从杭州调货")
    terminal, number = Terminal(url, provider), str(created["request"]["number"])
    assert "等待值班长批准" in await terminal.run("extend", number, *words)
    await terminal.run("extend", number, "--until", "后天", "--reason", "配件要从杭州调货", status=2)
    [row] = (await ok(world.supervisor.get("/supervision/queue", params={"kind": "extension_asked"})))["items"]
    assert row["job_id"] == job["id"]


async def test_watching_shows_an_offer_as_it_comes_and_ends_cleanly(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    environment: dict[str, Any] = os.environ | Terminal(url, provider).environment | {"TTY_COMPATIBLE": "1"}
    command = (sys.executable, "-m", "hotline_provider.cli", "watch")
    async with (
        asyncio.timeout(30),
        async_child(*command, env=environment, stdout=asyncio.subprocess.PIPE) as watching,
    ):
        assert watching.stdout
        await watching.stdout.readuntil("暂无派单".encode())
        number = (await world.dispatch(DRAIN))["request"]["number"]
        await watching.stdout.readuntil(str(number).encode())
        watching.send_signal(signal.SIGINT)
        await watching.stdout.read()
        assert await watching.wait() == 0
