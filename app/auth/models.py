"""Staff, their sessions, and the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model


class Role(StrEnum):
    """What a signed-in person may do; a provider is a role of its own and signs in with its key."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    REGISTRAR = "registrar"
    MANAGER = "manager"
    ADMIN = "admin"
    PROVIDER = "provider"


STAFF_ROLES = tuple(role for role in Role if role is not Role.PROVIDER)


class Staff(Model):
    __tablename__ = "staff"

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            f"roles <@ ARRAY[{', '.join(repr(str(r)) for r in STAFF_ROLES)}] AND cardinality(roles) > 0",
            name="roles",
        ),
    )


class StaffSession(Model):
    """A signed-in person; only the hash of the token is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ProviderKey(Model):
    """The secret with which a provider's software signs in; only its hash is kept."""

    __tablename__ = "provider_keys"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ProviderSession(Model):
    """A provider signed in on a phone with its key; it ends with the key."""

    __tablename__ = "provider_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(
        LargeBinary, ForeignKey("provider_keys.token_hash", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuditEntry(Model):
    """Who saw or changed what outside the event log: reveals of personal data, sign-ins, registry edits."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (Index(None, "subject", "id"),)
