"""The credit ledger: every change of a provider's credit, and the versions of the rules behind it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class EntryStatus(Term):
    """How far a change of a provider's credit has got."""

    PROPOSED = "proposed", "拟扣", "proposed", "A deduction is proposed, and the provider can still reply."
    ANSWERED = "answered", "已申辩，待裁定", "replied", "The provider has replied; a person has yet to decide."
    APPLIED = "applied", "已生效", "in effect", "The points were deducted or given."
    DROPPED = "dropped", "不予执行", "dropped", "A person decided against the deduction."
    APPEALED = "appealed", "已申诉，待裁定", "appealed", "The provider has appealed; a registrar has yet to decide."
    UPHELD = "upheld", "申诉未获支持", "appeal refused", "The deduction stands."
    REVOKED = "revoked", "申诉成立，已返还", "appeal granted", "The points were returned."
    REVERSED = (
        "reversed",
        "账单更正，已冲正",
        "reversed",
        "It was undone because the bill that caused it was corrected.",
    )


class CreditRules(Model):
    """One version of the rules (see app.credit.rules). It never changes once it is loaded."""

    __tablename__ = "credit_rules"

    version: Mapped[str] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    loaded_at: Mapped[datetime]


class CreditEntry(Model):
    """An entry of the ledger.

    `points` is what the rule takes or gives, within its maximum. `effect` is the actual change of the credit.
    """

    __tablename__ = "credit_entries"

    id: Mapped[Id]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    rules_version: Mapped[str] = mapped_column(ForeignKey("credit_rules.version"))
    rule_code: Mapped[str]
    status: Mapped[str]
    points: Mapped[int]
    effect: Mapped[int] = mapped_column(server_default=text("0"))
    cause: Mapped[str]
    """The logged event, or the month, that caused the entry; unique per rule. `event:7/9` means event 7 as corrected by
    event 9."""
    cause_at: Mapped[datetime]
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("requests.id"))
    made_at: Mapped[datetime]
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("provider_notices.id", ondelete="SET NULL"))
    """The notice about the entry. The reply period begins when the provider has been notified."""
    reply_by: Mapped[datetime | None]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    """When it was applied, dropped or reversed. The worker applied it if `decided_by` is NULL."""
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decision_note: Mapped[str | None]
    appeal_by: Mapped[datetime | None]
    appeal: Mapped[str | None]
    appealed_at: Mapped[datetime | None]
    appeal_decided_at: Mapped[datetime | None]
    appeal_decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    appeal_note: Mapped[str | None]
    reversed_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("status", EntryStatus),
        Index(None, "notice_id"),
        CheckConstraint("points <> 0", name="points"),
        CheckConstraint("effect = 0 OR status NOT IN ('proposed', 'answered', 'dropped')", name="effect_once_applied"),
        CheckConstraint("effect BETWEEN least(points, 0) AND greatest(points, 0)", name="effect_within_points"),
        CheckConstraint("(status IN ('proposed', 'answered')) = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("points > 0 OR status <> 'applied' OR appeal_by IS NOT NULL", name="may_be_appealed"),
        CheckConstraint(
            "points > 0 OR status NOT IN ('applied', 'appealed', 'upheld', 'revoked') OR decided_at >= reply_by",
            name="reply_period_first",
        ),
        CheckConstraint("status <> 'answered' OR reply IS NOT NULL", name="answered"),
        CheckConstraint(
            "status = 'reversed' OR (status IN ('appealed', 'upheld', 'revoked')) = (appeal IS NOT NULL)",
            name="appealed",
        ),
        CheckConstraint(
            "status = 'reversed' OR (status IN ('upheld', 'revoked')) = (appeal_decided_at IS NOT NULL)",
            name="appeal_decided",
        ),
        CheckConstraint("(status = 'reversed') = (reversed_at IS NOT NULL)", name="reversed_at"),
        Index(None, "provider_id", "rule_code", "cause", unique=True),
        Index(None, "provider_id", "id"),
        Index(None, "status", "id"),
        Index("ix_credit_entries_due", "reply_by", postgresql_where=text("status = 'proposed'")),
        Index("ix_credit_entries_open", "id", postgresql_where=text("status IN ('proposed', 'answered', 'appealed')")),
    )
