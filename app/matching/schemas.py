"""API schemas for candidates and reasons, policies, decisions and fairness."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.catalog.models import Tier
from app.intake.models import UnmatchedReason
from app.jobs.schemas import Note
from app.kit.errors import InvalidField
from app.kit.fields import Body, Code, Moment, Month
from app.kit.phones import Phone
from app.matching.models import Decision, PolicyVersion
from app.matching.policy import Policy, Rules
from app.matching.reasons import Reason, read_reason
from app.registry.models import PriceKind, Rung


class CandidateOut(BaseModel):
    """A provider that can come, with its rank, its score per criterion (0 to 1) and its location (WGS-84)."""

    provider_id: UUID
    name: str
    rung: Rung
    rank: int
    total: float
    scores: dict[str, float]
    distance_km: float
    lat: float
    lon: float
    price_kind: PriceKind
    price_fen: int
    open_jobs: int
    capacity: int
    open_now: bool = Field(description="open providers are asked before closed ones")
    opens_at: datetime | None = Field(
        default=None, description="when a closed provider opens; null if open, or closed for two weeks"
    )


class RejectedOut(BaseModel):
    """An active provider that offers the item in the area but is not asked, with the reason."""

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
    """The whole result of matching. `emptied_by` names the filter that left nobody.

    `rung` is the step of the ladder whose providers are asked now; null if the ladder does not apply or has ended.
    """

    tier: Tier
    policy_version: int
    surge: bool
    rung: Rung | None
    candidates: list[CandidateOut]
    rejected: list[RejectedOut]
    earlier: EarlierCounts
    emptied_by: UnmatchedReason | None


class WhatIf(Body):
    """What to preview: a real request by `request_id`, or an imagined one by `item` and `area` or `place`.

    Matching uses the policy in force, or `policy_version`. A wanted window needs both ends.
    """

    request_id: UUID | None = None
    policy_version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    tier: Tier | None = None
    item: Code | None = None
    area: Code | None = None
    place: UUID | None = Field(default=None, description="one of the centre's own places, as in POST /requests")
    address: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="street address; if it names a known place in the area, the request is located there"
    )
    phone: Phone | None = Field(
        default=None, description="the citizen's phone; providers that the citizen bars are left out"
    )
    wanted_from: Moment | None = None
    wanted_to: Moment | None = None
    chosen_provider_id: UUID | None = None

    @model_validator(mode="after")
    def real_or_imagined(self) -> Self:
        """Check that a real request comes alone, that an imagined one is complete, and that a window has both ends."""
        told = self.model_dump(exclude_none=True).keys() - {"request_id", "policy_version", "tier"}
        if self.request_id and told:
            names = ", ".join(sorted(told))
            raise InvalidField(f"with request_id, leave out {names}", f"已填 request_id，不要再填 {names}")
        if not self.request_id and not ("item" in told and told & {"area", "place"}):
            raise InvalidField(
                "give either request_id, or item with area or place", "请填 request_id，或 item 和 area（或 place）"
            )
        if (self.wanted_from is None) != (self.wanted_to is None):
            raise InvalidField("give both wanted_from and wanted_to, or neither", "wanted_from 和 wanted_to 须同时填写")
        return self


class PolicyDraft(Rules):
    """The rules of a new version. Without a category it applies to every category that has no policy of its own."""

    category_code: Code | None = None
    effective_from: Moment | None = Field(default=None, description="default: now")
    note: Note


class PolicyOut(Policy):
    """A version, and whether it is now the one in force for its category."""

    in_force: bool

    @classmethod
    def of(cls, policy: PolicyVersion, in_force: Mapping[str | None, int]) -> "PolicyOut":
        """Return the version, given the versions in force by category."""
        facts = {name: getattr(policy, name) for name in Policy.model_fields}
        return cls(**facts, in_force=in_force.get(policy.category_code) == policy.version)


class RankedThen(BaseModel):
    """A provider that a decision ranked, with its total at the time."""

    provider_id: UUID
    total: float


class RejectedThen(BaseModel):
    """A provider that a decision left out, with the reason at the time."""

    provider_id: UUID
    reason: Reason
    zh: str
    en: str


class DecisionOut(BaseModel):
    """A matching decision about the request: who was ranked, best first, and who was not asked and why."""

    at: datetime
    policy_version: int
    tier: Tier
    rung: Rung | None
    surge: bool
    ranked: list[RankedThen]
    rejected: list[RejectedThen]

    @classmethod
    def of(cls, decision: Decision) -> "DecisionOut":
        """Return the decision with a sentence for each reason."""
        reasons = map(read_reason, decision.reasons)
        return cls(
            at=decision.at,
            policy_version=decision.policy_version,
            tier=Tier(decision.tier),
            rung=Rung(decision.rung) if decision.rung else None,
            surge=decision.surge,
            ranked=[
                RankedThen(provider_id=provider_id, total=round(total, 6))
                for provider_id, total in zip(decision.ranked, decision.totals, strict=True)
            ],
            rejected=[
                RejectedThen(provider_id=provider_id, reason=reason, zh=reason.zh, en=reason.en)
                for provider_id, reason in zip(decision.rejected, reasons, strict=True)
            ],
        )


class FairnessAsked(BaseModel):
    """The month, and the item to show. By default, all items."""

    month: Month = Field(description="YYYY-MM")
    item: Code | None = None


class ItemFairness(BaseModel):
    """How evenly an item's counted offers were spread over eligible providers, relative to their capacity.

    `gini` is 0 if they were even. Below about 20 offers per provider it says little.
    """

    item_code: str
    providers: int
    offers: int
    offers_per_provider: float
    gini: float


class Fairness(BaseModel):
    """How evenly a month's counted offers were spread, item by item."""

    month: Month
    items: list[ItemFairness]
