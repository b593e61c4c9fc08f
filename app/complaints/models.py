"""Complaints: citizens' cases, from the complaint to the answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.jobs.models import Fault
from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class ComplaintStatus(Term):
    """How far a complaint has got."""

    OPEN = "open", "待裁定", "open", "It has not been decided yet."
    DECIDED = "decided", "已裁定", "decided", "It is decided; the citizen has yet to be told."
    ANSWERED = "answered", "已告知", "answered", "The citizen has been told the decision."
    UNREACHED = "unreached", "告知未接通", "never reached", "The citizen could not be told."


class Cause(Term):
    """How the complaint arose: said in a call or message, or from the satisfaction given in a callback."""

    SAID = "said", "来电投诉", "said", "Said in a call or message."
    DISSATISFIED = "dissatisfied", "回访不满意", "dissatisfied", 'Rated "dissatisfied" in the callback.'
    VERY_DISSATISFIED = (
        "very_dissatisfied",
        "回访非常不满意",
        "very dissatisfied",
        'Rated "very dissatisfied" in the callback.',
    )


class Complaint(Model):
    """A case about one job, or about the centre if no provider had the work."""

    __tablename__ = "complaints"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), index=True)
    """The caller's own request; if it was merged into another, the merged one (the child)."""
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id"), index=True)
    """The provider whose work it is about."""
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    cause: Mapped[str]
    words: Mapped[str | None]
    """What the citizen said about it, each time."""
    phone: Mapped[str | None]
    """The number of whoever complained; NULL means the request's contact."""
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The supervisor responsible for deciding in time."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """The deadline for the decision."""
    alarm_at: Mapped[datetime | None]
    """When its clock next turns yellow or red."""
    reply_by: Mapped[datetime | None]
    reply: Mapped[str | None]
    """The provider's reply."""
    replied_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    upheld: Mapped[bool | None]
    fault: Mapped[str | None]
    """Who is at fault, if it is upheld. Only the provider's fault costs the provider credit."""
    decision: Mapped[str | None]
    answer_at: Mapped[datetime | None]
    """When the citizen may next be phoned about the decision."""
    answer_attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    answer_taken_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    answer_note: Mapped[str | None]

    __table_args__ = (
        one_of("status", ComplaintStatus),
        one_of("cause", Cause),
        one_of("fault", Fault),
        not_negative("answer_attempts"),
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decision"),
        CheckConstraint("(decided_at IS NULL) = (upheld IS NULL)", name="upheld"),
        CheckConstraint("(status IN ('answered', 'unreached')) = (answered_at IS NOT NULL)", name="answered_at"),
        CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="replied_at"),
        Index("ix_complaints_open", "opened_at", "id", postgresql_where=text("decided_at IS NULL")),
        Index("ix_complaints_alarm", "alarm_at", postgresql_where=text("alarm_at IS NOT NULL")),
        Index("ix_complaints_to_answer", "answer_at", "id", postgresql_where=text("status = 'decided'")),
    )
