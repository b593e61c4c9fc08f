"""From a dispatching request to offers: match at the tier, fall back if the citizen agreed, or say why nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.catalog.models import Item, Tier
from app.catalog.snapshot import Snapshot
from app.dispatch import queries
from app.dispatch.schemas import MatchingResult, OfferMade
from app.events.topics import provider_topic
from app.events.transition import SYSTEM
from app.intake.models import UnmatchedReason
from app.intake.states import REQUESTS
from app.jobs.models import OfferedBy
from app.kit.db import Row, Tx
from app.kit.ids import new_id
from app.matching.actions import Matching, Policy, Wanted, match, why_nobody
from app.matching.models import Mode
from app.matching.ranking import Ranked
from app.settings import Settings

WAIT_FOR_CAPACITY = timedelta(seconds=60)
TIERS = list(Tier)


@dataclass
class Outcome:
    """What came of matching: offers, or waiting for capacity, or unmatched with the reason."""

    matching: MatchingResult
    tier: Tier
    offers: list[OfferMade] = field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None


async def offer_to_best(
    tx: Tx, request: Mapping[str, Any] | Row, catalog: Snapshot, settings: Settings, now: datetime
) -> Outcome:
    """Match a locked, dispatching request and make its next offers.

    With nobody left it becomes unmatched; if those who could come are only full, it waits while accept_by allows.
    """
    item = catalog.item(request["item_code"])
    only_full = False
    for tier in _tiers(item, Tier(request["tier"]), request["tier_fallback"]):
        wanted = Wanted.by(request, item, tier)
        matching = await match(tx, wanted, now, settings.zone)
        if matching.survivors:
            chosen = matching.survivors[: _how_many(matching.policy)]
            return Outcome(
                MatchingResult.OFFERED,
                tier,
                await make_offers(tx, request, tier, chosen, matching.policy, catalog, now),
            )
        only_full = only_full or _only_full(matching)
    if only_full and now < request["accept_by"]:
        await queries.postpone_matching(tx, request["id"], now + WAIT_FOR_CAPACITY)
        return Outcome(MatchingResult.WAITING, Tier(request["tier"]))
    reason = await why_nobody(tx, wanted, matching, now, settings.zone)
    await _give_up(tx, request["id"], reason, now)
    return Outcome(MatchingResult.UNMATCHED, Tier(request["tier"]), unmatched_reason=reason)


def _tiers(item: Item, tier: Tier, fallback: str | None) -> Sequence[Tier]:
    """The tier to be served, then the dearer ones that the item has and the citizen has agreed to."""
    dearest = max(TIERS.index(tier), TIERS.index(Tier(fallback)) if fallback else 0)
    return [tier, *(t for t in TIERS[TIERS.index(tier) + 1 : dearest + 1] if t in item.tiers)]


def _how_many(policy: Policy) -> int:
    return policy.broadcast_size if policy.mode is Mode.BROADCAST else 1


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
    policy: Policy,
    catalog: Snapshot,
    now: datetime,
    *,
    by: OfferedBy | None = None,
    redo: bool = False,
) -> list[OfferMade]:
    """Offer the request to these providers, best first. `by` None: the ranking's, or the citizen's own choice."""
    timeout = policy.offer_timeout(request["urgency"], catalog.urgencies[request["urgency"]].accept_minutes)
    names = {ranked.candidate.provider_id: ranked.candidate.name for ranked in chosen}
    rows = [_offer(ranked, place, request, now, by, redo) for place, ranked in enumerate(chosen, 1)]
    made = await queries.add_offers(
        tx,
        **SYSTEM.parameters(now),
        request_id=request["id"],
        offers=orjson.dumps(rows, default=str).decode(),
        tier=tier,
        redo=redo,
        policy_version=policy.version,
        expires_at=now + timeout,
    )
    tx.wake(*(provider_topic(row["provider_id"]) for row in made))
    return [OfferMade(provider_name=names[row["provider_id"]], **_public(row)) for row in made]


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
