"""What a follower of the log receives: which request something happened to, but never what was said or who called."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi.sse import ServerSentEvent
from pydantic import TypeAdapter

from app.auth.access import Authenticator, Principal
from app.auth.actions import clock_out
from app.auth.errors import NotSignedIn
from app.auth.models import STAFF_ROLES, Role
from app.auth.tokens import AUTH_TOPIC
from app.events.models import ActorKind
from app.events.topics import LOG_TOPIC
from app.kit.context import Context
from app.kit.db import Row
from app.kit.errors import DatabaseUnavailable
from app.live.schemas import LiveEvent
from app.live.tail import Tail

HEARTBEAT_SECONDS = 10.0
GATHER_SECONDS = 0.2
"""Real seconds. Events within this time are sent together; the eye does not notice the delay."""

FOLLOWERS = frozenset({*STAFF_ROLES, Role.PROVIDER})

_EVENTS = TypeAdapter(list[LiveEvent])


async def follow(
    context: Context, tail: Tail, authenticator: Authenticator, principal: Principal, token: str, since: int | None
) -> AsyncIterator[ServerSentEvent]:
    """Stream events until the follower leaves, loses its session or its right to follow, or the process stops.

    The stream also ends when the database is lost.

    A provider receives only events of its own offers and jobs. No database connection is held while waiting.
    """
    mine = principal.id if principal.kind is ActorKind.PROVIDER else None
    try:
        async with context.pubsub.subscribe(LOG_TOPIC, AUTH_TOPIC) as heard:
            position = await tail.last() if since is None else since
            yield _clock(context, position)
            while not context.pubsub.stopping:
                heard.clear()
                present = await authenticator.principal(token)
                if present.due or not present.roles & FOLLOWERS:
                    return
                position, told = await _step(tail, position, mine)
                if told:
                    yield told
                    await asyncio.sleep(GATHER_SECONDS)
                if not await _hears(heard):
                    tail.mark_stale()
                    yield _clock(context, position)
    except (NotSignedIn, DatabaseUnavailable):
        return


async def _step(tail: Tail, position: int, provider_id: UUID | None) -> tuple[int, ServerSentEvent | None]:
    """Return the follower's new position, and the event to send, if any."""
    last, events = await tail.after(position, provider_id)
    if events is None:
        return last, ServerSentEvent(event="reset", id=str(last), data={})
    if not events:
        return last, None
    return last, ServerSentEvent(event="log", id=str(last), raw_data=_shown(events))


def _shown(rows: list[Row]) -> str:
    return _EVENTS.dump_json(_EVENTS.validate_python([dict(row) for row in rows])).decode()


def _clock(context: Context, position: int) -> ServerSentEvent:
    return ServerSentEvent(event="clock", id=str(position), data=clock_out(context))


async def _hears(heard: asyncio.Event) -> bool:
    """Return whether a message arrives before the next heartbeat is due."""
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):  # before Python 3.12, wait_for may lose a cancellation
            await heard.wait()
    except TimeoutError:
        return False
    return True
