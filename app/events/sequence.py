"""The order in which the log is read: committed events get a `seq`, and each reader keeps its position.

Ids are given at insert and committed out of order, so a reader by id would miss late ones. One step at a time numbers
what has been committed, so a reader by `seq` misses nothing and sees nothing twice.
"""

from functools import cache
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from app.events.models import EventCursor
from app.events.transition import EVENTS
from app.kit.db import Prepared, Tx
from app.kit.orm import word

SEQUENCER = "sequencer"
BATCH = 5_000

_CURSORS = cast(Table, EventCursor.__table__)


def position(reader: str) -> ColumnElement[int]:
    """Return the SQL expression of the last `seq` that this reader has passed; 0 before its first step."""
    found: ScalarSelect[int] = select(EventCursor.seq).where(EventCursor.reader == word(reader)).scalar_subquery()
    return func.coalesce(found, sql_cast(word("0"), BigInteger))


def move_cursor(reader: str, seq: ScalarSelect[int]) -> CTE:
    """Return a CTE that moves the reader to `seq`, or leaves it if `seq` is NULL, in the statement that reads the
    events."""
    statement = insert(_CURSORS).from_select(["reader", "seq"], select(word(reader), seq).where(seq.is_not(None)))
    return statement.on_conflict_do_update(index_elements=["reader"], set_={"seq": statement.excluded.seq}).cte("moved")


def next_events(reader: str) -> Select[Any]:
    """Return the query for this reader's next events, at most `batch` of them."""
    query = select(EVENTS).where(EVENTS.c.seq > position(reader)).order_by(EVENTS.c.seq)
    return query.limit(bindparam("batch", type_=BigInteger))


def one_event() -> Select[Any]:
    """Return the query for the event `event_id`."""
    return select(EVENTS).where(EVENTS.c.id == bindparam("event_id", type_=BigInteger))


@cache
def _pass_next(reader: str) -> Prepared:
    following = next_events(reader).cte("following")
    moved = move_cursor(reader, select(func.max(following.c.seq)).scalar_subquery())
    return Prepared(select(following.c.id).add_cte(moved))


async def pass_next(tx: Tx, reader: str) -> int | None:
    """Move the reader past its next event. Return that event's id, or None at the end of the log."""
    row = await tx.row(_pass_next(reader), batch=1)
    return None if row is None else row["id"]


_TRY_LOCK = Prepared(
    select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0)).label("mine"))
)


async def step_alone(tx: Tx, reader: str) -> bool:
    """Return whether this transaction now holds the lock for this reader's step. It does not wait.

    The lock is a statement of its own, because the next statement must see what the previous holder committed.
    """
    row = await tx.row(_TRY_LOCK, name=reader)
    return row is not None and row["mine"]


_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))


async def wait_alone(tx: Tx, *readers: str) -> None:
    """Take the locks for these readers' steps, in this order, waiting for whoever holds one."""
    for reader in readers:
        await tx.rows(_LOCK, name=reader)


def _number() -> Prepared:
    fresh = (
        select(EVENTS.c.id)
        .where(EVENTS.c.seq.is_(None))
        .order_by(EVENTS.c.id)
        .limit(bindparam("batch", type_=BigInteger))
        .subquery("fresh")
    )
    last = select(func.max(EVENTS.c.seq)).where(EVENTS.c.seq.is_not(None)).scalar_subquery()
    seq = func.coalesce(last, 0) + func.row_number().over(order_by=fresh.c.id)
    numbered = select(fresh.c.id, seq.label("seq")).cte("numbered")
    written = update(EVENTS).where(EVENTS.c.id == numbered.c.id).values(seq=numbered.c.seq).cte("written")
    return Prepared(select(func.count().label("events")).select_from(numbered).add_cte(written))


_NUMBER = _number()


async def number_events(tx: Tx, batch: int = BATCH) -> int:
    """Number committed events in the order of their ids, at most `batch` of them. Return how many.

    Return 0 while another transaction is numbering.
    """
    if not await step_alone(tx, SEQUENCER):
        return 0
    row = await tx.row(_NUMBER, batch=batch)
    return 0 if row is None else row["events"]
