"""SQL for notices to providers: store them, list them, and claim those to read out by phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.kit.db import Prepared, Tx
from app.registry.models import Provider, ProviderNotice, ReachedBy

_UNREAD = ProviderNotice.read_at.is_(None)
_FRESH = {"populate_existing": True}
MOST_PROVIDERS = 200

_ADD = Prepared(
    insert(ProviderNotice)
    .values(
        id=bindparam("id"),
        provider_id=bindparam("provider"),
        kind=bindparam("kind"),
        subject=bindparam("subject"),
        data=cast(bindparam("data", type_=Text), JSONB),
        at=bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(ProviderNotice.id)
)


async def add_notice(
    tx: Tx, notice_id: UUID, provider_id: UUID, kind: str, subject: str, data: Mapping[str, Any], at: datetime
) -> UUID | None:
    """Store the notice and return its id, or None if the provider has had it before."""
    encoded = orjson.dumps(data, default=str).decode()
    row = await tx.row(_ADD, id=notice_id, provider=provider_id, kind=kind, subject=subject, data=encoded, at=at)
    return row["id"] if row else None


async def list_notices(tx: Tx, provider_id: UUID, before: UUID | None, limit: int) -> Sequence[ProviderNotice]:
    """Return the provider's notices before the given id, newest first."""
    query = select(ProviderNotice).where(ProviderNotice.provider_id == provider_id)
    if before:
        query = query.where(ProviderNotice.id < before)
    return (await tx.session.execute(query.order_by(ProviderNotice.id.desc()).limit(limit))).scalars().all()


async def find_notice(tx: Tx, provider_id: UUID, notice_id: UUID) -> ProviderNotice | None:
    """Return the notice if it belongs to this provider."""
    mine = (ProviderNotice.id == notice_id, ProviderNotice.provider_id == provider_id)
    return (await tx.session.execute(select(ProviderNotice).where(*mine))).scalar_one_or_none()


async def list_unread(tx: Tx, provider_id: UUID) -> Sequence[ProviderNotice]:
    """Return the provider's unread notices, oldest first."""
    query = select(ProviderNotice).where(ProviderNotice.provider_id == provider_id, _UNREAD)
    return (await tx.session.execute(query.order_by(ProviderNotice.id).execution_options(**_FRESH))).scalars().all()


async def list_providers_to_phone(tx: Tx) -> Sequence[Provider]:
    """Return providers reached by phone with unread notices, the oldest notice first."""
    first = (
        select(ProviderNotice.provider_id, func.min(ProviderNotice.at).label("at"))
        .where(_UNREAD)
        .group_by(ProviderNotice.provider_id)
        .subquery("first")
    )
    query = select(Provider).join(first, first.c.provider_id == Provider.id)
    query = query.where(Provider.reached_by == ReachedBy.PHONE).order_by(first.c.at, Provider.id).limit(MOST_PROVIDERS)
    return (await tx.session.execute(query)).scalars().all()


async def take_provider_to_phone(tx: Tx, at: datetime, until: datetime) -> Provider | None:
    """Claim the provider with the oldest unread notice that nobody has claimed. Nobody else gets it before `until`."""
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
