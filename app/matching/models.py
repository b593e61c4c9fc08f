"""Dispatch policies, the decisions made under them, and surges."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    BindParameter,
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import Tier
from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term
from app.registry.models import Rung


class Mode(Term):
    """How offers go out.

    Staff can also pick a provider directly (POST /requests/{id}/offers), which needs no policy.
    """

    CASCADE = (
        "cascade",
        "逐家派单",
        "cascade",
        "The best provider is asked first, the next one after a decline or expiry.",
    )
    BROADCAST = (
        "broadcast",
        "同时派单",
        "broadcast",
        "The best few are asked at once; the first to accept gets the job.",
    )


class PolicyVersion(Model):
    """A version of a dispatch policy: how surviving candidates are ranked and offered. Versions are never edited.

    app.matching.policy explains each rule. The version in force for a category is the latest by `effective_from` among
    its own versions that are not withdrawn, or else among those without a category.
    """

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    mode: Mapped[str]
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)
    offer_timeouts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    broadcast_size: Mapped[int]
    radius_km: Mapped[float | None]
    silent_limit: Mapped[int]
    ladder: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    surge: Mapped[dict[str, Any]] = mapped_column(JSONB)
    effective_from: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    note: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint("broadcast_size BETWEEN 1 AND 20", name="broadcast_size"),
        CheckConstraint("radius_km > 0", name="radius"),
        CheckConstraint("silent_limit > 0", name="silent_limit"),
    )


def policy_is_in_force(policy: type[PolicyVersion], at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that the policy has begun and is not withdrawn at that moment.

    A later one may replace it.
    """
    return (policy.effective_from <= at) & (policy.withdrawn_at.is_(None) | (policy.withdrawn_at > at))


PRECEDENCE = "category_code IS NULL, effective_from DESC, version DESC"
"""The order of precedence of the policies in force for a category: the first one applies."""


class Decision(Model):
    """A matching decision: who was ranked with which total, and who was not asked and why.

    The arrays are paired: `ranked` with `totals`, `rejected` with `reasons`.
    """

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), index=True)
    at: Mapped[datetime]
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    tier: Mapped[str]
    rung: Mapped[str | None]
    surge: Mapped[bool] = mapped_column(Boolean)
    ranked: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    totals: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    rejected: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))

    __table_args__ = (
        one_of("tier", Tier),
        one_of("rung", Rung),
        Index(None, "at"),
        CheckConstraint("cardinality(ranked) = cardinality(totals)", name="ranked_pairs"),
        CheckConstraint("cardinality(rejected) = cardinality(reasons)", name="rejected_pairs"),
    )


class Surge(Model):
    """A time when demand exceeds what providers can take.

    The policy's surge rules are in force from `began_at` to `ended_at`. If `category_code` is NULL it covers every
    category; if `began_by` is NULL the worker started it.
    """

    __tablename__ = "surges"

    id: Mapped[Id]
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    began_at: Mapped[datetime]
    began_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str]
    waiting: Mapped[int]
    """Requests waiting for a provider when it began."""
    places: Mapped[int]
    """Jobs that providers could still take when it began."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        not_negative("waiting", "places"),
        CheckConstraint("ended_at >= began_at", name="order"),
        Index(
            "uq_surges_one_open",
            func.coalesce(text("category_code"), text("''")),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
