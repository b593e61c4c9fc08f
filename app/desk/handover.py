"""Lists the open work of a colleague who leaves or goes off shift, and hands it over."""

from datetime import datetime
from uuid import UUID

from app.auth.errors import StaffInactive
from app.auth.models import Role, Staff
from app.auth.queries import add_audit, get_staff
from app.complaints.actions import hand_over as hand_over_complaint
from app.complaints.queries import find_least_busy, is_supervisor
from app.desk import handover_queries
from app.desk.errors import NotAtTheDesk
from app.desk.schemas import Handover, OpenComplaint, OpenWork, WorkRequest
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound

MOST = 200
"""The most open requests listed."""


async def show_open_work(tx: Tx, staff_id: UUID, now: datetime) -> OpenWork:
    """Return the requests and complaints that this person looks after, and how many calls they have taken. Raises
    NotFound."""
    await _get(tx, staff_id)
    offers, callbacks = await handover_queries.count_taken(tx, staff_id, now)
    return OpenWork(
        requests=[WorkRequest.model_validate(row) for row in await handover_queries.list_requests(tx, staff_id, MOST)],
        complaints=[OpenComplaint.model_validate(row) for row in await handover_queries.list_complaints(tx, staff_id)],
        providers_being_phoned=offers,
        citizens_being_called=callbacks,
    )


async def hand_over(act: Act, tx: Tx, staff_id: UUID, body: Handover) -> OpenWork:
    """Hand open requests and complaints over to a colleague, and release the calls just taken. Return what is left.

    An operator gets no complaints: those whose owner may no longer decide them go to the supervisor with the fewest,
    and the others stay with their owner. Repeating it changes nothing.

    Raises NotFound, and StaffInactive or NotAtTheDesk for a colleague who cannot take the work.
    """
    former, colleague = await _get(tx, staff_id), await _get(tx, body.to)
    if not colleague.active:
        raise StaffInactive(username=colleague.username)
    if not {Role.OPERATOR, Role.SUPERVISOR} & set(colleague.roles):
        raise NotAtTheDesk(username=colleague.username)
    chosen = body.request_ids
    requests = await handover_queries.hand_over_requests(tx, staff_id, body.to, chosen, **act.parameters())
    complaints = await _hand_over_complaints(act, tx, staff_id, colleague) if chosen is None else 0
    if chosen is None:
        await handover_queries.release_taken(tx, staff_id, act.now)
    if requests or complaints:
        facts = {"to": colleague.username, "requests": requests, "complaints": complaints}
        subject = f"user:{former.username}"
        await add_audit(act, tx, "staff.work_handed_over", subject, **facts)
    return await show_open_work(tx, staff_id, act.now)


async def _hand_over_complaints(act: Act, tx: Tx, staff_id: UUID, colleague: Staff) -> int:
    named = colleague.id if Role.SUPERVISOR in colleague.roles else None
    if named is None and await is_supervisor(tx, staff_id):
        return 0
    handed = 0
    for complaint in await handover_queries.list_complaints(tx, staff_id):
        if to := named or await find_least_busy(tx):
            await hand_over_complaint(act, tx, complaint.id, to)
            handed += 1
    return handed


async def _get(tx: Tx, staff_id: UUID) -> Staff:
    staff = await get_staff(tx, staff_id)
    if staff is None:
        raise NotFound(what="member of staff", key=str(staff_id))
    return staff
