"""Dispatch policies: how survivors of the filters are ranked and offered. A version is never edited in place."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Model, one_of


class Mode(StrEnum):
    """Best first, next on decline or expiry; or the best few at once, first acceptance wins.

    A person's own pick (direct) needs no policy: POST /requests/{id}/offers.
    """

    CASCADE = "cascade"
    BROADCAST = "broadcast"


class Policy(Model):
    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    mode: Mapped[str]
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)
    offer_timeouts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Seconds by urgency."""
    broadcast_size: Mapped[int]
    effective_from: Mapped[datetime]

    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint("broadcast_size BETWEEN 1 AND 20", name="broadcast_size"),
    )
