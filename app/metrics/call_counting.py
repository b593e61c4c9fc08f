"""How the ends of calls become counts: the one definition behind the kept and the live figures."""

from typing import Any, cast

from sqlalchemy import (
    Date,
    DateTime,
    FromClause,
    Select,
    SmallInteger,
    Subquery,
    Table,
    extract,
    func,
    select,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from app.events.kinds import EventKind
from app.events.sequence import move_cursor, next_events, one_event, position
from app.events.transition import EVENTS
from app.kit.db import Prepared
from app.kit.orm import word
from app.metrics.counting import ZONE
from app.metrics.models import CallHour

READER = "calls"
CALL_HOURS = cast(Table, CallHour.__table__)
_KEYS = ["day", "hour", "outcome"]
COUNTS = ["calls", "withheld", "seconds"]


def _count(event: FromClause) -> Select[Any]:
    """The counts of these events, by the hour in which each call began."""
    data = event.c.data
    began = func.timezone(ZONE, sql_cast(data["happened_at"].as_string(), DateTime(timezone=True)))
    keys = [
        sql_cast(began, Date).label("day"),
        sql_cast(extract("hour", began), SmallInteger).label("hour"),
        data["outcome"].as_string().label("outcome"),
    ]
    return (
        select(
            *keys,
            func.count().label("calls"),
            func.count().filter(data["withheld"].as_boolean()).label("withheld"),
            func.sum(data["seconds"].as_integer()).label("seconds"),
        )
        .where(event.c.kind == word(EventKind.CALL_ENDED))
        .group_by(*keys)
    )


def _roll_up(events: Select[Any], *, on: bool) -> Prepared:
    batch = events.cte("batch")
    counted = insert(CALL_HOURS).from_select([*_KEYS, *COUNTS], _count(batch))
    kept = counted.on_conflict_do_update(
        index_elements=_KEYS, set_={name: CALL_HOURS.c[name] + counted.excluded[name] for name in COUNTS}
    ).cte("kept")
    moved = move_cursor(READER, select(func.max(batch.c.seq)).scalar_subquery())
    return Prepared(select(func.count().label("events")).select_from(batch).add_cte(*([kept, moved] if on else [kept])))


ROLL_UP, ROLL_UP_ONE = _roll_up(next_events(READER), on=True), _roll_up(one_event(), on=False)


def _tail() -> Subquery:
    """The counts of what the log has beyond the kept ones."""
    events = union_all(
        select(EVENTS).where(EVENTS.c.seq > position(READER)),
        select(EVENTS).where(EVENTS.c.seq.is_(None)),
    )
    return _count(events.subquery("events")).subquery("tail")


TAIL = _tail()
