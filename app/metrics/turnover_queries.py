"""SQL for providers' turnover, kept by day and compared with the baseline month."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    Subquery,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased

from app.kit.db import Tx
from app.registry.models import ACTIVE_STANDINGS, MonthStatus, Provider, ProviderDay, ProviderMonth, Standing

_ADMITTED = (*ACTIVE_STANDINGS, Standing.SUSPENDED)


def _turnovers(month: date, following: date) -> Subquery:
    """Return the providers that completed jobs in the month and those admitted by its end, with their turnover.

    Each provider's days are read as one index range.
    """
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
    """Return providers by turnover in the month, largest first, with their declared figures and their baseline."""
    rows = _turnovers(month, following)
    query = select(rows).order_by(rows.c.turnover_fen.desc(), rows.c.id.desc()).limit(limit)
    if after:
        query = query.where(tuple_(rows.c.turnover_fen, rows.c.id) < after)
    return (await tx.session.execute(query)).mappings().all()


async def sum_turnovers(tx: Tx, month: date, following: date) -> RowMapping:
    """Return the totals of all providers. Each comparison covers the providers that have both of its figures."""
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
