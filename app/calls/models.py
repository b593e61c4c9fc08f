"""Calls: every call that came in, whatever its outcome."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class CallStatus(Term):
    """The state of a call."""

    ONGOING = "ongoing", "通话中", "ongoing", "The operator and the caller are talking."
    PARKED = "parked", "挂起中", "parked", "The caller is waiting while the operator takes another call."
    ENDED = "ended", "已结束", "ended", "The call is over."


class CallOutcome(Term):
    """How a call ended."""

    ANSWERED = "answered", "已答复", "answered", "A question was answered on the spot."
    REQUEST = "request", "已受理", "request taken", "A request was created that continues after the call."
    COMPLAINT = "complaint", "投诉", "complaint", "A complaint was opened or added to."
    PROGRESS = (
        "progress",
        "告知进度",
        "progress update",
        "About an existing request: progress given, changed or cancelled.",
    )
    PROVIDER = "provider", "单位来电", "provider called", "A provider called to report or ask something."
    WRONG_NUMBER = "wrong_number", "打错电话", "wrong number", "The caller wanted somebody else."
    SILENT = "silent", "无声", "silent", "Nobody spoke."
    HUNG_UP = "hung_up", "对方挂断", "hung up", "The caller hung up before saying anything."
    PRANK = "prank", "骚扰电话", "prank", "The call was not serious."
    UNFINISHED = (
        "unfinished",
        "未登记结果",
        "unfinished",
        "Nobody recorded how it ended, for example because the browser crashed.",
    )


class Call(Model):
    """One call, from the ring to its outcome. The desk chooses its key, so that it can report the call again safely."""

    __tablename__ = "calls"

    id: Mapped[Id]
    external_id: Mapped[str | None]
    """The telephone system's id for the call."""
    phone: Mapped[str | None]
    """The caller's number; NULL if it was withheld."""
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[str] = mapped_column(server_default=text("'ongoing'"))
    began_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    """When the desk last reported anything about the call."""
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
    """A request that was created or opened during a call."""

    __tablename__ = "call_requests"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True, index=True)
