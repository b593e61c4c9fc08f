"""The provider's books on its own machine: statement, credit with reply and appeal, and why it was passed over."""

from pathlib import Path

import httpx
import pytest

from hotline_provider import Journal, Unreachable
from tests.credit.cases import ningbo, proposed
from tests.providers.kit import Terminal, client_of
from tests.providers.test_outages import Line
from tests.world import DRAIN, World, ok


async def test_a_deduction_is_answered_and_appealed_from_the_command_line(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    entry = await proposed(world, provider)
    terminal, name = Terminal(url, provider), entry["id"][-6:]
    shown = await terminal.run("credit")
    assert "信用分 100" in shown
    assert all(word in shown for word in (name, "拟扣", "-6", str(entry["request_number"])))
    assert "由中心审议" in await terminal.run("reply", name, "--text", "当天师傅突发疾病，已提前说明")
    world.clock.moment = ningbo(12, 2)
    decision = {"apply": True, "note": "未提前说明"}
    (await world.registrar.put(f"/credit/entries/{entry['id']}/decision", json=decision)).raise_for_status()
    assert "信用分 94" in await terminal.run("credit")
    said = await terminal.run("--lang", "en", "appeal", name, "--text", "有急诊记录，请复核")
    assert "A registrar decides" in said
    assert "没有编号或单号为 00000000 的信用记录" in await terminal.run("reply", "00000000", "--text", "无", status=2)


async def test_a_complaint_is_shown_and_answered_from_the_command_line(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
    await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    contact = {"purpose": "complaint", "phone": "13957412345", "note": "没有准时到"}
    await ok(world.operator.post(f"/requests/{made['request']['id']}/contacts", json=contact))
    [case] = (await ok(provider.client.get("/provider/complaints")))["items"]
    terminal, name = Terminal(url, provider), case["id"][-6:]
    shown = await terminal.run("complaints")
    assert all(word in shown for word in (name, "待裁定", "没有准时到", str(case["number"])))
    assert "已记录" in await terminal.run("answer-complaint", name, "--text", "路上堵车")
    assert "路上堵车" in await terminal.run("complaints")


async def test_a_reply_that_got_no_answer_is_sent_later_and_only_once(world: World, tmp_path: Path) -> None:
    provider, text = await world.add_provider(DRAIN), "当天师傅突发疾病，已提前说明"
    entry, journal = await proposed(world, provider), Journal(tmp_path / "journal.db")
    async with Line(httpx.ConnectError("no route")).client(patience=0, journal=journal) as cut_off:
        with pytest.raises(Unreachable):
            await cut_off.reply(entry["id"], text)
    async with client_of(world, provider, journal=journal) as hotline:
        assert [problem async for _, problem in hotline.deliver()] == [None]
        decision = {"apply": False, "note": "理由成立"}
        (await world.registrar.put(f"/credit/entries/{entry['id']}/decision", json=decision)).raise_for_status()
        again = await hotline.reply(entry["id"], text)  # as if the first answer had been lost
        assert (again.status, again.reply) == ("dropped", text)


async def test_a_month_is_filed_again_until_it_is_locked(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    terminal, sums = Terminal(url, provider), ("--turnover", "70000", "--profit-tax=-1200.50")
    assert "70000.00" in await terminal.run("file-month", "2026-10", "--turnover", "70000", "--profit-tax", "5000")
    filed = await terminal.run("file-month", "2026-10", *sums)
    assert all(word in filed for word in ("2026-10", "-1200.50", "已提交"))
    month = f"/providers/{provider.id}/months/2026-10"
    reviewed = {"turnover_fen": 7_000_000, "profit_tax_fen": -120_050}
    (await world.registrar.put(f"{month}/lock", json=reviewed)).raise_for_status()
    assert "已审定" in await terminal.run("months")
    await terminal.run("file-month", "2026-10", *sums, status=1)
    (await world.registrar.put(f"{month}/reopening", json={"reason": "营业额少报一笔"})).raise_for_status()
    assert "已退回：营业额少报一笔" in await terminal.run("months")
    await terminal.run("file-month", "2026-11", *sums, status=1)  # not over yet
    await terminal.run("file-month", "2026-10", "--turnover=-1", "--profit-tax", "0", status=2)


async def test_the_statement_is_read_and_saved(world: World, url: str, tmp_path: Path) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN, point=(29.95, 121.7))
    created = await world.dispatch(DRAIN)
    await world.complete(provider, created["offers"][0]["id"], 12_000)
    terminal, number = Terminal(url, provider), str(created["request"]["number"])
    assert "100% (1/1)" in await terminal.run("statement")
    month = await terminal.run("statement", "2026-11")
    assert all(word in month for word in (number, world.catalog.items[DRAIN].zh, "120.00", "合计"))
    saved = tmp_path / "对账单.csv"
    await terminal.run("statement", "2026-11", "--save", str(saved))
    assert number in saved.read_text("utf-8-sig")
    await terminal.run("statement", "2026-11", "--save", str(tmp_path / "对账单.xlsx"))
    assert (tmp_path / "对账单.xlsx").read_bytes().startswith(b"PK")
    await terminal.run("statement", "2026-11", "--save", str(tmp_path / "x.doc"), status=2)
    await terminal.run("statement", "2026-11", "--save", str(tmp_path / "nowhere" / "x.csv"), status=4)
    assert "已派给本单位" in await terminal.run("decisions")
    passed_over = await Terminal(url, other).run("decisions", "--day", "2026-11-24", "--number", number)
    assert "2/2" in passed_over
    assert number not in await Terminal(url, other).run("decisions", "--number", "1")
    async with client_of(world, other) as hotline:
        [decision] = await hotline.decisions_of(created["request"]["id"])
        assert (decision.asked, decision.place, decision.best is not None) == (False, 2, True)
        assert await hotline.no_shows() == []
