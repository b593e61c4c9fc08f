"""Waiting reads: a document that is answered when it changes (`Prefer: wait=N`, RFC 7240; ETag and If-None-Match).

All who wait for the same document share one reading of it, however many they are.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from app.kit.quotas import TooManyWaiting, caller_of, quotas_of
from app.kit.web import context_of

MAX_WAIT_SECONDS = 60
LOOK_AGAIN_SECONDS = 20
"""A wake-up may be lost with the connection that was to bring it."""
EMPTY = b"[]"
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "nothing has changed since that ETag"}}


class SharedReads:
    """Readings under way, by what is read. One that has begun is joined by nobody: it may have missed the news."""

    def __init__(self) -> None:
        self._next: dict[object, asyncio.Task[bytes]] = {}
        self._running: dict[object, asyncio.Task[bytes]] = {}

    async def get(self, key: object, read: Callable[[], Awaitable[bytes]]) -> bytes:
        """What `read` gives, read after now: by oneself, or by another who asked for the same."""
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._read(key, read))
        return await asyncio.shield(self._next[key])

    async def _read(self, key: object, read: Callable[[], Awaitable[bytes]]) -> bytes:
        while running := self._running.get(key):
            await asyncio.wait([running])
        task = self._running[key] = self._next.pop(key)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever waited may have gone
        try:
            return await read()
        finally:
            del self._running[key]


@dataclass(frozen=True)
class Wait:
    """How long the caller would wait, in seconds, and which states of the document it knows."""

    request: Request
    seconds: int
    known: frozenset[str]

    async def answer(self, topic: str, read: Callable[[], Awaitable[bytes]]) -> Response:
        """The JSON list that `read` gives, once it is none that the caller knows (without an ETag: once it is not
        empty), or after so many seconds; 304 if it is known then.

        Holds no database connection while it waits on `topic`, and stops waiting for a caller that has gone.
        Raises TooManyWaiting.
        """
        shared: SharedReads = self.request.app.state.reads

        async def look() -> bytes:
            return await shared.get((topic, self.request.url.path), read)

        if not self.seconds:
            body = await read()
        else:
            with quotas_of(self.request).waits.taken(caller_of(self.request), TooManyWaiting):
                body = await look()
                if not self._is_news(body):
                    body = await self._wait(topic, look)
        etag = etag_of(body)
        headers = {"ETag": etag} | ({"Preference-Applied": f"wait={self.seconds}"} if self.seconds else {})
        if etag in self.known:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    def _is_news(self, body: bytes) -> bool:
        return etag_of(body) not in self.known if self.known else body != EMPTY

    async def _wait(self, topic: str, read: Callable[[], Awaitable[bytes]]) -> bytes:
        pubsub, loop = context_of(self.request).pubsub, asyncio.get_running_loop()
        deadline = loop.time() + self.seconds
        gone = asyncio.ensure_future(self._gone())
        async with pubsub.subscribe(topic) as heard:
            gone.add_done_callback(lambda _: heard.set())
            try:
                while True:
                    heard.clear()
                    body = await read()
                    left = deadline - loop.time()
                    if left <= 0 or pubsub.stopping or self._is_news(body):
                        return body
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(left, LOOK_AGAIN_SECONDS)):
                            await heard.wait()
                    if gone.done():
                        return body
            finally:
                gone.cancel()

    async def _gone(self) -> None:
        """Returns when the caller has gone."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


def etag_of(body: bytes) -> str:
    """The ETag of exactly these bytes."""
    return f'"{sha256(body).hexdigest()[:16]}"'


async def _asked(
    request: Request,
    prefer: Annotated[
        str | None,
        Header(description=f"wait=N: hold the answer up to N seconds, {MAX_WAIT_SECONDS} at most, until it changes"),
    ] = None,
    if_none_match: Annotated[str | None, Header(description="the ETag of the last answer")] = None,
) -> Wait:
    tags = (tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(","))
    return Wait(request, _wait_seconds(prefer or ""), frozenset(filter(None, tags)))


Waiting = Annotated[Wait, Depends(_asked)]


def _wait_seconds(prefer: str) -> int:
    for preference in re.split("[,;]", prefer):
        name, _, value = preference.strip().partition("=")
        if name.lower() == "wait" and re.fullmatch("[0-9]{1,9}", value):
            return min(int(value), MAX_WAIT_SECONDS)
    return 0
