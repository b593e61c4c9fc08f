"""Runs Alembic migrations over asyncpg, our only driver. Processes that migrate at the same time take turns."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from app.kit.roles import grant

ADVISORY_LOCK = 81890
RECHECK_SECONDS = 0.2


async def migrate(owner_url: str, revision: str = "head", application: str | None = None) -> None:
    """Upgrade the schema to the revision; `base` and `-N` downgrade it.

    Then grant the role `application`, if given, its rights on the tables as they are now. Raises Unusable.
    """
    if revision == "base" or revision.startswith("-"):
        await run(owner_url, lambda config: command.downgrade(config, revision), application)
    else:
        await run(owner_url, lambda config: command.upgrade(config, revision), application)


async def run(owner_url: str, alembic_command: Callable[[Config], None], application: str | None = None) -> None:
    """Run an Alembic command on this database, one at a time, and grant `application` what it needs."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    engine = create_async_engine(owner_url, poolclass=NullPool, hide_parameters=True)

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        try:
            alembic_command(config)
            connection.commit()
            if application:
                grant(connection, application)
                connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})

    try:
        async with engine.connect() as connection:
            while not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
                # Waiting inside a statement would block an index that the other process is building concurrently.
                await connection.rollback()
                await asyncio.sleep(RECHECK_SECONDS)
            await connection.commit()
            await connection.run_sync(work)
    finally:
        await engine.dispose()
