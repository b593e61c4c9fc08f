"""Notices that have to be read out, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update

from app.kit.db import Tx
from app.registry.models import Provider, ProviderNotice, ReachedBy

_UNREAD = ProviderNotice.read_at.is_(None)
_FRESH = {"populate_existing": True}
MOST_FIRMS = 200


async def list_unread(tx: Tx, provider_id: UUID) -> Sequence[ProviderNotice]:
    """What the provider has still to be told, oldest first."""
    query = select(ProviderNotice).where(ProviderNotice.provider_id == provider_id, _UNREAD)
    return (await tx.session.execute(query.order_by(ProviderNotice.id).execution_options(**_FRESH))).scalars().all()


async def list_providers_to_tell(tx: Tx) -> Sequence[Provider]:
    """Firms reached by phone with notices they have not been told of, the oldest notice first."""
    first = (
        select(ProviderNotice.provider_id, func.min(ProviderNotice.at).label("at"))
        .where(_UNREAD)
        .group_by(ProviderNotice.provider_id)
        .subquery("first")
    )
    query = select(Provider).join(first, first.c.provider_id == Provider.id)
    query = query.where(Provider.reached_by == ReachedBy.PHONE).order_by(first.c.at, Provider.id).limit(MOST_FIRMS)
    return (await tx.session.execute(query)).scalars().all()


async def take_provider_to_tell(tx: Tx, at: datetime, until: datetime) -> Provider | None:
    """The firm with the oldest unread notice that nobody has taken; nobody else gets it before `until`."""
    free = or_(ProviderNotice.phoned_until.is_(None), ProviderNotice.phoned_until <= at)
    query = (
        select(Provider)
        .join(ProviderNotice, ProviderNotice.provider_id == Provider.id)
        .where(_UNREAD, free, Provider.reached_by == ReachedBy.PHONE)
        .order_by(ProviderNotice.id)
        .limit(1)
        .with_for_update(of=Provider, key_share=True, skip_locked=True)
    )
    provider = (await tx.session.execute(query)).scalar_one_or_none()
    if provider:
        theirs = update(ProviderNotice).where(ProviderNotice.provider_id == provider.id, _UNREAD)
        await tx.session.execute(theirs.values(phoned_until=until))
    return provider
