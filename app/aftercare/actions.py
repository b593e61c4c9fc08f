"""Call citizens back after their request was completed, and act on what they say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.aftercare import queries
from app.aftercare.errors import CallbackNotTaken, CallbackOutdated
from app.aftercare.models import DISSATISFIED, Callback, CallbackStatus
from app.aftercare.schedule import THIRDS, first_due, is_calling_hour, next_due, third_of
from app.aftercare.schemas import CallbackOut, CallbackTaken, Outcome
from app.aftercare.states import CALLBACKS
from app.auth.models import RevealReason
from app.auth.reveals import note_reveal
from app.catalog.snapshot import Snapshot
from app.complaints.actions import open_case
from app.complaints.models import Cause
from app.dispatch.actions import redo_request, reopen_request
from app.events.act import Act
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

TAKEN_FOR = timedelta(minutes=10)
"""How long a callback belongs to the person who took it."""


async def arrange_callbacks(act: Act, tx: Tx, request_id: UUID) -> None:
    """Bring the request's callbacks up to date.

    1. Drop callbacks about an earlier completion.
    2. If the request is completed, add one callback for each caller's phone number.
    3. If the request has no phone number, close it as unreached: nobody can be asked.
    """
    request = await get_locked(tx, request_id)
    await queries.drop_outdated(tx, request_id, **act.of_itself.parameters())
    if request["status"] != RequestStatus.COMPLETED:
        return
    callback = {
        "job_id": await queries.find_completed_job(tx, request_id),
        "status": CallbackStatus.DUE,
        "due_at": first_due(request["completed_at"], request["urgency"], act.zone),
    }
    callers = await queries.list_callers(tx, request_id)
    await queries.add_callbacks(tx, [callback | {"id": new_id(act.now), "request_id": caller} for caller in callers])
    if request["callback_phone"] is None and request["contact_phone"] is None:
        await REQUESTS.transition(
            act,
            tx,
            "close",
            request_id,
            data={"close_reason": CloseReason.UNREACHED, "reason": "no_number"},
            closed_at=act.now,
            close_reason=CloseReason.UNREACHED,
        )


async def take_next(act: Act, tx: Tx) -> CallbackTaken | None:
    """Take the next due callback and reserve it for ten minutes.

    Return None if none is due, or outside calling hours.
    """
    if not is_calling_hour(act.now, act.zone):
        return None
    callback_id = await queries.take_next(tx, act.who, third_of(act.now, act.zone), act.now, act.now + TAKEN_FOR)
    if callback_id is None:
        return None
    callback = await _find(tx, callback_id)
    await note_reveal(act, tx, f"request:{callback['request_id']}", RevealReason.CALLBACK)
    return CallbackTaken.model_validate(dict(callback))


async def record_outcome(act: Act, tx: Tx, callback_id: UUID, body: Outcome, catalog: Snapshot) -> CallbackOut:
    """Record how the call went, and close the request, have the work done again, or make another attempt due.

    A repeated call changes nothing. Return the callback's current state. Raises NotFound, StatusConflict when it ended
    differently, CallbackOutdated or CallbackNotTaken.
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
        await _finish(act, tx, facts, served, body, catalog)
    else:
        await _miss(act, tx, callback, facts, served)
    return show(dict(await _find(tx, callback_id)))


def _is_same(callback: Callback, body: Outcome) -> bool:
    if not body.reached:
        return callback.status == CallbackStatus.UNREACHED
    answers = ("solved", "satisfaction", "paid_fen", "remark")
    return all(getattr(callback, name) == getattr(body, name) for name in answers)


def _about(facts: Row) -> dict[str, UUID]:
    """Return the job and provider that the callback is about, for the data of its event.

    The event's own `provider_id` stays empty, so that no provider is sent what the citizen said.
    """
    return {"job_id": facts["job_id"], "provider_id": facts["provider_id"]}


