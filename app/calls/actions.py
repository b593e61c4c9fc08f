"""Record calls as the desk reports them, and find their outcome."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.calls import queries
from app.calls.errors import CallOfAnother, CallTooOld, ExternalIdTaken, OutcomeNeeded
from app.calls.models import Call, CallOutcome, CallStatus
from app.calls.schemas import CallIn
from app.calls.states import CALLS
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.errors import NotFound

TOLD_WITHIN = timedelta(days=7)
"""How late a desk that was offline may report a call."""


async def report_call(act: Act, tx: Tx, call_id: UUID, said: CallIn) -> Any:
    """Record the call as the desk reports it: begun, parked, taken back or ended. Return the call.

    A repeated report, or one about an ended call, changes nothing. Raises CallOfAnother, CallTooOld, ExternalIdTaken or
    OutcomeNeeded.
    """
    call = await queries.lock_call(tx, call_id) or await _begin(act, tx, call_id, said)
    if call.operator_id != act.who:
        raise CallOfAnother
    if call.status != CallStatus.ENDED:
        await queries.edit_call(tx, call_id, heard_at=act.now, phone=said.phone or call.phone)
        await queries.add_requests(tx, call_id, said.request_ids)
        if said.status is CallStatus.ENDED:
            outcome = CallOutcome(said.outcome) if said.outcome else await find_outcome(tx, call)
            if outcome is None:
                raise OutcomeNeeded
            await end(act, tx, call, outcome, said.ended_at or act.now)
        elif said.status != call.status:
            step = "park" if said.status is CallStatus.PARKED else "take_back"
            await CALLS.transition(act, tx, step, call_id)
    return await queries.find_call(tx, call_id)


async def _begin(act: Act, tx: Tx, call_id: UUID, said: CallIn) -> Call:
    if act.now - said.began_at > TOLD_WITHIN or (said.ended_at and said.ended_at < said.began_at):
        raise CallTooOld(days=TOLD_WITHIN.days)
    began_at = min(said.began_at, act.now)  # a browser's clock may run ahead
    values = {"phone": said.phone, "external_id": said.external_id, "began_at": began_at, "heard_at": act.now}
    new = await queries.insert_call(tx, {"id": call_id, "operator_id": act.who, **values})
    call = await queries.lock_call(tx, call_id)
    if call is None:
        raise ExternalIdTaken
    if new:
        data = {"call_id": call_id, "happened_at": began_at.isoformat(), "withheld": said.phone is None}
        await record(act, tx, EventKind.CALL_BEGAN, data=data)
    return call


async def find_outcome(tx: Tx, call: Call) -> CallOutcome | None:
    """Return the most serious outcome that the call's requests imply, or None if they imply none."""
    work = await queries.read_work(tx, call)
    gravest = CallOutcome.COMPLAINT, CallOutcome.REQUEST, CallOutcome.ANSWERED, CallOutcome.PROGRESS
    return next((outcome for outcome in gravest if getattr(work, outcome)), None)


async def end(act: Act, tx: Tx, call: Call, outcome: CallOutcome, ended_at: datetime) -> None:
    """End the call, no earlier than it began and no later than now. Its event has the facts that figures need."""
    ended_at = max(call.began_at, min(ended_at, act.now))
    data = {
        "outcome": outcome,
        "happened_at": call.began_at.isoformat(),
        "seconds": int((ended_at - call.began_at).total_seconds()),
        "withheld": call.phone is None,
    }
    values = {"outcome": outcome, "ended_at": ended_at}
    await CALLS.transition(act, tx, "end", call.id, data=data, **values)


async def get_call(tx: Tx, call_id: UUID) -> Any:
    """Return the call. Raises NotFound."""
    if (call := await queries.find_call(tx, call_id)) is None:
        raise NotFound(what="call", key=str(call_id))
    return call
