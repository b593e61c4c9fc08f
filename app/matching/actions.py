"""Matching: find the providers that can do what is wanted, rank them, and explain why the others were left out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from app.events.act import Act
from app.intake.models import UnmatchedReason
from app.jobs.capacity import day_end
from app.kit.db import Tx
from app.matching import queries
from app.matching.candidates import MORE, SHORTLIST, CandidateSearch
from app.matching.ladder import CurrentRung, climb
from app.matching.policies import get_policy
from app.matching.policy import Policy
from app.matching.ranking import Candidate, Ranked, rank
from app.matching.schemas import CandidateOut, CandidatesOut, EarlierCounts, RejectedOut
from app.matching.wanted import EVER, Wanted
from app.registry.facts import Wants, list_facts
from app.registry.models import PriceKind, Rung


class Turn(NamedTuple):
    """A request's place in the queue: by urgency, then by priority group."""

    urgency_rank: int
    group_position: int


@dataclass(frozen=True)
class Matching:
    """The result of matching: survivors of the filters, best first, and the others with the filter that stopped each.

    `others_first`: other requests are due and come before this one. `later`: survivors that are not asked now because
    they can answer only later.
    """

    search: CandidateSearch
    others_first: bool
    survivors: Sequence[Ranked]
    rejected: Sequence[tuple[Candidate, UnmatchedReason]]
    later: Collection[UUID] = ()

    @property
    def policy(self) -> Policy:
        """The policy in force for what is wanted, or the version that was requested."""
        return self.search.policy

    @property
    def surge(self) -> bool:
        """Whether the policy's surge rules are in force."""
        return self.search.surge


async def match(act: Act, tx: Tx, wanted: Wanted, *, version: int | None = None, turn: Turn | None = None) -> Matching:
    """Find and rank the providers that can do what is wanted, under the policy in force or this version.

    Changes nothing.

    1. Read the next providers that offer the item at the tier in the township: named providers first, then, for free
       help, by the steps of the ladder, then the nearest.
    2. Combine each with its cached facts and apply the filters (Candidate.rejection).
    3. Repeat from 1 until enough providers for one broadcast can come and be asked now, or none is left to read.
    4. Rank those that can come. For the others, name the first filter that stopped each.
    """
    candidates: list[Candidate] = []
    passed, page = 0, SHORTLIST
    while True:
        rows = await queries.list_candidates(
            tx,
            at=act.now,
            version=version,
            category=wanted.item.category_code,
            busy_from=wanted.begins(act.now),
            busy_until=wanted.ends(act.now),
            day_end=day_end(act.now, act.zone),
            first_day=act.today,
            lat=wanted.lat,
            lon=wanted.lon,
            named=wanted.named,
            passed=passed,
            page=page,
            citizen=wanted.citizen_id,
            request=wanted.request_id,
            current_rung=wanted.rung,
            dispatch_day=wanted.dispatch_day(act.now, act.zone),
            corrected=wanted.corrected_at or EVER,
            urgency_rank=turn.urgency_rank if turn else None,
            group_position=turn.group_position if turn else None,
            **_scope(wanted),
        )
        first, providers = rows[0], [row for row in rows if row["provider_id"]]
        policy = await read_policy(tx, first["version"])
        entered = dict.fromkeys(first["working"] or (), True) | dict.fromkeys(first["off"] or (), False)
        search = CandidateSearch(wanted, policy, first["surge"], entered, act.now, act.zone)
        versions = {row["provider_id"]: row["facts_version"] for row in providers}
        facts = await list_facts(tx, Wants(wanted.item.code, wanted.tier, tuple(wanted.item.papers)), versions)
        candidates += search.candidates(providers, facts)
        if first["read"] < page or search.is_enough(candidates):
            break
        passed, page = passed + page, page * MORE
    able, rejected = search.shortlist(candidates)
    survivors = rank(able, policy.weights, wanted.chosen_provider_id)
    return Matching(search, first["others_first"], survivors, rejected)


def _scope(wanted: Wanted) -> dict[str, Any]:
    return {
        "item": wanted.item.code,
        "tier": wanted.tier,
        "township": wanted.township_code,
        "community": wanted.community_code,
    }


async def find_emptying_filter(act: Act, tx: Tx, wanted: Wanted, matching: Matching) -> UnmatchedReason:
    """Return the filter that emptied the list: the last filter that stopped any provider."""
    if matching.rejected:
        return max((reason for _, reason in matching.rejected), key=list(UnmatchedReason).index)
    counts_before = await _earlier(act, tx, wanted)
    if counts_before.offer_item == 0:
        return UnmatchedReason.ITEM_NOT_OFFERED
    if counts_before.offer_tier == 0:
        return UnmatchedReason.TIER_NOT_OFFERED
    return UnmatchedReason.NOT_ACTIVE if counts_before.active == 0 else UnmatchedReason.OUTSIDE_AREA


async def explain(
    act: Act, tx: Tx, wanted: Wanted, *, version: int | None = None, current: CurrentRung | None = None
) -> CandidatesOut:
    """Return the result as the API shows it: candidates with scores, rejected providers with reasons, early counts.

    Uses this version of the policy, by default the one in force. `current` is the request's present step of the ladder.
    Raises NotFound if there is no such version.
    """
    if version is not None:
        await read_policy(tx, version)
    matching = await match(act, tx, wanted, version=version)
    return CandidatesOut(
        tier=wanted.tier,
        policy_version=matching.policy.version,
        surge=matching.surge,
        rung=_rung_asked(wanted, matching, current, act.now),
        candidates=[
            _candidate_out(ranked, place, matching.search) for place, ranked in enumerate(matching.survivors, 1)
        ],
        rejected=[_rejected_out(candidate, reason) for candidate, reason in matching.rejected],
        earlier=await _earlier(act, tx, wanted),
        emptied_by=None if matching.survivors else await find_emptying_filter(act, tx, wanted, matching),
    )


def _rung_asked(wanted: Wanted, matching: Matching, current: CurrentRung | None, now: datetime) -> Rung | None:
    """Return the step of the ladder whose providers are asked now.

    The citizen's own choice is asked outside the ladder.
    """
    best = [ranked.candidate.provider_id for ranked in matching.survivors[:1]]
    if not matching.policy.climbs(wanted.tier) or best == [wanted.chosen_provider_id]:
        return None
    step = climb(matching.policy.ladder, {Rung(r.candidate.rung) for r in matching.survivors}, current, now)
    return step.rung if step else None


async def _earlier(act: Act, tx: Tx, wanted: Wanted) -> EarlierCounts:
    row = await queries.count_earlier_filters(tx, **_scope(wanted), day=wanted.day(act.now, act.zone))
    return EarlierCounts.model_validate(dict(row))


async def read_policy(tx: Tx, version: int) -> Policy:
    """Return this version's policy. Raises NotFound."""
    key = (Policy, version)
    if key not in tx.kept:
        tx.kept[key] = Policy.model_validate(await get_policy(tx, version))
    return cast(Policy, tx.kept[key])


def _candidate_out(ranked: Ranked, place: int, search: CandidateSearch) -> CandidateOut:
    candidate = ranked.candidate
    opens_at = search.opens_at(candidate)
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
        opens_at=opens_at if opens_at > search.now else None,
    )


def _rejected_out(candidate: Candidate, reason: UnmatchedReason) -> RejectedOut:
    return RejectedOut(
        provider_id=candidate.provider_id, name=candidate.name, reason=reason, zh=reason.zh, en=reason.en
    )
