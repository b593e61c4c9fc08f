"""What one process shares among all its tasks: settings, database, clock and notifications."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from app.kit.clock import Clock, clock_from
from app.kit.db import FILE, Database, Timeouts
from app.kit.pubsub import PubSub
from app.settings import Settings

FILE_CONNECTIONS = 2
OWNER_CONNECTIONS = 2


@dataclass
class Context:
    """What one process shares among its tasks.

    `files` is the connection pool for imports and exports. `owner` is the pool for what only the tables' owner may do.
    Where DATABASE_OWNER_URL is not set, as in `serve`, it connects with the role of DATABASE_URL.
    """

    settings: Settings
    db: Database
    clock: Clock
    pubsub: PubSub
    files: Database = field(default=cast(Database, None))
    owner: Database = field(default=cast(Database, None))

    def __post_init__(self) -> None:
        self.files = self.files or self.db
        self.owner = self.owner or self.db


@asynccontextmanager
async def open_context(settings: Settings, timeouts: Timeouts | None = None) -> AsyncIterator[Context]:
    """Open what a process needs, and close it at the end.

    `timeouts` bounds how long database work may take; pass it where others wait for the process. Raises ValueError
    without a database URL.
    """
    if settings.database_url is None:
        raise ValueError("no database: set DATABASE_URL, or join the embedded server first")
    url, pooled = settings.database_url, settings.database_pooled
    db = Database(url, pool_size=settings.pool_size, pooled=pooled, timeouts=timeouts)
    files = Database(url, pool_size=FILE_CONNECTIONS, pooled=pooled, timeouts=timeouts and FILE)
    owner = Database(settings.database_owner_url or url, pool_size=OWNER_CONNECTIONS, timeouts=timeouts and FILE)
    pubsub = PubSub(settings.database_direct_url or settings.database_url)
    db.on_publish = files.on_publish = owner.on_publish = pubsub.publish
    await pubsub.start()
    try:
        yield Context(settings, db, clock_from(settings), pubsub, files, owner)
    finally:
        await pubsub.stop()
        await owner.close()
        await files.close()
        await db.close()
