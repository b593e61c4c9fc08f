"""Volumes, clocks, turnover, and how things stand now, in SQL."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Float,
    FromClause,
    Integer,
    RowMapping,
    Select,
    Subquery,
    Table,
    extract,
    func,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased

from app.aftercare.models import Callback
from app.events.transition import AT, word
from app.intake.models import CloseReason, Request, RequestStatus
from app.jobs.models import Extension, ExtensionStatus, Offer
from app.kit.db import Prepared, Row, Tx
from app.metrics.counting import COUNTS, ROLL_UP, TAIL, VOLUMES, ZONE
from app.metrics.schemas import Dimension, Selection
from app.registry.models import ACTIVE_STANDINGS, MonthStatus, Provider, ProviderDay, ProviderMonth, Standing

_REQUESTS = cast(Table, Request.__table__)


async def roll_up(tx: Tx, zone: ZoneInfo, batch: int) -> int:
    """Add the next numbered events to the daily volumes and move the cursor past them; gives how many."""
    row = await tx.row(ROLL_UP, zone=zone.key, batch=batch)
    return 0 if row is None else row["events"]


async def sum_volumes(tx: Tx, asked: Selection, zone: ZoneInfo, by: Sequence[Dimension] = ()) -> Sequence[RowMapping]:
    """The live counts by these dimensions; without any, one row with all of them.

    What is kept and what the log has beyond it are read in one statement: nothing is missed or counted twice.
    """
    live = union_all(*(_sum(source, asked, by) for source in (VOLUMES, TAIL))).subquery("live")
    keys = [live.c[dimension] for dimension in by]
    sums = [sql_cast(func.coalesce(func.sum(live.c[name]), 0), BigInteger).label(name) for name in COUNTS]
    query = select(*keys, *sums).group_by(*keys).order_by(*keys)
    return (await tx.session.execute(query, {"zone": zone.key})).mappings().all()


def _sum(source: FromClause, asked: Selection, by: Sequence[Dimension]) -> Select[Any]:
    keys = [source.c[dimension.column].label(dimension) for dimension in by]
    return (
        select(*keys, *(func.sum(source.c[name]).label(name) for name in COUNTS))
        .where(source.c.day.between(asked.from_, asked.to))
        .where(*(source.c[column] == value for column, value in asked.filters.items()))
        .group_by(*keys)
    )


def _received(asked: Selection, since: datetime, until: datetime) -> Sequence[ColumnElement[bool]]:
    filters = [_REQUESTS.c[column] == value for column, value in asked.filters.items()]
    return [Request.received_at >= since, Request.received_at < until, *filters]


async def count_by_hour(
    tx: Tx, asked: Selection, since: datetime, until: datetime, zone: ZoneInfo, by: Sequence[Dimension]
) -> Sequence[RowMapping]:
    """Requests received since then and before `until`, by the hour of the day and maybe another dimension."""
    local = func.timezone(ZONE, Request.received_at)
    parts: dict[Dimension, ColumnElement[Any]] = {
        Dimension.HOUR: sql_cast(extract("hour", local), Integer),
        Dimension.DAY: sql_cast(local, Date),
    }
    keys = [(parts[d] if d in parts else _REQUESTS.c[d.column]).label(d) for d in by]
    query = (
        select(
            *keys,
            func.count().label("requests"),
            func.count().filter(Request.answered_in_call).label("answered_in_call"),
        )
        .where(*_received(asked, since, until))
        .group_by(*keys)
        .order_by(*keys)
    )
    return (await tx.session.execute(query, {"zone": zone.key})).mappings().all()


_MEDIAN_AND_P90 = sql_cast([0.5, 0.9], ARRAY(Float))
_STILL_DUE = (RequestStatus.DISPATCHING, RequestStatus.UNMATCHED, RequestStatus.ASSIGNED, RequestStatus.IN_PROGRESS)


async def measure_clocks(tx: Tx, asked: Selection, since: datetime, until: datetime, now: datetime) -> RowMapping:
    """How long the requests received since then and before `until` took, and how many were done in time.

    By step: how many came so far, and [median, p90] in seconds.
    """
    spans = {
        "dispatch": (Request.received_at, Request.dispatched_at),
        "accept": (Request.dispatched_at, Request.assigned_at),
        "arrive": (Request.dispatched_at, Request.started_at),
        "complete": (Request.dispatched_at, Request.completed_at),
    }
    columns: list[ColumnElement[Any]] = []
    for name, (start, end) in spans.items():
        seconds = sql_cast(extract("epoch", end - start), Float)
        percentiles = func.percentile_cont(_MEDIAN_AND_P90).within_group(seconds).filter(end >= start)
        columns += [func.count().filter(end >= start).label(f"{name}_count"), percentiles.label(f"{name}_seconds")]
    original = func.coalesce(Extension.complete_by_before, Request.complete_by)
    columns += _punctual(_REQUESTS.c.complete_by, now, "") + _punctual(original, now, "_by_original")
    granted = (Extension.request_id == Request.id) & (Extension.status == ExtensionStatus.GRANTED)
    query = select(*columns).select_from(Request).join(Extension, granted, isouter=True)
    return (await tx.session.execute(query.where(*_received(asked, since, until)))).mappings().one()


def _punctual(complete_by: ColumnElement[Any], now: datetime, suffix: str) -> list[ColumnElement[Any]]:
    """How many were due by this deadline, and how many of them were done in time."""
    done = Request.completed_at.is_not(None)
    missed = (complete_by <= now) & (Request.status.in_(_STILL_DUE) | (Request.close_reason == CloseReason.NO_PROVIDER))
    due = complete_by.is_not(None) & (done | missed)
    return [
        func.count().filter(due).label(f"due{suffix}"),
        func.count().filter(Request.completed_at <= complete_by).label(f"on_time{suffix}"),
    ]


_UNFINISHED = Prepared(
    select(Request.status, func.count().label("requests"), func.min(Request.received_at).label("oldest"))
    .where(Request.status.not_in([word("closed"), word("cancelled"), word("merged")]))
    .group_by(Request.status)
)
_WAITING = Prepared(
    select(
        select(func.count()).where(Offer.status == word("pending")).scalar_subquery().label("offers"),
        select(func.count())
        .where(Callback.status == word("due"), Callback.due_at <= AT)
        .scalar_subquery()
        .label("callbacks"),
    )
)


async def list_unfinished(tx: Tx) -> list[Row]:
    """How many requests are in each status short of the end, and since when the oldest of them."""
    return await tx.rows(_UNFINISHED)


async def count_waiting(tx: Tx, at: datetime) -> Row:
    """How many offers wait for an answer, and how many callbacks are due."""
    return (await tx.rows(_WAITING, at=at))[0]


_ADMITTED = (*ACTIVE_STANDINGS, Standing.SUSPENDED)


def _turnovers(month: date, following: date) -> Subquery:
    """Providers with turnover in the month, and those franchised by then; the days of each are one index range."""
    done = (
        select(
            func.coalesce(func.sum(ProviderDay.completed), 0).label("completed"),
            func.coalesce(func.sum(ProviderDay.turnover_fen), 0).label("turnover_fen"),
        )
        .where(ProviderDay.provider_id == Provider.id, ProviderDay.day >= month, ProviderDay.day < following)
        .lateral("done")
    )
    baseline, declared = aliased(ProviderMonth), aliased(ProviderMonth)
    locked = declared.status == MonthStatus.LOCKED
    return (
        select(
            Provider.id,
            Provider.name,
            Provider.kind,
            done.c.completed,
            done.c.turnover_fen,
            baseline.month.label("baseline_month"),
            baseline.turnover_fen.label("baseline_turnover_fen"),
            baseline.profit_tax_fen.label("baseline_profit_tax_fen"),
            declared.turnover_fen.label("declared_turnover_fen"),
            declared.profit_tax_fen.label("declared_profit_tax_fen"),
        )
        .select_from(Provider)
        .join(done, true())
        .outerjoin(baseline, (baseline.provider_id == Provider.id) & baseline.baseline)
        .outerjoin(declared, (declared.provider_id == Provider.id) & (declared.month == month) & locked)
        .where((done.c.completed > 0) | (Provider.standing.in_(_ADMITTED) & (Provider.joined_on < following)))
        .subquery("turnovers")
    )


async def list_turnovers(
    tx: Tx, month: date, following: date, after: tuple[int, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """Providers by their turnover in the month, largest first, beside what they declared and their baseline."""
    rows = _turnovers(month, following)
    query = select(rows).order_by(rows.c.turnover_fen.desc(), rows.c.id.desc()).limit(limit)
    if after:
        query = query.where(tuple_(rows.c.turnover_fen, rows.c.id) < after)
    return (await tx.session.execute(query)).mappings().all()


async def sum_turnovers(tx: Tx, month: date, following: date) -> RowMapping:
    """All providers together; each comparison over those that have both of its figures."""
    rows = _turnovers(month, following)
    columns: list[ColumnElement[Any]] = [
        func.count().label("providers"),
        func.count(rows.c.baseline_month).label("with_baseline"),
        func.count(rows.c.declared_turnover_fen).label("declared"),
    ]
    compared = {
        "hotline": (rows.c.turnover_fen, rows.c.baseline_turnover_fen),
        "declared_turnover": (rows.c.declared_turnover_fen, rows.c.baseline_turnover_fen),
        "declared_profit_tax": (rows.c.declared_profit_tax_fen, rows.c.baseline_profit_tax_fen),
    }
    for name, (figure, baseline) in compared.items():
        both = figure.is_not(None) & baseline.is_not(None)
        columns.append(func.count().filter(both).label(f"{name}_providers"))
        columns.append(_total(figure, both).label(f"{name}_month_fen"))
        columns.append(_total(baseline, both).label(f"{name}_baseline_fen"))
    columns.append(_total(rows.c.completed).label("completed"))
    columns.append(_total(rows.c.turnover_fen).label("turnover_fen"))
    return (await tx.session.execute(select(*columns))).mappings().one()


def _total(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    total = func.sum(column)
    return sql_cast(func.coalesce(total.filter(*conditions) if conditions else total, 0), BigInteger)
