"""Ends rounds of a request: stores the past round, and clears the request for the next one."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Table, Uuid, bindparam, func, insert, null, select, update

from app.events.transition import AT
from app.intake.models import Request, Round
from app.kit.db import Prepared, Tx

_REQUEST = bindparam("request_id", type_=Uuid)
ROUND_FROM = func.coalesce(Request.round_from, Request.dispatched_at)
ROUND_COMPLETE_BY = func.coalesce(Request.round_complete_by, Request.complete_by)
ROUND_ARRIVE_BY = func.coalesce(Request.round_arrive_by, Request.arrive_by)
"""When the present round began and when it is due, by its own clocks."""
OWN = {"dispatched_at": ROUND_FROM, "arrive_by": ROUND_ARRIVE_BY, "complete_by": ROUND_COMPLETE_BY}
_KEPT = [column.name for column in cast(Table, Round.__table__).c if column.name not in ("number", "ended_at")][1:]
_CLEARED = ("original_complete_by", "accept_seconds", "arrive_seconds", "complete_seconds")
NEXT_ROUND: dict[str, Any] = {"round": Request.round + 1, **dict.fromkeys(_CLEARED, null())}
"""The values of a request's row as its next round begins, except for the times."""
OWN_TIMES = ("round_from", "round_arrive_by", "round_complete_by")


def keep_round(ended_at: ColumnElement[datetime] = AT) -> CTE:
    """Return a CTE that stores the round as it was before the statement. A request that was never dispatched has no
    round."""
    values = (OWN.get(name, getattr(Request, name)) for name in _KEPT)
    kept = select(Request.id, Request.round, *values, ended_at)
    kept = kept.where(Request.id == _REQUEST, Request.dispatched_at.is_not(None))
    return insert(Round).from_select(["request_id", "number", *_KEPT, "ended_at"], kept).cte("kept_round")


def _end() -> Prepared:
    begun = (Request.id == _REQUEST) & Request.dispatched_at.is_not(None)
    fresh = NEXT_ROUND | dict.fromkeys(OWN_TIMES, null()) | {"paused": []}
    return Prepared(update(Request).where(begun).values(fresh).add_cte(keep_round()))


_END = _end()


async def end_round(tx: Tx, request_id: UUID, at: datetime) -> None:
    """End the round of a locked request at `at`, if it was ever dispatched. The next dispatch begins a round with new
    times."""
    await tx.rows(_END, request_id=request_id, at=at)