async def _miss(act: Act, tx: Tx, callback: Callback, facts: Row, served: Row) -> None:
    if callback.taken_until is None:
        if not callback.tried:
            raise CallbackNotTaken
        return
    zone = act.zone
    tried = [*callback.tried, third_of(callback.taken_until - TAKEN_FOR, zone)]
    if len(tried) < len(THIRDS):
        callback.tried, callback.due_at = tried, next_due(act.now, tried, zone)
        callback.taken_by = callback.taken_until = None
        await tx.flush()
        data = {"callback_id": callback.id, "attempt": len(tried), "due_at": callback.due_at.isoformat()}
        await record(act, tx, EventKind.CALLBACK_MISSED, request_id=callback.request_id, data=_about(facts) | data)
        return
    await CALLBACKS.transition(
        act, tx, "give_up", callback.id, data=_about(facts), tried=tried, ended_at=act.now, ended_by=act.actor.id
    )
    await queries.drop_others(tx, callback.id, **act.parameters())
    await _close(act, tx, callback.request_id, served, CloseReason.UNREACHED)


async def _finish(act: Act, tx: Tx, facts: Row, served: Row, body: Outcome, catalog: Snapshot) -> None:
    answers = body.model_dump(include={"solved", "satisfaction", "paid_fen"})
    await CALLBACKS.transition(
        act,
        tx,
        "finish",
        facts["id"],
        data=_about(facts) | answers | compare_bill(facts["billed_fen"], body.paid_fen),
        **answers,
        remark=body.remark,
        ended_at=act.now,
        ended_by=act.actor.id,
    )
    await queries.drop_others(tx, facts["id"], **act.parameters())
    if body.satisfaction in DISSATISFIED:
        job = await tx.session.get(Job, facts["job_id"])
        cause = Cause(body.satisfaction)
        await open_case(act, tx, facts["request_id"], job, cause, body.remark)
    if not body.solved:
        await _do_again(act, tx, served, body, catalog)
    else:
        await _close(act, tx, facts["request_id"], served, CloseReason.SOLVED)


def compare_bill(billed_fen: int | None, paid_fen: int | None) -> dict[str, int | bool]:
    """Return how the amount paid differs from the bill, for the callback's event. Empty if either is unknown."""
    if billed_fen is None or paid_fen is None:
        return {}
    difference = {"difference_fen": paid_fen - billed_fen} if paid_fen != billed_fen else {}
    return difference | {"overcharged": paid_fen > billed_fen}


async def _close(act: Act, tx: Tx, caller_id: UUID, served: Row, reason: CloseReason) -> None:
    """Close the served request if the callback went to that request's own number. Other callers cannot close it."""
    caller = await get_request(tx, caller_id)
    theirs = caller.callback_phone or caller.contact_phone
    if served["status"] == RequestStatus.COMPLETED and theirs == (served["callback_phone"] or served["contact_phone"]):
        await REQUESTS.transition(
            act, tx, "close", served["id"], data={"close_reason": reason}, closed_at=act.now, close_reason=reason
        )


async def _do_again(act: Act, tx: Tx, served: Row, body: Outcome, catalog: Snapshot) -> None:
    """Have the work done again, or reopen the request if it was closed meanwhile.

    If the callback is for a merged request, the served one may have been closed too long ago. Then it stays closed.
    """
    if served["status"] == RequestStatus.COMPLETED:
        await redo_request(act, tx, served["id"], other_provider=body.redo_refused, catalog=catalog)
    elif act.now <= served["closed_at"] + timedelta(days=act.settings.reopen_days):
        reason = body.remark or "回访时求助人反映未解决"
        await reopen_request(
            act,
            tx,
            served["id"],
            reason,
            other_provider=body.redo_refused,
            catalog=catalog,
        )


def show(callback: Mapping[str, Any]) -> CallbackOut:
    """Return the callback as the API shows it, with phone number and name masked."""
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
