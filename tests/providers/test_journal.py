"""Kept actions are sent once the centre can be reached, in order, and recorded: none is lost, none is sent twice."""

import asyncio
import resource
import sys
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from hotline_provider import CannotKeep, HotlineClient, Journal, Problem, Unreachable
from tests.children import async_child
from tests.providers.kit import Terminal, client_of
from tests.providers.test_outages import Line, busy
from tests.world import DRAIN, World, ok


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "firm" / "journal.db")


def outcomes(journal: Journal) -> list[tuple[str, str | None]]:
    return [(kept.path.rpartition("/")[2], kept.outcome) for kept in journal.all()]


async def test_an_action_that_got_no_answer_is_delivered_before_the_next_on_the_same_job(journal: Journal) -> None:
    lost, later = Line(httpx.ConnectError("no route")), Line(httpx.Response(409, json={"code": "job_over"}))
    async with lost.client(patience=0, journal=journal) as hotline:
        for name in (hotline.start, lambda job: hotline.quote(job, 12_000)):
            with pytest.raises(Unreachable, match="no route") as failure:
                await name("0190")
            assert failure.value.kept
    assert outcomes(journal) == [("start", None), ("quote", None)]
    async with later.client(journal=journal) as hotline:  # the agent was started anew
        with pytest.raises(Problem):
            await hotline.fail("0190", "公共立管堵死")
        told = [(kept.path.rpartition("/")[2], problem and problem.code) async for kept, problem in hotline.deliver()]
    assert [request.url.path.rpartition("/")[2] for request in later.asked] == ["start", "quote", "failure"]
    assert outcomes(journal) == [("start", "job_over"), ("quote", "job_over"), ("failure", "job_over")]
    assert told == [("start", "job_over"), ("quote", "job_over")]


async def test_delivering_says_what_became_of_each_and_leaves_what_cannot_be_judged_now(journal: Journal) -> None:
    async with Line(httpx.ReadTimeout("silence")).client(patience=0, journal=journal) as hotline:
        for job in ("0190", "0190", "0191"):
            with pytest.raises(Unreachable):
                await hotline.give_back(job, "no_parts")
    later = Line(busy(500), httpx.Response(409, json={"code": "job_over", "title": "该工单已结束"}))
    async with later.client(journal=journal) as hotline:
        said = [(kept.subject, problem and problem.code) async for kept, problem in hotline.deliver()]
    assert said == [("/provider/jobs/0191", "job_over")]
    assert [kept.subject for kept in journal.unanswered()] == ["/provider/jobs/0190"] * 2


async def test_a_busy_centre_leaves_the_action_kept(journal: Journal) -> None:
    async with Line(busy()).client(patience=0, journal=journal) as hotline:
        with pytest.raises(Unreachable, match="请稍后再试"):
            await hotline.start("0190")
    assert outcomes(journal) == [("start", None)]


async def test_what_a_hold_or_a_gateway_refuses_is_sent_again(journal: Journal) -> None:
    held = httpx.Response(409, json={"code": "request_on_hold", "title": "该工单已暂缓"})
    line = Line(held, httpx.Response(404, html="<h1>Not here</h1>"), httpx.Response(409, json={"code": "job_over"}))
    async with line.client(patience=0, journal=journal) as hotline:
        with pytest.raises(Unreachable, match="该工单已暂缓"):
            await hotline.give_back("0190", "no_parts")
        assert [kept async for kept, _ in hotline.deliver()] == []
        assert outcomes(journal) == [("return", None)]
        assert [problem and problem.code async for _, problem in hotline.deliver()] == ["job_over"]


async def test_a_late_report_names_the_moment_of_the_decision(world: World, journal: Journal) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    async with client_of(world, provider, journal=journal) as hotline:
        job = await hotline.accept(created["offers"][0]["id"])
    then = world.clock.now()
    async with Line(httpx.ConnectError("no route")).client(patience=0, journal=journal) as cut_off:
        with pytest.raises(Unreachable):
            await cut_off.start(job.id, happened_at=then)
    world.advance(minutes=20)
    async with client_of(world, provider, journal=journal) as hotline:
        assert [problem async for _, problem in hotline.deliver()] == [None]
        assert [problem async for _, problem in hotline.deliver()] == []
    events = await ok(world.operator.get(f"/requests/{job.request_id}/events"))
    [started] = [event for event in events if event["kind"] == "job.started"]
    assert datetime.fromisoformat(started["data"]["happened_at"]) == then


