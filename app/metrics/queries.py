"""SQL for volumes, clocks and the present state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    RowMapping,
    Select,
    Subquery,
    Table,
    and_,
    case,
    extract,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy import cast as sql_cast

from app.aftercare.models import Callback
from app.events.facts import FACTS
from app.events.kinds import EventKind
from app.events.transition import EVENTS
from app.intake.models import CloseReason, HoldCause, Request, RequestStatus, Round
from app.intake.rounds import OWN
from app.jobs.models import Job, Offer
from app.kit.db import Tx
from app.kit.orm import word
from app.metrics.counting import BETWEEN, BY_HOUR, COUNTS, HOURS, VOLUMES
from app.metrics.schemas import Dimension, Filters, Selection

_REQUESTS = cast(Table, Request.__table__)


CUTS = tuple(dimension for dimension in Dimension if dimension is not Dimension.DAY)
_KEPT_CUTS = tuple(dimension for dimension in CUTS if dimension is not Dimension.HOUR)


async def sum_volumes(tx: Tx, asked: Selection, zone: ZoneInfo, by: Sequence[Dimension] = ()) -> Sequence[RowMapping]:
    """Return the live counts by these dimensions. Without any, return one row with the total.

    One statement reads both the kept counts and the rest of the log, so that nothing is missed or counted twice.
    """
    live = _live(asked, by)
    keys = [live.c[dimension] for dimension in by]
    query = select(*keys, *_totals(live)).group_by(*keys).order_by(*keys)
    return (await tx.session.execute(query, {"zone": zone.key})).mappings().all()


async def cut_volumes(tx: Tx, asked: Selection, zone: ZoneInfo) -> Sequence[RowMapping]:
    """Return the live counts in total and by each dimension of CUTS except the hour. Each event counts once in each.

    Each row has a value for the one dimension that it counts; the row with the total has none.
    """
    return await _cut(tx, _live(asked, _KEPT_CUTS), _KEPT_CUTS, {"zone": zone.key})


async def cut_between(
    tx: Tx, asked: Selection, since: datetime, until: datetime, zone: ZoneInfo
) -> Sequence[RowMapping]:
    """Return the counts of `cut_volumes`, and those by hour, for events recorded from `since` until before `until`."""
    part = _sum(BETWEEN, asked, CUTS).subquery("part")
    return await _cut(tx, part, CUTS, {"zone": zone.key, "since": since, "until": until})


async def _cut(
    tx: Tx, counts: FromClause, cuts: Sequence[Dimension], asked_for: Mapping[str, Any]
) -> Sequence[RowMapping]:
    keys = [counts.c[dimension] for dimension in cuts]
    sets = func.grouping_sets(tuple_(), *(tuple_(key) for key in keys))
    query = select(*keys, *_totals(counts)).group_by(sets).order_by(*keys)
    return (await tx.session.execute(query, dict(asked_for))).mappings().all()


async def sum_by_hour(
    tx: Tx, asked: Selection, since: datetime, until: datetime, zone: ZoneInfo, by: Sequence[Dimension]
) -> Sequence[RowMapping]:
    """Return requests received and answered in the call from `since` until before `until`.

    The counts are by hour of the day, if `by` has it, and by the other dimensions in `by`.
    """
    part = _sum(HOURS, asked, by, BY_HOUR).subquery("part")
    keys = [part.c[dimension] for dimension in by]
    query = select(*keys, *_totals(part, BY_HOUR)).group_by(*keys).order_by(*keys)
    return (await tx.session.execute(query, {"zone": zone.key, "since": since, "until": until})).mappings().all()


def _live(asked: Selection, by: Sequence[Dimension]) -> Subquery:
    return union_all(*(_sum(source, asked, by) for source in (VOLUMES.table, VOLUMES.tail))).subquery("live")


def _totals(counts: FromClause, names: Sequence[str] = COUNTS) -> list[ColumnElement[int]]:
    return [sql_cast(func.coalesce(func.sum(counts.c[name]), 0), BigInteger).label(name) for name in names]


def _sum(source: FromClause, asked: Selection, by: Sequence[Dimension], names: Sequence[str] = COUNTS) -> Select[Any]:
    keys = [source.c[dimension.column].label(dimension) for dimension in by]
    return (
        select(*keys, *(func.sum(source.c[name]).label(name) for name in names))
        .where(source.c.day.between(asked.from_, asked.to))
        .where(*(source.c[column] == value for column, value in asked.filters.items()))
        .group_by(*keys)
    )


def _matching(asked: Filters) -> list[ColumnElement[bool]]:
    return [_REQUESTS.c[column] == value for column, value in asked.filters.items()]


def _received(asked: Filters, since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    """Return the condition for requests received from `since` until before `until` that matched the filters on receipt.

    Volumes count in the same way. A request whose event has no facts is matched as it is now.
    """
    there = [Request.received_at >= since, Request.received_at < until, ~Request.undone]
    if not asked.filters:
        return there
    event = EVENTS.c
    created = select(event.request_id).where(event.kind == word(EventKind.REQUEST_CREATED))
    created = created.where(event.at >= since, event.at < until)
    facts = {source: event[name] for name, source in FACTS.items()}
    then = created.where(*(facts[column] == value for column, value in asked.filters.items()))
    bare = created.where(event.item_code.is_(None))
    return [*there, or_(Request.id.in_(then), and_(Request.id.in_(bare), *_matching(asked)))]


_MEDIAN_AND_P90 = sql_cast([0.5, 0.9], ARRAY(Float))


async def measure_clocks(tx: Tx, asked: Selection, since: datetime, until: datetime, at: datetime) -> RowMapping:
    """Measure the requests received from `since` until before `until`: how long they took, and how many were on time.

    The result is as of `at`, and each round counts separately. Returns for each step how many rounds
    have reached it, and [median, p90] in seconds.
    """
    received = _received(asked, since, until)
    past = select(
        Request.received_at,
        *(Round.__table__.c[name] for name in _ROUND),
        Round.ended_at.label("stopped_at"),
        false().label("present"),
    )
    past = past.join(Request, Request.id == Round.request_id).where(*received)
    present = select(
        Request.received_at,
        Request.round.label("number"),
        *(OWN.get(name, _REQUESTS.c[name]).label(name) for name in _ROUND[1:]),
        _STOPPED.label("stopped_at"),
        true().label("present"),
    ).where(*received)
    rounds = union_all(present, past).subquery("rounds")
    one = rounds.c
    spans = {
        "dispatch": (case((one.number == 1, one.received_at)), one.dispatched_at, None),
        "accept": (one.dispatched_at, one.assigned_at, one.accept_seconds),
        "arrive": (one.dispatched_at, one.started_at, one.arrive_seconds),
        "complete": (one.dispatched_at, one.completed_at, one.complete_seconds),
        "wait": (case((one.present, one.received_at)), one.completed_at, None),
    }
    columns: list[ColumnElement[Any]] = []
    for name, (start, end, kept) in spans.items():
        # Generated history does not store the seconds of its steps.
        seconds = sql_cast(func.coalesce(kept, extract("epoch", end - start)), Float)
        came = (end >= start) & (end <= at)
        percentiles = func.percentile_cont(_MEDIAN_AND_P90).within_group(seconds).filter(came)
        columns += [func.count().filter(came).label(f"{name}_count"), percentiles.label(f"{name}_seconds")]
    original = func.coalesce(one.original_complete_by, one.complete_by)
    columns += _punctual(one, one.complete_by, at, "") + _punctual(one, original, at, "_by_original")
    return (await tx.session.execute(select(*columns).select_from(rounds))).mappings().one()


_ROUND = (
    "number", "dispatched_at", "complete_by", "original_complete_by", "assigned_at", "started_at", "completed_at",
    "accept_seconds", "arrive_seconds", "complete_seconds",
)  # fmt: skip
_STOPPED = func.coalesce(
    Request.cancelled_at,
    Request.merged_at,
    case(((Request.status == RequestStatus.ON_HOLD) & (Request.hold_cause == HoldCause.CITIZEN), Request.held_at)),
    case((Request.status == RequestStatus.RELAYED, Request.relayed_at)),
    case((Request.close_reason != CloseReason.NO_PROVIDER, Request.closed_at)),
)
"""When the present round's clocks stopped or paused. Work that nobody did stays due."""


