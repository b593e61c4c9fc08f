"""The database misbehaves: lost answers, held locks, read-only, no answer at all."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from app.events.act import Act
from app.events.due import one_by_one
from app.intake.models import Request
from app.kit import db as database
from app.kit import pubsub as pubsub_module
from app.kit import steps
from app.kit.context import Context
from app.kit.db import Database, Timeouts, Tx, connect_arguments, database_problem
from app.kit.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnavailable
from app.kit.pubsub import PubSub
from app.kit.steps import RETRY_SECONDS
from app.main import bind
from app.worker import DUE_STEPS, work
from tests.proxies import proxy_before
from tests.world import DRAIN, World, ok, refused

SHORT = Timeouts(statement=5, lock=0.2, idle=20)


@asynccontextmanager
async def working_over(world: World, url: str, timeouts: Timeouts = SHORT) -> AsyncIterator[Context]:
    """Yield the application on the same database, connected through another address."""
    db = Database(url, pool_size=5, timeouts=timeouts)
    db.on_publish = world.context.pubsub.publish
    context = dataclasses.replace(world.context, db=db, files=db)
    bind(world.application, context)
    world.application.state.catalog.snapshot = world.catalog
    try:
        yield context
    finally:
        bind(world.application, world.context)
        await db.close()


def url_of(world: World) -> str:
    return str(world.context.settings.database_url)


async def count_requests(world: World) -> int:
    async with world.context.db.begin() as tx:
        return len((await tx.session.execute(select(Request.id))).all())


async def test_a_lost_answer_to_a_commit_is_reported_as_unknown(world: World) -> None:
    async with proxy_before(url_of(world)) as proxy, working_over(world, proxy.url):
        await ok(world.create("GV01", key="warm"))
        proxy.drop_answer_to_commit = True
        for number in range(5):
            problem = await refused(world.create("GV01", key=f"lost-{number}"), 503, "outcome_unknown")
            assert "Idempotency-Key" in problem["title"]
        answer = await world.operator.get("/requests?limit=1")
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable"), "nothing was to be kept"
        proxy.drop_answer_to_commit = False
        numbers = {(await ok(world.create("GV01", key=f"lost-{number}")))["request"]["number"] for number in range(5)}
    assert len(numbers) == 5
    assert proxy.commits_dropped >= 5
    assert await count_requests(world) == 6


async def test_a_connection_that_was_lost_while_it_lay_idle_is_replaced(world: World) -> None:
    async with proxy_before(url_of(world)) as proxy, working_over(world, proxy.url):
        await ok(world.create("GV01", key="warm"))
        before = proxy.accepted
        async with world.context.db.begin() as tx:
            await tx.driver.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND query ~ 'COMMIT'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        await ok(world.create("GV01", key="after"))
        assert proxy.accepted > before


async def test_a_silent_database_times_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(database, "ROLLBACK_SECONDS", 0.2)
    monkeypatch.setattr(database, "CONNECT_SECONDS", 0.3)
    hasty = Timeouts(statement=0.3, lock=0.2, idle=5)
    async with proxy_before(url_of(world)) as proxy, working_over(world, proxy.url, hasty) as context:
        await ok(world.create("GV01", key="before"))
        proxy.silent = True
        async with asyncio.timeout(30):
            answer = await world.create("GV01", key="meanwhile")
            ready = await world.anonymous.get("http://hotline/health/ready")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert (ready.status_code, ready.json()["code"]) == (503, "database_unavailable")
        proxy.silent = False
        await ok(world.create("GV01", key="meanwhile"))
        assert context.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # QueuePool


async def test_a_silent_listener_is_noticed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubsub_module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(pubsub_module, "SILENT_SECONDS", 0.2)
    async with proxy_before(str(context.settings.database_url)) as proxy:
        pubsub = PubSub(proxy.url)
        lost = asyncio.Event()
        await pubsub.start()
        async with asyncio.timeout(20):
            while not pubsub.connected:
                await asyncio.sleep(0.01)
            pubsub.on_message(lambda topics: None if topics else lost.set())
            proxy.silent = True
            while pubsub.connected:
                await asyncio.sleep(0.01)
            await lost.wait()
        await pubsub.stop()


async def test_a_database_that_takes_no_changes_says_so_and_is_used_again(world: World) -> None:
    name = make_url(url_of(world)).database
    connection = await asyncpg.connect(**connect_arguments(url_of(world)))
    await connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        async with working_over(world, url_of(world)):
            answer = await world.create("GV01", key="a")
            assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
            assert answer.headers["Retry-After"] == "5"
            await refused(world.anonymous.get("http://hotline/health/ready"), 503, "database_read_only")
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            await ok(world.create("GV01", key="a"))
            assert (await ok(world.anonymous.get("http://hotline/health/ready")))["status"] == "ok"
    finally:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        await connection.close()


@asynccontextmanager
async def locked(world: World, request_id: str) -> AsyncIterator[None]:
    """Hold a lock on this request's row."""
    async with world.context.db.begin() as tx:
        await tx.driver.execute("SELECT id FROM requests WHERE id = $1 FOR UPDATE", UUID(request_id))
        yield


