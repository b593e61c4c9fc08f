"""The worker's step that ends abandoned calls."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.calls import queries
from app.calls.actions import end, find_outcome
from app.calls.models import CallOutcome, CallStatus
from app.events.act import Act
from app.events.due import one_by_one
from app.kit.context import Context
from app.kit.db import Tx


async def end_abandoned_calls(context: Context) -> int:
    """End each call that the desk has not reported on for `call_silence_minutes`. Return how many were ended.

    A call ends as of the last report, with the outcome that its requests imply, or else as unfinished.
    """
    silence = timedelta(minutes=context.settings.call_silence_minutes)

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_abandoned(tx, now - silence, limit)

    async def change(act: Act, tx: Tx, call_id: UUID) -> None:
        call = await queries.lock_call(tx, call_id)
        if call is None or call.status == CallStatus.ENDED or call.heard_at >= act.now - silence:
            return
        outcome = await find_outcome(tx, call) or CallOutcome.UNFINISHED
        await end(act, tx, call, outcome, call.heard_at)

    return await one_by_one(context, "end_abandoned_calls", find, change)
