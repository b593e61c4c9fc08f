"""SQL for complaints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, bindparam, func, or_, select, tuple_, update

from app.auth.models import Role, Staff
from app.complaints.models import Complaint, ComplaintStatus
from app.complaints.schemas import ComplaintFilter
from app.events.transition import AT
from app.intake.models import Request, callback_name, callback_phone
from app.jobs.models import Job
from app.kit.db import Prepared, Tx
from app.kit.orm import word
from app.registry.models import Provider

_ROW = {"populate_existing": True}
_IS_OPEN = Complaint.decided_at.is_(None)
_VIEW = (
    select(
        *(column for column in Complaint.__table__.c),
        Request.number,
        Provider.name.label("provider_name"),
        callback_name(Request).label("contact_name"),
        func.coalesce(Complaint.phone, callback_phone(Request)).label("contact_phone"),
    )
    .join(Request, Request.id == Complaint.request_id)
    .join(Provider, Provider.id == Complaint.provider_id, isouter=True)
)
_ONE_CASE = Prepared(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0)).label("mine"))
)


async def open_alone(tx: Tx, request_id: UUID) -> None:
    """Wait for others who are opening a case about this request.

    Then only one of them opens it, and the rest find it.
    """
    await tx.rows(_ONE_CASE, name=f"complaint:{request_id}")


async def find_open(tx: Tx, request_id: UUID, job_id: UUID | None) -> Complaint | None:
    """Return the request's undecided case about this job, locked, or None."""
    query = select(Complaint).where(Complaint.request_id == request_id, _IS_OPEN)
    query = query.where(Complaint.job_id.is_not_distinct_from(job_id)).order_by(Complaint.id).limit(1)
    return (await tx.session.execute(query.with_for_update(), execution_options=_ROW)).scalar_one_or_none()


async def find_last_job(tx: Tx, request_id: UUID) -> Job | None:
    """Return the request's latest job, or None."""
    query = select(Job).where(Job.request_id == request_id).order_by(Job.accepted_at.desc(), Job.id.desc()).limit(1)
    return (await tx.session.execute(query, execution_options=_ROW)).scalar_one_or_none()


async def find_least_busy(tx: Tx) -> UUID | None:
    """Return the active supervisor with the fewest open cases, or None."""
    theirs = select(func.count()).where(Complaint.owner_id == Staff.id, _IS_OPEN).scalar_subquery()
    query = select(Staff.id).where(Staff.active, Staff.roles.contains([Role.SUPERVISOR]))
    return (await tx.session.execute(query.order_by(theirs, Staff.id).limit(1))).scalar_one_or_none()


async def is_supervisor(tx: Tx, staff_id: UUID) -> bool:
    """Return whether this is an active supervisor."""
    staff = await tx.session.get(Staff, staff_id, populate_existing=True)
    return staff is not None and staff.active and Role.SUPERVISOR in staff.roles


async def lock_complaint(tx: Tx, complaint_id: UUID) -> Complaint | None:
    """Return the complaint, locked until the transaction ends, or None."""
    query = select(Complaint).where(Complaint.id == complaint_id).with_for_update()
    return (await tx.session.execute(query, execution_options=_ROW)).scalar_one_or_none()


async def get_complaint(tx: Tx, complaint_id: UUID) -> Any:
    """Return the complaint with its request's number, its provider's name and whom to phone."""
    return (await tx.session.execute(_VIEW.where(Complaint.id == complaint_id))).one()


async def list_complaints(
    tx: Tx, wanted: ComplaintFilter, me: UUID, after: tuple[datetime, UUID] | None
) -> Sequence[Any]:
    """Return complaints, oldest first. `me` is the caller, whose own cases `wanted.owner` selects."""
    query = _VIEW.order_by(Complaint.opened_at, Complaint.id).limit(wanted.limit + 1)
    if wanted.is_open is not None:
        query = query.where(_IS_OPEN if wanted.is_open else ~_IS_OPEN)
    if wanted.owner:
        query = query.where(Complaint.owner_id == me)
    if wanted.status:
        query = query.where(Complaint.status == wanted.status)
    if wanted.request_id:
        mine = or_(Request.id == wanted.request_id, Request.parent_id == wanted.request_id)
        query = query.where(mine)
    if after:
        query = query.where(tuple_(Complaint.opened_at, Complaint.id) > after)
    return (await tx.session.execute(query)).all()


async def list_own(tx: Tx, provider_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]:
    """Return complaints about the provider's work, newest first."""
    query = _VIEW.where(Complaint.provider_id == provider_id).order_by(Complaint.id.desc()).limit(limit)
    return (await tx.session.execute(query.where(Complaint.id < before) if before else query)).all()


_TO_ANSWER = (Complaint.status == word(ComplaintStatus.DECIDED), Complaint.answer_at <= AT)


def _take_to_answer() -> Prepared:
    free = (
        select(Complaint.id)
        .where(*_TO_ANSWER)
        .where(or_(Complaint.answer_taken_until.is_(None), Complaint.answer_taken_until <= AT))
        .order_by(Complaint.answer_at, Complaint.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED")
    )
    until = bindparam("until", type_=DateTime(timezone=True))
    taken = update(Complaint).where(Complaint.id.in_(select(free.c.id))).values(answer_taken_until=until)
    return Prepared(taken.returning(Complaint.id))


_TAKE_TO_ANSWER = _take_to_answer()


async def take_to_answer(tx: Tx, at: datetime, until: datetime) -> UUID | None:
    """Claim the decided complaint whose citizen has waited longest for the answer. The claim lasts until `until`.

    Return its id, or None.
    """
    row = await tx.row(_TAKE_TO_ANSWER, at=at, until=until)
    return row["id"] if row else None


async def find_due_alarms(tx: Tx, at: datetime, limit: int) -> Sequence[UUID]:
    """Return complaints whose clock may have turned yellow or red, earliest first."""
    query = select(Complaint.id).where(Complaint.alarm_at <= at).order_by(Complaint.alarm_at).limit(limit)
    return (await tx.session.execute(query)).scalars().all()
