"""One embedded PostgreSQL for the whole run and one database per test process, emptied after each test.

Commits are real. The clock stands still on a Tuesday morning until a test moves it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import hypothesis
import orjson
import psutil
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from app.catalog.load import load_reference_data
from app.catalog.snapshot import Snapshot, read_snapshot
from app.credit.rules import load_credit_rules
from app.danger.load import load_guides
from app.kit import embedded
from app.kit.clock import ManualClock
from app.kit.context import Context
from app.kit.db import Database, connect_arguments
from app.kit.migrate import migrate
from app.kit.pubsub import PubSub
from app.schema import METADATA
from app.settings import Settings
from tests.events.carried import faults
from tests.world import World, act_at, open_world

hypothesis.settings.register_profile("hotline", deadline=None)  # speed is measured in bench/
hypothesis.settings.load_profile("hotline")

KEPT = {
    "alembic_version", "categories", "items", "urgencies", "paper_kinds", "groups", "entitlements", "districts",
    "townships", "communities", "policies", "credit_rules", "danger_guides",
}  # fmt: skip
PLAYED = {
    "admission", "aftercare", "calls", "complaints", "credit", "danger", "desk", "dispatch", "exchange", "intake",
    "jobs", "metrics", "registry", "supervision", "webhooks",
}  # fmt: skip
"""Directories whose events come from calls only. Other tests also write events into the log themselves."""
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 10:00 in Ningbo, a working day


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def no_child_outlives_its_module() -> Iterator[None]:
    """Fail if a test left a process running: it would hold files and locks while other tests run."""
    yield
    left = [child for child in psutil.Process().children() if "app.kit.embedded.keeper" not in command_of(child)]
    for child in left:
        child.kill()
    assert not left, f"left running: {[command_of(child) for child in left]}"


def command_of(process: psutil.Process) -> list[str]:
    """Return the process's command line, or nothing if the process has ended."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return process.cmdline()
    return []


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of the server: DATABASE_URL, or the embedded one that all test processes share."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with embedded.join(shared / "postgres") as joined:
        yield joined.url


async def recreate_database(server_url: str, name: str) -> str:
    """Create an empty database of this name on the server. Return its URL."""
    connection = await asyncpg.connect(**connect_arguments(server_url))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def database_url(server: str) -> str:
    """Return the URL of this process's migrated database, with the catalogue and the gazetteer."""

    async def prepare() -> str:
        url = await recreate_database(server, f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
        await migrate(url)
        db = Database(url, pool_size=2)
        async with db.begin() as tx:
            await load_reference_data(tx)
            await load_credit_rules(tx, MORNING)
            await load_guides(act_at(MORNING), tx)
            await tx.driver.execute("DELETE FROM events")  # the first test begins without events, like the others
        await db.close()
        return url

    return asyncio.run(prepare())


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Return settings under which sessions do not end while a test lets days pass."""
    return Settings(database_url=database_url, database_direct_url=database_url, data_dir=tmp_path, idle_minutes=0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Yield an engine whose connections and prepared statements outlive a test.

    They do not outlive all tests: a plan made for a few rows is slow with many.
    """
    db = Database(database_url, pool_size=10)
    yield db.engine
    await db.close()


@pytest.fixture
async def context(
    settings: Settings, clock: ManualClock, engine: AsyncEngine, request: pytest.FixtureRequest
) -> AsyncIterator[Context]:
    """Yield a process's context on the test database, then empty the database.

    In the directories of PLAYED, also check that the test's events are as declared.
    """
    db = Database(str(settings.database_url))
    db.engine = engine
    pubsub = PubSub(str(settings.database_direct_url))
    db.on_publish = pubsub.publish
    yield Context(settings, db, clock, pubsub)
    async with asyncio.timeout(20):
        while engine.pool.checkedout():  # type: ignore[attr-defined]  # the catalogue is being read again, for one
            await asyncio.sleep(0.01)
    query = "SELECT kind, data::text, request_id IS NOT NULL AND item_code IS NULL AS bare FROM events LIMIT 3000"
    async with db.begin() as tx:
        events = await tx.driver.fetch(query)
    await _empty(db)
    if request.path.parent.name in PLAYED and not request.node.get_closest_marker("odd_events"):
        wrong = {fault for event in events for fault in faults(event["kind"], orjson.loads(event["data"]))}
        wrong |= {f"{event['kind']} lacks its request's facts" for event in events if event["bare"]}
        assert not wrong, "\n".join(sorted(wrong))


async def _empty(db: Database) -> None:
    tables = [table.name for table in METADATA.sorted_tables if table.name not in KEPT]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    async with db.begin() as tx:
        dirty = [row[0] for row in await tx.driver.fetch(filled)]
        # Deleting a few rows is faster than TRUNCATE, which makes new files. Keys and triggers need no check, because
        # everything goes. Policies name the staff who made them, so they go too; the first one stays.
        await tx.driver.execute(
            "SET LOCAL session_replication_role = replica;"
            + "".join(f"DELETE FROM {name};" for name in dirty)
            + "DELETE FROM policies WHERE version > 1; UPDATE policies SET withdrawn_at = NULL;"
            + "DELETE FROM credit_rules WHERE version <> 'sample-2';"
            + "DELETE FROM danger_guides WHERE number > 1;"
            + "UPDATE danger_guides SET status = 'approved', ended_at = NULL WHERE status <> 'approved'"
        )


@pytest.fixture
async def db(context: Context) -> Database:
    return context.db


@pytest.fixture(scope="session")
def catalog(database_url: str) -> Snapshot:
    """Return the catalogue as loaded. It is read once, because reading takes a while."""

    async def read() -> Snapshot:
        db = Database(database_url, pool_size=1)
        try:
            return await read_snapshot(db)
        finally:
            await db.close()

    return asyncio.run(read())


@pytest.fixture
async def world(context: Context, catalog: Snapshot) -> AsyncIterator[World]:
    """Yield the application over HTTP, with signed-in staff of every role and ways to create providers and requests."""
    async with open_world(context, catalog) as opened:
        yield opened
