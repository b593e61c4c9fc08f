"""A provider's days with hours of their own, in SQL."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select

from app.kit.db import Tx
from app.registry.models import ProviderException


async def list_exceptions(tx: Tx, provider_id: UUID, since: date) -> Sequence[ProviderException]:
    """The provider's days with other hours from that day on."""
    query = select(ProviderException).where(
        ProviderException.provider_id == provider_id, ProviderException.day >= since
    )
    query = query.order_by(ProviderException.day, ProviderException.opens)
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def drop_exception(tx: Tx, provider_id: UUID, day: date) -> bool:
    """The day has its weekday's hours again; says whether it had others."""
    dropped = delete(ProviderException).where(
        ProviderException.provider_id == provider_id, ProviderException.day == day
    )
    return (await tx.session.execute(dropped.returning(ProviderException.day))).first() is not None
