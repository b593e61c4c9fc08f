"""SQL for calendar days and the deadlines that a changed day moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.catalog.models import Calendar, CalendarDay, UrgencyTimes
from app.complaints.models import Complaint
from app.credit.models import CreditEntry, EntryStatus
from app.intake.filters import CLOSED
from app.intake.models import Request
from app.kit.db import Tx

DUES = (
    "answer_by", "accept_by", "arrive_by", "complete_by", "original_complete_by", "round_arrive_by",
    "round_complete_by",
)  # fmt: skip


async def list_entered(tx: Tx) -> Sequence[CalendarDay]:
    """Return the days that the centre has entered, in order."""
    query = select(CalendarDay).order_by(CalendarDay.day).execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalars().all()


async def enter_day(tx: Tx, **values: Any) -> None:
    """Enter the day, replacing an earlier entry."""
    new = insert(CalendarDay).values(values)
    changed = {name: new.excluded[name] for name in values if name != "day"}
    await tx.session.execute(new.on_conflict_do_update(index_elements=["day"], set_=changed))


async def drop_day(tx: Tx, day: Any) -> bool:
    """Delete the entry for the day. Returns whether there was one."""
    dropped = delete(CalendarDay).where(CalendarDay.day == day).returning(CalendarDay.day)
    return (await tx.session.execute(dropped)).first() is not None


async def lock_requests(tx: Tx, now: datetime) -> Sequence[Request]:
    """Lock and return open requests with a future deadline counted in working days, by id."""
    counted = select(UrgencyTimes.code).where(UrgencyTimes.calendar == Calendar.WORKING_DAYS)
    ahead = or_(*(getattr(Request, name) > now for name in DUES))
    query = select(Request).where(Request.status.not_in(CLOSED), Request.urgency.in_(counted), ahead)
    query = query.order_by(Request.id).with_for_update().execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalars().all()


async def move_dues(tx: Tx, request_id: UUID, **dues: datetime) -> None:
    """Set deadlines of a locked request."""
    await tx.session.execute(update(Request).where(Request.id == request_id).values(dues))


async def lock_complaints(tx: Tx, now: datetime) -> Sequence[Complaint]:
    """Lock and return undecided complaints whose decision or reply is due after `now`, by id."""
    query = select(Complaint).where(Complaint.decided_at.is_(None))
    query = query.where(or_(Complaint.due_at > now, Complaint.reply_by > now)).order_by(Complaint.id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def lock_entries(tx: Tx, now: datetime) -> Sequence[CreditEntry]:
    """Lock and return credit entries to which the provider may still reply, or which it may still appeal, by id."""
    replies = (CreditEntry.status == EntryStatus.PROPOSED) & (CreditEntry.reply_by > now)
    appeals = (CreditEntry.status == EntryStatus.APPLIED) & (CreditEntry.appeal_by > now)
    query = select(CreditEntry).where(replies | appeals).order_by(CreditEntry.id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()
