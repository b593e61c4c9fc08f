"""Dispatches requests, offers them directly, expires offers, reassigns jobs, has work redone, and reopens requests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot
from app.danger.snapshot import Dangers
from app.dispatch import queries
from app.dispatch.errors import ProviderNotEligible, ReopenTooLate, ReopenWithoutDispatch
from app.dispatch.matchmaking import Outcome, make_offers, note_tier, offer_to_best, when_to_ask
from app.dispatch.schemas import DispatchOut, MatchingResult, OfferMade
from app.events.act import Act
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.intake.actions import get_locked
from app.intake.clocks import begin_round, next_alarm
from app.intake.danger import check_decided, check_may_go_out
from app.intake.entitlement import take_place_again
from app.intake.errors import RequestBlanked
from app.intake.models import RequestStatus, UnmatchedReason
from app.intake.people import check_callable
from app.intake.queries import add_remark
from app.intake.rounds import end_round
from app.intake.states import REQUESTS
from app.intake.taking import UNSEARCHED, check_dispatchable
from app.intake.views import show
from app.jobs import statements
from app.jobs.acting import next_round
from app.jobs.job_actions import check_unstarted
from app.jobs.models import OfferedBy, OfferEnd, OfferStatus
from app.jobs.offer_actions import close_pending_offer
from app.jobs.queries import lock_job, lock_offer
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.heartbeat import was_down
from app.matching.actions import match, read_policy
from app.matching.wanted import Wanted
from app.registry.models import ACTIVE_STANDINGS, Standing
from app.registry.opening import is_open_through
from app.registry.queries import find_provider

CENTRE_DOWN, PROVIDER_CLOSED = "centre_down", "provider_closed"
"""Reasons why an offer that was not answered in time does not count."""


async def dispatch_request(
    act: Act, tx: Tx, request_id: UUID, catalog: Snapshot, dangers: Dangers, *, unannounced: bool = False
) -> DispatchOut:
    """Dispatch the request and make its first offers. Repeating it while it is dispatching returns the present state.

    1. Lock it; if it is already dispatching, return it as it is.
    2. Settle the tier, end the last round and begin the next one with new deadlines (send_out).
    3. Match it and make its offers, or return why there are none (offer_to_best).

    With `unannounced`, a provider comes without calling if there is no number to call.

    Raises NotFound, NotDispatchable, RelayFirst, DangerNotRelayed, DangerHeard, AreaNeeded, NobodyToCall, NotEntitled,
    StatusConflict.
    """
    request = await get_locked(tx, request_id)
    check_may_go_out(request)
    if request["status"] == RequestStatus.DISPATCHING:
        return DispatchOut(request=show(request))
    await check_decided(tx, request, dangers)
    if unannounced and request["contact_phone"] is None:
        await queries.edit_request(tx, request_id, {"unannounced": True})
        request = await get_locked(tx, request_id)
    request = await send_out(act, tx, request, catalog)
    outcome = await offer_to_best(act, tx, request, catalog, newcomer=True)
    return await _answer(tx, request_id, outcome)


async def send_out(act: Act, tx: Tx, request: Row, catalog: Snapshot) -> Row:
    """Dispatch a locked request, so that it is due for matching. Return its row.

    Raises NotDispatchable, RelayFirst, DangerNotRelayed, AreaNeeded, NobodyToCall, NotEntitled, StatusConflict.
    """
    check_may_go_out(request)
    check_dispatchable(catalog.item(request["item_code"]), relayed=request["relay_to"] is not None)
    check_callable(request["contact_phone"], unannounced=request["unannounced"])
    possible = request["status"] in REQUESTS.moves["dispatch"].sources
    tiers = await take_place_again(tx, request, catalog, act.zone) if possible else {}
    await note_tier(act, tx, request, tiers.get("tier", request["tier"]))
    await end_round(tx, request["id"], act.now)
    return await REQUESTS.transition(
        act,
        tx,
        "dispatch",
        request["id"],
        data={"after_seconds": int((act.now - request["received_at"]).total_seconds())},
        match_at=act.now,
        assigned_at=None,
        started_at=None,
        unmatched_at=None,
        unmatched_reason=None,
        **UNSEARCHED,
        **tiers,
        **_begin_round(act, request, catalog),
    )


def _begin_round(act: Act, request: Row, catalog: Snapshot) -> dict[str, Any]:
    allowance = catalog.allowance(request["urgency"])
    values = begin_round(dict(request), allowance, act.zone, act.now)
    out = {**request, **values, "status": RequestStatus.DISPATCHING, "paused": ()}
    return values | {"alarm_at": next_alarm(out, allowance, act.zone, act.now)}


async def _answer(tx: Tx, request_id: UUID, outcome: Outcome) -> DispatchOut:
    return DispatchOut(
        request=show(await get_locked(tx, request_id)),
        matching=outcome.matching,
        offers=outcome.offers,
        unmatched_reason=outcome.unmatched_reason,
        surge=outcome.surge,
        deferred_until=outcome.deferred_until,
    )


async def offer_directly(
    act: Act, tx: Tx, request_id: UUID, provider_id: UUID, catalog: Snapshot, dangers: Dangers
) -> DispatchOut:
    """Offer the request to the provider that the operator picked.

    The provider may have been asked before, but it must pass every other filter.

    1. Lock the request, and dispatch it if it is not dispatching yet.
    2. If the provider has a pending offer, return it, so that nobody is asked twice. Expire one that is overdue first.
    3. Match; a picked provider is always considered. If a filter rejects it, refuse with the reason.
    4. Offer it the request, whether it is open or closed.

    Raises NotFound, NotDispatchable, RelayFirst, DangerNotRelayed, DangerHeard, AreaNeeded, NobodyToCall, NotEntitled,
    StatusConflict, ProviderNotEligible.
    """
    request = await get_locked(tx, request_id)
    check_may_go_out(request)
    if request["status"] != RequestStatus.DISPATCHING:
        await check_decided(tx, request, dangers)
        request = await send_out(act, tx, request, catalog)
    tier = Tier(request["tier"])
    pending = await queries.find_pending_offer(tx, request_id, provider_id)
    if pending and not await expire_offer(act, tx, pending.id):
        return await _answer(tx, request_id, Outcome(MatchingResult.OFFERED, tier, [OfferMade.model_validate(pending)]))
    wanted = replace(Wanted.by(request, catalog.item(request["item_code"]), tier), picked_provider_id=provider_id)
    matching = await match(act, tx, wanted)
    picked = [ranked for ranked in matching.survivors if ranked.candidate.provider_id == provider_id]
    if not picked:
        raise await _not_eligible(tx, provider_id, matching.rejected)
    asked = when_to_ask(act, matching, picked, request)
    outcome = await make_offers(act, tx, request, asked, matching, catalog, by=OfferedBy.OPERATOR)
    return await _answer(tx, request_id, outcome)


async def expire_offer(act: Act, tx: Tx, offer_id: UUID) -> UUID | None:
    """Expire an overdue pending offer. Return its request's id, or None if there was nothing to expire.

    1. Lock it with its request and provider. If it was answered or is not overdue, leave it.
    2. If the centre was down meanwhile, withdraw it and restart the time on the request's rung.
    3. If the provider was closed meanwhile, withdraw it: it does not count and may be made again.
    4. Otherwise expire it. It counts, and after several in a row the provider is unreachable.
    """
    offer = await lock_offer(tx, offer_id)
    if offer is None or offer["status"] != OfferStatus.PENDING or offer["expires_at"] > act.now:
        return None
    policy = await read_policy(tx, offer["policy_version"])
    start = offer["ask_from"] or offer["offered_at"]
    if await was_down(tx, start, offer["expires_at"]):
        await close_pending_offer(act.of_itself, tx, offer, "withdraw", reason=CENTRE_DOWN)
        await queries.renew_rung(tx, offer["request_id"], policy.ladder, act.now)
    elif not await is_open_through(tx, offer["provider_id"], start, offer["expires_at"], act.zone):
        await close_pending_offer(act.of_itself, tx, offer, "withdraw", reason=PROVIDER_CLOSED)
    else:
        await close_pending_offer(act.of_itself, tx, offer, "expire", silent_limit=policy.silent_limit, day=act.today)
    return cast(UUID, offer["request_id"])


async def _not_eligible(tx: Tx, provider_id: UUID, rejected: Sequence[Any]) -> ProviderNotEligible:
    reasons = {candidate.provider_id: reason for candidate, reason in rejected}
    reason = reasons.get(provider_id)
    if reason is None:
        provider = await find_provider(tx, provider_id)
        if provider and provider.standing not in ACTIVE_STANDINGS:
            standing = Standing(provider.standing)
            return ProviderNotEligible(
                reason=UnmatchedReason.NOT_ACTIVE,
                why=f"is {standing.en} and cannot take work at present",
                why_zh=f"该单位目前为{standing.zh}状态，不能接单",
            )
    else:
        return ProviderNotEligible(reason=reason, why=reason.en, why_zh=reason.zh)
    return ProviderNotEligible(
        reason="not_offered_here",
        why="does not offer this item at this tier in this area",
        why_zh="该单位未在此区域以此档次提供该项目",
    )


async def reassign_job(act: Act, tx: Tx, job_id: UUID) -> None:
    """Take an unstarted job away from its provider and dispatch the request again.

    Raises NotFound, JobOver, RequestOnHold, StatusConflict.
    """
    job = await lock_job(tx, job_id)
    if job is None:
        raise NotFound(what="job", key=str(job_id))
    check_unstarted(job)
    clocks = await next_round(act, tx, job)
    moved = await tx.row(statements.REASSIGN, **act.parameters(), **clocks, job_id=job_id, request_id=job["request_id"])
    if moved is None:
        raise await REQUESTS.refusal(tx, "reassign", job["request_id"])
    tx.publish(DISPATCH_TOPIC, provider_topic(job["provider_id"]))


async def redo_request(act: Act, tx: Tx, request_id: UUID, *, other_provider: bool, catalog: Snapshot) -> Row:
    """Dispatch a completed request again because the problem was not solved. The same provider redoes the work at no
    charge, unless the citizen refuses that provider (`other_provider`).

    Raises NotFound, StatusConflict, DangerNotRelayed, AreaNeeded.
    """
    request = await get_locked(tx, request_id)
    if request["status"] != RequestStatus.COMPLETED:
        raise await REQUESTS.refusal(tx, "redo", request_id)
    check_may_go_out(request)
    await end_round(tx, request_id, act.now)
    row = await REQUESTS.transition(
        act, tx, "redo", request_id, redos=request["redos"] + 1, **await _again(act, tx, request, catalog)
    )
    return await _send_again(act, tx, row, OfferEnd.REDONE, other_provider, catalog)


async def reopen_request(
    act: Act, tx: Tx, request_id: UUID, reason: str, *, other_provider: bool, catalog: Snapshot
) -> Row:
    """Reopen a closed request within the reopening window. It counts against first-time fix.

    With `other_provider` the citizen refuses the provider that did the work. Raises NotFound, StatusConflict,
    ReopenTooLate, ReopenWithoutDispatch, DangerNotRelayed, AreaNeeded, NotEntitled.
    """
    request = await get_locked(tx, request_id)
    if request["status"] != RequestStatus.CLOSED:
        raise await REQUESTS.refusal(tx, "reopen", request_id)
    check_reopenable(act, request)
    await end_round(tx, request_id, request["closed_at"])
    row = await REQUESTS.transition(
        act,
        tx,
        "reopen",
        request_id,
        data={"remark_id": await add_remark(act, tx, request_id, reason)},
        reopens=request["reopens"] + 1,
        closed_at=None,
        close_reason=None,
        **await _again(act, tx, request, catalog),
    )
    return await _send_again(act, tx, row, OfferEnd.REOPENED, other_provider, catalog)


def check_reopenable(act: Act, request: Mapping[str, Any] | Row) -> None:
    """Raise ReopenWithoutDispatch, ReopenTooLate, RequestBlanked, DangerNotRelayed or AreaNeeded if a closed request
    cannot be reopened."""
    if request["dispatched_at"] is None:
        raise ReopenWithoutDispatch
    if act.now > request["closed_at"] + timedelta(days=act.settings.reopen_days):
        raise ReopenTooLate(days=act.settings.reopen_days)
    if request["blanked_at"]:
        raise RequestBlanked(number=request["number"])
    check_may_go_out(request)


async def _again(act: Act, tx: Tx, request: Row, catalog: Snapshot) -> dict[str, Any]:
    tiers = await take_place_again(tx, request, catalog, act.zone)
    await note_tier(act, tx, request, tiers.get("tier", request["tier"]))
    cleared = dict.fromkeys(("assigned_at", "started_at", "completed_at", "unmatched_reason"))
    return {
        **cleared,
        **UNSEARCHED,
        **tiers,
        "match_at": act.now,
        **_begin_round(act, request, catalog),
    }


async def _send_again(act: Act, tx: Tx, request: Row, end: OfferEnd, other_provider: bool, catalog: Snapshot) -> Row:
    """Dispatch a request again after its work was done once.

    1. Match the provider that last did it as if a person had picked it.
    2. If it can come, and the citizen does not refuse it, ask it alone, at no charge.
    3. Otherwise the worker matches the request with all providers.
    """
    last = await queries.find_last_offer(tx, request["id"])
    if last and not other_provider:
        wanted = Wanted.by(request, catalog.item(request["item_code"]), Tier(last.tier))
        wanted = replace(wanted, picked_provider_id=last.provider_id)  # having done it before must not exclude it
        matching = await match(act, tx, wanted)
        same = [ranked for ranked in matching.survivors if ranked.candidate.provider_id == last.provider_id]
        if same:
            asked = when_to_ask(act, matching, same, request)
            await make_offers(act, tx, request, asked, matching, catalog, by=OfferedBy.REDO)
    await queries.relabel_done_offers(tx, request["id"], end)
    tx.publish(DISPATCH_TOPIC)
    return await get_locked(tx, request["id"])
