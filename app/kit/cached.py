"""Keeps rarely changing data in each process's memory. It is read once, and again whenever somebody changes it."""

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
"""How long to wait before reading again when the database could not be reached."""


class Cached(ABC, Generic[T]):
    """One process's copy of some data.

    `snapshot` is None until the first read. Whoever changes the data publishes `topic`.
    """

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
        """Read the data from the database."""

    def _on_message(self, topics: set[str]) -> None:
        if self.snapshot is not None and (not topics or self.topic in topics):
            self._changed = True
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Read until no change is outstanding; retry while the database is down."""
        while self._changed:
            self._changed = False
            try:
                await self.read()
            except (DatabaseBusy, DatabaseUnavailable) as error:
                logger.warning("%s could not be read again yet: %s", self.topic, error)
                self._changed = True
                await asyncio.sleep(PAUSE_SECONDS)

    async def read(self) -> T:
        """Read the data again and return it.

        Reads run one at a time, so that an older one never replaces a newer one.
        """
        async with self._turn:
            self.snapshot = await self.read_anew(self._db)
            return self.snapshot

    async def present(self) -> T:
        """Return the snapshot. If it was never read, for example because the database was down, read it now."""
        return await self.read() if self.snapshot is None else self.snapshot
