"""What dispatching looks like in the API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.intake.models import UnmatchedReason
from app.intake.schemas import RequestOut

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MatchingResult(StrEnum):
    """Offered; waiting for capacity (tried again); deferred (a surge, `deferred_until`: tell the citizen); unmatched (a
    supervisor decides); postponed (others come first, or matching failed: the worker does it)."""

    OFFERED = "offered"
    WAITING = "waiting"
    DEFERRED = "deferred"
    UNMATCHED = "unmatched"
    POSTPONED = "postponed"


class OfferMade(BaseModel):
    """An offer that has just gone out."""

    id: UUID
    provider_id: UUID
    provider_name: str
    rank: int
    expires_at: datetime


class DispatchOut(BaseModel):
    """The request and whom it was offered to; `matching` is null where nothing was to be dispatched."""

    request: RequestOut
    matching: MatchingResult | None = None
    offers: list[OfferMade] = Field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None


class DirectOffer(BaseModel):
    """The operator's own pick."""

    provider_id: UUID


class CancelIn(BaseModel):
    reason: Reason


class WithdrawIn(BaseModel):
    reason: Reason


class MergeIn(BaseModel):
    """The request that goes on, into which this one is merged."""

    parent_id: UUID


class ReopenIn(BaseModel):
    reason: Reason
    other_firm: bool = Field(default=False, description="the citizen does not want the same firm again")
