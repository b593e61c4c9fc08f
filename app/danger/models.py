"""What is done in each danger, in versions: script, lines, and the words that tell it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.danger.kinds import DangerKind
from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class GuideStatus(Term):
    """Where a version stands; only what is approved is read aloud."""

    DRAFT = "draft", "草稿", "draft", "Being written."
    APPROVED = "approved", "已生效", "approved", "In force."
    DISCARDED = "discarded", "已放弃", "discarded", "Given up before it came into force."
    SUPERSEDED = "superseded", "已被新版替换", "superseded", "A later version is in force."


class GuideVersion(Model):
    """One version of a danger's guide; its words never change. `content` is app.danger.schemas.Guide."""

    __tablename__ = "danger_guides"

    id: Mapped[Id]
    kind: Mapped[str]
    number: Mapped[int]
    status: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    change: Mapped[str | None]
    """What the writer changed, and why."""
    written_at: Mapped[datetime]
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """None for what came with the software."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    note: Mapped[str | None]
    """Why it was discarded."""

    __table_args__ = (
        one_of("kind", DangerKind),
        one_of("status", GuideStatus),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(status = 'draft') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(status = 'superseded') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("status <> 'approved' OR decided_by IS NULL OR decided_by <> written_by", name="two_people"),
        Index(None, "kind", "number", unique=True),
        Index("uq_danger_guides_draft", "kind", unique=True, postgresql_where=text("status = 'draft'")),
        Index("uq_danger_guides_approved", "kind", unique=True, postgresql_where=text("status = 'approved'")),
    )
