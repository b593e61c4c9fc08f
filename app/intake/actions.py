"""What an operator does with a request without involving a provider: answer, relay, close, hold, consent, note a
contact."""

from typing import Any
from uuid import UUID

from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot
from app.danger.snapshot import Dangers
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import StatusConflict, record
from app.intake import queries
from app.intake.clocks import resume_clocks
from app.intake.danger import NO_DANGER, check_line, check_relayed, get_danger, has_unrelayed_danger, note_relay
from app.intake.entitlement import dearer
from app.intake.errors import HoldInvalid, RequestBlanked, TierNotDearer
from app.intake.models import CloseReason, Contact, HoldCause, Request, RequestStatus
from app.intake.rounds import end_round
from app.intake.schemas import AnswerIn, ContactIn, DangerRelayIn, HoldIn, RelayIn
from app.intake.states import CLOSED_BY_HAND, REQUESTS, UNASSIGNED
from app.intake.taking import FARTHEST, answered
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.knowledge.actions import check_articles


async def get_request(tx: Tx, request_id: UUID) -> Request:
    """Return the request. Raises NotFound."""
    request = await queries.find_request(tx, request_id)
    if request is None:
        raise NotFound(what="request", key=str(request_id))
    return request


async def get_locked(tx: Tx, request_id: UUID) -> Row:
    """Return the request's row, locked until the transaction ends. Raises NotFound."""
    request = await queries.lock_request(tx, request_id)
    if request is None:
        raise NotFound(what="request", key=str(request_id))
    return request


async def separate_request(act: Act, tx: Tx, request_id: UUID) -> Row:
    """Undo a merge: the request is `received` again, and its round ends at the time of the merge.

    If the parent's danger was relayed and the request reports the same one, it counts as relayed too.
    Raises NotFound, StatusConflict.
    """
    request = await get_locked(tx, request_id)
    await end_round(tx, request_id, request["merged_at"] or act.now)
    cleared = dict.fromkeys(("parent_id", "merged_at", "dispatched_at", "accept_by", "arrive_by", "complete_by"))
    facts: dict[str, Any] = {**cleared, "alarm_at": act.now}
    parent = await queries.find_request(tx, request["parent_id"]) if request["parent_id"] else None
    if parent and parent.danger_relayed_at and parent.danger == request["danger"] and has_unrelayed_danger(request):
        facts |= {name: getattr(parent, name) for name in NO_DANGER}
    return await REQUESTS.transition(act, tx, "separate", request_id, **facts)


async def _separate_children(act: Act, tx: Tx, parent_id: UUID) -> None:
    """Separate the requests merged into one that ends without work done, because each of their callers must be dealt
    with."""
    for member in await queries.lock_family(tx, parent_id):
        if member.parent_id == parent_id:
            await separate_request(act, tx, member.id)


async def answer_request(act: Act, tx: Tx, request_id: UUID, body: AnswerIn) -> Row:
    """Record the answer given to the citizen, close the request and separate the requests merged into it.

    Raises NotFound, StatusConflict, UnknownArticle, DangerNotRelayed.
    """
    await check_articles(tx, body.articles)
    request = await get_locked(tx, request_id)
    check_relayed(request)
    await _separate_children(act, tx, request_id)
    said = {"answered_in_call": request["answered_in_call"], "articles": body.articles}
    await REQUESTS.transition(
        act,
        tx,
        "answer",
        request_id,
        data=answered(said, int((act.now - request["received_at"]).total_seconds())),
        answer=body.answer,
        articles=body.articles or None,
        answered_at=act.now,
    )
    reason = CloseReason.ANSWERED
    return await REQUESTS.transition(
        act, tx, "close", request_id, data={"close_reason": reason}, closed_at=act.now, close_reason=reason
    )


async def relay_request(act: Act, tx: Tx, request_id: UUID, relay: RelayIn, dangers: Dangers) -> Row:
    """Relay the request to an outside line and keep its ticket number.

    If the request reports a danger that the line handles, the danger counts as relayed too.
    Raises NotFound, StatusConflict.
    """
    relayed = await REQUESTS.transition(
        act,
        tx,
        "relay",
        request_id,
        data={"to": relay.to},
        relay_to=relay.to,
        outside_number=relay.outside_number,
        relayed_at=act.now,
        unmatched_at=None,
        unmatched_reason=None,
    )
    if relayed["danger"] is None or not dangers.takes(relayed["danger"], relay.to):
        return relayed
    await note_relay(act, tx, relayed, relay.to, relay.outside_number, dangers)
    return await get_locked(tx, request_id)


