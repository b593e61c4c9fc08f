"""SQL for clients that follow the numbered event log."""

from sqlalchemy import BigInteger, bindparam, func, select

from app.events.models import Event
from app.intake.models import Request
from app.kit.db import Prepared, Row, Tx

_LAST = Prepared(select(func.max(Event.seq).label("seq")).where(Event.seq.is_not(None)))
_AFTER = Prepared(
    select(Event.seq, Event.at, Event.kind, Event.request_id, Request.number, Event.provider_id)
    .join(Request, Request.id == Event.request_id, isouter=True)
    .where(Event.seq.is_not(None), Event.seq > bindparam("after", type_=BigInteger))
    .order_by(Event.seq)
    .limit(bindparam("batch", type_=BigInteger))
)


async def find_last_seq(tx: Tx) -> int:
    """Return the number of the latest event, or 0 if there is none."""
    row = await tx.row(_LAST)
    return 0 if row is None else row["seq"] or 0


async def list_events_after(tx: Tx, seq: int, batch: int) -> list[Row]:
    """Return up to `batch` events after `seq`, without their data."""
    return await tx.rows(_AFTER, after=seq, batch=batch)
