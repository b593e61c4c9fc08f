"""Candidates with their reasons in the API."""

from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from app.catalog.models import Tier
from app.intake.models import UnmatchedReason
from app.registry.models import PriceKind


class CandidateOut(BaseModel):
    """A provider that can come: its place in the ranking and its score per criterion (0 to 1)."""

    provider_id: UUID
    name: str
    rank: int
    total: float
    scores: dict[str, float]
    distance_km: float
    price_kind: PriceKind
    price_fen: int
    open_jobs: int
    capacity: int


class RejectedOut(BaseModel):
    """An active provider that offers the item in the area and still is not asked, with the reason."""

    provider_id: UUID
    name: str
    reason: UnmatchedReason
    zh: str
    en: str


class EarlierCounts(BaseModel):
    """How many providers are left after each of the earlier filters."""

    offer_item: int
    offer_tier: int
    active: int
    in_area: int


class CandidatesOut(BaseModel):
    """The whole answer of matching; `emptied_by` names the filter that left nobody."""

    tier: Tier
    policy_version: int
    candidates: list[CandidateOut]
    rejected: list[RejectedOut]
    earlier: EarlierCounts
    emptied_by: UnmatchedReason | None


class WhatIf(BaseModel):
    """An imagined request; a wanted window has both its ends."""

    item: str
    area: str
    tier: Tier | None = None
    phone: str | None = Field(default=None, description="of the citizen, whose bars count")
    wanted_from: AwareDatetime | None = None
    wanted_to: AwareDatetime | None = None
    chosen_provider_id: UUID | None = None

    @model_validator(mode="after")
    def window_has_both_ends(self) -> Self:
        """Half a window says nothing."""
        if (self.wanted_from is None) != (self.wanted_to is None):
            raise ValueError("wanted_from and wanted_to go together")
        return self
