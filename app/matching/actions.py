"""Matching: what is wanted, who passes the filters, in which order, and why not the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.models import Item, Tier
from app.intake.models import UnmatchedReason
from app.jobs.capacity import day_end
from app.kit.db import Row, Tx
from app.matching import queries
from app.matching.ladder import Standing, climb
from app.matching.policies import get_policy
from app.matching.policy import Policy
from app.matching.ranking import Candidate, Ranked, distance_km, rank
from app.matching.reasons import SENTENCES
from app.matching.schemas import CandidateOut, CandidatesOut, EarlierCounts, RejectedOut
from app.registry.models import PriceKind, Rung

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """What matching has to know of a request, real or imagined."""

    item: Item
    tier: Tier
    township_code: str
    community_code: str | None
    lat: float
    lon: float
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    citizen_id: UUID | None = None
    request_id: UUID | None = None
    chosen_provider_id: UUID | None = None
    dispatched_at: datetime | None = None
    corrected_at: datetime | None = None
    picked_provider_id: UUID | None = None
    """Whom a person asks, whatever it said to this request before; it is always among those looked at."""

    @classmethod
    def by(cls, request: Mapping[str, Any] | Row, item: Item, tier: Tier) -> "Wanted":
        """What this request wants, at this tier."""
        names = (
            "township_code", "community_code", "lat", "lon", "wanted_from", "wanted_to", "citizen_id",
            "chosen_provider_id", "dispatched_at", "corrected_at",
        )  # fmt: skip
        return cls(
            item=item,
            tier=tier,
            request_id=request["id"],
            arrive_by=request.get("round_arrive_by") or request["arrive_by"],
            **{name: request[name] for name in names},
        )

    def dispatch_day(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When the day began on which the request was last sent out."""
        return (self.dispatched_at or now).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def begins(self, now: datetime) -> datetime:
        """From when on somebody is to come."""
        return max(self.wanted_from or now, now)

    def ends(self, now: datetime) -> datetime:
        """Until when somebody is to have come; within two hours where that has passed, or nobody said."""
        end = self.wanted_to or self.arrive_by
        return end if end and end > now else now + timedelta(hours=2)

    def local_window(self, now: datetime, zone: ZoneInfo) -> list[tuple[date, time, time]]:
        """Each day with the local times between which somebody is to come, for a week at most."""
        start = self.begins(now).astimezone(zone)
        end = self.ends(now).astimezone(zone)
        days = min((end.date() - start.date()).days, 6)
        window = []
        for day in range(days + 1):
            first = start.time() if day == 0 else time.min
            last = end.time() if day == days else time.max
            window.append(((start + timedelta(days=day)).date(), first, max(first, last)))
        return window


class Turn(NamedTuple):
    """The place of a request among those that wait: urgency, then priority group."""

    urgency_rank: int
    group_position: int


@dataclass(frozen=True)
class Matching:
    """What matching found: survivors best first, and the others with the filter that stopped them.

    `others_first`: requests are due that come before this one's turn. `later`: survivors who can answer only later than
    those who are asked.
    """

    policy: Policy
    surge: bool
    others_first: bool
    survivors: Sequence[Ranked]
    rejected: Sequence[tuple[Candidate, UnmatchedReason]]
    later: Collection[UUID] = ()


async def match(
    tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo, *, version: int | None = None, turn: Turn | None = None
) -> Matching:
    """Find and rank who can do what is wanted, under the policy in force or this version; changes nothing."""
    rows = await queries.list_candidates(
        tx,
        at=now,
        version=version,
        category=wanted.item.category_code,
        papers=wanted.item.papers,
        window=wanted.local_window(now, zone),
        busy_from=wanted.begins(now),
        busy_until=wanted.ends(now),
        day_end=day_end(now, zone),
        present=(now.astimezone(zone).date(), now.astimezone(zone).time()),
        lat=wanted.lat,
        lon=wanted.lon,
        chosen=wanted.picked_provider_id or wanted.chosen_provider_id,
        citizen=wanted.citizen_id,
        request=wanted.request_id,
        dispatch_day=wanted.dispatch_day(now, zone),
        corrected=wanted.corrected_at or EVER,
        **(turn._asdict() if turn else {}),
        **_scope(wanted, now, zone),
    )
    version, surge, others_first = rows[0]["version"], rows[0]["surge"], rows[0]["others_first"]
    policy = await read_policy(tx, version)
    candidates = [_candidate(row, wanted, policy, surge=surge) for row in rows if row["id"]]
    rejected = [(candidate, reason) for candidate in candidates if (reason := candidate.rejection())]
    survivors = rank(candidates, policy.weights, wanted.chosen_provider_id)
    return Matching(policy, surge, others_first, survivors, rejected)


