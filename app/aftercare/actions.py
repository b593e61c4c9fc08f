"""Calling citizens back after their request was completed, and what follows from what they say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.aftercare import queries
from app.aftercare.errors import CallbackNotTaken, CallbackOutdated
from app.aftercare.models import DISSATISFIED, Callback, CallbackStatus
from app.aftercare.schedule import THIRDS, first_due, is_calling_hour, next_due, third_of
from app.aftercare.schemas import CallbackOut, CallbackTaken, Outcome
from app.aftercare.states import CALLBACKS
from app.auth.access import Principal
from app.auth.reveals import note_reveal
from app.catalog.snapshot import Snapshot
from app.complaints.actions import open_case
from app.complaints.models import Cause
from app.dispatch.actions import redo_request, reopen_request
from app.events.act import SYSTEM, Actor
from app.events.kinds import EventKind
from app.events.transition import record
from app.intake.actions import get_locked, get_request
from app.intake.models import CloseReason, RequestStatus
from app.intake.states import REQUESTS
from app.jobs.models import Job
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.personal import mask_name, mask_phone
from app.settings import Settings

TAKEN_FOR = timedelta(minutes=10)


class By(NamedTuple):
    """Who records an outcome and when, and what it takes to send a request out again."""

    actor: Actor
    now: datetime
    catalog: Snapshot
    settings: Settings


async def arrange_callbacks(tx: Tx, request_id: UUID, zone: ZoneInfo, now: datetime) -> None:
    """Drop the request's callbacks that are out of date; once it is completed, make one for each of its callers.

    One whose caller left no number is closed at once: nobody can be asked.
    """
    request = await get_locked(tx, request_id)
    await queries.drop_outdated(tx, request_id, **SYSTEM.parameters(now))
    if request["status"] != RequestStatus.COMPLETED:
        return
    callback = {
        "job_id": await queries.find_completed_job(tx, request_id),
        "status": CallbackStatus.DUE,
        "due_at": first_due(request["completed_at"], request["urgency"], zone),
    }
    callers = await queries.list_callers(tx, request_id)
    await queries.add_callbacks(tx, [callback | {"id": new_id(now), "request_id": caller} for caller in callers])
    if request["callback_phone"] is None and request["contact_phone"] is None:
        await REQUESTS.transition(
            tx,
            "close",
            request_id,
            at=now,
            actor=SYSTEM,
            data={"reason": "no_number"},
            closed_at=now,
            close_reason=CloseReason.UNREACHED,
        )


async def take_next(tx: Tx, principal: Principal, zone: ZoneInfo, now: datetime) -> CallbackTaken | None:
    """Take the next due callback for ten minutes; None when there is none, or outside the calling hours."""
    if not is_calling_hour(now, zone):
        return None
    callback_id = await queries.take_next(tx, principal.id, third_of(now, zone), now, now + TAKEN_FOR)
    if callback_id is None:
        return None
    callback = await _find(tx, callback_id)
    await note_reveal(tx, principal, f"request:{callback['request_id']}", "callback", now)
    return CallbackTaken.model_validate(dict(callback))


async def record_outcome(tx: Tx, callback_id: UUID, body: Outcome, by: By) -> CallbackOut:
    """Record how the call went: it closes the request, or has it done again, or a further attempt falls due.

    Repeating it gives the present state. Raises NotFound, StatusConflict when it ended otherwise, CallbackOutdated,
    CallbackNotTaken.
    """
    facts = await _find(tx, callback_id)
    served = await get_locked(tx, facts["served_request_id"])
    callback = await queries.lock_callback(tx, callback_id)
    if callback.status != CallbackStatus.DUE:
        if not _is_same(callback, body):
            raise await CALLBACKS.refusal(tx, "finish", callback_id)
    elif not await queries.is_current(tx, callback_id):
        raise CallbackOutdated
    elif body.reached:
        await _finish(tx, facts, served, body, by)
    else:
        await _miss(tx, callback, served, by)
    return show(dict(await _find(tx, callback_id)))


def _is_same(callback: Callback, body: Outcome) -> bool:
    if not body.reached:
        return callback.status == CallbackStatus.UNREACHED
    answers = ("solved", "satisfaction", "paid_fen", "remark")
    return all(getattr(callback, name) == getattr(body, name) for name in answers)


async def _miss(tx: Tx, callback: Callback, served: Row, by: By) -> None:
    if callback.taken_until is None:
        if not callback.tried:
            raise CallbackNotTaken
        return
    zone = by.settings.zone
    tried = [*callback.tried, third_of(callback.taken_until - TAKEN_FOR, zone)]
    if len(tried) < len(THIRDS):
        callback.tried, callback.due_at = tried, next_due(by.now, tried, zone)
        callback.taken_by = callback.taken_until = None
        await tx.flush()
        facts = {"attempt": len(tried), "due_at": callback.due_at.isoformat()}
        await record(
            tx, EventKind.CALLBACK_MISSED, at=by.now, actor=by.actor, request_id=callback.request_id, data=facts
        )
        return
    await CALLBACKS.transition(
        tx, "give_up", callback.id, at=by.now, actor=by.actor, tried=tried, ended_at=by.now, ended_by=by.actor.id
    )
    await queries.drop_others(tx, callback.id, **by.actor.parameters(by.now))
    await _close(tx, callback.request_id, served, CloseReason.UNREACHED, by)


async def _finish(tx: Tx, facts: Row, served: Row, body: Outcome, by: By) -> None:
    answers = body.model_dump(include={"solved", "satisfaction", "paid_fen"})
    await CALLBACKS.transition(
        tx,
        "finish",
        facts["id"],
        at=by.now,
        actor=by.actor,
        data=answers | compare_bill(facts["billed_fen"], body.paid_fen),
        **answers,
        remark=body.remark,
        ended_at=by.now,
        ended_by=by.actor.id,
    )
    await queries.drop_others(tx, facts["id"], **by.actor.parameters(by.now))
    if body.satisfaction in DISSATISFIED:
        job = await tx.session.get(Job, facts["job_id"])
        cause = Cause(body.satisfaction)
        await open_case(tx, facts["request_id"], job, cause, body.remark, by.settings, by.actor, by.now)
    if not body.solved:
        await _do_again(tx, served, body, by)
    else:
        await _close(tx, facts["request_id"], served, CloseReason.SOLVED, by)


def compare_bill(billed_fen: int | None, paid_fen: int | None) -> dict[str, int | bool]:
    """What the callback's event says of what the citizen paid, beside the bill; nothing where either is unknown."""
    if billed_fen is None or paid_fen is None:
        return {}
    difference = {"difference_fen": paid_fen - billed_fen} if paid_fen != billed_fen else {}
    return difference | {"overcharged": paid_fen > billed_fen}


