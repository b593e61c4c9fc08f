"""The content of a dispatch policy: one definition for the API, the engine and the checks."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from app.catalog.models import Tier
from app.kit.errors import InvalidField
from app.kit.fields import Body, Code
from app.matching.models import Mode
from app.matching.ranking import CRITERIA
from app.registry.models import Rung

MIN_TIMEOUT = timedelta(seconds=60)
"""The shortest lifetime of an offer."""
READING = timedelta(seconds=30)
"""How long a person needs to see an offer and answer it, in real time."""
MOST_AT_ONCE = 20
"""How many providers a broadcast goes to at most."""
DAY_SECONDS = 86_400


def shortest_offer(clock_factor: float) -> timedelta:
    """Return the shortest lifetime of an offer: 60 seconds, or on a fast clock what a person needs to answer it."""
    return max(MIN_TIMEOUT, READING * clock_factor)


def _known_criteria(weights: dict[str, float]) -> dict[str, float]:
    if unknown := sorted(set(weights) - set(CRITERIA)):
        names, known = ", ".join(unknown), ", ".join(CRITERIA)
        raise InvalidField(
            f"unknown criteria: {names}; the criteria are {known}", f"没有这些标准：{names}；可用：{known}"
        )
    if not any(weights.values()):
        raise InvalidField("at least one weight must be greater than zero", "至少一项权重须大于 0")
    return weights


Seconds = Annotated[int, Field(ge=60, le=7 * DAY_SECONDS)]
Weight = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]
Kilometres = Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]


class Rule(Body):
    """A part of the rules, frozen."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Step(Rule):
    """A step of the ladder, and for how many seconds free help is sought there before the next step is asked."""

    rung: Rung
    timeout_seconds: Seconds


class SurgeRules(Rule):
    """What a surge changes, and when one starts automatically.

    A surge starts for a category when at least `min_waiting` of its requests wait and they outnumber the places that
    providers have left. It ends when fewer requests are unassigned than half the places. Requests with an urgency in
    `defer` wait `defer_seconds`, or until the surge ends. The lifetime of offers is multiplied by `timeout_factor`.
    `radius_km` replaces the policy's radius if it is larger.
    """

    min_waiting: Annotated[int, Field(ge=1, le=100_000)] = 30
    radius_km: Kilometres | None = None
    timeout_factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    defer: list[Code] = Field(default=["booked"], max_length=20)
    defer_seconds: Seconds = 4 * 3_600


class Rules(Rule):
    """Weights by criterion, offer lifetimes in seconds by urgency, radius in kilometres, and the ladder of free help.

    `silent_limit`: a provider counts as unreachable after letting this many offers in a row expire. Without a ladder,
    all who offer free help are ranked together.
    """

    mode: Mode
    weights: Annotated[dict[str, Weight], AfterValidator(_known_criteria)]
    offer_timeouts: dict[str, Seconds]
    broadcast_size: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 3
    radius_km: Kilometres | None = None
    silent_limit: Annotated[int, Field(ge=1, le=100)] = 3
    ladder: list[Step] = Field(default=[], max_length=len(Rung))
    surge: SurgeRules = SurgeRules()

    @model_validator(mode="after")
    def each_rung_once(self) -> Self:
        """Check that no rung appears twice."""
        rungs = [step.rung for step in self.ladder]
        if len(rungs) != len(set(rungs)):
            raise InvalidField("the ladder has the same rung twice", "层级重复")
        return self


class Policy(Rules):
    """A version of the rules, in force from a given moment for a category, or for all categories without their own."""

    version: int
    category_code: str | None
    effective_from: datetime
    withdrawn_at: datetime | None
    note: str
    created_at: datetime

    def offer_timeout(self, urgency: str, accept_minutes: int | None, *, surge: bool = False) -> timedelta:
        """Return an offer's lifetime: the policy's, but at most half the accept allowance and at least 60 seconds."""
        timeout = timedelta(seconds=self.offer_timeouts[urgency]) * (self.surge.timeout_factor if surge else 1)
        return max(MIN_TIMEOUT, min(timeout, timedelta(minutes=accept_minutes) / 2 if accept_minutes else timeout))

    def radius(self, *, surge: bool) -> float | None:
        """Return how many kilometres away a provider may be, or None if only its coverage counts."""
        if surge and self.surge.radius_km and self.radius_km:
            return max(self.radius_km, self.surge.radius_km)
        return self.radius_km

    @cached_property
    def rungs(self) -> frozenset[Rung]:
        """The rungs of the ladder."""
        return frozenset(step.rung for step in self.ladder)

    def climbs(self, tier: Tier) -> bool:
        """Return whether providers are asked step by step along the ladder at this tier."""
        return tier is Tier.FREE and bool(self.ladder)
