"""SQL for callbacks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    SmallInteger,
    Uuid,
    all_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.aftercare.models import Callback, CallbackStatus
from app.aftercare.states import CALLBACKS
from app.auth.queries import on_shift
from app.catalog.models import Item
from app.events.transition import AT
from app.intake.models import Request, RequestStatus, callback_name, callback_phone
from app.jobs.models import Job, Offer, OfferEnd
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import word
from app.registry.models import Provider

_DUE = Callback.status == word(CallbackStatus.DUE)
_REQUEST = bindparam("request_id", type_=Uuid)


def _present_job() -> Any:
    """Select the job that completed the caller's request, or the request it was merged into; NULL if work has resumed.

    It is a scalar subquery because PostgreSQL planned a join as a scan of all requests.
    """
    caller, offer, job = aliased(Request), aliased(Offer), aliased(Job)
    served = func.coalesce(caller.parent_id, caller.id)
    return (
        select(job.id)
        .select_from(caller)
        .join(offer, (offer.request_id == served) & (offer.end_reason == word(OfferEnd.DONE)))
        .join(job, job.offer_id == offer.id)
        .where(caller.id == Callback.request_id)
        .scalar_subquery()
    )


CURRENT = Callback.job_id == _present_job()
OUTDATED = Callback.job_id.is_distinct_from(_present_job())


def _find_unarranged() -> Prepared:
    made = exists().where(Callback.request_id == Request.id, _DUE)
    uncalled = select(Request.id).where(Request.status == word(RequestStatus.COMPLETED), ~made)
    first = select(Callback.id).where(_DUE, Callback.due_at <= AT).order_by(Callback.due_at, Callback.id).limit(50)
    outdated = select(Job.request_id).join(Callback, Callback.job_id == Job.id).where(Callback.id.in_(first), OUTDATED)
    return Prepared(union_all(uncalled, outdated).limit(bindparam("batch", type_=BigInteger)))


_FIND_UNARRANGED = _find_unarranged()


async def find_unarranged(tx: Tx, at: datetime, batch: int) -> Sequence[UUID]:
    """Return completed requests without a callback, and requests whose due callback is no longer about their job."""
    return [row["id"] for row in await tx.rows(_FIND_UNARRANGED, at=at, batch=batch)]


def _drop_outdated() -> Prepared:
    jobs = select(Job.id).where(Job.request_id == _REQUEST)
    callers = select(Request.id).where(or_(Request.id == _REQUEST, Request.parent_id == _REQUEST))
    theirs = or_(Callback.job_id.in_(jobs), Callback.request_id.in_(callers))
    dropped = CALLBACKS.move("drop", theirs & OUTDATED, ended_at=AT)
    return Prepared(select(dropped.rows.c.id).add_cte(dropped.log))


_DROP_OUTDATED = _drop_outdated()


async def drop_outdated(tx: Tx, request_id: UUID, **actor: Any) -> None:
    """Drop callbacks about earlier completions of this request, including those to merged callers.

    The request must be locked.
    """
    await tx.rows(_DROP_OUTDATED, request_id=request_id, **actor)


def _drop_others() -> Prepared:
    """Drop due callbacks about the same job to the same phone number."""
    mine, its_request, other = aliased(Callback), aliased(Request), aliased(Request)
    same = (
        select(mine.id)
        .join(its_request, its_request.id == mine.request_id)
        .join(other, callback_phone(other) == callback_phone(its_request))
        .where(mine.id == bindparam("id", type_=Uuid), mine.job_id == Callback.job_id, mine.id != Callback.id)
        .where(other.id == Callback.request_id)
        .exists()
    )
    of_job = select(Callback.job_id).where(Callback.id == bindparam("id", type_=Uuid)).scalar_subquery()
    dropped = CALLBACKS.move("drop", _DUE & (Callback.job_id == of_job) & same, ended_at=AT)
    return Prepared(select(dropped.rows.c.id).add_cte(dropped.log))


_DROP_OTHERS = _drop_others()


async def drop_others(tx: Tx, callback_id: UUID, **actor: Any) -> None:
    """Drop the other due callbacks about this job to the same number: nobody is called twice about one job."""
    await tx.rows(_DROP_OTHERS, id=callback_id, **actor)


async def list_callers(tx: Tx, request_id: UUID) -> Sequence[UUID]:
    """Return the request and those merged into it, one per phone number. Callers who left no number are omitted."""
    number = callback_phone(Request)
    query = select(number, Request.id).where(number.is_not(None))
    query = query.where(or_(Request.id == request_id, Request.parent_id == request_id))
    rows = (await tx.session.execute(query.order_by(Request.id != request_id, Request.id))).all()
    callers: dict[str | None, UUID] = {}
    for phone, caller in rows:
        callers.setdefault(phone, caller)
    return list(callers.values())


async def find_completed_job(tx: Tx, request_id: UUID) -> UUID:
    """Return the job that completed the request."""
    query = select(Job.id).join(Offer, Offer.id == Job.offer_id)
    query = query.where(Offer.request_id == request_id, Offer.end_reason == OfferEnd.DONE)
    return (await tx.session.execute(query)).scalar_one()


async def add_callbacks(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert these callbacks; skip those that exist."""
    if rows:
        await tx.session.execute(insert(Callback).values(rows).on_conflict_do_nothing())


