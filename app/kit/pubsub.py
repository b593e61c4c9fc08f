"""Publish and subscribe between processes: what one publishes reaches the subscribers of all within milliseconds.

Topics published after commits are sent in one NOTIFY every few milliseconds, on a connection of their own: inside a
transaction, NOTIFY would serialise all commits. Each process listens on one connection. A message may be lost, so each
subscriber also checks now and then by itself, and a lost connection wakes all of them once it is back.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import asyncpg

from app.kit.db import connect_arguments, keep_alive

CHANNEL = "hotline"
PAYLOAD_LIMIT = 7_000  # PostgreSQL refuses a payload of 8,000 bytes
GATHER_SECONDS = 0.005
RECONNECT_SECONDS = 0.5
HEARTBEAT_SECONDS = 10.0
SILENT_SECONDS = 5.0
"""A server that has not replied within this many seconds counts as gone, even if the connection looks open."""

_NOTIFY = "SELECT pg_notify($1, $2) WHERE $2 <> ''"

logger = logging.getLogger(__name__)


class PubSub:
    """Publishes topics and receives those of other processes."""

    def __init__(self, direct_url: str) -> None:
        self._connect = connect_arguments(direct_url) | {"timeout": 5}
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._hooks: list[Callable[[set[str]], None]] = []
        self._outgoing: set[str] = set()
        self._to_send = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.connected = False
        self.stopping = False

    def publish(self, topics: Iterable[str]) -> None:
        """Publish these topics: to this process at once, and to the others within a few milliseconds."""
        topics = set(topics)
        self._on_message(topics)
        self._outgoing |= topics
        self._to_send.set()

    def on_message(self, hook: Callable[[set[str]], None]) -> None:
        """Call `hook` with each set of published topics.

        The set is empty after a lost connection: anything may have happened.
        """
        self._hooks.append(hook)

    @asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set whenever one of the topics is published while the block runs."""
        event = asyncio.Event()
        for topic in topics:
            self._waiting[topic].add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._waiting[topic].discard(event)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    def has_subscribers(self, topic: str) -> bool:
        """Return whether anybody in this process waits for the topic."""
        return topic in self._waiting

    async def start(self) -> None:
        """Start listening. A database that is down is retried for ever."""
        self._task = asyncio.create_task(self._run(), name="pubsub")

    async def stop(self) -> None:
        """Stop listening. Unsent topics are dropped: other processes also check now and then by themselves."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def release_waiters(self) -> None:
        """Prepare for the end of the process: wake everybody who waits, so that they respond and do not wait again."""
        self.stopping = True
        self._wake_all()

    def _on_message(self, topics: set[str]) -> None:
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()
        for hook in self._hooks:
            hook(topics)

    def _wake_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()
        for hook in self._hooks:
            hook(set())

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("the LISTEN connection was lost (%s); trying again", error)
            finally:
                self.connected = False
            self._wake_all()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(**self._connect)
        try:
            keep_alive(connection)
            closed = asyncio.Event()

            def ended(_: object) -> None:
                closed.set()
                self._to_send.set()

            connection.add_termination_listener(ended)
            await connection.add_listener(CHANNEL, lambda _c, _p, _ch, payload: self._on_message(set(payload.split())))
            self.connected = True
            self._wake_all()
            while not closed.is_set():
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 it loses cancellations.
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._to_send.wait()
                await asyncio.sleep(GATHER_SECONDS)
                self._to_send.clear()
                await self._send(connection)
        finally:
            connection.terminate()

    async def _send(self, connection: asyncpg.Connection) -> None:
        topics, self._outgoing = self._outgoing, set()
        try:
            for payload in _payloads(topics) or [""]:
                # An empty payload sends nothing: it is a heartbeat, which finds out whether the server is still there.
                await connection.execute(_NOTIFY, CHANNEL, payload, timeout=SILENT_SECONDS)
        except BaseException:
            self._outgoing |= topics
            self._to_send.set()
            raise


def _payloads(topics: Iterable[str]) -> list[str]:
    payloads = [""]
    for topic in topics:
        if len(payloads[-1]) + len(topic) + 1 > PAYLOAD_LIMIT:
            payloads.append("")
        payloads[-1] = f"{payloads[-1]} {topic}".strip()
    return [payload for payload in payloads if payload]
