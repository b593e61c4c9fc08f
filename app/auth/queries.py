"""SQL for staff, tokens and the audit log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    LargeBinary,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
    exists,
    false,
    func,
    or_,
    select,
    table,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.auth.models import AuditEntry, AuthGeneration, ProviderKey, ProviderSession, Role, Staff, StaffSession
from app.events.act import Act
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import word

_KEY = bindparam("token_hash", type_=LargeBinary)
_AT = bindparam("at", type_=DateTime(timezone=True))
_GENERATION = func.coalesce(select(AuthGeneration.generation).scalar_subquery(), 0).label("generation")
_PROVIDERS = table(
    "providers", column("id"), column("standing")
)  # named by strings, as in the foreign key, because registry is a higher level
_IS_FORMER = _PROVIDERS.c.standing.in_([word("left"), word("expelled")])
_IS_LIVE = ProviderKey.revoked_at.is_(None) & or_(ProviderKey.expires_at.is_(None), ProviderKey.expires_at > _AT)


def _of_provider(expires_at: Any) -> Select[Any]:
    """Select the columns of `_FIND_TOKEN` for a provider's token."""
    return select(
        word("provider"),
        ProviderKey.provider_id,
        case((_IS_FORMER, cast(word("{former_provider}"), ARRAY(Text))), else_=cast(word("{provider}"), ARRAY(Text))),
        expires_at,
        ProviderKey.last_used_at,
        false(),
        false(),
        _GENERATION,
    ).join(_PROVIDERS, _PROVIDERS.c.id == ProviderKey.provider_id)


_SEEN_AT = func.coalesce(StaffSession.seen_at, StaffSession.created_at)
_SEEN_AFTER = bindparam("seen_after", type_=DateTime(timezone=True))
_FIND_TOKEN = Prepared(
    union_all(
        select(
            word("staff").label("kind"),
            Staff.id,
            Staff.roles,
            StaffSession.expires_at,
            _SEEN_AT.label("seen_at"),
            Staff.password_temporary,
            Staff.totp_since.is_not(None).label("second_factor"),
            _GENERATION,
        )
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == _KEY,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > _AT,
            or_(_SEEN_AFTER.is_(None), _SEEN_AT > _SEEN_AFTER),
            Staff.active,
        ),
        _of_provider(ProviderKey.expires_at).where(ProviderKey.token_hash == _KEY, _IS_LIVE),
        _of_provider(func.least(ProviderSession.expires_at, ProviderKey.expires_at))
        .join(ProviderSession, ProviderSession.key_hash == ProviderKey.token_hash)
        .where(
            ProviderSession.token_hash == _KEY,
            ProviderSession.ended_at.is_(None),
            ProviderSession.expires_at > _AT,
            _IS_LIVE,
        ),
    )
)


GONE_AFTER = timedelta(hours=1)
"""A person not seen for this long counts as gone home, signed out or not."""


def on_shift(staff_id: Any) -> ColumnElement[bool]:
    """Return the condition that this member of staff is signed in and was seen within GONE_AFTER.

    The statement must bind the current moment as `at`.
    """
    return exists().where(
        StaffSession.staff_id == staff_id,
        StaffSession.ended_at.is_(None),
        StaffSession.expires_at > _AT,
        func.coalesce(StaffSession.seen_at, StaffSession.created_at) > _AT - GONE_AFTER,
        Staff.id == StaffSession.staff_id,
        Staff.active,
    )


async def find_token(tx: Tx, token_hash: bytes, at: datetime, seen_after: datetime | None) -> Row | None:
    """Return the holder of this live token, or None.

    The row has kind, id, roles, expires_at, seen_at, password_temporary, second_factor, and the generation for which it
    is valid. A staff session must have been used after `seen_after`, unless that is None.
    """
    return await tx.row(_FIND_TOKEN, token_hash=token_hash, at=at, seen_after=seen_after)


_READ_GENERATION = Prepared(select(_GENERATION))
_RAISE_GENERATION = Prepared(
    insert(AuthGeneration)
    .values(generation=1)
    .on_conflict_do_update(index_elements=["one"], set_={"generation": AuthGeneration.generation + 1})
)


async def read_generation(tx: Tx) -> int:
    """Return the current token generation."""
    row = await tx.row(_READ_GENERATION)
    assert row is not None
    return int(row["generation"])


async def raise_generation(tx: Tx) -> None:
    """Raise the token generation. Other transactions that raise it wait until this one ends."""
    await tx.rows(_RAISE_GENERATION)


