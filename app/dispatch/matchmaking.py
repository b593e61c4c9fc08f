"""Turns a dispatching request into offers: matches it at its tier or a dearer agreed one, or finds why nobody can
come."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.catalog.calendar import next_morning
from app.catalog.models import Item, Tier
from app.catalog.snapshot import Snapshot
from app.dispatch import queries
from app.dispatch.schemas import MatchingResult, OfferMade
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import record
from app.intake.clocks import may_phone
from app.intake.danger import check_relayed, has_unrelayed_danger
from app.intake.entitlement import TIER_ORDER, Claimant, dearer, needs_entitlement, open_tier
from app.intake.models import Channel, UnmatchedReason
from app.intake.states import REQUESTS
from app.jobs.models import OfferedBy
from app.kit.db import Row, Tx
from app.kit.idempotency import NOTHING_STORED, Once
from app.kit.ids import new_id
from app.matching import ladder
from app.matching.actions import Matching, Turn, find_emptying_filter, match
from app.matching.models import Mode
from app.matching.policy import shortest_offer
from app.matching.queries import LAST
from app.matching.ranking import Candidate, Ranked
from app.matching.reasons import PassedOver
from app.matching.wanted import Wanted
from app.registry.models import Rung

WAIT_FOR_CAPACITY = timedelta(seconds=60)
WAIT_IN_SURGE = timedelta(minutes=5)
"""How soon a request that waits for capacity is matched again. The end of a job makes it due at once, so this is for
capacity that appears in other ways, for example when a provider opens."""


@dataclass
class Outcome:
    """The result of matching: offers, a wait, or unmatched with the reason."""

    matching: MatchingResult
    tier: Tier
    offers: list[OfferMade] = field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None
    deferred_until: datetime | None = None
    surge: bool = False
    stored: bytes | None = None
    """The answer that was stored with the offers."""


class Answer(NamedTuple):
    """How to write the answer once offers are made, and the idempotency key under which it is stored."""

    once: Once
    write: Callable[[Outcome], bytes]


class Asked(NamedTuple):
    """A candidate and when it is asked: now, or when it opens or may be phoned."""

    ranked: Ranked
    at: datetime

    @property
    def provider_id(self) -> UUID:
        return self.ranked.candidate.provider_id


async def offer_to_best(
    act: Act,
    tx: Tx,
    request: Mapping[str, Any] | Row,
    catalog: Snapshot,
    *,
    newcomer: bool = False,
    answer: Answer | None = None,
) -> Outcome:
    """Match a locked, dispatching request and make its next offers.

    Nobody is asked while the request reports a danger that has not been relayed to an emergency line. The relay makes
    it due again.

    1. Match at the tier to be served. A new request (`newcomer`) waits if others of its category come first: the worker
       matches it in its turn.
    2. In a surge, defer a request that can wait, but only once.
    3. Choose whom to ask (_whom_to_ask), make the offers and record the decision. Done.
    4. If there is nobody to ask, go back to 1 at the next dearer tier that the citizen agreed to and that is open to
       them.
    5. If some providers were rejected only because they are full, wait and match again, until accept_by, or in a surge
       also after it.
    6. Otherwise make it unmatched, with the filter that left nobody or the end of the ladder as the reason. A person
       decides.
    """
    item = catalog.item(request["item_code"])
    asked = Tier(request["tier"])
    if has_unrelayed_danger(request):
        await queries.postpone_matching(tx, request["id"], None)
        return Outcome(MatchingResult.POSTPONED, asked)
    turn = _turn(request, catalog) if newcomer else None
    only_full = False
    async for tier in _tiers(act, tx, request, item, catalog):
        wanted = Wanted.by(request, item, tier)
        matching = await match(act, tx, wanted, turn=turn)
        if matching.others_first:
            if request["match_at"] is None:
                await queries.postpone_matching(tx, request["id"], act.now)
            tx.publish(DISPATCH_TOPIC)
            return Outcome(MatchingResult.POSTPONED, asked, surge=matching.surge)
        if _is_deferred(request, matching):
            until = await _defer(act, tx, request, matching, told=newcomer and _on_the_line(request, act.now))
            return Outcome(MatchingResult.DEFERRED, asked, deferred_until=until, surge=True)
        chosen, later, step = _select_providers(act, request, tier, matching, catalog)
        if chosen:
            kept = replace(matching, later=later)
            return await make_offers(act, tx, request, chosen, kept, catalog, step=step, answer=answer)
        only_full = only_full or _only_full(matching)
    if only_full and (matching.surge or act.now < request["accept_by"]):
        wait = WAIT_IN_SURGE if matching.surge else WAIT_FOR_CAPACITY
        await queries.postpone_matching(tx, request["id"], _together(act.now + wait))
        return Outcome(MatchingResult.WAITING, asked, surge=matching.surge)
    ended = UnmatchedReason.LADDER_ENDED if matching.survivors else None
    reason = ended or await find_emptying_filter(act, tx, wanted, matching)
    await queries.add_decision(tx, **_decision(request, tier, matching, None), at=act.now)
    await _give_up(act, tx, request["id"], reason)
    return Outcome(MatchingResult.UNMATCHED, asked, unmatched_reason=reason, surge=matching.surge)


def _together(moment: datetime) -> datetime:
    """Return the next whole half minute, so that waiting requests are matched together, in their order."""
    return moment.replace(microsecond=0) + timedelta(seconds=30 - moment.second % 30)


def _turn(request: Mapping[str, Any] | Row, catalog: Snapshot) -> Turn:
    group = request["priority_group"]
    return Turn(request["urgency_rank"], catalog.groups[group].position if group else LAST)


async def _tiers(
    act: Act, tx: Tx, request: Mapping[str, Any] | Row, item: Item, catalog: Snapshot
) -> AsyncIterator[Tier]:
    """Yield the tier to be served, then the dearer ones that the citizen agreed to and that are open to them."""
    served, fallback = Tier(request["tier"]), Tier(request["tier_fallback"] or request["tier"])
    yield served
    for tier in TIER_ORDER:
        if tier not in item.tiers or not dearer(tier, served) or dearer(tier, fallback):
            continue
        if not needs_entitlement(item, tier):
            yield tier
        else:
            who = await Claimant.of(tx, request, act.zone)
            if (await open_tier(tx, item, tier, who, catalog)).open:
                yield tier


def _is_deferred(request: Mapping[str, Any] | Row, matching: Matching) -> bool:
    """Return whether to defer the request: there is a surge, the work can wait, and it was not deferred before."""
    return matching.surge and request["urgency"] in matching.policy.surge.defer and not request["deferred_until"]


def _on_the_line(request: Mapping[str, Any] | Row, now: datetime) -> bool:
    """Return whether the citizen is on the phone now, so that the operator can tell them the outcome."""
    return bool(request["channel"] == Channel.PHONE and request["received_at"] == now)


async def _defer(act: Act, tx: Tx, request: Mapping[str, Any] | Row, matching: Matching, *, told: bool) -> datetime:
    until = act.now + timedelta(seconds=matching.policy.surge.defer_seconds)
    await queries.defer_matching(tx, request["id"], until, act.now if told else None)
    data = {"until": until.isoformat(), "told": told}
    await record(act.of_itself, tx, EventKind.REQUEST_DEFERRED, request_id=request["id"], data=data)
    return until


def _select_providers(
    act: Act, request: Mapping[str, Any] | Row, tier: Tier, matching: Matching, catalog: Snapshot
) -> tuple[Sequence[Asked], Collection[UUID], ladder.CurrentRung | None]:
    """Return whom to ask, the providers that can be asked only later, and the step of the ladder, if any.

    1. The provider that the citizen asked for is asked alone if it can come, open or closed.
    2. Off the ladder: those who can be asked now, if any.
    3. Otherwise those who open in time for accept_by, by rank; if there are none, the others by opening time.
    4. On the ladder: of these, those on the lowest step that is not below the request's present one. A step is skipped
       only if everybody on it opens too late for accept_by. Those who can be asked now come first, and the step lasts
       until its providers could answer.
    5. Of those left, a cascade asks one, a broadcast the best few.
    """
    policy, survivors = matching.policy, matching.survivors
    most = policy.broadcast_size if policy.mode is Mode.BROADCAST else 1
    if not survivors or survivors[0].candidate.provider_id == request["chosen_provider_id"]:
        return when_to_ask(act, matching, survivors[:1], request), (), None
    if not policy.climbs(tier):
        open_now = [one for one in survivors if one.candidate.open_now]
        at_once = [one for one in when_to_ask(act, matching, open_now, request) if one.at <= act.now]
        if at_once:  # this saves looking up when the others open
            first = {one.provider_id for one in at_once}
            return at_once[:most], {one.candidate.provider_id for one in survivors} - first, None
    timeout, step = _timeout(act, matching, request, catalog), None
    every = when_to_ask(act, matching, survivors, request)
    in_time = [one for one in every if one.at + timeout <= max(request["accept_by"], act.now + timeout)]
    late = sorted(every, key=lambda one: one.at)
    able = in_time or late
    if policy.climbs(tier):
        current = ladder.CurrentRung.of(request)
        for able in (in_time, late):  # those that open in time may all be on past steps
            step = ladder.climb(policy.ladder, {Rung(one.ranked.candidate.rung) for one in able}, current, act.now)
            if step:
                step = step._replace(until=max(step.until, act.now + shortest_offer(act.settings.clock_factor)))
                break
        able = [one for one in able if step and one.ranked.candidate.rung == step.rung]
    able = [one for one in able if one.at <= act.now] or able
    if step and able and able[0].at > act.now:  # its helpers are closed: let the step last until they can answer
        step = step._replace(until=max(step.until, able[0].at + timeout))
    chosen = able[:most]
    latest = max((one.at for one in chosen), default=act.now)
    return chosen, {one.provider_id for one in every if one.at > latest}, step


def when_to_ask(
    act: Act, matching: Matching, survivors: Sequence[Ranked], request: Mapping[str, Any] | Row
) -> list[Asked]:
    """Return when each survivor is asked: once it is open, and by phone not at night if the request can wait until the
    morning."""
    quiet_until = act.now if may_phone(request, act.zone, act.now) else next_morning(act.now, act.zone)

    def at(candidate: Candidate) -> datetime:
        opening = matching.search.opens_at(candidate)
        return max(opening, quiet_until) if candidate.by_phone else opening

    return [Asked(ranked, at(ranked.candidate)) for ranked in survivors]


def _timeout(act: Act, matching: Matching, request: Mapping[str, Any] | Row, catalog: Snapshot) -> timedelta:
    urgency = request["urgency"]
    timeout = matching.policy.offer_timeout(urgency, catalog.urgencies[urgency].accept_minutes, surge=matching.surge)
    return max(timeout, shortest_offer(act.settings.clock_factor))


def _only_full(matching: Matching) -> bool:
    return any(reason is UnmatchedReason.FULL for _, reason in matching.rejected)


async def _give_up(act: Act, tx: Tx, request_id: UUID, reason: UnmatchedReason) -> None:
    await REQUESTS.transition(
        act.of_itself,
        tx,
        "fail_to_match",
        request_id,
        data={"reason": reason},
        unmatched_at=act.now,
        unmatched_reason=reason,
        match_at=None,
    )


async def make_offers(
    act: Act,
    tx: Tx,
    request: Mapping[str, Any] | Row,
    chosen: Sequence[Asked],
    matching: Matching,
    catalog: Snapshot,
    *,
    by: OfferedBy | None = None,
    step: ladder.CurrentRung | None = None,
    answer: Answer | None = None,
) -> Outcome:
    """Offer the request to these providers, best first, at the matched tier.

    `by` is who chose the providers, or None if the ranking or the citizen did. Raises DangerNotRelayed; every offer to
    a provider is made here.
    """
    check_relayed(request)
    own, tier, timeout = act.of_itself, matching.search.wanted.tier, _timeout(act, matching, request, catalog)
    rows = [
        _offer(one.ranked, place, request, act.now, by) | _time_to_answer(one, timeout, step, act.now)
        for place, one in enumerate(chosen, 1)
    ]
    offers = [
        OfferMade(provider_name=one.ranked.candidate.name, **{name: row[name] for name in _PUBLIC})
        for one, row in zip(chosen, rows, strict=True)
    ]
    outcome = Outcome(MatchingResult.OFFERED, tier, offers, surge=matching.surge)
    outcome.stored = answer.write(outcome) if answer else None
    await note_tier(own, tx, request, tier)
    await queries.add_offers(
        tx,
        **own.parameters(),
        **_decision(request, tier, matching, step),
        **(answer.once.stored(outcome.stored) if answer else NOTHING_STORED),
        offers=orjson.dumps(rows, default=str).decode(),
        redo=by is OfferedBy.REDO,
        rung_until=step.until if step else None,
    )
    tx.publish(*(provider_topic(one.provider_id) for one in chosen))
    return outcome


async def note_tier(act: Act, tx: Tx, request: Mapping[str, Any] | Row, tier: str) -> None:
    """Log that the request is about to be served at another tier. The event itself counts for the old tier."""
    if tier != request["tier"]:
        data = {"was": request["tier"], "to": tier}
        kind, request_id = EventKind.REQUEST_TIER_CHANGED, request["id"]
        await record(act, tx, kind, request_id=request_id, data=data)


_PUBLIC = ("id", "provider_id", "rank", "expires_at")


def _time_to_answer(one: Asked, timeout: timedelta, step: ladder.CurrentRung | None, now: datetime) -> dict[str, Any]:
    """Return from when the provider may be asked and when the offer expires. The time to answer runs from then, and
    ends no later than the request's step of the ladder."""
    expires_at = one.at + timeout
    return {
        "ask_from": one.at if one.at > now else None,
        "expires_at": min(expires_at, step.until) if step and step.until > one.at else expires_at,
    }


