"""SQL for monthly returns."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_, update

from app.kit.db import Tx
from app.registry.models import (
    ACTIVE_STANDINGS,
    MonthStatus,
    Provider,
    ProviderKind,
    ProviderMonth,
    ProviderNotice,
    Standing,
)
from app.registry.schemas import MonthState

_FRESH = {"populate_existing": True}


async def find_baseline(tx: Tx, provider_id: UUID) -> ProviderMonth | None:
    """Return the month that the provider's growth is measured against."""
    query = select(ProviderMonth).where(ProviderMonth.provider_id == provider_id, ProviderMonth.baseline)
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalar_one_or_none()


async def clear_baseline(tx: Tx, provider_id: UUID) -> None:
    """Leave the provider without a baseline month."""
    months = update(ProviderMonth).where(ProviderMonth.provider_id == provider_id, ProviderMonth.baseline)
    await tx.session.execute(months.values(baseline=False))


async def find_month(tx: Tx, provider_id: UUID, month: date) -> ProviderMonth | None:
    """Return the provider's return for the month. The caller's lock on the provider protects it."""
    key = (ProviderMonth.provider_id == provider_id, ProviderMonth.month == month)
    query = select(ProviderMonth).where(*key).execution_options(**_FRESH)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def list_months(tx: Tx, provider_id: UUID, before: date | None, limit: int) -> Sequence[ProviderMonth]:
    """Return the provider's returns before the given month, latest first."""
    query = select(ProviderMonth).where(ProviderMonth.provider_id == provider_id)
    query = query.order_by(ProviderMonth.month.desc()).limit(limit)
    return (await tx.session.execute(query.where(ProviderMonth.month < before) if before else query)).scalars().all()


def _has_to_file(following: date) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for companies that joined before the month ended and have not left.

    Others have no turnover to declare.
    """
    belongs = Provider.standing.in_([*ACTIVE_STANDINGS, Standing.SUSPENDED])
    return (Provider.kind == ProviderKind.COMPANY, belongs, Provider.joined_on < following)


async def list_months_of_all(
    tx: Tx, month: date, following: date, state: MonthState | None, after: Any, limit: int
) -> Sequence[Any]:
    """Return the companies that must file for the month, by name, each with its return or None."""
    filed = (ProviderMonth.provider_id == Provider.id) & (ProviderMonth.month == month)
    query = select(Provider, ProviderMonth).join(ProviderMonth, filed, isouter=True).where(*_has_to_file(following))
    if state is MonthState.MISSING:
        query = query.where(ProviderMonth.provider_id.is_(None))
    elif state:
        query = query.where(ProviderMonth.status == MonthStatus(state))
    if after:
        query = query.where(tuple_(Provider.name, Provider.id) > after)
    return (await tx.session.execute(query.order_by(Provider.name, Provider.id).limit(limit))).all()


async def list_baselines(tx: Tx, provider_ids: Sequence[UUID]) -> dict[UUID, ProviderMonth]:
    """Return the baseline months of these providers, keyed by provider."""
    query = select(ProviderMonth).where(ProviderMonth.baseline, ProviderMonth.provider_id.in_(provider_ids))
    return {row.provider_id: row for row in (await tx.session.execute(query)).scalars()}


async def find_unreminded(tx: Tx, month: date, following: date, kind: str, subject: str, limit: int) -> Sequence[UUID]:
    """Return companies that must file for the month, have not filed, and have not had this notice about it."""
    filed = select(ProviderMonth.month).where(ProviderMonth.provider_id == Provider.id, ProviderMonth.month == month)
    told = select(ProviderNotice.id).where(
        ProviderNotice.provider_id == Provider.id, ProviderNotice.kind == kind, ProviderNotice.subject == subject
    )
    query = select(Provider.id).where(*_has_to_file(following), ~filed.exists(), ~told.exists())
    return (await tx.session.execute(query.order_by(Provider.id).limit(limit))).scalars().all()
