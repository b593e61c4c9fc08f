"""Migrations lead up and down, and the models are what they make."""

import asyncio
import os

import asyncpg
import pytest
from alembic import command

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


def test_several_machines_may_migrate_at_once(empty_url: str) -> None:
    async def together() -> None:
        await migrate(empty_url, "base")
        await asyncio.gather(*(migrate(empty_url) for _ in range(3)))

    asyncio.run(together())
    assert "requests" in asyncio.run(tables(empty_url))
