"""Waiting reads: a request is answered when its document changes (`Prefer: wait=N`, RFC 7240; ETag and If-None-Match).

All callers who wait for the same document share one read of it.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from app.kit.measuring import WAITED
from app.kit.quotas import TooManyWaiting, caller_of, quotas_of
from app.kit.web import context_of

MAX_WAIT_SECONDS = 60
RECHECK_SECONDS = 20
"""How often to read without a wake-up, in seconds: a wake-up may be lost together with its connection."""
EMPTY = b"[]"
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "nothing has changed since that ETag"}}


class SharedReads:
    """Reads that callers share, keyed by what is read.

    Nobody joins a read that has begun: it may have missed the latest change.
    """

    def __init__(self) -> None:
        self._next: dict[object, asyncio.Task[bytes]] = {}
        self._running: dict[object, asyncio.Task[bytes]] = {}

    async def get(self, key: object, read: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the result of a `read` that starts after this call. Callers with the same key share it."""
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._read(key, read))
        return await asyncio.shield(self._next[key])

    async def _read(self, key: object, read: Callable[[], Awaitable[bytes]]) -> bytes:
        while running := self._running.get(key):
            await asyncio.wait([running])
        task = self._running[key] = self._next.pop(key)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # its callers may be gone
        try:
            return await read()
        finally:
            del self._running[key]


@dataclass(frozen=True)
class Wait:
    """How many seconds the caller is willing to wait, and which versions of the document it knows (ETags)."""

    request: Request
    seconds: int
    known: frozenset[str]

    async def answer(self, topic: str, read: Callable[[], Awaitable[bytes]]) -> Response:
        """Return the JSON list that `read` returns, as soon as it is new to the caller, or when the wait is over.

        The list is new if the caller does not know its ETag or, without an ETag, if it is not empty. Responds with 304
        if the caller still knows it at the end. Holds no database connection while it waits on `topic`, and stops
        waiting when the caller disconnects. Raises TooManyWaiting.
        """
        shared: SharedReads = self.request.app.state.reads

        async def look() -> bytes:
            return await shared.get((topic, self.request.url.path), read)

        if not self.seconds:
            body = await read()
        else:
            self.request.scope[WAITED] = True
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
                        async with asyncio.timeout(min(left, RECHECK_SECONDS)):
                            await heard.wait()
                    if gone.done():
                        return body
            finally:
                gone.cancel()

    async def _gone(self) -> None:
        """Return when the caller has disconnected."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


def etag_of(body: bytes) -> str:
    """Return the ETag of exactly these bytes."""
    return f'"{sha256(body).hexdigest()[:16]}"'


async def _asked(
    request: Request,
    prefer: Annotated[
        str | None,
        Header(description=f"wait=N: wait up to N seconds, at most {MAX_WAIT_SECONDS}, for a change"),
    ] = None,
    if_none_match: Annotated[str | None, Header(description="the ETag of the last response")] = None,
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
