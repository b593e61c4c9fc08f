"""Which candidates can come, and in which order: pure functions of facts, without SQL or a clock.

Each criterion scores a candidate from 0 to 1 (higher is better) on the candidate's own facts alone. Adding an
ineligible provider therefore changes nothing, and the order of the input does not matter. The total is the weighted
mean. See docs/ranking.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from app.intake.models import UnmatchedReason

NEAR_KM = 5.0
"""The distance at which the distance score is one half."""
USUAL_PRICE_FEN = 10_000
"""The price at which the price score is one half."""


class Candidate(NamedTuple):
    """An active provider that offers the item at the tier in the area. Counts cover the last 28 days.

    `load`: the places taken at the time of the visit. `asked`: in a surge, the offers that it has not answered yet, so
    that a free place is offered to one request at a time. `is_open`: open in the wanted window. `open_now`: open at
    this moment, so that it can be asked now.
    """

    provider_id: UUID
    name: str
    rung: str
    credit: int
    capacity: int
    open_jobs: int
    load: int
    asked: int
    accepted: int
    declined: int
    expired: int
    counted: int
    completed: int
    returned: int
    reachable: bool
    by_phone: bool
    barred: bool
    tried: bool
    lat: float
    lon: float
    distance_km: float
    price_kind: str
    price_fen: int
    too_far: bool = False
    off_ladder: bool = False
    has_papers: bool = True
    is_open: bool = True
    open_now: bool = True

    def rejection(self) -> UnmatchedReason | None:
        """Return the first filter that the candidate fails, or None if it passes all."""
        if self.too_far:
            return UnmatchedReason.TOO_FAR
        if self.off_ladder:
            return UnmatchedReason.NOT_ON_LADDER
        if not self.has_papers:
            return UnmatchedReason.PAPERS
        if not self.is_open:
            return UnmatchedReason.CLOSED_THEN
        if self.load + self.asked >= self.capacity:
            return UnmatchedReason.FULL
        if not self.reachable:
            return UnmatchedReason.UNREACHABLE
        if self.barred:
            return UnmatchedReason.BARRED
        return UnmatchedReason.TRIED_BEFORE if self.tried else None


class Ranked(NamedTuple):
    """A candidate with its total, weighted over these criteria."""

    candidate: Candidate
    total: float
    criteria: Sequence[str]

    @property
    def scores(self) -> dict[str, float]:
        """The score per criterion."""
        return {name: CRITERIA[name](self.candidate) for name in self.criteria}

    def shown(self) -> dict[str, float]:
        """Return the scores rounded for display."""
        return {name: round(score, 4) for name, score in self.scores.items()}


def _distance(candidate: Candidate) -> float:
    return NEAR_KM / (NEAR_KM + candidate.distance_km)


def _credit(candidate: Candidate) -> float:
    return min(candidate.credit, 100) / 100


def _record(candidate: Candidate) -> float:
    """Return the share of offers accepted times the share of ended jobs completed, each with one good case added."""
    offered = candidate.accepted + candidate.declined + candidate.expired
    ended = candidate.completed + candidate.returned
    return (candidate.accepted + 1) / (offered + 1) * (candidate.completed + 1) / (ended + 1)


def _load(candidate: Candidate) -> float:
    return 1 - min(1.0, candidate.open_jobs / candidate.capacity) if candidate.capacity else 0.0


def _fairness(candidate: Candidate) -> float:
    """Higher for fewer counted offers per place of capacity."""
    return candidate.capacity / (candidate.capacity + candidate.counted) if candidate.capacity else 0.0


def _price(candidate: Candidate) -> float:
    return USUAL_PRICE_FEN / (USUAL_PRICE_FEN + candidate.price_fen)


CRITERIA = {
    "distance": _distance,
    "credit": _credit,
    "record": _record,
    "load": _load,
    "fairness": _fairness,
    "price": _price,
}
"""The scoring functions, by the names that a policy's weights may use."""


def rank(candidates: Sequence[Candidate], weights: Mapping[str, float], chosen: UUID | None = None) -> list[Ranked]:
    """Return the candidates that pass every filter, best first.

    The citizen's own choice comes first. Ties go to the candidate with the fewest counted offers, then to the lowest
    id.
    """
    eligible = score([candidate for candidate in candidates if candidate.rejection() is None], weights)
    return sorted(
        eligible,
        key=lambda ranked: (
            ranked.candidate.provider_id != chosen,
            -ranked.total,
            ranked.candidate.counted,
            ranked.candidate.provider_id,
        ),
    )


def score(candidates: Iterable[Candidate], weights: Mapping[str, float]) -> list[Ranked]:
    """Return each candidate with the weighted mean of its scores, rounded so that equal merit compares as equal."""
    criteria = [(CRITERIA[name], weight) for name, weight in weights.items()]
    whole, names = sum(weights.values()), tuple(weights)
    ranked = []
    for candidate in candidates:
        total = 0.0
        for criterion, weight in criteria:
            total += criterion(candidate) * weight
        ranked.append(Ranked(candidate, round(total / whole, 6), names))
    return ranked
