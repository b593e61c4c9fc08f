"""Kept counts: a step adds to them as it reads the log, queries add the unread rest, and they can be recounted."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    FromClause,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from app.events.sequence import move_cursor, next_events, one_event, position, wait_alone
from app.events.transition import EVENTS
from app.kit.db import Prepared, Tx
from app.kit.orm import Model
from app.kit.steps import lock_troubles

ZONE = bindparam("zone", type_=Text)


class Rebuilt(NamedTuple):
    """The first day that was recounted and the number of events read.

    The day is None if the log covers no whole day.
    """

    first_day: date | None
    events: int


class Rollup:
    """The counts of one table, by its primary key, which includes the `day`. The worker's step `step` adds to them.

    `count` returns the counts of given events, by the table's columns. It may read nothing but the events, so that they
    can be recounted.
    """

    def __init__(self, step: str, reader: str, model: type[Model], count: Callable[[FromClause], Select[Any]]) -> None:
        self.step, self.reader = step, reader
        self.table = cast(Table, model.__table__)
        self._keys = [column.name for column in self.table.primary_key]
        self.counts = [column.name for column in self.table.c if not column.primary_key]
        self._count = count
        self._next, self._one = self._add(next_events(reader), on=True), self._add(one_event(), on=False)
        # The events beyond the kept counts. One statement reads both, so the figures are live.
        beyond = union_all(
            select(EVENTS).where(EVENTS.c.seq > position(reader)),
            select(EVENTS).where(EVENTS.c.seq.is_(None)),
        )
        self.tail = count(beyond.subquery("events")).subquery("tail")
        first_day = bindparam("first_day", type_=Date)
        self._forget = Prepared(delete(self.table).where(self.table.c.day >= first_day))
        covered = _covered(reader).cte("covered")
        counted = count(covered).subquery("counted")
        self._size = Prepared(select(func.count().label("events")).select_from(covered))
        self._again = Prepared(self._insert(select(*counted.c).where(counted.c.day >= first_day)))

    def _insert(self, counted: Select[Any]) -> Any:
        return insert(self.table).from_select([*self._keys, *self.counts], counted)

    def _add(self, events: Select[Any], *, on: bool) -> Prepared:
        batch = events.cte("batch")
        added = self._insert(self._count(batch))
        kept = added.on_conflict_do_update(
            index_elements=self._keys, set_={name: self.table.c[name] + added.excluded[name] for name in self.counts}
        ).cte("kept")
        moved = move_cursor(self.reader, select(func.max(batch.c.seq)).scalar_subquery())
        steps = [kept, moved] if on else [kept]
        return Prepared(select(func.count().label("events")).select_from(batch).add_cte(*steps))

    async def add_next(self, tx: Tx, zone: ZoneInfo, batch: int) -> int:
        """Add the next numbered events and move the cursor past them. Return how many there were."""
        row = await tx.row(self._next, zone=zone.key, batch=batch)
        return 0 if row is None else row["events"]

    async def add_one(self, tx: Tx, zone: ZoneInfo, event_id: int) -> None:
        """Add one event that was skipped before."""
        await tx.row(self._one, zone=zone.key, event_id=event_id)

    async def rebuild(self, tx: Tx, zone: ZoneInfo) -> Rebuilt:
        """Recount every whole day that the log covers. Earlier days stay unchanged.

        1. Make the step wait, and note the events that it could not add; they are left to it.
        2. Find the first day that the log covers completely.
        3. Delete the counts from that day on, and recount the events that the step has already read.
        """
        await wait_alone(tx, self.reader)
        left = [subject_id.int for subject_id in await lock_troubles(tx, self.step)]
        log = await tx.row(_LOG)
        if log is None or log["since"] is None:
            return Rebuilt(None, 0)
        days = [log["since"].astimezone(zone).date() + timedelta(days=log["first"] > 1)]
        if log["bare"]:
            days.append(log["bare"].astimezone(zone).date() + timedelta(days=1))
        first_day = max(days)
        since = datetime.combine(first_day, time(0), zone)
        await tx.rows(self._forget, first_day=first_day)
        covered = {"since": since, "left": left}
        await tx.rows(self._again, zone=zone.key, first_day=first_day, **covered)
        return Rebuilt(first_day, (await tx.rows(self._size, **covered))[0]["events"])


def _covered(reader: str) -> Select[Any]:
    """Return the events from `since` on that the reader has read, except those in `left`."""
    since, left = bindparam("since", type_=EVENTS.c.at.type), bindparam("left", type_=ARRAY(BigInteger))
    return select(EVENTS).where(EVENTS.c.at >= since, EVENTS.c.seq <= position(reader), EVENTS.c.id != func.all(left))


_LOG = Prepared(
    select(
        func.min(EVENTS.c.at).label("since"),
        func.min(EVENTS.c.seq).label("first"),
        func.max(EVENTS.c.at).filter(EVENTS.c.request_id.is_not(None), EVENTS.c.item_code.is_(None)).label("bare"),
    )
)
"""When the log begins, whether it still has its first event, and its last event without the facts that figures need."""