def _decision(
    request: Mapping[str, Any] | Row, tier: Tier, matching: Matching, step: ladder.CurrentRung | None
) -> dict[str, Any]:
    """Return the decision as it is recorded, so that a provider can see why it was passed over."""
    ranked = [one for one in matching.survivors if one.candidate.provider_id not in matching.later]
    rejected = {candidate.provider_id: str(reason) for candidate, reason in matching.rejected}
    rejected |= dict.fromkeys(matching.later, str(PassedOver.CLOSED_NOW))
    return {
        "request_id": request["id"],
        "policy_version": matching.policy.version,
        "tier": tier,
        "rung": step.rung if step else None,
        "surge": matching.surge,
        "ranked": [one.candidate.provider_id for one in ranked],
        "totals": [one.total for one in ranked],
        "rejected": list(rejected),
        "reasons": list(rejected.values()),
    }


def _offer(
    ranked: Ranked, place: int, request: Mapping[str, Any] | Row, now: datetime, by: OfferedBy | None
) -> dict[str, Any]:
    candidate = ranked.candidate
    citizens = candidate.provider_id == request["chosen_provider_id"]
    return {
        "id": new_id(now),
        "provider_id": candidate.provider_id,
        "price_kind": candidate.price_kind,
        "price_fen": 0 if by is OfferedBy.REDO else candidate.price_fen,
        "rank": place,
        "scores": ranked.shown() | {"total": ranked.total},
        "offered_by": by or (OfferedBy.CITIZEN if citizens else OfferedBy.RANKING),
    }
