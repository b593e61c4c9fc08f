"""Runs migrations on the database of DATABASE_DIRECT_URL, or the connection that `app.kit.migrate` passes in.

A migration waits 5 s for a lock at most and a statement 10 minutes, so that a live database is never blocked by one
that queues behind a long transaction. Run the migration again when it gives up.
"""

from alembic import context
from sqlalchemy import Connection, text

from app.schema import METADATA


def run(connection: Connection) -> None:
    """Migrate over this connection."""
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