async def test_without_the_centres_time_no_moment_is_named_for_this_clock_may_be_wrong(journal: Journal) -> None:
    async with Line(httpx.ConnectError("no route")).client(patience=0, journal=journal) as hotline:
        with pytest.raises(Unreachable):
            await hotline.start("0190")
    assert journal.all()[0].body == {"happened_at": None}


async def test_the_centres_time_is_read_from_its_answers() -> None:
    long_ago = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    date = {"Date": formatdate(long_ago.timestamp(), usegmt=True)}
    async with Line(httpx.Response(200, headers=date, json=[])).client() as hotline:
        assert abs(hotline.now() - datetime.now(UTC)) < timedelta(minutes=1)
        await hotline.jobs()
        assert timedelta() < hotline.now() - long_ago < timedelta(minutes=1)


async def test_with_a_new_key_the_provider_goes_on_with_what_it_has_not_sent(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    terminal, number = Terminal(url, provider), str(created["request"]["number"])
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / name))
    del terminal.environment["HOTLINE_JOURNAL"]
    await terminal.run("accept", number)
    [file] = (tmp_path / "hotline-provider").glob("*.db")
    job = (await ok(provider.client.get("/provider/jobs")))[0]
    Journal(file).keep(f"/provider/jobs/{job['id']}/start", {})
    made = await ok(world.registrar.post(f"/providers/{provider.id}/keys", json={"label": "new"}))
    await ok(world.registrar.delete(f"/providers/{provider.id}/keys/test"))
    refused = await terminal.run("jobs", status=1)  # the key was revoked, which says nothing about the action
    assert "中心已收到" not in refused
    terminal.environment["HOTLINE_KEY"] = made["key"]
    assert "中心已收到" in await terminal.run("journal")
    assert outcomes(Journal(file)) == [("acceptance", "done"), ("start", "done")]
    assert [path.name for path in (tmp_path / "hotline-provider").glob("*.db")] == [file.name]


def no_room() -> None:
    """Make this process unable to write to any file, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


async def test_on_a_full_disk_an_action_is_not_begun_and_what_was_kept_is_still_sent(world: World, url: str) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    number, [offer] = str(created["request"]["number"]), created["offers"]
    terminal = Terminal(url, provider)

    async def run(*words: str) -> tuple[int | None, str]:
        async with async_child(
            *(sys.executable, "-m", "hotline_provider.cli", *words),
            env=terminal.whole_environment,
            preexec_fn=no_room,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        ) as process:
            output, _ = await process.communicate()
        return process.returncode, output.decode()

    status, said = await run("accept", number)
    assert status == 4, said
    assert "磁盘无法记录" in said
    assert (await ok(provider.client.get("/provider/offers")))[0]["status"] == "pending"

    Journal(terminal.journal).keep(f"/provider/offers/{offer['id']}/acceptance", {})
    status, said = await run("jobs")
    assert status == 0, said
    assert "中心已收到" in said
    assert [job["number"] for job in await ok(provider.client.get("/provider/jobs"))] == [int(number)]
    assert outcomes(Journal(terminal.journal)) == [("acceptance", None)]  # no room for the answer: sent once more
    assert "中心已收到" in await terminal.run("jobs")
    assert outcomes(Journal(terminal.journal)) == [("acceptance", "done")]


async def test_a_journal_that_is_no_journal_refuses_actions_too(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("这不是记录文件" * 100)
    line = Line(httpx.Response(200))
    async with HotlineClient(
        "http://hotline", "key", journal=Journal(tmp_path / "journal.db"), transport=httpx.MockTransport(line)
    ) as hotline:
        with pytest.raises(CannotKeep, match="not a database"):
            await hotline.start("0190")
    assert line.asked == []
