"""The append-only event log: what happened to a request, in whose name, and the outbox of everything downstream."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Model, one_of


class ActorKind(StrEnum):
    """Who does something."""

    STAFF = "staff"
    PROVIDER = "provider"
    SYSTEM = "system"


class Event(Model):
    """One fact. `id` is given at insert; `seq` once committed, so a reader by `seq` misses nothing."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    kind: Mapped[str]
    request_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    on_behalf: Mapped[bool] = mapped_column(server_default=text("false"))
    """Done by staff for a provider on the phone."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (
        one_of("actor_kind", ActorKind),
        Index(None, "seq", unique=True, postgresql_where=text("seq IS NOT NULL")),
        Index("ix_events_unnumbered", "id", postgresql_where=text("seq IS NULL")),
        Index(None, "request_id", "id"),
        Index(
            "ix_events_at",
            "at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
        Index("ix_events_of_provider", "provider_id", "id", postgresql_where=text("request_id IS NULL")),
    )


class EventCursor(Model):
    """How far one reader of the log has come."""

    __tablename__ = "event_cursors"

    reader: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
