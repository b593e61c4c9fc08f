"""Migrations by Alembic, over our one driver. Processes that migrate at the same time take turns."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations

ADVISORY_LOCK = 81890
RECHECK_SECONDS = 0.2


async def migrate(direct_url: str, revision: str = "head") -> None:
    """Upgrade the schema to the revision; `base` and `-N` downgrade it."""
    if revision == "base" or revision.startswith("-"):
        await run(direct_url, lambda config: command.downgrade(config, revision))
    else:
        await run(direct_url, lambda config: command.upgrade(config, revision))


async def run(direct_url: str, alembic_command: Callable[[Config], None]) -> None:
    """Run an Alembic command on this database, one at a time."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    engine = create_async_engine(direct_url, poolclass=NullPool, hide_parameters=True)

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        try:
            alembic_command(config)
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
