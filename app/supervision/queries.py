"""SQL for the supervisor's queue, derived from the state of requests, jobs and providers, and for decisions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    Uuid,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.complaints.models import Complaint
from app.events.kinds import EventKind
from app.events.models import Event
from app.events.transition import AT
from app.intake.clocks import RUNS_WHILE, Clock
from app.intake.models import Request, RequestStatus, UnmatchedReason
from app.jobs.models import Extension, Job
from app.kit.db import Prepared, Tx
from app.kit.orm import word
from app.registry.models import FORMER_STANDINGS, Provider, ProviderDay, ProviderWindow
from app.supervision.schemas import Concern, QueueFilter

_ID = bindparam("id", type_=Uuid)


_DUE_ALARMS = Prepared(
    select(Request.id).where(Request.alarm_at <= AT).order_by(Request.alarm_at).limit(bindparam("limit", type_=Integer))
)


async def find_due_alarms(tx: Tx, at: datetime, limit: int) -> Sequence[UUID]:
    """Return requests with a clock that may have turned yellow or red, earliest first."""
    return [row["id"] for row in await tx.rows(_DUE_ALARMS, at=at, limit=limit)]


_RAISED = Prepared(
    select(Event.kind, Event.data).where(
        Event.request_id == _ID, Event.kind.in_([word(EventKind.CLOCK_YELLOW), word(EventKind.CLOCK_RED)])
    )
)


async def list_raised(tx: Tx, request_id: UUID) -> set[tuple[str, str, str]]:
    """Return the request's alarms so far as (event kind, clock, deadline), as they are in the log."""
    rows = await tx.rows(_RAISED, id=request_id)
    return {(row["kind"], row["data"]["clock"], row["data"]["due"]) for row in rows}


_SET_ALARM = Prepared(
    update(Request).where(Request.id == _ID).values(alarm_at=bindparam("alarm_at", type_=DateTime(timezone=True)))
)


async def set_alarm(tx: Tx, request_id: UUID, at: datetime | None) -> None:
    """Set when to check the request's clocks next; None for never."""
    await tx.rows(_SET_ALARM, id=request_id, alarm_at=at)


def _running(clock: Clock, due: InstrumentedAttribute[datetime | None]) -> ColumnElement[Any]:
    """Return the SQL expression for the clock's deadline while the clock runs, else NULL."""
    return case((Request.status.in_([word(state) for state in sorted(RUNS_WHILE[clock])]), due), else_=null())


_DUES = (
    _running(Clock.ANSWER, Request.answer_by),
    _running(Clock.ACCEPT, Request.accept_by),
    _running(Clock.ARRIVE, Request.arrive_by),
    _running(Clock.COMPLETE, Request.complete_by),
)
_OPEN = Request.status.not_in([word("closed"), word("cancelled"), word("merged")])


def _complained(column: Any) -> ColumnElement[Any]:
    """Return this column of the request's undecided complaint with the earliest deadline."""
    query = select(column).where(Complaint.request_id == Request.id, Complaint.decided_at.is_(None))
    return query.order_by(Complaint.due_at, Complaint.id).limit(1).correlate(Request).scalar_subquery()


def _queue(*which: ColumnElement[bool]) -> Select[Any]:
    """Return the query for these requests, with a column for each reason to be in the queue."""
    complaint_due = _complained(Complaint.due_at)
    due = func.least(*_DUES, complaint_due, type_=DateTime(timezone=True))
    red = func.coalesce(due <= AT, False)
    told = Event.data["due"].as_string().cast(DateTime(timezone=True))
    yellow = (
        select(Event.id)
        .where(Event.request_id == Request.id, Event.kind == word(EventKind.CLOCK_YELLOW), told > AT)
        .where(told.in_([*_DUES, complaint_due]))
        .exists()
    )
    asked = (
        select(Extension.id)
        .join(Job, Job.id == Extension.job_id)
        .where(Extension.request_id == Request.id, Extension.status == word("asked"))
        .where(Job.status.in_([word("accepted"), word("started")]))
        .scalar_subquery()
    )
    newest = select(Job.id).where(Job.request_id == Request.id).order_by(Job.id.desc()).limit(1)
    last = newest.correlate(Request).scalar_subquery()  # also within `gone` and `unjudged`, which read Job themselves
    given_back = Request.unmatched_reason.in_([word(UnmatchedReason.RETURNED), word(UnmatchedReason.FAILED)])
    unjudged = select(Job.id).where(Job.id == last, Job.fault.is_(None)).exists()
    unmatched = Request.status == word(RequestStatus.UNMATCHED)
    was_merged = (
        select(Event.id).where(Event.request_id == Request.id, Event.kind == word(EventKind.REQUEST_SEPARATED)).exists()
    )
    separated = case((Request.status == word(RequestStatus.RECEIVED), was_merged), else_=False)
    former = Provider.standing.in_([word(standing) for standing in FORMER_STANDINGS])
    gone = select(Job.id).join(Provider).where(Job.id == last, Job.status == word("started"), former).exists()
    columns: list[Any] = [
        Request.id.label("request_id"),
        Request.number,
        Request.status,
        Request.category_code.label("category"),
        Request.item_code.label("item"),
        Request.township_code.label("township"),
        Request.urgency,
        Request.urgency_rank,
        Request.danger.label("danger_kind"),
        Request.danger_relayed_at,
        func.coalesce(due, Request.received_at).label("due"),
        case((unmatched, Request.unmatched_reason)).label("unmatched_reason"),
        last.label("job_id"),
        asked.label("extension_id"),
        (Request.danger.is_not(None) & _OPEN).label(Concern.DANGER),
        (unmatched & func.coalesce(given_back, False) & unjudged).label(Concern.TO_ARBITRATE),
        unmatched.label(Concern.UNMATCHED),
        separated.label(Concern.SEPARATED),
        red.label(Concern.RED),
        asked.is_not(None).label(Concern.EXTENSION_ASKED),
        _complained(Complaint.id).label("complaint_id"),
        complaint_due.is_not(None).label(Concern.COMPLAINT),
        (~red & yellow).label(Concern.YELLOW),
        ((Request.status == word(RequestStatus.IN_PROGRESS)) & gone).label(Concern.PROVIDER_GONE),
    ]
    return select(*columns).where(*which)


