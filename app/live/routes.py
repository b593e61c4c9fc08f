"""The route that streams events as they happen."""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.auth.access import Principal, Router, allow, authenticator_of, token_of
from app.kit.fields import RowNumber
from app.kit.quotas import TooManyStreams, quotas_of
from app.kit.web import context_of
from app.live.schemas import LiveEvent
from app.live.stream import FOLLOWERS, follow
from app.live.tail import Tail

router = Router(tags=["live"])
Follower = Annotated[Principal, Depends(allow(*FOLLOWERS))]
Seq = Annotated[RowNumber | None, Query(description="the last event seen, for clients that cannot send Last-Event-ID")]


async def _place(request: Request, principal: Follower) -> AsyncIterator[None]:
    with quotas_of(request).streams.taken(principal.id, TooManyStreams):
        yield


@router.get(
    "/live",
    dependencies=[Depends(_place)],
    response_class=EventSourceResponse,
    responses={200: {"model": list[LiveEvent], "description": "the data of a `log` event"}},
)
async def follow_log(
    request: Request,
    principal: Follower,
    last_event_id: Annotated[RowNumber | None, Header()] = None,
    after: Seq = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens as server-sent events.

    `log` carries the events since the last one seen: kinds and ids, no personal data, and for a provider only its own.
    `reset` says that too many events were missed, so that everything must be read again. `clock` is the heartbeat.
    """
    tail = cast(Tail, request.app.state.tail)
    since = last_event_id if last_event_id is not None else after
    async for event in follow(
        context_of(request), tail, authenticator_of(request), principal, token_of(request), since
    ):
        yield event