def _note_use() -> Prepared:
    session = (
        update(StaffSession)
        .where(StaffSession.token_hash == _KEY)
        .values(seen_at=func.greatest(StaffSession.seen_at, _AT))  # another process may have recorded a later use
        .returning(StaffSession.staff_id)
    )
    of_session = select(ProviderSession.key_hash).where(ProviderSession.token_hash == _KEY).scalar_subquery()
    provider_key = update(ProviderKey).where(or_(ProviderKey.token_hash == _KEY, ProviderKey.token_hash == of_session))
    used = (
        provider_key.values(last_used_at=func.greatest(ProviderKey.last_used_at, _AT))
        .returning(ProviderKey.label)
        .cte("used")
    )
    unhurried = func.set_config("synchronous_commit", "off", True)  # losing this in a crash does no harm
    return Prepared(select(unhurried).add_cte(session.cte("seen")).add_cte(used))


_NOTE_USE = _note_use()


async def note_use(tx: Tx, token_hash: bytes, at: datetime) -> None:
    """Record that the token was used at that moment."""
    await tx.rows(_NOTE_USE, token_hash=token_hash, at=at)


async def find_staff(tx: Tx, username: str) -> Staff | None:
    """Return the member of staff with this user name, active or not."""
    return (await tx.session.execute(select(Staff).where(Staff.username == username))).scalar_one_or_none()


async def get_staff(tx: Tx, staff_id: UUID) -> Staff | None:
    """Return the member of staff, or None."""
    return await tx.session.get(Staff, staff_id)


_LOCKED: dict[str, Any] = {"populate_existing": True}


async def lock_staff(tx: Tx, staff_id: UUID) -> Staff | None:
    """Return the member of staff, locked until the transaction ends."""
    query = select(Staff).where(Staff.id == staff_id).with_for_update(key_share=True)
    return (await tx.session.execute(query.execution_options(**_LOCKED))).scalar_one_or_none()


async def lock_staff_named(tx: Tx, username: str) -> Staff | None:
    """Return the member of staff with this user name, locked until the transaction ends."""
    query = select(Staff).where(Staff.username == username).with_for_update(key_share=True)
    return (await tx.session.execute(query.execution_options(**_LOCKED))).scalar_one_or_none()


async def lock_admins(tx: Tx) -> Sequence[Staff]:
    """Return the active admins, locked in the order of their ids until the transaction ends."""
    query = select(Staff).where(Staff.active, Staff.roles.contains([str(Role.ADMIN)])).order_by(Staff.id)
    return (
        (await tx.session.execute(query.with_for_update(key_share=True).execution_options(**_LOCKED))).scalars().all()
    )


async def list_staff(tx: Tx) -> Sequence[Staff]:
    """Return all staff, sorted by user name."""
    return (await tx.session.execute(select(Staff).order_by(Staff.username))).scalars().all()


async def find_live_key(tx: Tx, token_hash: bytes, at: datetime) -> ProviderKey | None:
    """Return the provider key with this hash, unless it was revoked or has expired."""
    query = select(ProviderKey).where(ProviderKey.token_hash == token_hash, _IS_LIVE)
    return (await tx.session.execute(query, {"at": at})).scalar_one_or_none()


async def end_sessions_of(tx: Tx, staff_id: UUID, at: datetime, but: bytes | None = None) -> int:
    """End all live sessions of this person, except the one with the hash `but`. Return how many were ended."""
    statement = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
    if but:
        statement = statement.where(StaffSession.token_hash != but)
    live = statement.where(StaffSession.expires_at > at).values(ended_at=at).returning(StaffSession.token_hash)
    return len((await tx.session.execute(live)).all())


async def end_session(tx: Tx, token_hash: bytes, at: datetime) -> bool:
    """End the session with this token. Return False when no such session is live."""
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


async def add_audit(act: Act, tx: Tx, action: str, subject: str, **data: Any) -> None:
    """Write one line to the audit log."""
    await tx.rows(
        _AUDIT,
        at=act.now,
        actor_kind=act.actor.kind,
        actor_id=act.actor.id,
        action=action,
        subject=subject,
        data=orjson.dumps(data, default=str).decode(),
    )


async def list_audit(tx: Tx, subject: str | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """Return the audit log, newest first: of one subject, or of all. `before` is the id to continue below."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if before:
        query = query.where(AuditEntry.id < before)
    return (await tx.session.execute(query)).scalars().all()