async def relay_danger(act: Act, tx: Tx, request_id: UUID, body: DangerRelayIn, dangers: Dangers) -> Row:
    """Record that an emergency line has the danger. After the first line the request may be offered to providers.

    A request that can still be relayed is relayed to the line. Raises NotFound, NoDanger, NotItsLine.
    """
    request = await get_locked(tx, request_id)
    check_line(get_danger(request), body.line, dangers)
    if request["status"] in REQUESTS.moves["relay"].sources:
        relay = RelayIn(to=body.line, outside_number=body.outside_number)
        return await relay_request(act, tx, request_id, relay, dangers)
    await note_relay(act, tx, request, body.line, body.outside_number, dangers)
    return await get_locked(tx, request_id)


async def close_request(act: Act, tx: Tx, request_id: UUID, note: str) -> Row:
    """Close a relayed or unmatched request by a person's decision.

    Requests merged into it are separated, so that their callers are told too. Raises NotFound, StatusConflict,
    DangerNotRelayed.
    """
    await _separate_children(act, tx, request_id)
    request = await get_locked(tx, request_id)
    check_relayed(request)
    if request["status"] not in CLOSED_BY_HAND:
        raise await REQUESTS.refusal(tx, "close", request_id)
    reason = CloseReason.RELAYED if request["status"] == RequestStatus.RELAYED else CloseReason.NO_PROVIDER
    said = {"remark_id": await queries.add_remark(act, tx, request_id, note)} if note else {}
    return await REQUESTS.transition(
        act,
        tx,
        "close",
        request_id,
        data={"close_reason": reason} | said,
        closed_at=act.now,
        close_reason=reason,
        unmatched_at=None,
    )


async def hold_request(act: Act, tx: Tx, request_id: UUID, hold: HoldIn) -> Row:
    """Put the request on hold. The worker withdraws its pending offers. Raises NotFound, StatusConflict,
    HoldInvalid."""
    request = await get_locked(tx, request_id)
    if not act.now < hold.until <= act.now + FARTHEST:
        raise HoldInvalid
    return await REQUESTS.transition(
        act,
        tx,
        "hold",
        request_id,
        data={"cause": hold.cause, "until": hold.until.isoformat()},
        held_from=request["status"],
        held_at=act.now,
        hold_cause=hold.cause,
        hold_reason=hold.reason,
        hold_until=hold.until,
        unmatched_at=None,
    )


async def resume_request(act: Act, tx: Tx, request_id: UUID, catalog: Snapshot) -> Row:
    """Return a held request to its former state. Deadlines move only if the citizen caused the hold.

    Raises NotFound, StatusConflict.
    """
    request = await get_locked(tx, request_id)
    if request["status"] != RequestStatus.ON_HOLD:
        raise await REQUESTS.refusal(tx, "resume", request_id)
    waited = act.now - request["held_at"]
    moved: dict[str, Any] = {"rung_until": request["rung_until"] + waited} if request["rung_until"] else {}
    if request["hold_cause"] == HoldCause.CITIZEN:
        moved |= resume_clocks(dict(request), catalog.allowance(request["urgency"]), act.zone, act.now)
    back_to = request["held_from"]
    return await REQUESTS.transition(
        act,
        tx,
        "resume",
        request_id,
        data={"waited_seconds": int(waited.total_seconds())},
        held_at=None,
        held_from=None,
        hold_cause=None,
        hold_reason=None,
        hold_until=None,
        alarm_at=act.now,
        match_at=act.now if back_to == RequestStatus.DISPATCHING else None,
        unmatched_at=act.now if back_to == RequestStatus.UNMATCHED else None,
        **moved,
    )


async def consent_to_tier(act: Act, tx: Tx, request_id: UUID, tier: Tier, catalog: Snapshot) -> Row:
    """Record that the citizen agrees to a dearer tier, before a provider accepts. A waiting request is matched again at
    once.

    Repeating it changes nothing. Raises NotFound, StatusConflict, TierNotAllowed, TierNotDearer.
    """
    request = await get_locked(tx, request_id)
    if request["status"] not in UNASSIGNED:
        raise StatusConflict(subject="request", state=RequestStatus(request["status"]), expected=sorted(UNASSIGNED))
    catalog.tier(catalog.item(request["item_code"]), tier)
    if not dearer(tier, request["tier"]):
        raise TierNotDearer(served=Tier(request["tier"]), tier=tier)
    if request["tier_fallback"] == tier:
        return request
    await record(act, tx, EventKind.REQUEST_TIER_CONSENTED, request_id=request_id, data={"tier": tier})
    tx.publish(DISPATCH_TOPIC)
    return await queries.set_tier_fallback(tx, request_id, tier, act.now)


async def add_contact(act: Act, tx: Tx, request_id: UUID, body: ContactIn) -> Contact:
    """Record a later call or message about the request. Raises NotFound, RequestBlanked."""
    request = await get_request(tx, request_id)
    if request.blanked_at:
        raise RequestBlanked(number=request.number)
    contact = Contact(
        request_id=request.id,
        at=act.now,
        channel=body.channel,
        purpose=body.purpose,
        phone=body.phone,
        note=body.note,
        staff_id=act.actor.id,
    )
    tx.session.add(contact)
    await tx.flush()
    return contact
