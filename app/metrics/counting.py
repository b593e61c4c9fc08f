"""How events become counts: the one definition behind the kept volumes and the live figures."""

from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Subquery,
    Table,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from app.aftercare.models import SATISFIED
from app.events.kinds import EventKind
from app.events.sequence import move_cursor, next_events, one_event, position
from app.events.transition import EVENTS
from app.intake.models import Request
from app.kit.db import Prepared
from app.kit.orm import word
from app.metrics.models import DailyVolume

READER = "volumes"
ZONE = bindparam("zone", type_=Text)

_REQUESTS = cast(Table, Request.__table__)
VOLUMES = cast(Table, DailyVolume.__table__)
UNKNOWN_PLACE = word("unknown")
"""Where a request is of which nobody knew it when it was counted."""
_DIMENSIONS = [column.name for column in VOLUMES.c if column.primary_key and column.name != "day"]
COUNTS = [column.name for column in VOLUMES.c if not column.primary_key]

_EVENT_COUNTED = {
    "requests": EventKind.REQUEST_CREATED,
    "answered": EventKind.REQUEST_ANSWERED,
    "relayed": EventKind.REQUEST_RELAYED,
    "dispatched": EventKind.REQUEST_DISPATCHED,
    "unmatched": EventKind.REQUEST_UNMATCHED,
    "offered": EventKind.OFFER_MADE,
    "accepted": EventKind.OFFER_ACCEPTED,
    "declined": EventKind.OFFER_DECLINED,
    "expired": EventKind.OFFER_EXPIRED,
    "returned": EventKind.JOB_RETURNED,
    "completed": EventKind.JOB_COMPLETED,
    "closed": EventKind.REQUEST_CLOSED,
    "cancelled": EventKind.REQUEST_CANCELLED,
    "reached": EventKind.CALLBACK_DONE,
}
CORRECTED = EventKind.JOB_AMOUNT_CORRECTED
"""Counts on the day of the completion, not on its own."""
_KINDS = [*_EVENT_COUNTED.values(), EventKind.CALLBACK_UNREACHED, CORRECTED]


def known(column: Any) -> ColumnElement[Any]:
    """A request's column as the figures have it: of one without a place a word stands for its township."""
    return func.coalesce(column, UNKNOWN_PLACE).label(column.name) if column.name == "township_code" else column


def _measures(event: FromClause, request: FromClause) -> dict[str, ColumnElement[Any]]:
    """How each kept count follows from events."""
    data = event.c.data

    def count(kind: str, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(event.c.kind == word(kind), *conditions)

    rating = data["satisfaction"].as_string()
    billed = case((event.c.kind == word(EventKind.JOB_COMPLETED), data["amount_fen"].as_integer()))
    amounts = func.sum(
        func.coalesce(billed, case((event.c.kind == word(CORRECTED), data["difference_fen"].as_integer())))
    )
    return {name: count(kind) for name, kind in _EVENT_COUNTED.items()} | {
        "answered_in_call": count(EventKind.REQUEST_ANSWERED, request.c.answered_in_call),
        "answered_by_article": count(
            EventKind.REQUEST_ANSWERED, request.c.answered_in_call, request.c.articles.is_not(None)
        ),
        "on_time": count(EventKind.JOB_COMPLETED, data["on_time"].as_boolean()),
        "callbacks": func.count().filter(
            event.c.kind.in_([word(EventKind.CALLBACK_DONE), word(EventKind.CALLBACK_UNREACHED)])
        ),
        "solved": count(EventKind.CALLBACK_DONE, data["solved"].as_boolean()),
        "rated": count(EventKind.CALLBACK_DONE, rating.is_not(None)),
        "satisfied": count(EventKind.CALLBACK_DONE, rating.in_([word(step) for step in SATISFIED])),
        "turnover_fen": func.coalesce(amounts, 0),
    }


def _count(event: FromClause) -> Select[Any]:
    """The counts of these events, by day and by the dimensions of their requests."""
    request = (
        select(*(known(_REQUESTS.c[name]) for name in [*_DIMENSIONS, "answered_in_call", "articles"]))
        .where(_REQUESTS.c.id == event.c.request_id)
        .offset(literal_column("0"))  # a look-up per event: the planner can't know that they are few
        .lateral("request")
    )
    corrected = case((event.c.kind == word(CORRECTED), sql_cast(event.c.data["day"].as_string(), Date)))
    day = func.coalesce(corrected, sql_cast(func.timezone(ZONE, event.c.at), Date))
    keys = [day.label("day"), *(request.c[name] for name in _DIMENSIONS)]
    measures = _measures(event, request)
    return (
        select(*keys, *(measures[name].label(name) for name in COUNTS))
        .select_from(event.join(request, true()))
        .where(event.c.kind.in_([word(kind) for kind in _KINDS]))
        .group_by(*keys)
    )


def _between() -> Subquery:
    """The counts of what happened since `since` and before `until`, from the log itself."""
    since, until = (bindparam(name, type_=EVENTS.c.at.type) for name in ("since", "until"))
    events = select(EVENTS).where(EVENTS.c.at >= since, EVENTS.c.at < until)
    return _count(events.subquery("events")).subquery("between")


def _roll_up(events: Select[Any], *, on: bool) -> Prepared:
    batch = events.cte("batch")
    counted = insert(VOLUMES).from_select(["day", *_DIMENSIONS, *COUNTS], _count(batch))
    kept = counted.on_conflict_do_update(
        index_elements=["day", *_DIMENSIONS],
        set_={name: VOLUMES.c[name] + counted.excluded[name] for name in COUNTS},
    ).cte("kept")
    moved = move_cursor(READER, select(func.max(batch.c.seq)).scalar_subquery())
    added = [kept, moved] if on else [kept]
    return Prepared(select(func.count().label("events")).select_from(batch).add_cte(*added))


ROLL_UP, ROLL_UP_ONE = _roll_up(next_events(READER), on=True), _roll_up(one_event(), on=False)


def _tail() -> Subquery:
    """The counts of what the log has beyond the kept volumes."""
    events = union_all(
        select(EVENTS).where(EVENTS.c.seq > position(READER)),
        select(EVENTS).where(EVENTS.c.seq.is_(None)),
    )
    return _count(events.subquery("events")).subquery("tail")


TAIL = _tail()
BETWEEN = _between()