async def _close(tx: Tx, caller_id: UUID, served: Row, reason: CloseReason, by: By) -> None:
    """Close the request that was served, if the caller of this one asked for it; another's word does not end it."""
    caller = await get_request(tx, caller_id)
    theirs = caller.callback_phone or caller.contact_phone
    if served["status"] == RequestStatus.COMPLETED and theirs == (served["callback_phone"] or served["contact_phone"]):
        await REQUESTS.transition(
            tx, "close", served["id"], at=by.now, actor=by.actor, closed_at=by.now, close_reason=reason
        )


async def _do_again(tx: Tx, served: Row, body: Outcome, by: By) -> None:
    """What a merged caller speaks of may have been closed meanwhile, and so long ago that it stays closed."""
    if served["status"] == RequestStatus.COMPLETED:
        await redo_request(tx, served["id"], other_firm=body.redo_refused, **by._asdict())
    elif by.now <= served["closed_at"] + timedelta(days=by.settings.reopen_days):
        reason = body.remark or "回访时求助人反映未解决"
        await reopen_request(tx, served["id"], reason, other_firm=body.redo_refused, **by._asdict())


def show(callback: Mapping[str, Any]) -> CallbackOut:
    """A callback as the API lists it: phone and name masked."""
    masked = {
        "contact_phone": mask_phone(callback["contact_phone"]),
        "contact_name": mask_name(callback["contact_name"]),
    }
    return CallbackOut.model_validate({**callback, **masked})


async def _find(tx: Tx, callback_id: UUID) -> Row:
    callback = await queries.find_callback(tx, callback_id)
    if callback is None:
        raise NotFound(what="callback", key=str(callback_id))
    return callback
