"""What Prometheus is told."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from app.kit.db import Database
from app.kit.heartbeat import beat
from app.kit.skew import ClockSkewed, measure_skew
from app.kit.steps import Health, note_trouble, write_health
from app.kit.web import install
from app.monitoring.queries import DUE, NOT_BY_TIME
from app.worker import DUE_STEPS, _watch_clock
from tests.webhooks.receivers import register
from tests.world import DRAIN, World, ok, refused

Samples = dict[str, dict[frozenset[tuple[str, str]], float]]


async def scrape(world: World, **options: Any) -> Samples:
    """Read the metrics as Prometheus does. Return the values by name and labels."""
    async with AsyncClient(transport=world.transport, base_url="http://hotline") as prometheus:
        answer = await prometheus.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get(f"hotline_{name}", {}).get(frozenset(labels.items()), 0.0)


def client(world: World, address: str, **headers: str) -> AsyncClient:
    transport = ASGITransport(world.application, client=(address, 1), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://hotline", headers=headers)


async def test_calls_count_by_route_and_status(world: World) -> None:
    before = await scrape(world)
    await world.operator.get(f"/requests/{uuid4()}")
    await world.operator.get(f"/requests/{uuid4()}")
    await world.anonymous.get("/requests")
    await world.anonymous.request("BREW", "/nowhere/13957412345")
    after = await scrape(world)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    one = {"method": "GET", "route": "/api/v1/requests/{request_id}"}
    assert more("http_requests_total", **one, status="404") == 2
    assert more("http_request_seconds_count", **one) == 2
    assert more("http_request_seconds_bucket", **one, le="+Inf") == 2
    assert more("http_requests_total", method="GET", route="/api/v1/requests", status="401") == 1
    assert more("http_requests_total", method="other", route="other", status="404") == 1
    assert "13957412345" not in str(after), "what a caller makes up is no label"


async def test_a_wait_for_news_is_no_slow_call(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    waits = {"method": "GET", "route": "/api/v1/provider/offers"}
    before = await scrape(world)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(firm.client.get("/provider/offers", headers={"Prefer": "wait=30"}))
        while not value(await scrape(world), "open_calls", kind="poll"):
            await asyncio.sleep(0)
        await world.dispatch(DRAIN)
    assert waiting.result().status_code == 200
    after = await scrape(world)
    assert value(after, "http_requests_total", **waits, status="200") > 0
    seconds = "http_request_seconds_count"
    assert value(after, seconds, **waits) == value(before, seconds, **waits)


async def test_who_waits_and_for_how_long(world: World) -> None:
    nothing = await scrape(world)
    assert value(nothing, "waiting", kind="unmatched") == 0
    await world.dispatch(DRAIN)  # nobody offers it
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    world.advance(minutes=1)
    told = await scrape(world)
    for kind in ("unmatched", "offered"):
        assert value(told, "waiting", kind=kind) == 1, kind
        assert value(told, "waiting_oldest_seconds", kind=kind) == 60, kind
    assert value(told, "offers", state="pending") == 1
    assert value(told, "requests_overdue", clock="arrive") == 0
    await world.complete(firm, created["offers"][0]["id"])
    world.advance(days=3)
    told = await scrape(world)
    assert value(told, "waiting", kind="completed") == 1
    assert value(told, "requests_overdue", clock="accept") == 1
    assert value(told, "offers", state="accepted") == 0, "it was longer than an hour ago"


async def test_what_is_due_and_not_done(world: World) -> None:
    await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    world.advance(hours=1)
    told = await scrape(world)
    expires = value(told, "step_oldest_due_seconds", step="expire_offers")
    assert 0 < expires < 3_600
    assert value(told, "event_log_lag_seconds", reader="sequencer") == 3_600
    async with world.context.db.begin() as tx:
        offer_id = created["offers"][0]["id"]
        for _ in range(5):
            await note_trouble(tx, "expire_offers", offer_id, ValueError(), world.clock.now())
    told = await scrape(world)
    assert value(told, "step_set_aside", step="expire_offers") == 1
    assert value(told, "step_oldest_due_seconds", step="expire_offers") == 0, "somebody has to look; it is not late"
    await world.work()
    told = await scrape(world)
    assert value(told, "event_log_lag_seconds", reader="sequencer") == 0
    assert value(told, "event_log_lag_events", reader="webhooks") == 0


def test_every_step_has_its_metric() -> None:
    assert DUE.keys() | NOT_BY_TIME == DUE_STEPS.keys()
    assert not DUE.keys() & NOT_BY_TIME


async def test_webhooks_that_lag(world: World) -> None:
    await register(world.admin, "https://receiver.test/events")
    await world.create(DRAIN)
    await world.work()
    world.advance(minutes=5)
    told = await scrape(world)
    assert value(told, "step_oldest_due_seconds", step="send_webhooks") == 300
    assert value(told, "webhook_endpoints", state="active") == 1


async def test_the_worker_is_heard_of_or_not(world: World) -> None:
    assert value(await scrape(world), "worker_silent_seconds") == float("inf"), "it never ran"
    await beat(world.context.db, world.clock)
    failing = Health()
    failing.failed(ValueError("no"), world.clock.now())
    async with world.context.db.begin() as tx:
        steps = {"match_waiting": failing, "expire_offers": Health(world.clock.now())}
        await write_health(tx, steps, world.clock.now())
    world.advance(seconds=90)
    told = await scrape(world)
    assert value(told, "worker_silent_seconds") == 90
    assert value(told, "step_failing", step="match_waiting") == 1
    assert value(told, "step_failing", step="expire_offers") == 0
    assert value(told, "step_done_seconds", step="expire_offers") == 90


async def test_the_pools_and_the_clock(world: World) -> None:
    told = await scrape(world)
    assert value(told, "database_up") == 1
    assert value(told, "database_connections", pool="calls") >= 0
    assert value(told, "database_connections_most", pool="calls") == world.context.db.connections[1]
    assert abs(value(told, "clock_skew_seconds")) < 1


async def test_a_clock_that_is_wrong_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = world.clock.world_now
    monkeypatch.setattr(world.clock, "world_now", lambda: ahead() + timedelta(minutes=2))
    async with world.context.db.autocommit() as tx:
        assert 119 < await measure_skew(tx, world.clock) < 121
    with pytest.raises(ClockSkewed, match=r"\+120\.0 s"):
        await _watch_clock(world.context)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("10.0.0.7", {}, 403),
        ("203.0.113.9", {"Authorization": "Bearer open sesame"}, 200),
        ("203.0.113.9", {"Authorization": "Bearer wrong"}, 403),
        ("203.0.113.9", {"Authorization": "Bearer "}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
async def test_who_may_read_them(
    world: World, monkeypatch: pytest.MonkeyPatch, address: str, headers: dict[str, str], status: int
) -> None:
    settings = world.context.settings.model_validate({"metrics_token": "open sesame"})
    monkeypatch.setattr(world.context, "settings", settings)
    async with client(world, address, **headers) as caller:
        if status == 200:
            assert (await caller.get("/metrics")).status_code == 200
        else:
            await refused(caller.get("/metrics"), status, "monitoring_refused")


async def test_without_a_token_none_opens(world: World) -> None:
    async with client(world, "203.0.113.9", Authorization="Bearer ") as caller:
        await refused(caller.get("/metrics"), 403, "monitoring_refused")


async def test_a_network_may_read_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.context.settings.model_validate({"metrics_networks": "10.0.0.0/8"})
    monkeypatch.setattr(world.context, "settings", settings)
    async with client(world, "10.0.0.7") as inside, client(world, "127.0.0.1") as here:
        assert (await inside.get("/metrics")).status_code == 200
        await refused(here.get("/metrics"), 403, "monitoring_refused")


async def test_without_the_database_the_process_still_tells(world: World) -> None:
    await world.operator.get("/requests")
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    mended, world.context.db = world.context.db, nowhere
    try:
        told = await scrape(world)
    finally:
        world.context.db = mended
        await nowhere.close()
    assert value(told, "database_up") == 0
    assert "hotline_http_requests_total" in told
    assert "hotline_waiting" not in told
    assert await ok(world.operator.get("/requests")) is not None


async def test_a_crash_is_counted_and_named(world: World) -> None:
    """An unhandled error answers outside the middleware that counts."""
    app = FastAPI()
    app.state.context = world.context
    install(app)

    @app.get("/fails")
    async def fail() -> None:
        raise RuntimeError

    before = await scrape(world)
    async with httpx.AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://hotline"
    ) as caller:
        answer = await caller.get("/fails")
    assert len(answer.headers["X-Request-Id"]) == 32
    after = await scrape(world)
    [crashed] = [
        labels
        for labels, count in after["hotline_http_requests_total"].items()
        if count > before["hotline_http_requests_total"].get(labels, 0) and ("status", "500") in labels
    ]
    assert dict(crashed)["status"] == "500"
