"""The append-only event log: what happened, in whose name. Everything downstream reads it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.events.kinds import EventKind
from app.kit.orm import Model, one_of, word
from app.kit.terms import Term

_RECEIVED = [word(kind) for kind in (EventKind.REQUEST_CREATED, EventKind.REQUEST_ANSWERED)]
"""The kinds that are counted hour by hour."""


class ActorKind(Term):
    """Who acts."""

    STAFF = "staff", "中心工作人员", "staff", "A member of the centre's staff."
    PROVIDER = "provider", "服务单位", "provider", "A provider, identified by its key."
    SYSTEM = "system", "系统", "system", "The system itself, by the centre's rules."


class Event(Model):
    """One event. `id` is given at insert and `seq` after commit, so a reader by `seq` misses nothing."""

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
    """Staff acted for a provider on the phone."""
    trace_id: Mapped[UUID | None]
    """The trace (app.kit.tracing) of the call, or of the worker's work, that caused it. NULL for what a command did."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    request_kind: Mapped[str | None]
    """This and the next columns hold the request's facts at the time (app.events.facts). NULL without a request, and in
    events older than these columns."""
    category_code: Mapped[str | None]
    item_code: Mapped[str | None]
    township_code: Mapped[str | None]
    """NULL as well if the place was not known then."""
    community_code: Mapped[str | None]
    tier: Mapped[str | None]
    """For an offer or a job, its own tier."""
    channel: Mapped[str | None]
    urgency: Mapped[str | None]
    priority_group: Mapped[str | None]

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
        Index("ix_events_received", "at", postgresql_where=column("kind").in_(_RECEIVED)),
        Index("ix_events_of_provider", "provider_id", "id", postgresql_where=text("request_id IS NULL")),
    )


class EventCursor(Model):
    """How far one reader of the log has come."""

    __tablename__ = "event_cursors"

    reader: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
