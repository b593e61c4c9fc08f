"""The guides for dangers, in versions: the script, the lines, and the words that reveal the danger."""

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
    """How far a version has got. Only the approved one is read aloud."""

    DRAFT = "draft", "草稿", "draft", "It awaits a decision."
    APPROVED = "approved", "已生效", "approved", "It is in force."
    DISCARDED = "discarded", "已放弃", "discarded", "It was given up before it came into force."
    SUPERSEDED = "superseded", "已被新版替换", "superseded", "A later version is in force."


class GuideVersion(Model):
    """One version of a danger's guide. Its content never changes; it is an app.danger.schemas.Guide."""

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
    """NULL for what came with the software."""
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
