"""The worker step for clocks that turn yellow or red."""

from uuid import UUID

from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.due import one_by_one
from app.events.kinds import EventKind
from app.events.transition import record
from app.intake.clocks import list_alarms
from app.intake.queries import lock_request
from app.kit.context import Context
from app.kit.db import Tx
from app.supervision import queries


async def raise_alarms(context: Context, catalog: Snapshot) -> int:
    """Log each clock that has turned yellow or red, once per deadline, and set when to check next.

    Returns how many requests it checked.
    """

    async def change(act: Act, tx: Tx, request_id: UUID) -> None:
        request = await lock_request(tx, request_id)
        if request is None or request["alarm_at"] is None or request["alarm_at"] > act.now:
            return
        alarms = list_alarms(dict(request), catalog.allowance(request["urgency"]), act.zone)
        raised = await queries.list_raised(tx, request_id)
        for alarm in alarms:
            kind, data = EventKind(f"clock.{alarm.level}"), {"clock": alarm.clock, "due": alarm.due.isoformat()}
            if alarm.at <= act.now and (kind, data["clock"], data["due"]) not in raised:
                await record(act, tx, kind, request_id=request_id, data=data)
        await queries.set_alarm(tx, request_id, min((a.at for a in alarms if a.at > act.now), default=None))

    return await one_by_one(context, "raise_alarms", queries.find_due_alarms, change)