def _take_next() -> Prepared:
    free = (
        select(Callback.id)
        .where(_DUE, Callback.due_at <= AT, CURRENT)
        .where(or_(Callback.taken_until.is_(None), Callback.taken_until <= AT, ~on_shift(Callback.taken_by)))
        .where(bindparam("third", type_=SmallInteger) != all_(Callback.tried))
        .order_by(Callback.due_at, Callback.id)
        .limit(1)
        .with_for_update(of=Callback, skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED")
    )
    return Prepared(
        update(Callback)
        .where(Callback.id.in_(select(free.c.id)))
        .values(
            taken_by=bindparam("staff_id", type_=Uuid),
            taken_until=bindparam("until", type_=DateTime(timezone=True)),
        )
        .returning(Callback.id)
    )


_TAKE_NEXT = _take_next()


async def take_next(tx: Tx, staff_id: UUID, third: int, at: datetime, until: datetime) -> UUID | None:
    """Give this member of staff the earliest due callback that nobody has taken and that was not tried in this third.

    Return its id, or None.
    """
    row = await tx.row(_TAKE_NEXT, staff_id=staff_id, third=third, at=at, until=until)
    return row["id"] if row else None


async def lock_callback(tx: Tx, callback_id: UUID) -> Callback:
    """Return the callback, locked until the transaction ends. Lock its request first."""
    query = select(Callback).where(Callback.id == callback_id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def is_current(tx: Tx, callback_id: UUID) -> bool:
    """Return whether the callback is about its caller's latest completion."""
    query = select(Callback.id).where(Callback.id == callback_id, CURRENT)
    return (await tx.session.execute(query)).first() is not None


_CALLER = aliased(Request)
_BILLED = case((Job.request_id == Callback.request_id, Job.amount_fen))
_MERGED_TOO = aliased(Request)
_OTHER_NUMBERS = func.array(
    select(_MERGED_TOO.number)
    .where(or_(_MERGED_TOO.id == Job.request_id, _MERGED_TOO.parent_id == Job.request_id))
    .where(callback_phone(_MERGED_TOO) == callback_phone(_CALLER), _MERGED_TOO.id != _CALLER.id)
    .order_by(_MERGED_TOO.number)
    .scalar_subquery()
)
_VIEW = (
    select(
        *(column for column in Callback.__table__.c),
        func.cardinality(Callback.tried).label("attempts"),
        _BILLED.label("billed_fen"),
        (Callback.paid_fen - _BILLED).label("difference_fen"),
        case((Job.request_id == Callback.request_id, Job.quantity)).label("quantity"),
        Item.unit,
        _CALLER.number,
        _OTHER_NUMBERS.label("other_numbers"),
        _CALLER.status.label("request_status"),
        _CALLER.item_code,
        _CALLER.description,
        callback_name(_CALLER).label("contact_name"),
        callback_phone(_CALLER).label("contact_phone"),
        Job.request_id.label("served_request_id"),
        Job.tier,
        Job.result,
        Job.completed_at,
        Job.provider_id,
        Provider.name.label("provider_name"),
    )
    .join(_CALLER, _CALLER.id == Callback.request_id)
    .join(Item, Item.code == _CALLER.item_code)
    .join(Job, Job.id == Callback.job_id)
    .join(Provider, Provider.id == Job.provider_id)
)
_FIND = Prepared(_VIEW.where(Callback.id == bindparam("id", type_=Uuid)))


async def find_callback(tx: Tx, callback_id: UUID) -> Row | None:
    """Return the callback with what the operator needs to know: the request, the job, the provider and the bill."""
    return await tx.row(_FIND, id=callback_id)


async def list_due(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Any]:
    """Return callbacks still to be made, earliest due first."""
    query = _VIEW.where(_DUE, CURRENT).order_by(Callback.due_at, Callback.id).limit(limit)
    if after:
        query = query.where(tuple_(Callback.due_at, Callback.id) > after)
    return (await tx.session.execute(query)).all()
