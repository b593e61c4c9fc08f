"""Offers to providers and the jobs that grow out of accepted ones."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
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


class OfferStatus(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class OfferEnd(StrEnum):
    """Why an accepted offer is over."""

    RETURNED = "returned"
    FAILED = "failed"
    REDONE = "redone"
    REOPENED = "reopened"
    REASSIGNED = "reassigned"
    CANCELLED = "cancelled"
    DONE = "done"


class OfferedBy(StrEnum):
    """Who chose the provider; only `ranking` counts for fairness. `redo`: the firm that did it before."""

    RANKING = "ranking"
    OPERATOR = "operator"
    CITIZEN = "citizen"
    REDO = "redo"


class JobStatus(StrEnum):
    ACCEPTED = "accepted"
    STARTED = "started"
    COMPLETED = "completed"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobStatus.ACCEPTED, JobStatus.STARTED)
"""The statuses of a job that is still to be done."""
_LIVE = [word(status) for status in LIVE]


class Fault(StrEnum):
    """Whose doing it was that work was given back, as a supervisor finds."""

    PROVIDER = "provider"
    CITIZEN = "citizen"
    CENTRE = "centre"
    NOBODY = "nobody"


class ExtensionStatus(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class DeclineReason(Term):
    """Why a provider declines an offer."""

    BUSY = "busy", "忙不过来", "too busy", "It has more work than it can do in time."
    TOO_FAR = "too_far", "太远", "too far", "The address is too far away for it."
    NOT_OUR_WORK = "not_our_work", "不做此类服务", "not our work", "It does not do this kind of work."
    PRICE = "price", "价格不合适", "price", "The price does not suit it."
    NO_STAFF = "no_staff", "没有人手", "nobody available", "It has nobody to send."
    OTHER = "other", "其他原因", "other", "Something else."


class ToldHow(StrEnum):
    """How the citizen's yes to another appointment was given."""

    BY_PHONE = "by_phone"
    ON_SITE = "on_site"
    IN_WRITING = "in_writing"


class ReturnReason(StrEnum):
    OUT_OF_SCOPE = "out_of_scope"
    WRONG_ADDRESS = "wrong_address"
    CITIZEN_ABSENT = "citizen_absent"
    CITIZEN_CHANGED = "citizen_changed"
    NO_PARTS = "no_parts"
    NO_STAFF = "no_staff"
    OTHER = "other"


class Offer(Model):
    """One request offered to one provider, with the price card and the ranking as they stood."""

    __tablename__ = "offers"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[str]
    tier: Mapped[str]
    price_kind: Mapped[str]
    price_fen: Mapped[int]
    redo: Mapped[bool] = mapped_column(server_default=text("false"))
    """The firm's own work, to be done again at no charge."""
    offered_by: Mapped[str]
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    """Who else was looked at, and why they were not asked; None for generated history."""
    rank: Mapped[int]
    scores: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Score per criterion, with the total."""
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ask_from: Mapped[datetime | None]
    """When the firm opens, or the night is over: nobody phones it before, and its time runs from then."""
    decided_at: Mapped[datetime | None]
    """When it left pending."""
    decline_reason: Mapped[str | None]
    decline_note: Mapped[str | None]
    withdraw_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    phoned_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The operator who has taken it from the to-phone queue, until phoned_until."""
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
    """The accepted work. `agreed_fen` is what the citizen has consented to; `amount_fen` what was billed."""

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
    """How often it was moved."""
    quantity: Mapped[Decimal] = mapped_column(EXACT, server_default=text("1"))
    """In the item's unit: as the request had it at acceptance, then as the provider found it."""
    unit_cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    """The item's cap per unit at acceptance (low_fee)."""
    cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    """The most that may be asked: the cap per unit times the quantity."""
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
    """What a supervisor found about the return or failure."""
    fault_note: Mapped[str | None]
    arbitrated_at: Mapped[datetime | None]
    arbitrated_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    accepted_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was returned, failed or cancelled."""
    corrected_at: Mapped[datetime | None]
    """When what the firm had accepted was last corrected; if not begun since, it is given back for nothing."""
    amount_corrected_at: Mapped[datetime | None]
    said_at: Mapped[datetime | None]
    """When its citizens last said something that the firm has to hear: a later call, or another's request joined."""

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
    """The job is still to be done."""
    return job.status.in_(_LIVE)


class Extension(Model):
    """A provider asks for more time, once for a job; the deadlines before it stay for the statistics."""

    __tablename__ = "extensions"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[str]
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    """The complete_by asked for."""
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
