"""The end of the event log in memory, read once per process, however many clients follow it."""

import asyncio
from collections import deque
from itertools import islice
from uuid import UUID

from app.events.topics import LOG_TOPIC
from app.kit.context import Context
from app.kit.db import Row
from app.live import queries

WINDOW = 5_000
"""How many events are kept for clients that reconnect. A client that was away for longer reads everything again."""


class Tail:
    """The latest events, in the order of their numbers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._events: deque[Row] = deque(maxlen=WINDOW)
        self._last: int | None = None
        self._stale = True
        self._reading = asyncio.Lock()
        context.pubsub.on_message(self._on_message)

    def _on_message(self, topics: set[str]) -> None:
        if not topics or LOG_TOPIC in topics:
            self._stale = True

    def mark_stale(self) -> None:
        """Read the log again at the next call, whether or not a message arrived."""
        self._stale = True

    async def last(self) -> int:
        """Return the number of the latest event. Raises DatabaseUnavailable."""
        async with self._reading:
            if self._stale:
                self._stale = False
                await self._read()
            assert self._last is not None
            return self._last

    async def after(self, seq: int, provider_id: UUID | None) -> tuple[int, list[Row] | None]:
        """Return the number of the latest event, and the events after `seq`, all or one provider's.

        The events are None if some of them are no longer kept, or if `seq` does not exist. Raises DatabaseUnavailable.
        """
        last = await self.last()
        kept_since = self._events[0]["seq"] - 1 if self._events else last
        if not kept_since <= seq <= last:
            return last, None
        # Numbers have no gaps, so at most this many events can be new; only they are examined.
        newest = islice(reversed(self._events), last - seq)
        found = [event for event in newest if event["seq"] > seq and provider_id in (None, event["provider_id"])]
        return last, found[::-1]

    async def _read(self) -> None:
        try:
            async with self._context.db.autocommit() as tx:
                position = max(0, await queries.find_last_seq(tx) - WINDOW) if self._last is None else self._last
                fresh = await queries.list_events_after(tx, position, WINDOW)
        except BaseException:
            self._stale = True
            raise
        self._events.extend(fresh)
        self._last = fresh[-1]["seq"] if fresh else position
        self._stale = self._stale or len(fresh) == WINDOW
