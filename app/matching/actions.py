"""Matching: what is wanted, who passes the filters, in which order, and why not the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.models import Item, Tier
from app.intake.models import UnmatchedReason
from app.kit.db import Row, Tx
from app.matching import queries
from app.matching.models import Mode
from app.matching.ranking import Candidate, Ranked, distance_km, rank
from app.matching.reasons import SENTENCES
from app.matching.schemas import CandidateOut, CandidatesOut, EarlierCounts, RejectedOut
from app.registry.models import PriceKind

MIN_TIMEOUT = timedelta(seconds=60)


@dataclass(frozen=True)
class Wanted:
    """What matching has to know of a request, real or imagined."""

    item: Item
    tier: Tier
    township_code: str
    lat: float
    lon: float
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    citizen_id: UUID | None = None
    request_id: UUID | None = None
    chosen_provider_id: UUID | None = None

    @classmethod
    def by(cls, request: Mapping[str, Any] | Row, item: Item, tier: Tier) -> "Wanted":
        """What this request wants, at this tier."""
        names = ("township_code", "lat", "lon", "wanted_from", "wanted_to", "arrive_by", "citizen_id")
        return cls(
            item=item,
            tier=tier,
            request_id=request["id"],
            chosen_provider_id=request["chosen_provider_id"],
            **{name: request[name] for name in names},
        )

    def begins(self, now: datetime) -> datetime:
        """From when on somebody is to come."""
        return max(self.wanted_from or now, now)

    def local_window(self, now: datetime, zone: ZoneInfo) -> list[tuple[int, time, time]]:
        """Weekday and local times between which somebody is to come, day by day, for a week at most."""
        start = self.begins(now).astimezone(zone)
        end = (self.wanted_to or self.arrive_by or now + timedelta(hours=2)).astimezone(zone)
        days = min((end.date() - start.date()).days, 6)
        window = []
        for day in range(days + 1):
            first = start.time() if day == 0 else time.min
            last = end.time() if day == days else time.max
            window.append(((start + timedelta(days=day)).isoweekday(), first, max(first, last)))
        return window


@dataclass(frozen=True)
class Policy:
    """The policy version that matching used."""

    version: int
    mode: Mode
    weights: dict[str, float]
    offer_timeouts: dict[str, int]
    broadcast_size: int

    def offer_timeout(self, urgency: str, accept_minutes: int | None) -> timedelta:
        """How long an offer lives: the policy's time, at most half the accept allowance, at least 60 seconds."""
        timeout = timedelta(seconds=self.offer_timeouts[urgency])
        return max(MIN_TIMEOUT, min(timeout, timedelta(minutes=accept_minutes) / 2 if accept_minutes else timeout))


@dataclass(frozen=True)
class Matching:
    """What matching found: survivors best first, and the others with the filter that stopped them."""

    policy: Policy
    survivors: Sequence[Ranked]
    rejected: Sequence[tuple[Candidate, UnmatchedReason]]


async def match(tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo) -> Matching:
    """Find and rank who can do what is wanted; changes nothing."""
    rows = await queries.list_candidates(
        tx,
        at=now,
        item=wanted.item.code,
        tier=wanted.tier,
        papers=wanted.item.papers,
        township=wanted.township_code,
        day=wanted.begins(now).astimezone(zone).date(),
        window=wanted.local_window(now, zone),
        citizen=wanted.citizen_id,
        request=wanted.request_id,
    )
    candidates = [_candidate(row, wanted) for row in rows if row["id"]]
    policy = await _policy(tx, rows[0]["version"])
    rejected = [(candidate, reason) for candidate in candidates if (reason := candidate.rejection())]
    return Matching(policy, rank(candidates, policy.weights, wanted.chosen_provider_id), rejected)


async def why_nobody(tx: Tx, wanted: Wanted, matching: Matching, now: datetime, zone: ZoneInfo) -> UnmatchedReason:
    """The filter that emptied the list: the last one that stopped somebody."""
    if matching.rejected:
        return max((reason for _, reason in matching.rejected), key=list(UnmatchedReason).index)
    counts_before = await _earlier(tx, wanted, now, zone)
    if counts_before.offer_item == 0:
        return UnmatchedReason.ITEM_NOT_OFFERED
    if counts_before.offer_tier == 0:
        return UnmatchedReason.TIER_NOT_OFFERED
    return UnmatchedReason.NOT_ACTIVE if counts_before.active == 0 else UnmatchedReason.OUTSIDE_AREA


async def explain(tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo) -> CandidatesOut:
    """The whole answer for a person: candidates with scores, the rejected with why, the counts before."""
    matching = await match(tx, wanted, now, zone)
    return CandidatesOut(
        tier=wanted.tier,
        policy_version=matching.policy.version,
        candidates=[_candidate_out(ranked, place) for place, ranked in enumerate(matching.survivors, 1)],
        rejected=[_rejected_out(candidate, reason) for candidate, reason in matching.rejected],
        earlier=await _earlier(tx, wanted, now, zone),
        emptied_by=None if matching.survivors else await why_nobody(tx, wanted, matching, now, zone),
    )


async def _earlier(tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo) -> EarlierCounts:
    row = await queries.count_earlier_filters(
        tx,
        item=wanted.item.code,
        tier=wanted.tier,
        township=wanted.township_code,
        day=wanted.begins(now).astimezone(zone).date(),
    )
    return EarlierCounts.model_validate(dict(row))


_policies: dict[int, Policy] = {}
"""Versions are never edited, so what was read once stays true."""


async def _policy(tx: Tx, version: int) -> Policy:
    if version not in _policies:
        row = await queries.get_policy(tx, version)
        _policies[version] = Policy(version, Mode(row.mode), row.weights, row.offer_timeouts, row.broadcast_size)
    return _policies[version]


def _candidate(row: Row, wanted: Wanted) -> Candidate:
    """The row's columns after the policy and the point are the candidate's fields, in their order."""
    _, lat, lon, *facts = row
    return Candidate(round(distance_km(wanted.lat, wanted.lon, lat, lon), 3), *facts)


def _candidate_out(ranked: Ranked, place: int) -> CandidateOut:
    candidate = ranked.candidate
    return CandidateOut(
        provider_id=candidate.provider_id,
        name=candidate.name,
        rank=place,
        total=ranked.total,
        scores=ranked.shown(),
        distance_km=candidate.distance_km,
        price_kind=PriceKind(candidate.price_kind),
        price_fen=candidate.price_fen,
        open_jobs=candidate.open_jobs,
        capacity=candidate.capacity,
    )


def _rejected_out(candidate: Candidate, reason: UnmatchedReason) -> RejectedOut:
    return RejectedOut(
        provider_id=candidate.provider_id, name=candidate.name, reason=reason, **SENTENCES[reason]._asdict()
    )
