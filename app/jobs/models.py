"""Tables of offers to providers and of the jobs that accepted offers become."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import Tier
from app.kit.orm import Id, Model, not_negative, one_of, word
from app.kit.quantity import EXACT
from app.kit.terms import Term
from app.registry.models import PriceKind


class OfferStatus(Term):
    """The status of an offer to one provider."""

    PENDING = "pending", "待应答", "pending", "The provider has not answered yet."
    ACCEPTED = "accepted", "已接单", "accepted", "The provider accepted the work."
    DECLINED = "declined", "已拒单", "declined", "The provider declined the work."
    EXPIRED = "expired", "超时未答", "expired", "The provider did not answer in time."
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn", "The centre withdrew it before an answer."
    ENDED = "ended", "已结束", "ended", "The accepted work has ended."


class OfferEnd(Term):
    """Why an accepted offer ended."""

    RETURNED = "returned", "已退单", "returned", "The provider returned the work."
    FAILED = "failed", "未能完成", "could not be done", "The work was started but could not be completed."
    REDONE = "redone", "返工", "redone", "The work is done again, because the citizen's problem was not solved."
    REOPENED = "reopened", "重新打开", "reopened", "The request was reopened after it was closed."
    REASSIGNED = "reassigned", "已改派", "reassigned", "The centre took the work away from the provider."
    CANCELLED = "cancelled", "已取消", "cancelled", "The request was cancelled."
    DONE = "done", "已完工", "done", "The work was done."


class OfferedBy(Term):
    """Who chose the provider. Only `ranking` counts for fairness."""

    RANKING = "ranking", "系统排序", "ranking", "The policy's ranking."
    OPERATOR = "operator", "话务员指定", "operator", "An operator picked it."
    CITIZEN = "citizen", "求助人指定", "citizen", "The citizen asked for it."
    REDO = "redo", "原单位返工", "redo", "It did the work before."


class JobStatus(Term):
    """The status of the work that a provider accepted."""

    ACCEPTED = "accepted", "已接单", "accepted", "The provider has not arrived yet."
    STARTED = "started", "已开工", "started", "The provider is on site."
    COMPLETED = "completed", "已完工", "completed", "The work is done and billed."
    RETURNED = "returned", "已退单", "returned", "The provider returned it."
    FAILED = "failed", "未能完成", "could not be done", "The work was started but could not be completed."
    CANCELLED = "cancelled", "已取消", "cancelled", "The request was cancelled."


LIVE = (JobStatus.ACCEPTED, JobStatus.STARTED)
"""The statuses of an unfinished job."""
_LIVE = [word(status) for status in LIVE]


class Fault(Term):
    """Who was to blame for returned or failed work, as a supervisor decides."""

    PROVIDER = "provider", "责任在单位", "the provider's fault", "It counts against the provider."
    CITIZEN = (
        "citizen",
        "责任在求助人",
        "the citizen's fault",
        "For example, the citizen was absent or changed their mind.",
    )
    CENTRE = "centre", "责任在中心", "the centre's fault", "For example, the centre took the request down wrongly."
    NOBODY = "nobody", "都没有责任", "nobody's fault", "Nobody could have prevented it."


class ExtensionStatus(Term):
    """The status of a provider's request for more time."""

    ASKED = "asked", "已申请", "asked for", "A supervisor has not decided yet."
    GRANTED = "granted", "已批准", "granted", "The deadline was moved."
    REFUSED = "refused", "已驳回", "refused", "The deadline was not moved."


class DeclineReason(Term):
    """Why a provider declines an offer."""

    BUSY = "busy", "忙不过来", "too busy", "It has more work than it can do in time."
    TOO_FAR = "too_far", "太远", "too far", "The address is too far away."
    NOT_OUR_WORK = "not_our_work", "不做此类服务", "not our work", "It does not do this kind of work."
    PRICE = "price", "价格不合适", "price", "It does not accept the price."
    NO_STAFF = "no_staff", "没有人手", "nobody available", "It has nobody to send."
    OTHER = "other", "其他原因", "other", "Another reason."


PASSING = (DeclineReason.BUSY, DeclineReason.NO_STAFF)
"""Reasons that may be over the next day, when the provider may be asked again."""


