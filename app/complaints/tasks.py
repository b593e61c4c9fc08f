"""The worker's step for complaints whose deadline is near or has passed."""

from uuid import UUID

from app.complaints import queries
from app.complaints.models import ComplaintStatus
from app.events.act import Act
from app.events.due import one_by_one
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.context import Context
from app.kit.db import Tx


async def raise_complaint_alarms(context: Context) -> int:
    """Log each open complaint whose clock has turned yellow, and again when it turns red.

    Return how many complaints were dealt with.
    """

    async def change(act: Act, tx: Tx, complaint_id: UUID) -> None:
        case = await queries.lock_complaint(tx, complaint_id)
        if case is None or case.alarm_at is None or case.alarm_at > act.now:
            return
        red = case.due_at <= act.now
        case.alarm_at = None if red else case.due_at
        if case.status == ComplaintStatus.OPEN:
            data = {"clock": "complaint", "due": case.due_at.isoformat(), "complaint_id": case.id}
            kind = EventKind.CLOCK_RED if red else EventKind.CLOCK_YELLOW
            await record(act, tx, kind, request_id=case.request_id, data=data)

    return await one_by_one(context, "raise_complaint_alarms", queries.find_due_alarms, change)
