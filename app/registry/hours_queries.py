"""SQL for a provider's days with special hours."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select

from app.kit.db import Tx
from app.registry.models import ProviderException


async def list_exceptions(tx: Tx, provider_id: UUID, since: date) -> Sequence[ProviderException]:
    """Return the provider's days with special hours from `since`, in order."""
    query = select(ProviderException).where(
        ProviderException.provider_id == provider_id, ProviderException.day >= since
    )
    query = query.order_by(ProviderException.day, ProviderException.opens)
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def drop_exception(tx: Tx, provider_id: UUID, day: date) -> bool:
    """Remove the day's special hours. Returns whether it had any."""
    dropped = delete(ProviderException).where(
        ProviderException.provider_id == provider_id, ProviderException.day == day
    )
    return (await tx.session.execute(dropped.returning(ProviderException.day))).first() is not None