class ToldHow(Term):
    """How the citizen agreed to another appointment."""

    BY_PHONE = "by_phone", "电话", "by phone", "On the phone."
    ON_SITE = "on_site", "当面", "on site", "Face to face."
    IN_WRITING = "in_writing", "短信或书面", "in writing", "In a message or on paper."


class ReturnReason(Term):
    """Why a provider returns work, the most common reason first."""

    CITIZEN_ABSENT = "citizen_absent", "求助人不在", "citizen absent", "Nobody was there at the agreed time."
    CITIZEN_CHANGED = (
        "citizen_changed",
        "求助人改主意",
        "citizen changed their mind",
        "The citizen does not want it, or wants something else.",
    )
    WRONG_ADDRESS = "wrong_address", "地址不对", "wrong address", "The provider could not find the address."
    OUT_OF_SCOPE = "out_of_scope", "超出服务范围", "not our work", "The work is not what was taken down."
    NO_PARTS = "no_parts", "缺配件", "parts missing", "A part cannot be obtained in time."
    NO_STAFF = "no_staff", "没有人手", "nobody available", "It has nobody to send."
    OTHER = "other", "其他原因", "other", "Another reason."


class Offer(Model):
    """A request offered to one provider, with the price and the ranking as they were at the time."""

    __tablename__ = "offers"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[str]
    tier: Mapped[str]
    price_kind: Mapped[str]
    price_fen: Mapped[int]
    redo: Mapped[bool] = mapped_column(server_default=text("false"))
    """The provider did the work before and does it again free of charge."""
    offered_by: Mapped[str]
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    """The matching decision: which other providers were considered and why they were not asked. NULL in generated
    history. Not a foreign key: decisions are deleted before offers (docs/personal-data.md)."""
    rank: Mapped[int]
    scores: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The score per criterion, and the total."""
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ask_from: Mapped[datetime | None]
    """When the provider opens or the night ends. Nobody phones it before, and its time to answer runs from then."""
    decided_at: Mapped[datetime | None]
    """When it stopped being pending."""
    decline_reason: Mapped[str | None]
    decline_note: Mapped[str | None]
    withdraw_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    phoned_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The operator who took it from the to-phone queue, until `phoned_until`."""
    phoned_until: Mapped[datetime | None]
    phone_attempts: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        one_of("status", OfferStatus),
        one_of("tier", Tier),
        one_of("price_kind", PriceKind),
        one_of("offered_by", OfferedBy),
        one_of("decline_reason", DeclineReason),
        one_of("end_reason", OfferEnd),
        not_negative("price_fen", "phone_attempts"),
        CheckConstraint("tier <> 'free' OR price_fen = 0", name="free_costs_nothing"),
        CheckConstraint("NOT redo OR price_fen = 0", name="redo_costs_nothing"),
        CheckConstraint("expires_at > offered_at", name="expires"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("(status = 'ended') = (end_reason IS NOT NULL)", name="ended_why"),
        CheckConstraint("(status = 'declined') = (decline_reason IS NOT NULL)", name="declined_why"),
        Index("uq_offers_one_accepted", "request_id", unique=True, postgresql_where=text("status = 'accepted'")),
        Index(
            "uq_offers_one_pending",
            "request_id",
            "provider_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("uq_offers_one_done", "request_id", unique=True, postgresql_where=text("end_reason = 'done'")),
        Index(None, "request_id", "provider_id"),
        Index("ix_offers_queue", "provider_id", "id", postgresql_where=text("status = 'pending'")),
        Index("ix_offers_expiring", "expires_at", postgresql_where=text("status = 'pending'")),
        Index(None, "provider_id", "offered_at"),
        {"postgresql_with": {"fillfactor": 80}},
    )


class Job(Model):
    """Accepted work. `agreed_fen` is what the citizen agreed to pay, `amount_fen` what was billed."""

    __tablename__ = "jobs"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"), unique=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[str]
    tier: Mapped[str]
    price_kind: Mapped[str]
    appointment_from: Mapped[datetime | None]
    appointment_to: Mapped[datetime | None]
    appointment_moves: Mapped[int] = mapped_column(server_default=text("0"))
    """How often the appointment was moved."""
    quantity: Mapped[Decimal] = mapped_column(EXACT, server_default=text("1"))
    """In the item's unit: as in the request at acceptance, then as the provider found it."""
    unit_cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    """The item's low-fee cap per unit at acceptance."""
    cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    """The most that may be charged: the cap per unit times the quantity."""
    quote_fen: Mapped[int | None] = mapped_column(BigInteger)
    quote_note: Mapped[str | None]
    quoted_at: Mapped[datetime | None]
    agreed_fen: Mapped[int | None] = mapped_column(BigInteger)
    agreed_at: Mapped[datetime | None]
    agreed_how: Mapped[str | None]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    payout_fen: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[str | None]
    return_reason: Mapped[str | None]
    return_note: Mapped[str | None]
    fault: Mapped[str | None]
    """Who was to blame for the return or failure, as a supervisor found."""
    fault_note: Mapped[str | None]
    arbitrated_at: Mapped[datetime | None]
    arbitrated_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    accepted_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was returned, failed or cancelled."""
    corrected_at: Mapped[datetime | None]
    """When the request was last corrected after acceptance. Unless the provider has started since, a return does not
    count."""
    amount_corrected_at: Mapped[datetime | None]
    said_at: Mapped[datetime | None]
    """When something was last said that the provider has to be told: a later call, or a request merged into this
    one."""

    __table_args__ = (
        one_of("status", JobStatus),
        one_of("tier", Tier),
        one_of("price_kind", PriceKind),
        one_of("return_reason", ReturnReason),
        one_of("fault", Fault),
        CheckConstraint("(fault IS NULL) = (arbitrated_at IS NULL)", name="arbitrated_at"),
        CheckConstraint("fault IS NULL OR status IN ('returned', 'failed')", name="fault_of_work_given_back"),
        CheckConstraint("agreed_how IN ('price_card', 'on_site', 'by_phone')", name="agreed_how"),
        CheckConstraint("quantity > 0", name="quantity"),
        not_negative("cap_fen", "quote_fen", "agreed_fen", "amount_fen", "payout_fen"),
        CheckConstraint(
            "tier <> 'free' OR (coalesce(amount_fen, 0) = 0 AND coalesce(agreed_fen, 0) = 0"
            " AND coalesce(quote_fen, 0) = 0)",
            name="free_costs_nothing",
        ),
        CheckConstraint("amount_fen <= cap_fen AND agreed_fen <= cap_fen", name="within_cap"),
        CheckConstraint("amount_fen <= coalesce(agreed_fen, 0)", name="within_consent"),
        CheckConstraint("(amount_fen IS NULL) = (completed_at IS NULL)", name="completed_has_amount"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_at"),
        CheckConstraint("(status IN ('returned', 'failed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("status <> 'started' OR started_at IS NOT NULL", name="started_at"),
        CheckConstraint("(status = 'returned') = (return_reason IS NOT NULL)", name="returned_why"),
        CheckConstraint("appointment_to > appointment_from", name="appointment"),
        CheckConstraint("appointment_moves >= 0", name="appointment_moves"),
        CheckConstraint("(agreed_fen IS NULL) = (agreed_how IS NULL)", name="agreed_how_known"),
        Index(
            "uq_jobs_one_live",
            "request_id",
            unique=True,
            postgresql_where=column("status").in_(_LIVE),
        ),
        Index("ix_jobs_queue", "provider_id", "id", postgresql_where=column("status").in_(_LIVE)),
        Index(None, "request_id"),
        Index(None, "provider_id", "completed_at"),
        {"postgresql_with": {"fillfactor": 80}},
    )


def is_live(job: type[Job] = Job) -> ColumnElement[bool]:
    """Return the condition that the job is unfinished."""
    return job.status.in_(_LIVE)


class Extension(Model):
    """A provider's request for more time, once per job. The deadlines before it are kept for the figures."""

    __tablename__ = "extensions"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[str]
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    """The new `complete_by` that was asked for."""
    reason: Mapped[str]
    arrive_by_before: Mapped[datetime | None]
    complete_by_before: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decision_note: Mapped[str | None]

    __table_args__ = (
        one_of("status", ExtensionStatus),
        CheckConstraint("until > complete_by_before", name="longer"),
        CheckConstraint("(status = 'asked') = (decided_at IS NULL)", name="decided_at"),
        Index("uq_extensions_one", "job_id", unique=True, postgresql_where=text("status IN ('asked', 'granted')")),
        Index("ix_extensions_asked", "asked_at", postgresql_where=text("status = 'asked'")),
        Index(None, "job_id"),
    )
