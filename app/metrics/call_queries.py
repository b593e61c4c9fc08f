"""SQL for the counts of calls."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, FromClause, RowMapping, Select, func, select, union_all
from sqlalchemy import cast as sql_cast

from app.kit.db import Tx
from app.metrics.call_counting import CALLS
from app.metrics.call_schemas import CallDimension, CallsAsked


async def sum_calls(tx: Tx, asked: CallsAsked, zone: ZoneInfo, by: Sequence[CallDimension]) -> Sequence[RowMapping]:
    """Return the live counts by these dimensions. One statement adds the kept counts and the rest of the log."""
    live = union_all(*(_within(source, asked) for source in (CALLS.table, CALLS.tail))).subquery("live")
    keys = [live.c[dimension] for dimension in by]
    sums = [sql_cast(func.sum(live.c[name]), BigInteger).label(name) for name in CALLS.counts]
    query = select(*keys, *sums).group_by(*keys).order_by(*keys)
    return (await tx.session.execute(query, {"zone": zone.key})).mappings().all()


def _within(source: FromClause, asked: CallsAsked) -> Select[Any]:
    query = select(*source.c).where(source.c.day.between(asked.from_, asked.to))
    return query if asked.outcome is None else query.where(source.c.outcome == asked.outcome)
