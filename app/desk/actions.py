"""The operator's main call: take a request down and answer, relay or dispatch it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from app.catalog.actions import show_elsewhere
from app.catalog.gazetteer import Known
from app.catalog.snapshot import Location, Snapshot
from app.danger.snapshot import Dangers
from app.dispatch.matchmaking import Answer, Outcome, offer_to_best
from app.dispatch.schemas import DispatchOut, MatchedFrom, MatchingResult
from app.events.act import Act
from app.events.topics import DISPATCH_TOPIC
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import UNUSABLE, RequestIn, RequestOut
from app.intake.taking import Replayed, take_request
from app.kit.context import Context
from app.kit.errors import HotlineError
from app.kit.idempotency import Once, once
from app.knowledge.choices import keep_choice

logger = logging.getLogger(__name__)


class Call(NamedTuple):
    """A call to create a request: the request as taken down, and the idempotency key."""

    body: RequestIn
    key: str | None = None


Beside = Callable[[], Mapping[str, Any]]
"""Returns what else an answer contains: the point that the request is matched from, places outside the area, and until
when the dispatch can be undone."""


class _MatchingFailed(Exception):
    """Matching failed and rolled the transaction back. The request is created again without matching."""


async def create_request(act: Act, context: Context, call: Call, catalog: Snapshot, dangers: Dangers) -> bytes:
    """Create the request and make its first offers. Return the answer as JSON.

    1. Look up the idempotency key and create the request (take_request).
    2. Match it and make its offers in the same transaction, which stores the answer under the key.
    3. If matching fails, create the request without it and leave it to the worker: a request is always acknowledged.

    A repeated call gets its stored answer even if the body has become invalid since, for example because a place ended.
    Raises what take_request raises.
    """
    key = once(act.who, call.key, "POST /requests", call.body)
    body = _named(call.body, dangers)
    try:
        return await _create(act, context, body, key, catalog, dangers, matching=body.dispatch)
    except _MatchingFailed:
        logger.exception("matching failed; the request is created without it and left to the worker")
        return await _create(act, context, body, key, catalog, dangers, matching=False)
    except HotlineError as error:
        if error.status < 500 and (answer := await context.db.read(key.find)):
            return answer
        raise


def _named(body: RequestIn, dangers: Dangers) -> RequestIn:
    """Return the body with the item and description that the guide provides, if it only names a danger."""
    if body.danger is None:
        return body
    guide, said = dangers.guides[body.danger], body.description
    if said.partition(UNUSABLE)[0] == body.danger:
        said = guide.zh + said.removeprefix(body.danger)
    return body.model_copy(update={"item": body.item or guide.item, "description": said})


async def _create(
    act: Act, context: Context, body: RequestIn, key: Once, catalog: Snapshot, dangers: Dangers, *, matching: bool
) -> bytes:
    location = catalog.locate(body.area, body.place, body.address)
    beside = partial(_beside, location, catalog, _undo_until(act, body))
    async with context.db.begin() as tx:
        final = None if matching else partial(_not_matched, beside)
        spot = location.spot if location else None
        taken = await take_request(act, tx, body, spot, catalog, dangers, key, final)
        if isinstance(taken, Replayed):
            return taken.answer
        out = taken.request.status == RequestStatus.DISPATCHING
        if asked := body.asked:
            keep_choice(tx, asked.words, asked.suggested, body.item, act.who, act.now)
        if not matching:
            if out:
                tx.publish(DISPATCH_TOPIC)
            return taken.answer
        if not out:
            await key.keep(tx, content := _not_matched(beside, taken.request))
            return content
        write = partial(_matched, taken.request, beside, body.channel, act.now)
        try:
            outcome = await offer_to_best(act, tx, taken.values, catalog, newcomer=True, answer=Answer(key, write))
        except Exception as error:
            raise _MatchingFailed from error
        if outcome.stored is None:
            outcome.stored = write(outcome)
            await key.keep(tx, outcome.stored)
    return outcome.stored


def _matched(request: RequestOut, beside: Beside, channel: Channel, now: datetime, outcome: Outcome) -> bytes:
    """Return the answer with the result of matching."""
    answer = DispatchOut(
        request=request, matching=outcome.matching, offers=outcome.offers, surge=outcome.surge, **beside()
    )
    request.tier = outcome.tier
    if outcome.deferred_until:
        answer.deferred_until = request.deferred_until = outcome.deferred_until
        request.deferral_told_at = now if channel == Channel.PHONE else None
    if outcome.unmatched_reason:
        answer.unmatched_reason = request.unmatched_reason = outcome.unmatched_reason
        request.status = RequestStatus.UNMATCHED
    return answer.model_dump_json().encode()


def _undo_until(act: Act, body: RequestIn) -> datetime | None:
    """Return until when the request can be undone if it is dispatched, or None."""
    if not body.dispatch or body.relay or body.danger or not act.settings.undo_seconds:
        return None
    return act.now + timedelta(seconds=act.settings.undo_seconds)


def _beside(location: Location | None, catalog: Snapshot, until: datetime | None) -> Mapping[str, Any]:
    """Return what the answer contains in addition to the request and the result of matching.

    It is the point from which the request is matched, the places in its address that lie outside the area, and until
    when the dispatch can be undone. It is empty without a location.
    """
    if location is None:
        return {}
    spot = location.spot
    name: tuple[str, str] = (spot.township.zh, spot.township.en)
    if spot.point_of is Known.PLACE and spot.place:
        name = (spot.place.zh, spot.place.en or spot.place.pinyin)
    elif spot.point_of is Known.COMMUNITY and spot.community:
        name = (spot.community.zh, spot.community.pinyin)
    place = spot.place.id if spot.place else None
    point = MatchedFrom(point_of=spot.point_of, lat=spot.lat, lon=spot.lon, place=place, zh=name[0], en=name[1])
    return {"matched_from": point, "elsewhere": show_elsewhere(location, catalog), "undo_until": until}


def _not_matched(beside: Beside, request: RequestOut) -> bytes:
    """Return the answer for a request that was not matched. The worker matches it if it is dispatching."""
    out = request.status == RequestStatus.DISPATCHING
    answer = DispatchOut(request=request, matching=MatchingResult.POSTPONED if out else None, **beside())
    return answer.model_dump_json().encode()
