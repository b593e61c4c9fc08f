"""From a dispatching request to offers: match at the tier, fall back if the citizen agreed, or say why nobody."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.catalog.models import Item, Tier
from app.catalog.snapshot import Snapshot
from app.dispatch import queries
from app.dispatch.schemas import MatchingResult, OfferMade
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import SYSTEM, record
from app.intake.entitlement import TIER_ORDER, Claimant, dearer, needs_entitlement, open_tier
from app.intake.models import Channel, UnmatchedReason
from app.intake.states import REQUESTS
from app.jobs.models import OfferedBy
from app.kit.db import Row, Tx
from app.kit.ids import new_id
from app.matching import ladder
from app.matching.actions import Matching, Turn, Wanted, match, why_nobody
from app.matching.models import Mode
from app.matching.queries import LAST
from app.matching.ranking import Ranked
from app.registry.models import Rung
from app.settings import Settings

WAIT_FOR_CAPACITY = timedelta(seconds=60)
WAIT_IN_SURGE = timedelta(minutes=5)
"""Who waits is matched as soon as a job ends; this is for capacity that comes otherwise (a firm opens, a registrar)."""


@dataclass
class Outcome:
    """What came of matching: offers, or waiting, or unmatched with the reason."""

    matching: MatchingResult
    tier: Tier
    offers: list[OfferMade] = field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None
    deferred_until: datetime | None = None
    surge: bool = False


async def offer_to_best(
    tx: Tx,
    request: Mapping[str, Any] | Row,
    catalog: Snapshot,
    settings: Settings,
    now: datetime,
    *,
    newcomer: bool = False,
) -> Outcome:
    """Match a locked, dispatching request and make its next offers.

    With nobody left it becomes unmatched; if those who could come are only full, it waits while accept_by allows, in a
    surge beyond it. A newcomer leaves the turn to those of its category that are due before it.
    """
    item = catalog.item(request["item_code"])
    asked = Tier(request["tier"])
    turn = _turn(request, catalog) if newcomer else None
    only_full = False
    async for tier in _tiers(tx, request, item, catalog, settings):
        wanted = Wanted.by(request, item, tier)
        matching = await match(tx, wanted, now, settings.zone, turn=turn)
        if matching.others_first:
            tx.wake(DISPATCH_TOPIC)
            return Outcome(MatchingResult.POSTPONED, asked, surge=matching.surge)
        if _is_deferred(request, matching):
            until = await _defer(tx, request, matching, now, told=newcomer and _on_the_line(request, now))
            return Outcome(MatchingResult.DEFERRED, asked, deferred_until=until, surge=True)
        chosen, step = _whom_to_ask(request, tier, matching, now)
        if chosen:
            offers = await make_offers(tx, request, tier, chosen, matching, catalog, now, step=step)
            return Outcome(MatchingResult.OFFERED, tier, offers, surge=matching.surge)
        only_full = only_full or _only_full(matching)
    if only_full and (matching.surge or now < request["accept_by"]):
        wait = WAIT_IN_SURGE if matching.surge else WAIT_FOR_CAPACITY
        await queries.postpone_matching(tx, request["id"], _together(now + wait))
        return Outcome(MatchingResult.WAITING, asked, surge=matching.surge)
    ended = UnmatchedReason.LADDER_ENDED if matching.survivors else None
    reason = ended or await why_nobody(tx, wanted, matching, now, settings.zone)
    await queries.add_decision(tx, **_decision(request, tier, matching, None), at=now)
    await _give_up(tx, request["id"], reason, now)
    return Outcome(MatchingResult.UNMATCHED, asked, unmatched_reason=reason, surge=matching.surge)


def _together(moment: datetime) -> datetime:
    """The next whole half minute, so that those who wait are looked at together, by their turn."""
    return moment.replace(microsecond=0) + timedelta(seconds=30 - moment.second % 30)


def _turn(request: Mapping[str, Any] | Row, catalog: Snapshot) -> Turn:
    group = request["priority_group"]
    return Turn(request["urgency_rank"], catalog.groups[group].position if group else LAST)


async def _tiers(
    tx: Tx, request: Mapping[str, Any] | Row, item: Item, catalog: Snapshot, settings: Settings
) -> AsyncIterator[Tier]:
    """The tier to be served, then the dearer ones that the citizen has agreed to and that are open to them."""
    served, fallback = Tier(request["tier"]), Tier(request["tier_fallback"] or request["tier"])
    yield served
    for tier in TIER_ORDER:
        if tier not in item.tiers or not dearer(tier, served) or dearer(tier, fallback):
            continue
        if not needs_entitlement(item, tier):
            yield tier
        else:
            who = await Claimant.of(tx, request, settings.zone)
            if (await open_tier(tx, item, tier, who, catalog, settings.zone)).open:
                yield tier


def _is_deferred(request: Mapping[str, Any] | Row, matching: Matching) -> bool:
    """In a surge work that can wait does, once."""
    return matching.surge and request["urgency"] in matching.policy.surge.defer and not request["deferred_until"]


def _on_the_line(request: Mapping[str, Any] | Row, now: datetime) -> bool:
    """Whether the citizen is on the phone at this moment and hears it from the operator."""
    return bool(request["channel"] == Channel.PHONE and request["received_at"] == now)


async def _defer(
    tx: Tx, request: Mapping[str, Any] | Row, matching: Matching, now: datetime, *, told: bool
) -> datetime:
    until = now + timedelta(seconds=matching.policy.surge.defer_seconds)
    await queries.defer_matching(tx, request["id"], until, now if told else None)
    data = {"until": until.isoformat(), "told": told}
    await record(tx, "request.deferred", at=now, actor=SYSTEM, request_id=request["id"], data=data)
    return until


def _whom_to_ask(
    request: Mapping[str, Any] | Row, tier: Tier, matching: Matching, now: datetime
) -> tuple[Sequence[Ranked], ladder.Standing | None]:
    """The citizen's own choice alone; else the best of all, or, of free help, of the rung that the request is on."""
    policy, survivors, step = matching.policy, matching.survivors, None
    if not survivors or survivors[0].candidate.provider_id == request["chosen_provider_id"]:
        return survivors[:1], None
    if policy.climbs(tier):
        step = ladder.climb(
            policy.ladder, {Rung(r.candidate.rung) for r in survivors}, ladder.Standing.of(request), now
        )
        survivors = [ranked for ranked in survivors if step and ranked.candidate.rung == step.rung]
    return survivors[: policy.broadcast_size if policy.mode is Mode.BROADCAST else 1], step


