"""How events become counts: the one definition of every figure, stored or live, as a total or by dimension.

An event counts on the day on which it happened, by what its request was at that time: a request received as low_fee is
counted as received in low_fee, whatever tier serves it later. Only events are read, so that the log always gives the
same figures again.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    case,
    extract,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast

from app.aftercare.models import SATISFIED
from app.events.facts import FACTS, happened_at
from app.events.kinds import EventKind
from app.events.transition import EVENTS
from app.intake.models import Request
from app.jobs.statements import UNDONE
from app.kit.orm import word
from app.metrics.models import DailyVolume
from app.metrics.rollup import ZONE, Rollup

_REQUESTS, _VOLUMES = cast(Table, Request.__table__), cast(Table, DailyVolume.__table__)
UNKNOWN_PLACE = word("unknown")
"""The township under which requests without a known place are counted."""
_DIMENSIONS = [column.name for column in _VOLUMES.c if column.primary_key and column.name != "day"]
COUNTS = [column.name for column in _VOLUMES.c if not column.primary_key]

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
"""Counts on the day of the completion, not on the day of the correction."""
_KINDS = [*_EVENT_COUNTED.values(), EventKind.CALLBACK_UNREACHED, CORRECTED]


def _measures(event: FromClause) -> dict[str, ColumnElement[Any]]:
    """Return how each kept count is computed from events."""
    data = event.c.data

    def count(kind: EventKind, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(event.c.event == word(kind), *conditions)

    rating = data["satisfaction"].as_string()
    billed = case((event.c.event == word(EventKind.JOB_COMPLETED), data["amount_fen"].as_integer()))
    amounts = func.sum(
        func.coalesce(billed, case((event.c.event == word(CORRECTED), data["difference_fen"].as_integer())))
    )
    return {name: count(kind) for name, kind in _EVENT_COUNTED.items()} | {
        "answered_in_call": count(EventKind.REQUEST_ANSWERED, event.c.in_call),
        "answered_by_article": count(EventKind.REQUEST_ANSWERED, event.c.in_call, event.c.by_article),
        "on_time": count(EventKind.JOB_COMPLETED, data["on_time"].as_boolean()),
        "callbacks": func.count().filter(
            event.c.event.in_([word(EventKind.CALLBACK_DONE), word(EventKind.CALLBACK_UNREACHED)])
        ),
        "solved": count(EventKind.CALLBACK_DONE, data["solved"].as_boolean()),
        "rated": count(EventKind.CALLBACK_DONE, rating.is_not(None)),
        "satisfied": count(EventKind.CALLBACK_DONE, rating.in_([word(step) for step in SATISFIED])),
        "turnover_fen": func.coalesce(amounts, 0),
    }


def _counted(events: FromClause) -> Subquery:
    """Return the countable events with their day, hour and dimensions.

    An event written before events had facts takes the present facts of its request.
    """
    data, bare = events.c.data, events.c.item_code.is_(None)
    request = (
        select(*(_REQUESTS.c[name] for name in [*_DIMENSIONS, "answered_in_call", "articles"]))
        .where(_REQUESTS.c.id == events.c.request_id, bare)
        .offset(literal_column("0"))  # one look-up per event, and none for an event with facts
        .lateral("request")
    )
    facts = {
        source: func.coalesce(events.c[name], request.c[source])
        for name, source in FACTS.items()
        if source in _DIMENSIONS
    }
    facts["township_code"] = func.coalesce(facts["township_code"], UNKNOWN_PLACE)
    reported = case((events.c.kind == word(EventKind.JOB_COMPLETED), happened_at(events)))
    corrected = case((events.c.kind == word(CORRECTED), sql_cast(data["day"].as_string(), Date)))
    local = func.timezone(ZONE, func.coalesce(reported, events.c.at))
    return (
        select(
            events.c.kind.label("event"),
            data,
            func.coalesce(corrected, sql_cast(local, Date)).label("day"),
            sql_cast(extract("hour", local), Integer).label("hour"),
            *(facts[name].label(name) for name in _DIMENSIONS),
            func.coalesce(data["in_call"].as_boolean(), request.c.answered_in_call).label("in_call"),
            func.coalesce(data["by_article"].as_boolean(), request.c.articles.is_not(None)).label("by_article"),
        )
        .select_from(events.outerjoin(request, true()))
        .where(events.c.kind.in_([word(kind) for kind in _KINDS]), facts["kind"].is_not(None))
        .subquery("counted")
    )


def _count(events: FromClause, *, hourly: bool = False, names: Sequence[str] = COUNTS) -> Select[Any]:
    """Return the counts of these events by day, by hour if `hourly`, and by the dimensions of their requests."""
    counted = _counted(events)
    keys = [counted.c[name] for name in ("day", *(["hour"] if hourly else []), *_DIMENSIONS)]
    measures = _measures(counted)
    return select(*keys, *(measures[name].label(name) for name in names)).group_by(*keys)


def _undoing(events: FromClause) -> ColumnElement[bool]:
    """Return whether the events undo a dispatch, as if it had never happened."""
    reason = events.c.data["reason"].as_string()
    return and_(events.c.kind == word(EventKind.REQUEST_CANCELLED), reason == word(UNDONE))


def _settled(
    events: FromClause, *within: ColumnElement[bool], hourly: bool = False, names: Sequence[str] = COUNTS
) -> Select[Any]:
    """Return the counts of `_count` without the requests that one of these events undoes.

    Subtracts everything that the log records about these requests (`within` the bounds), including the undoing itself.
    Leaves out rows whose counts all come to zero.
    """
    of = select(events.c.request_id).where(_undoing(events)).subquery("of")
    mine = select(EVENTS).where(EVENTS.c.request_id == of.c.request_id, *within)
    found = mine.offset(literal_column("0")).lateral("found")  # one look-up per request: they are few
    undone = select(*found.c).select_from(of.join(found, true())).subquery("undone")
    all_of_it = _count(events, hourly=hourly, names=names).subquery("all_of_it")
    less = _count(undone, hourly=hourly, names=names).subquery("less")
    keys = [column.name for column in less.c if column.name not in names]
    taken_off = select(*(less.c[key] for key in keys), *((-less.c[name]).label(name) for name in names))
    both = union_all(select(*all_of_it.c), taken_off).subquery("both")
    sums = [sql_cast(func.sum(both.c[name]), BigInteger) for name in names]
    columns = (both.c[key] for key in keys), (total.label(name) for name, total in zip(names, sums, strict=True))
    query = select(*columns[0], *columns[1]).group_by(*(both.c[key] for key in keys))
    return query.having(or_(*(total != 0 for total in sums)))


def _between(*kinds: EventKind, names: Sequence[str] = COUNTS) -> Subquery:
    """Return the counts by hour of the events recorded at or after `since` and before `until`, from the log itself."""
    since, until = (bindparam(name, type_=EVENTS.c.at.type) for name in ("since", "until"))
    within = (EVENTS.c.at >= since, EVENTS.c.at < until)
    events = select(EVENTS).where(*within)
    if kinds:
        events = events.where(or_(EVENTS.c.kind.in_([word(kind) for kind in kinds]), _undoing(EVENTS)))
    return _settled(events.subquery("events"), *within, hourly=True, names=names).subquery("between")


VOLUMES = Rollup("roll_up_volumes", "volumes", DailyVolume, _settled)
BETWEEN = _between()
BY_HOUR = ("requests", "answered_in_call")
"""The counts available by hour, for which a range may span many days."""
HOURS = _between(EventKind.REQUEST_CREATED, EventKind.REQUEST_ANSWERED, names=BY_HOUR)