def _punctual(one: Any, complete_by: ColumnElement[Any], at: datetime, suffix: str) -> list[ColumnElement[Any]]:
    """Return columns that count the rounds due by this deadline as of `at`, and those of them done in time."""
    done = one.completed_at <= at
    missed = (complete_by <= at) & ((complete_by <= one.stopped_at) | one.stopped_at.is_(None))
    due = complete_by.is_not(None) & (done | missed)
    return [
        func.count().filter(due).label(f"due{suffix}"),
        func.count().filter(done, one.completed_at <= complete_by).label(f"on_time{suffix}"),
    ]


async def sum_work(tx: Tx, asked: Selection, since: datetime, until: datetime) -> Sequence[RowMapping]:
    """Return the work done per item for requests received from `since` until before `until`, without redone work."""
    query = (
        select(
            Request.item_code,
            func.count().label("completed"),
            func.sum(Job.quantity).label("quantity"),
            sql_cast(func.sum(Job.amount_fen), BigInteger).label("turnover_fen"),
        )
        .join(Job, Job.request_id == Request.id)
        .join(Offer, Offer.id == Job.offer_id)
        .where(*_received(asked, since, until), Job.status == word("completed"), ~Offer.redo)
        .group_by(Request.item_code)
    )
    return (await tx.session.execute(query)).mappings().all()


async def list_unfinished(tx: Tx, asked: Filters) -> Sequence[RowMapping]:
    """Return how many requests are in each unfinished status, and when the oldest of them was received."""
    query = (
        select(Request.status, func.count().label("requests"), func.min(Request.received_at).label("oldest"))
        .where(Request.status.not_in([word("closed"), word("cancelled"), word("merged")]), *_matching(asked))
        .group_by(Request.status)
    )
    return (await tx.session.execute(query)).mappings().all()


async def count_waiting(tx: Tx, asked: Filters, at: datetime) -> RowMapping:
    """Return how many offers wait for an answer, and how many callbacks are due."""
    offers = select(func.count()).select_from(Offer).where(Offer.status == word("pending"))
    callbacks = select(func.count()).select_from(Callback)
    callbacks = callbacks.where(Callback.status == word("due"), Callback.due_at <= at)
    if asked.filters:
        offers = offers.join(Request, Request.id == Offer.request_id).where(*_matching(asked))
        callbacks = callbacks.join(Request, Request.id == Callback.request_id).where(*_matching(asked))
    query = select(offers.scalar_subquery().label("offers"), callbacks.scalar_subquery().label("callbacks"))
    return (await tx.session.execute(query)).mappings().one()
