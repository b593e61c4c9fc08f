"""Staff, tokens and the audit log in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    DateTime,
    LargeBinary,
    Text,
    bindparam,
    cast,
    func,
    insert,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.auth.models import AuditEntry, ProviderKey, ProviderSession, Staff, StaffSession
from app.events.transition import word
from app.kit.db import Prepared, Row, Tx

_KEY = bindparam("token_hash", type_=LargeBinary)
_AT = bindparam("at", type_=DateTime(timezone=True))
_FIND_TOKEN = Prepared(
    union_all(
        select(word("staff").label("kind"), Staff.id, Staff.roles, StaffSession.expires_at.label("until"))
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == _KEY,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > _AT,
            Staff.active,
        ),
        select(
            word("provider"),
            ProviderKey.provider_id,
            cast(word("{provider}"), ARRAY(Text)),
            cast(null(), DateTime(timezone=True)),
        ).where(ProviderKey.token_hash == _KEY, ProviderKey.revoked_at.is_(None)),
        select(
            word("provider"),
            ProviderKey.provider_id,
            cast(word("{provider}"), ARRAY(Text)),
            ProviderSession.expires_at,
        )
        .join(ProviderSession, ProviderSession.key_hash == ProviderKey.token_hash)
        .where(
            ProviderSession.token_hash == _KEY,
            ProviderSession.ended_at.is_(None),
            ProviderSession.expires_at > _AT,
            ProviderKey.revoked_at.is_(None),
        ),
    )
)


async def find_token(tx: Tx, token_hash: bytes, at: datetime) -> Row | None:
    """Who holds this live token: kind, id, roles, until."""
    return await tx.row(_FIND_TOKEN, token_hash=token_hash, at=at)


async def find_staff(tx: Tx, username: str) -> Staff | None:
    """The active member of staff of this user name."""
    found = await tx.session.execute(select(Staff).where(Staff.username == username, Staff.active))
    return found.scalar_one_or_none()


async def list_staff(tx: Tx) -> Sequence[Staff]:
    """All staff, by user name."""
    return (await tx.session.execute(select(Staff).order_by(Staff.username))).scalars().all()


async def find_live_key(tx: Tx, token_hash: bytes) -> ProviderKey | None:
    """The provider's key of this hash, unless it was revoked."""
    found = await tx.session.execute(
        select(ProviderKey).where(ProviderKey.token_hash == token_hash, ProviderKey.revoked_at.is_(None))
    )
    return found.scalar_one_or_none()


async def find_staff_name(tx: Tx, staff_id: UUID) -> str | None:
    """The name of this member of staff."""
    return (await tx.session.execute(select(Staff.name).where(Staff.id == staff_id))).scalar_one_or_none()


async def end_session(tx: Tx, token_hash: bytes, at: datetime) -> bool:
    """Sign the holder of the token out; false when the token is of no live session."""
    ended = False
    for kept in (StaffSession, ProviderSession):
        result = await tx.session.execute(
            update(kept)
            .where(kept.token_hash == token_hash, kept.ended_at.is_(None))
            .values(ended_at=at)
            .returning(kept.token_hash)
        )
        ended = ended or result.first() is not None
    return ended


async def count_failed_sign_ins(tx: Tx, username: str, since: datetime) -> int:
    """Failed sign-ins of this user name since then."""
    found = await tx.session.execute(
        select(func.count()).where(
            AuditEntry.subject == f"user:{username}",
            AuditEntry.action == "sign_in.failed",
            AuditEntry.at > since,
        )
    )
    return found.scalar_one()


_AUDIT = Prepared(
    insert(AuditEntry).values(
        at=_AT,
        actor_kind=bindparam("actor_kind", type_=Text),
        actor_id=bindparam("actor_id"),
        action=bindparam("action", type_=Text),
        subject=bindparam("subject", type_=Text),
        data=cast(bindparam("data", type_=Text), JSONB),
    )
)


async def add_audit(
    tx: Tx, action: str, subject: str, *, at: datetime, actor_kind: str, actor_id: UUID | None, **data: Any
) -> None:
    """Write one line of the audit log."""
    await tx.rows(
        _AUDIT,
        at=at,
        actor_kind=actor_kind,
        actor_id=actor_id,
        action=action,
        subject=subject,
        data=orjson.dumps(data, default=str).decode(),
    )


async def list_audit(tx: Tx, subject: str | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """The audit log, newest first, of one subject or of all."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if before:
        query = query.where(AuditEntry.id < before)
    return (await tx.session.execute(query)).scalars().all()
