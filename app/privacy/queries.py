"""SQL of the schedule: count what is due, delete or blank a batch of it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Uuid, bindparam, text

from app.kit.db import Prepared, Tx
from app.privacy.schedule import BY_TABLE, CITIZENS, REQUESTS, WITH_REQUEST, Line

_TYPES: dict[str, Any] = {
    "before": DateTime(timezone=True),
    "at": DateTime(timezone=True),
    "batch": BigInteger(),
    "ids": ARRAY(Uuid),
}


def _prepared(statement: str) -> Prepared:
    """Return a statement written as text, whose parameters are among _TYPES."""
    named = [bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in statement]
    return Prepared(text(statement).bindparams(*named))


class Standing(NamedTuple):
    """How a table stands: its rows, how many are due, and the age of the oldest that is in clear."""

    rows: int
    due: int
    oldest: datetime | None


@cache
def _standing(line: Line) -> Prepared:
    ordered = f"SELECT {line.age} FROM {line.table} ORDER BY {line.ordered} LIMIT 1"
    least = f"SELECT min({line.age}) FROM {line.table} WHERE {line.once}"
    return _prepared(
        f"SELECT (SELECT count(*) FROM {line.table}) AS rows,"
        f" (SELECT count(*) FROM {line.table} WHERE {line.once} AND {line.age} < :before) AS due,"
        f" ({ordered if line.ordered else least}) AS oldest"
    )


async def read_standing(tx: Tx, line: Line, before: datetime) -> Standing:
    """Return how the table stands if the time of rows from before that moment is over."""
    [row] = await tx.rows(_standing(line), before=before)
    return Standing(row["rows"], row["due"], row["oldest"])


@cache
def _delete(line: Line) -> Prepared:
    """Find the rows by their place, which works for every key. A row that has moved meanwhile waits for the next
    batch."""
    due = f"{line.once} AND {line.age} < :before"
    if line.ordered:
        first = f"SELECT ctid FROM {line.table} ORDER BY {line.ordered} LIMIT :batch"
        chosen = f"ctid = ANY (ARRAY({first})) AND {due}"
    else:
        chosen = f"ctid = ANY (ARRAY(SELECT ctid FROM {line.table} WHERE {due} LIMIT :batch)) AND {due}"
    return _prepared(
        f"WITH gone AS (DELETE FROM {line.table} WHERE {chosen} RETURNING 1) SELECT count(*) AS gone FROM gone"
    )


@cache
def _choose(line: Line) -> Prepared:
    """Return the ids of the rows of one batch, locked."""
    due = f"{line.once} AND {line.age} < :before"
    return _prepared(f"SELECT id FROM {line.table} WHERE {due} ORDER BY {line.age} LIMIT :batch FOR UPDATE SKIP LOCKED")


async def delete_batch(tx: Tx, line: Line, before: datetime, batch: int) -> int:
    """Delete rows of the table whose time was over before that moment. Return how many."""
    if line.before is None:
        return int((await tx.rows(_delete(line), before=before, batch=batch))[0]["gone"])
    ids = [row["id"] for row in await tx.rows(_choose(line), before=before, batch=batch)]
    await tx.driver.execute(line.before, ids)
    await tx.driver.execute(f"DELETE FROM {line.table} WHERE id = ANY($1)", ids)
    return len(ids)


async def choose_requests(tx: Tx, before: datetime, batch: int) -> list[UUID]:
    """Return requests in clear that ended before that moment, the oldest first, locked."""
    return [row["id"] for row in await tx.rows(_choose(REQUESTS), before=before, batch=batch)]


def _assigned(line: Line) -> str:
    return ", ".join(f"{column} = {value}" for column, value in line.blanks.items())


_NOTICES = BY_TABLE["provider_notices"]
_BLANK = [
    _prepared(f"UPDATE {line.table} SET {_assigned(line)} WHERE {line.through} = ANY (:ids)") for line in WITH_REQUEST
]
_BLANK_REQUESTS = _prepared(f"UPDATE requests SET {_assigned(REQUESTS)}, blanked_at = :at WHERE id = ANY (:ids)")
_BLANK_NOTICES = _prepared(
    f"UPDATE provider_notices SET {_assigned(_NOTICES)} WHERE split_part(subject, ' ', 1) = ANY ("
    "SELECT id::text FROM requests WHERE id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM jobs WHERE request_id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM complaints WHERE request_id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM credit_entries WHERE request_id = ANY (:ids))"
)
"""A notice is about the request, job, complaint or credit entry with which its subject begins."""


async def blank_requests(tx: Tx, ids: Sequence[UUID], at: datetime) -> None:
    """Blank the personal data of locked requests and of all that belongs to them. Facts that figures need stay."""
    for statement in _BLANK:
        await tx.rows(statement, ids=ids)
    await tx.rows(_BLANK_NOTICES, ids=ids)
    await tx.rows(_BLANK_REQUESTS, ids=ids, at=at)


__all__ = ["CITIZENS", "Standing", "blank_requests", "choose_requests", "delete_batch", "read_standing"]