async def test_a_held_lock_costs_its_own_subject_a_moment_and_the_others_nothing(world: World) -> None:
    await world.add_provider(DRAIN, capacity=9)
    held, free = await world.dispatch(phone="13800000001"), await world.dispatch(phone="13800000002")
    async with working_over(world, url_of(world)) as context:
        async with locked(world, held["request"]["id"]):
            problem = await refused(
                world.operator.put(f"/requests/{held['request']['id']}/cancellation", json={"reason": "不用了"}),
                503,
                "database_busy",
            )
            assert problem["status"] == 503
            world.advance(minutes=31)
            await DUE_STEPS["expire_offers"](context, world.catalog)
            states = [await offer_states(world, one) for one in (held, free)]
            assert states == [["pending"], ["expired"]]
        world.advance(seconds=steps.BUSY_SECONDS)
        await DUE_STEPS["expire_offers"](context, world.catalog)
        assert (await offer_states(world, held))[0] == "expired"
    assert (await ok(world.supervisor.get("/supervision/worker")))["set_aside"] == []


async def offer_states(world: World, made: dict[str, Any]) -> list[str]:
    async with world.context.db.begin() as tx:
        rows = await tx.driver.fetch(
            "SELECT status FROM offers WHERE request_id = $1 ORDER BY id", UUID(made["request"]["id"])
        )
    return [row["status"] for row in rows][:1]


async def test_a_step_that_waits_keeps_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, for_ever = asyncio.Event(), asyncio.Event()

    async def waits(context: Context, catalog: Any) -> int:
        reached.set()
        await for_ever.wait()
        return 0

    async def fails(context: Context, catalog: Any) -> int:
        raise ValueError("always")

    changed = {**DUE_STEPS, "roll_windows": waits, "watch_papers": fails}
    monkeypatch.setattr("app.worker.DUE_STEPS", changed)
    monkeypatch.setattr("app.worker.BEAT_SECONDS", 0.05)
    await world.add_provider(DRAIN, capacity=9)
    made = await world.dispatch()
    world.advance(minutes=31)
    worker = asyncio.ensure_future(work(world.context, world.application.state.catalog))
    try:
        async with asyncio.timeout(30):
            await reached.wait()
            while await offer_states(world, made) == ["pending"]:
                await asyncio.sleep(0.02)
            while True:
                ready = await ok(world.anonymous.get("http://hotline/health/ready"))
                said = {one["step"]: one for one in (await ok(world.supervisor.get("/supervision/worker")))["steps"]}
                if ready["failing_steps"] and said["expire_offers"]["done_at"]:
                    break
                await asyncio.sleep(0.02)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert (ready["worker_silent_seconds"], ready["failing_steps"]) == (0, ["watch_papers"])
    assert said["watch_papers"]["error"] == "ValueError: always"
    assert said["roll_windows"]["done_at"] is None


async def test_a_step_that_keeps_failing_is_set_aside_and_released_by_hand(world: World) -> None:
    poison, sound = uuid4(), uuid4()
    tried: list[UUID] = []
    broken = True

    async def find(tx: Tx, now: datetime, limit: int) -> list[UUID]:
        return [poison, sound][:limit]

    async def change(act: Act, tx: Tx, subject_id: UUID) -> None:
        tried.append(subject_id)
        if subject_id == poison and broken:
            raise ValueError("a row that nobody thought of")

    async def step() -> int:
        return await one_by_one(world.context, "trial", find, change)

    for seconds in (0, *RETRY_SECONDS, 10**6):
        world.advance(seconds=seconds)
        assert await step() == 1
        assert await step() == 1, "at once it is not tried again"
    assert tried.count(poison) == len(RETRY_SECONDS) + 1
    [shown] = (await ok(world.supervisor.get("/supervision/worker")))["set_aside"]
    assert (shown["step"], shown["subject_id"], shown["tries"]) == ("trial", str(poison), len(RETRY_SECONDS) + 1)
    assert shown["error"] == "ValueError: a row that nobody thought of"
    url = f"/supervision/worker/trial/{poison}/release"
    await refused(world.operator.put(url), 403, "not_allowed")
    broken = False
    await ok(world.supervisor.put(url))
    assert await step() == 2
    assert (await ok(world.supervisor.get("/supervision/worker")))["set_aside"] == []
    await refused(world.supervisor.put(f"/supervision/worker/trial/{sound}/release"), 404, "not_found")


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ("25006", DatabaseReadOnly),
        ("40001", DatabaseBusy),
        ("40P01", DatabaseBusy),
        ("55P03", DatabaseBusy),
        ("57014", DatabaseBusy),
        ("57P01", DatabaseUnavailable),
        ("57P02", DatabaseUnavailable),
        ("57P03", DatabaseUnavailable),
        ("08006", DatabaseUnavailable),
        ("53300", DatabaseUnavailable),
        ("25P03", DatabaseUnavailable),
        ("23505", type(None)),
        ("42P01", type(None)),
    ],
)
def test_sqlstates_are_classified(state: str, trouble: type[Exception]) -> None:
    error = asyncpg.PostgresError.new({"C": state, "M": "as the server says it", "S": "ERROR"})
    assert type(database_problem(error)) is trouble
