"""The operator's one call: take a request down and answer, relay or dispatch it."""

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
    """What came in: the request as taken down, and the key under which it may come again."""

    body: RequestIn
    key: str | None = None


Beside = Callable[[], Mapping[str, Any]]
"""What an answer says besides: where the request is, and until when it can be undone."""


class _MatchingFailed(Exception):
    """The transaction is lost with what it created; it is done again without matching."""


async def create_request(act: Act, context: Context, call: Call, catalog: Snapshot, dangers: Dangers) -> bytes:
    """Create the request and make its first offers; gives the answer as JSON.

    A request is acknowledged whatever matching does: if matching fails it is created without, and the worker
    dispatches it. What was acknowledged once is so again, whatever has been ruled out since: a word that tells a
    danger, a place that ended. Raises what take_request raises.
    """
    key = once(act.who, call.key, "POST /requests", call.body)
    body = _named(call.body, dangers)
    try:
        return await _create(act, context, body, key, catalog, dangers, matching=body.dispatch)
    except _MatchingFailed:
        logger.exception("matching failed; the request is created without and left to the worker")
        return await _create(act, context, body, key, catalog, dangers, matching=False)
    except HotlineError as error:
        if error.status < 500 and (answer := await context.db.read(key.find)):
            return answer
        raise


def _named(body: RequestIn, dangers: Dangers) -> RequestIn:
    """What only names a danger, as its guide says: its item, and its name for the description."""
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
        final = None if matching else partial(_unmatched_yet, beside)
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
            await key.keep(tx, content := _unmatched_yet(beside, taken.request))
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
    """The answer that says what came of matching."""
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
    """Until when the request can be undone, if it goes out."""
    if not body.dispatch or body.relay or body.danger or not act.settings.undo_seconds:
        return None
    return act.now + timedelta(seconds=act.settings.undo_seconds)


def _beside(location: Location | None, catalog: Snapshot, until: datetime | None) -> Mapping[str, Any]:
    """Whose point the request is matched from, what of its address lies elsewhere, and until when it can be undone."""
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


def _unmatched_yet(beside: Beside, request: RequestOut) -> bytes:
    """The answer where nobody was looked for: the worker does it if the request is out."""
    out = request.status == RequestStatus.DISPATCHING
    answer = DispatchOut(request=request, matching=MatchingResult.POSTPONED if out else None, **beside())
    return answer.model_dump_json().encode()