def _scope(wanted: Wanted, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "item": wanted.item.code,
        "tier": wanted.tier,
        "township": wanted.township_code,
        "community": wanted.community_code,
        "day": wanted.begins(now).astimezone(zone).date(),
    }


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


async def explain(
    tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo, *, version: int | None = None, stands: Standing | None = None
) -> CandidatesOut:
    """The whole answer for a person: candidates with scores, the rejected with why, the counts before.

    Under the policy in force or this version; `stands`: where on the ladder the request is. Raises NotFound.
    """
    if version is not None:
        await read_policy(tx, version)
    matching = await match(tx, wanted, now, zone, version=version)
    return CandidatesOut(
        tier=wanted.tier,
        policy_version=matching.policy.version,
        surge=matching.surge,
        rung=_rung_asked(wanted, matching, stands, now),
        candidates=[_candidate_out(ranked, place) for place, ranked in enumerate(matching.survivors, 1)],
        rejected=[_rejected_out(candidate, reason) for candidate, reason in matching.rejected],
        earlier=await _earlier(tx, wanted, now, zone),
        emptied_by=None if matching.survivors else await why_nobody(tx, wanted, matching, now, zone),
    )


def _rung_asked(wanted: Wanted, matching: Matching, stands: Standing | None, now: datetime) -> Rung | None:
    """The step of the ladder whose providers are asked now; the citizen's own choice is asked past the ladder."""
    best = [ranked.candidate.provider_id for ranked in matching.survivors[:1]]
    if not matching.policy.climbs(wanted.tier) or best == [wanted.chosen_provider_id]:
        return None
    step = climb(matching.policy.ladder, {Rung(r.candidate.rung) for r in matching.survivors}, stands, now)
    return step.rung if step else None


async def _earlier(tx: Tx, wanted: Wanted, now: datetime, zone: ZoneInfo) -> EarlierCounts:
    row = await queries.count_earlier_filters(tx, **_scope(wanted, now, zone))
    return EarlierCounts.model_validate(dict(row))


async def read_policy(tx: Tx, version: int) -> Policy:
    """What this version says. Raises NotFound."""
    key = (Policy, version)
    if key not in tx.kept:
        tx.kept[key] = Policy.model_validate(await get_policy(tx, version))
    return cast(Policy, tx.kept[key])


def _candidate(row: Row, wanted: Wanted, policy: Policy, *, surge: bool) -> Candidate:
    """The columns after the point are the candidate's facts, in their order.

    What the policy alone forbids does not stop the citizen's own choice.
    """
    _, _, _, lat, lon, rung, provider_id, *facts = row
    distance = round(distance_km(wanted.lat, wanted.lon, lat, lon), 3)
    radius = policy.radius(surge=surge)
    free_choice = provider_id == wanted.chosen_provider_id
    too_far = radius is not None and distance > radius and not free_choice
    off_ladder = policy.climbs(wanted.tier) and rung not in policy.rungs and not free_choice
    candidate = Candidate(*(distance, rung, provider_id, *facts, too_far, off_ladder, lat, lon))
    return candidate._replace(tried=False) if provider_id == wanted.picked_provider_id else candidate


def _candidate_out(ranked: Ranked, place: int) -> CandidateOut:
    candidate = ranked.candidate
    return CandidateOut(
        provider_id=candidate.provider_id,
        name=candidate.name,
        rung=Rung(candidate.rung),
        rank=place,
        total=ranked.total,
        scores=ranked.shown(),
        distance_km=candidate.distance_km,
        lat=candidate.lat,
        lon=candidate.lon,
        price_kind=PriceKind(candidate.price_kind),
        price_fen=candidate.price_fen,
        open_jobs=candidate.open_jobs,
        capacity=candidate.capacity,
        open_now=candidate.open_now,
    )


def _rejected_out(candidate: Candidate, reason: UnmatchedReason) -> RejectedOut:
    return RejectedOut(
        provider_id=candidate.provider_id, name=candidate.name, reason=reason, **SENTENCES[reason]._asdict()
    )
