"""Migrations lead up and down, and the models are what they make."""

import asyncio
import os
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

import migrations
from app.kit.db import connect_arguments
from app.kit.migrate import migrate, run
from tests.conftest import recreate_database


@pytest.fixture(scope="module")
def empty_url(server: str) -> str:
    name = f"migrations_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    return asyncio.run(recreate_database(server, name))


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


def test_up_check_down_and_up_again(empty_url: str) -> None:
    asyncio.run(migrate(empty_url))
    asyncio.run(run(empty_url, command.check))
    assert "requests" in asyncio.run(tables(empty_url))
    asyncio.run(migrate(empty_url, "base"))
    assert asyncio.run(tables(empty_url)) == {"alembic_version"}
    asyncio.run(migrate(empty_url))
    asyncio.run(run(empty_url, command.check))


def test_files_sort_by_their_order() -> None:
    folder = Path(migrations.__path__[0])
    scripts = ScriptDirectory(str(folder))
    files = [Path(script.path).name for script in reversed(list(scripts.walk_revisions()))]
    assert files == sorted(path.name for path in (folder / "versions").glob("*.py"))


def test_several_machines_may_migrate_at_once(empty_url: str) -> None:
    async def together() -> None:
        await migrate(empty_url, "base")
        await asyncio.gather(*(migrate(empty_url) for _ in range(3)))

    asyncio.run(together())
    assert "requests" in asyncio.run(tables(empty_url))
