"""Callbacks to the citizens of completed requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class CallbackStatus(Term):
    """How far the callback to the citizen has got."""

    DUE = "due", "待回访", "due", "The citizen has yet to be called."
    DONE = "done", "已回访", "done", "The citizen was reached."
    UNREACHED = "unreached", "未接通", "never reached", "Nobody answered any of the attempts."
    DROPPED = (
        "dropped",
        "已取消",
        "dropped",
        "No call is needed: work resumed, or a call to the same number settled it.",
    )


class Satisfaction(Term):
    """The national five-step scale. The first three steps count as satisfied."""

    VERY_SATISFIED = "very_satisfied", "非常满意", "very satisfied", "The best of the five steps."
    SATISFIED = "satisfied", "满意", "satisfied", "The second step."
    BASICALLY_SATISFIED = (
        "basically_satisfied",
        "基本满意",
        "basically satisfied",
        "The third step; still counts as satisfied.",
    )
    DISSATISFIED = "dissatisfied", "不满意", "dissatisfied", "The fourth step; opens a complaint."
    VERY_DISSATISFIED = "very_dissatisfied", "非常不满意", "very dissatisfied", "The worst step; opens a complaint."


SATISFIED = (Satisfaction.VERY_SATISFIED, Satisfaction.SATISFIED, Satisfaction.BASICALLY_SATISFIED)
DISSATISFIED = (Satisfaction.DISSATISFIED, Satisfaction.VERY_DISSATISFIED)


class Callback(Model):
    """A call to one citizen about one completion. Each missed attempt postpones `due_at`."""

    __tablename__ = "callbacks"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    """The caller's own request; if it was merged into another, the merged one (the child)."""
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    status: Mapped[str]
    due_at: Mapped[datetime]
    tried: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    """The thirds of the calling hours (0 to 2) in which nobody was reached."""
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    taken_until: Mapped[datetime | None]
    solved: Mapped[bool | None]
    satisfaction: Mapped[str | None]
    paid_fen: Mapped[int | None] = mapped_column(BigInteger)
    """What the citizen says was paid, in fen."""
    remark: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        one_of("status", CallbackStatus),
        one_of("satisfaction", Satisfaction),
        not_negative("paid_fen"),
        CheckConstraint("tried <@ '{0,1,2}'::smallint[] AND cardinality(tried) <= 3", name="tried"),
        CheckConstraint("(status = 'due') = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("(status = 'done') = (solved IS NOT NULL)", name="solved"),
        CheckConstraint("status = 'done' OR num_nonnulls(satisfaction, paid_fen, remark) = 0", name="answers"),
        Index(None, "job_id", "request_id", unique=True),
        Index("ix_callbacks_due", "due_at", "id", postgresql_where=text("status = 'due'")),
        Index("uq_callbacks_one_due", "request_id", unique=True, postgresql_where=text("status = 'due'")),
    )