# Two parts, each with its own index: open requests, and closed ones with an undecided complaint.
_COMPLAINED = select(Complaint.request_id).where(Complaint.decided_at.is_(None))
_QUEUE = _queue(_OPEN).union_all(_queue(~_OPEN, Request.id.in_(_COMPLAINED))).subquery()
_ANY = or_(*(_QUEUE.c[kind] for kind in Concern))


async def list_queue(tx: Tx, wanted: QueueFilter, now: datetime, after: Any) -> Sequence[Any]:
    """Return a page of the queue and one row more, most urgent first, then by deadline."""
    query = select(_QUEUE).where(_QUEUE.c[wanted.kind] if wanted.kind else _ANY)
    for column in ("category", "township"):
        if (value := getattr(wanted, column)) is not None:
            query = query.where(_QUEUE.c[column] == value)
    key = (_QUEUE.c.urgency_rank, _QUEUE.c.due, _QUEUE.c.request_id)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await tx.session.execute(query.order_by(*key).limit(wanted.limit + 1), {"at": now})).all()


_COUNTS = Prepared(
    select(
        *(func.count().filter(_QUEUE.c[kind]).label(kind) for kind in Concern),
        select(func.count())
        .select_from(Provider)
        .where(Provider.unreachable_why == word("silent"))
        .scalar_subquery()
        .label("silent_providers"),
    ).select_from(_QUEUE)
)


async def count_queue(tx: Tx, now: datetime) -> dict[str, int]:
    """Return how many requests are in the queue, by concern, and how many providers fell silent."""
    row = await tx.row(_COUNTS, at=now)
    assert row is not None
    return dict(row)


async def list_silent_providers(tx: Tx, after: Any, limit: int) -> Sequence[Any]:
    """Return providers that are unreachable because they fell silent, the longest silent first."""
    key = (Provider.unreachable_at, Provider.id)
    query = select(Provider).where(Provider.unreachable_why == "silent").order_by(*key).limit(limit)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await tx.session.execute(query)).scalars().all()


async def find_extension(tx: Tx, extension_id: UUID) -> Extension | None:
    """Return the extension as it is in the database now, or None."""
    return await tx.session.get(Extension, extension_id, populate_existing=True)


async def move_deadlines(
    tx: Tx, request_id: UUID, arrive_by: datetime | None, complete_by: datetime, original: datetime, now: datetime
) -> None:
    """Extend the request's deadlines that have not passed, and set those of its round, if any.

    The worker checks the clocks at once.
    """

    def later(due: InstrumentedAttribute[datetime | None], moved: datetime | None) -> ColumnElement[Any]:
        return case((due > now, func.greatest(due, moved)), else_=due)

    await tx.session.execute(
        update(Request)
        .where(Request.id == request_id)
        .values(
            arrive_by=later(Request.arrive_by, arrive_by),
            complete_by=later(Request.complete_by, complete_by),
            round_arrive_by=case((Request.round_from.is_not(None), arrive_by)),
            round_complete_by=case((Request.round_from.is_not(None), complete_by)),
            original_complete_by=original,
            alarm_at=now,
        )
    )


async def find_job_row(tx: Tx, job_id: UUID) -> Job:
    """Return the job for editing. The caller has locked its row."""
    return await tx.session.get_one(Job, job_id, populate_existing=True)


def _uncount_return() -> Prepared:
    mine, day = bindparam("provider_id", type_=Uuid), bindparam("day", type_=Date)
    window = (
        update(ProviderWindow)
        .where(ProviderWindow.provider_id == mine, ProviderWindow.first_day <= day, ProviderWindow.returned > 0)
        .values(returned=ProviderWindow.returned - 1)
        .cte("windowed")
    )
    kept = (
        update(ProviderDay)
        .where(ProviderDay.provider_id == mine, ProviderDay.day == day, ProviderDay.returned > 0)
        .values(returned=ProviderDay.returned - 1)
        .returning(ProviderDay.provider_id)
        .cte("kept")
    )
    return Prepared(select(kept).add_cte(window))


_UNCOUNT_RETURN = _uncount_return()


async def uncount_return(tx: Tx, provider_id: UUID, day: date) -> None:
    """Take a return on that day out of the provider's counts."""
    await tx.rows(_UNCOUNT_RETURN, provider_id=provider_id, day=day)
