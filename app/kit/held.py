"""What changes rarely, as each process keeps it in memory: read once, and again when somebody has changed it."""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from app.kit.db import Database
from app.kit.errors import DatabaseBusy, DatabaseUnavailable
from app.kit.pubsub import PubSub

logger = logging.getLogger(__name__)

T = TypeVar("T")
PAUSE_SECONDS = 1.0
"""After so long it is read again, where the database could not be reached."""


class Held(ABC, Generic[T]):
    """Holds the present `snapshot` of one process; None until it was read. Whoever changes it publishes `topic`."""

    topic: ClassVar[str]

    def __init__(self, db: Database, pubsub: PubSub) -> None:
        self._db = db
        self._turn = asyncio.Lock()
        self._changed = False
        self._reading: asyncio.Task[None] | None = None
        self.snapshot: T | None = None
        pubsub.on_message(self._on_message)

    @staticmethod
    @abstractmethod
    async def read_anew(db: Database) -> T:
        """Read it from the database."""

    def _on_message(self, topics: set[str]) -> None:
        if self.snapshot is not None and (not topics or self.topic in topics):
            self._changed = True
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Read until nothing has changed since; a database that is down is asked again."""
        while self._changed:
            self._changed = False
            try:
                await self.read()
            except (DatabaseBusy, DatabaseUnavailable) as error:
                logger.warning("%s is not read again yet: %s", self.topic, error)
                self._changed = True
                await asyncio.sleep(PAUSE_SECONDS)

    async def read(self) -> T:
        """Read it again; one after the other, for an older reading must not replace a newer one."""
        async with self._turn:
            self.snapshot = await self.read_anew(self._db)
            return self.snapshot

    async def present(self) -> T:
        """What is held; read now if the database was down at the start."""
        return await self.read() if self.snapshot is None else self.snapshot
