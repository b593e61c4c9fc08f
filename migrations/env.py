"""Runs migrations over the connection that `app.kit.migrate` passes in, or, for `alembic` typed by a developer, on the
database that `hotline migrate` would use.

A migration waits 5 s for a lock at most and a statement 10 minutes, so that a live database is never blocked by one
that queues behind a long transaction. Run the migration again when it gives up.
"""

import asyncio
from collections.abc import Iterable

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import migrations.checks  # noqa: F401 (compares CHECKs)
from app.schema import METADATA


def number(
    migration: MigrationContext, revision: str | Iterable[str | None] | Iterable[str], scripts: list[MigrationScript]
) -> None:
    """Give a new migration the number after the newest, so that files sort by their order."""
    newest = ScriptDirectory.from_config(context.config).get_current_head() or "0"
    for script in scripts:
        script.rev_id = f"{int(newest) + 1:04}"


def is_compared(name: str | None, kind: str, parents: object) -> bool:
    """What a migration keeps for the way back is in no model: tables named former_…"""
    return kind != "table" or name is None or not name.startswith("former_")


def run(connection: Connection) -> None:
    """Migrate over this connection."""
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()  # so that each migration begins, and may leave, a transaction of its own
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        include_name=is_compared,
        process_revision_directives=number,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Migrate the database of the settings, or the embedded one."""
    from app.kit.command_line import database, direct_url
    from app.settings import Settings

    with database(Settings()) as settings:
        engine = create_async_engine(direct_url(settings))
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()


passed_in = context.config.attributes.get("connection")
if passed_in is None:
    asyncio.run(connect_and_run())
else:
    run(passed_in)
