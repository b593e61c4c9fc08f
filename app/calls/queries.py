"""SQL for calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from app.calls.models import Call, CallRequest, CallStatus
from app.calls.schemas import CallFilter
from app.intake.models import Contact, Request
from app.kit.db import Tx
from app.kit.orm import word

_OPEN = Call.status != word(CallStatus.ENDED)
_REQUESTS = (
    select(func.coalesce(func.array_agg(aggregate_order_by(CallRequest.request_id, CallRequest.request_id)), []))
    .where(CallRequest.call_id == Call.id)
    .scalar_subquery()
    .label("request_ids")
)
_VIEW = select(*Call.__table__.c, _REQUESTS)


async def find_call(tx: Tx, call_id: UUID) -> Any:
    """Return the call with its requests, or None."""
    return (await tx.session.execute(_VIEW.where(Call.id == call_id))).one_or_none()


async def lock_call(tx: Tx, call_id: UUID) -> Call | None:
    """Return the call, locked until the transaction ends, or None."""
    query = select(Call).where(Call.id == call_id).with_for_update().execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def insert_call(tx: Tx, values: dict[str, Any]) -> bool:
    """Insert the call and return whether it is new.

    It waits for another transaction that inserts the same key or external id.
    """
    statement = insert(Call).values(values).on_conflict_do_nothing().returning(Call.id)
    return (await tx.session.execute(statement)).one_or_none() is not None


async def edit_call(tx: Tx, call_id: UUID, **values: Any) -> None:
    """Update the call's columns."""
    await tx.session.execute(update(Call).where(Call.id == call_id).values(**values))


async def add_requests(tx: Tx, call_id: UUID, request_ids: Sequence[UUID]) -> None:
    """Link these requests to the call; ignore those that do not exist."""
    known = select(word(str(call_id)).cast(Call.id.type), Request.id).where(Request.id.in_(request_ids))
    statement = insert(CallRequest).from_select(["call_id", "request_id"], known)
    await tx.session.execute(statement.on_conflict_do_nothing())


async def read_work(tx: Tx, call: Call) -> Any:
    """Return what was recorded during the call.

    `complaint`, `request`, `answered` and `progress` are each true, false or NULL.
    """
    mine = (Request.created_by == call.operator_id) & (Request.received_at >= call.began_at)
    complained = exists().where(
        Contact.request_id == Request.id,
        Contact.purpose == "complaint",
        Contact.staff_id == call.operator_id,
        Contact.at >= call.began_at,
    )
    query = (
        select(
            func.bool_or(complained).label("complaint"),
            func.bool_or(mine & ~Request.answered_in_call).label("request"),
            func.bool_or(mine & Request.answered_in_call).label("answered"),
            (func.count() > 0).label("progress"),
        )
        .select_from(CallRequest)
        .join(Request, Request.id == CallRequest.request_id)
        .where(CallRequest.call_id == call.id, ~Request.undone)
    )
    return (await tx.session.execute(query)).one()


async def list_calls(tx: Tx, wanted: CallFilter, after: tuple[datetime, UUID] | None) -> Sequence[Any]:
    """Return calls, latest first."""
    query = _VIEW.order_by(Call.began_at.desc(), Call.id.desc()).limit(wanted.limit + 1)
    equal = {Call.operator_id: wanted.operator_id, Call.outcome: wanted.outcome}
    query = query.where(*(column == value for column, value in equal.items() if value is not None))
    if wanted.open is not None:
        query = query.where(_OPEN if wanted.open else ~_OPEN)
    if wanted.began_from:
        query = query.where(Call.began_at >= wanted.began_from)
    if wanted.began_to:
        query = query.where(Call.began_at < wanted.began_to)
    if after:
        query = query.where(tuple_(Call.began_at, Call.id) < after)
    return (await tx.session.execute(query)).all()


async def list_open(tx: Tx, operator_id: UUID, limit: int) -> Sequence[Any]:
    """Return this operator's open calls, oldest first."""
    query = _VIEW.where(_OPEN, Call.operator_id == operator_id).order_by(Call.began_at, Call.id).limit(limit)
    return (await tx.session.execute(query)).all()


async def find_abandoned(tx: Tx, before: datetime, limit: int) -> Sequence[UUID]:
    """Return open calls that the desk last reported on before that moment."""
    query = select(Call.id).where(_OPEN, Call.heard_at < before).order_by(Call.heard_at).limit(limit)
    return (await tx.session.execute(query)).scalars().all()