def _only_full(matching: Matching) -> bool:
    return any(reason is UnmatchedReason.FULL for _, reason in matching.rejected)


async def _give_up(tx: Tx, request_id: UUID, reason: UnmatchedReason, now: datetime) -> None:
    await REQUESTS.transition(
        tx,
        "fail_to_match",
        request_id,
        at=now,
        actor=SYSTEM,
        data={"reason": reason},
        unmatched_at=now,
        unmatched_reason=reason,
        match_at=None,
    )


async def make_offers(
    tx: Tx,
    request: Mapping[str, Any] | Row,
    tier: Tier,
    chosen: Sequence[Ranked],
    matching: Matching,
    catalog: Snapshot,
    now: datetime,
    *,
    by: OfferedBy | None = None,
    redo: bool = False,
    step: ladder.Standing | None = None,
) -> list[OfferMade]:
    """Offer the request to these providers, best first. `by` None: the ranking's, or the citizen's own choice."""
    policy, urgency = matching.policy, request["urgency"]
    expires_at = now + policy.offer_timeout(urgency, catalog.urgencies[urgency].accept_minutes, surge=matching.surge)
    names = {ranked.candidate.provider_id: ranked.candidate.name for ranked in chosen}
    rows = [_offer(ranked, place, request, now, by, redo) for place, ranked in enumerate(chosen, 1)]
    made = await queries.add_offers(
        tx,
        **SYSTEM.parameters(now),
        **_decision(request, tier, matching, step),
        offers=orjson.dumps(rows, default=str).decode(),
        redo=redo,
        rung_until=step.until if step else None,
        expires_at=min(expires_at, step.until) if step else expires_at,
    )
    tx.wake(*(provider_topic(row["provider_id"]) for row in made))
    return [OfferMade(provider_name=names[row["provider_id"]], **_public(row)) for row in made]


def _decision(
    request: Mapping[str, Any] | Row, tier: Tier, matching: Matching, step: ladder.Standing | None
) -> dict[str, Any]:
    """What was decided, for the company that wants to know why it was passed over."""
    return {
        "request_id": request["id"],
        "policy_version": matching.policy.version,
        "tier": tier,
        "rung": step.rung if step else None,
        "surge": matching.surge,
        "ranked": [ranked.candidate.provider_id for ranked in matching.survivors],
        "totals": [ranked.total for ranked in matching.survivors],
        "rejected": [candidate.provider_id for candidate, _ in matching.rejected],
        "reasons": [reason for _, reason in matching.rejected],
    }


def _public(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "provider_id", "rank", "expires_at")}


def _offer(
    ranked: Ranked, place: int, request: Mapping[str, Any] | Row, now: datetime, by: OfferedBy | None, redo: bool
) -> dict[str, Any]:
    candidate = ranked.candidate
    citizens = candidate.provider_id == request["chosen_provider_id"]
    return {
        "id": new_id(now),
        "provider_id": candidate.provider_id,
        "price_kind": candidate.price_kind,
        "price_fen": 0 if redo else candidate.price_fen,
        "rank": place,
        "scores": ranked.shown() | {"total": ranked.total},
        "offered_by": by or (OfferedBy.CITIZEN if citizens else OfferedBy.RANKING),
    }
