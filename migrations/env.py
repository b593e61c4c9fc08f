"""Runs migrations on the connection that `app.kit.migrate` passes in. When a developer runs `alembic`, it uses the
database that `hotline migrate` would use.

A migration waits at most 5 s for a lock, because calls queue behind a lock that is waited for. A statement runs at most
10 minutes. Building an index concurrently waits for every open transaction, so it gives up beside one that stays open
for 5 s, such as a backup. Whatever a migration gave up at, running it again completes it.
"""

import asyncio
from collections.abc import Iterable

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import migrations.checks  # noqa: F401 (importing it makes Alembic compare CHECKs)
from app.schema import METADATA


def number(
    migration: MigrationContext, revision: str | Iterable[str | None] | Iterable[str], scripts: list[MigrationScript]
) -> None:
    """Number a new migration after the newest one, so that the files sort in the order in which they run."""
    newest = ScriptDirectory.from_config(context.config).get_current_head() or "0"
    for script in scripts:
        script.rev_id = f"{int(newest) + 1:04}"


def is_compared(name: str | None, kind: str, parents: object) -> bool:
    """Return False for the tables named former_…, which store what a downgrade needs and have no model."""
    return kind != "table" or name is None or not name.startswith("former_")


def run(connection: Connection) -> None:
    """Migrate on this connection."""
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()  # so that each migration begins its own transaction, and may end it early
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
    """Migrate the database that the settings name, or the embedded one if they name none."""
    from app.kit.command_line import database, owner_url
    from app.settings import Settings

    with database(Settings()) as settings:
        engine = create_async_engine(owner_url(settings))
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()


passed_in = context.config.attributes.get("connection")
if passed_in is None:
    asyncio.run(connect_and_run())
else:
    run(passed_in)
