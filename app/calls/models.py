"""Calls: each one that came in, whatever became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class CallStatus(Term):
    """Where a call stands."""

    ONGOING = "ongoing", "通话中", "ongoing", "The operator and the caller are talking."
    PARKED = "parked", "挂起中", "parked", "The caller waits while the operator takes another call."
    ENDED = "ended", "已结束", "ended", "The call is over."


class CallOutcome(Term):
    """How a call ended."""

    ANSWERED = "answered", "已答复", "answered", "A question, answered on the spot."
    REQUEST = "request", "已受理", "request taken", "A request was taken down that goes on after the call."
    COMPLAINT = "complaint", "投诉", "complaint", "A case was opened or added to."
    PROGRESS = (
        "progress",
        "告知进度",
        "progress told",
        "About a request that was there already: told how it stands, changed, cancelled.",
    )
    PROVIDER = "provider", "单位来电", "provider called", "A provider that reports or asks."
    WRONG_NUMBER = "wrong_number", "打错电话", "wrong number", "The caller wanted somebody else."
    SILENT = "silent", "无声", "silent", "Nobody spoke."
    HUNG_UP = "hung_up", "对方挂断", "hung up", "The caller was gone before anything was said."
    PRANK = "prank", "骚扰电话", "prank", "Not meant seriously."
    UNFINISHED = "unfinished", "未登记结果", "unfinished", "Nobody said how it ended: the browser died, say."


class Call(Model):
    """One call, from the ring to its outcome. The desk gives it its key, so that it can be told again."""

    __tablename__ = "calls"

    id: Mapped[Id]
    external_id: Mapped[str | None]
    """What the telephone system calls it."""
    phone: Mapped[str | None]
    """The number that rang; NULL where it was withheld."""
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[str] = mapped_column(server_default=text("'ongoing'"))
    began_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    """When the desk last said anything of it."""
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    __table_args__ = (
        one_of("status", CallStatus),
        one_of("outcome", CallOutcome),
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("(status = 'ended') = (outcome IS NOT NULL)", name="ended_outcome"),
        CheckConstraint("ended_at >= began_at", name="in_order"),
        Index(None, "external_id", unique=True),
        Index(None, "began_at", "id"),
        Index(None, "operator_id", "began_at", "id"),
        Index(None, "outcome", "began_at", "id"),
        Index("ix_calls_open", "heard_at", postgresql_where=text("status <> 'ended'")),
    )


class CallRequest(Model):
    """A request that was taken down or opened in a call."""

    __tablename__ = "call_requests"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True, index=True)
