"""Offers a past request to providers until one takes it or nobody is left."""

from datetime import datetime, timedelta
from decimal import Decimal

from app.catalog.models import ArriveRule, Tier
from app.events.act import SYSTEM, Actor
from app.events.kinds import EventKind
from app.intake.models import CloseReason, UnmatchedReason
from app.jobs.models import JobStatus, OfferedBy, OfferEnd, OfferStatus
from app.jobs.states import JOBS, OFFERS
from app.kit.ids import new_id
from app.kit.quantity import priced
from app.registry.models import PriceKind
from app.sample import texts
from app.sample.lives import Life
from app.sample.market import PricedProvider
from app.sample.past import Row

MOST_OFFERS = 4


def seek(life: Life) -> None:
    """Make one offer and play its outcome, or give up when nobody is left to ask."""
    first = not life.tried
    provider = life.provider if life.redo else _draw(life)
    if provider is None:
        give_up(life, UnmatchedReason.CLOSED_THEN if first else UnmatchedReason.TRIED_BEFORE)
    elif first and life.past.chance("nobody_free"):
        give_up(life, UnmatchedReason.FULL)
    else:
        _offer(life, provider)
        if first and life.past.chance("cancelled_waiting"):
            life.after(life.past.rng.random() * life.past.timeouts[life.item.urgency])
            cancel(life)
        else:
            _answer(life, provider)


def _draw(life: Life) -> PricedProvider | None:
    if len(life.tried) == MOST_OFFERS:
        return None
    request, local = life.request, life.local()
    at_once = life.allowance.arrive_rule is ArriveRule.MINUTES
    wanted = request.get("wanted_from")
    return life.past.market.draw(
        life.past.rng,
        life.item.code,
        request["tier"],
        request["township_code"],
        request["community_code"],
        wanted.astimezone(life.past.zone).date() if wanted else local.date(),
        local.hour if at_once else None,
        life.tried,
    )


def _offer(life: Life, provider: PricedProvider) -> None:
    by = OfferedBy.REDO if life.redo else OfferedBy.RANKING
    life.offer = {
        "id": new_id(life.now),
        "request_id": life.request["id"],
        "provider_id": provider.provider_id,
        "status": OfferStatus.PENDING,
        "tier": life.request["tier"],
        "price_kind": provider.price_kind,
        "price_fen": 0 if life.redo else provider.price_fen,
        "redo": life.redo,
        "offered_by": by,
        "policy_version": life.past.policy.version,
        "rank": 1,
        "scores": life.past.market.scores(provider, life.request["township_code"]),
        "offered_at": life.now,
        "expires_at": life.now + life.past.timeouts[life.item.urgency],
        "phone_attempts": 0,
    }
    life.past.rows.offers.append(life.offer)
    life.log(EventKind.OFFER_MADE, SYSTEM, provider.provider_id, {"offer_id": life.offer["id"], "rank": 1, "by": by})
    life.tried.add(provider.provider_id)
    life.redo = False


def _answer(life: Life, provider: PricedProvider) -> None:
    """Let the provider accept or decline, or the offer expire."""
    rng, behaviour, offer = life.past.rng, provider.behaviour, life.offer
    counted = int(offer["offered_by"] is OfferedBy.RANKING)
    accepts = rng.random() < behaviour.accept_rate
    if not accepts and rng.random() > behaviour.answer_rate:
        life.until(offer["expires_at"])
        life.take(OFFERS, offer, "expire", SYSTEM, decided_at=life.now)
        life.count(provider.provider_id, expired=1, counted=counted)
        return
    span = timedelta(seconds=rng.expovariate(1 / behaviour.response_seconds))
    life.after(min(span, (offer["expires_at"] - life.now) * 0.95))
    if accepts:
        taken = {"accept_seconds": life.seconds_since(life.request["dispatched_at"])}
        life.take(OFFERS, offer, "accept", provider.actor, taken, decided_at=life.now)
        life.count(provider.provider_id, accepted=1, counted=counted)
        _assign(life, provider)
        return
    reason, note = texts.decline(life.item.code, rng)
    words: Row = {"decline_reason": reason, "decline_note": note}
    life.take(OFFERS, offer, "decline", provider.actor, {"reason": reason}, decided_at=life.now, **words)
    life.count(provider.provider_id, declined=1, counted=counted)


def _assign(life: Life, provider: PricedProvider) -> None:
    request, offer = life.request, life.offer
    life.step("assign", provider.actor, assigned_at=life.now)
    agreed = _price_agreed(offer, request["quantity"])
    unit_cap = life.item.cap_fen if offer["tier"] is Tier.LOW_FEE else None
    start, end = _appointment(life)
    life.job = {
        "id": new_id(life.now),
        "request_id": request["id"],
        "offer_id": offer["id"],
        "provider_id": provider.provider_id,
        "status": JobStatus.ACCEPTED,
        "tier": offer["tier"],
        "price_kind": offer["price_kind"],
        "appointment_from": start,
        "appointment_to": end,
        "quantity": request["quantity"],
        "unit_cap_fen": unit_cap,
        "cap_fen": None if unit_cap is None else priced(unit_cap, request["quantity"]),
        "agreed_fen": agreed,
        "agreed_how": None if agreed is None else "price_card",
        "agreed_at": None if agreed is None else life.now,
        "accepted_at": life.now,
    }
    life.past.rows.jobs.append(life.job)
    life.provider = provider


def _price_agreed(offer: Row, quantity: Decimal) -> int | None:
    if offer["redo"] or offer["price_kind"] is PriceKind.FREE:
        return 0
    return priced(offer["price_fen"], quantity) if offer["price_kind"] is PriceKind.FIXED else None


def _appointment(life: Life) -> tuple[datetime | None, datetime | None]:
    """Return two hours of the wanted window, starting on a full hour."""
    start, end = life.request.get("wanted_from"), life.request.get("wanted_to")
    if start is None or end is None:
        return None, None
    free = int((end - start) / timedelta(hours=1)) - 2
    start += timedelta(hours=life.past.rng.randint(0, max(0, free)))
    return start, min(end, start + timedelta(hours=2))


def give_up(life: Life, reason: UnmatchedReason, actor: Actor = SYSTEM) -> None:
    """Leave the request unmatched, for a person to decide."""
    life.step("fail_to_match", actor, {"reason": reason}, unmatched_at=life.now, unmatched_reason=reason)


def decide(life: Life) -> None:
    """Decide as a supervisor: dispatch again what was given back, close what nobody could take."""
    life.after(life.past.lasts("supervisor"))
    again = life.request["unmatched_reason"] is UnmatchedReason.RETURNED
    if again:
        waited = {"after_seconds": life.seconds_since(life.request["received_at"])}
        life.step("dispatch", data=waited, unmatched_at=None, unmatched_reason=None, **life.due())
    else:
        reason = CloseReason.NO_PROVIDER
        note = {"close_reason": reason, "note": life.past.words("no_provider")}
        life.step("close", data=note, closed_at=life.now, close_reason=reason, unmatched_at=None)


def cancel(life: Life) -> None:
    """Cancel at the citizen's request: withdraw the pending offer, or end the job."""
    said = life.contact("cancel")
    job, offer = life.job, life.offer
    life.step("cancel", cancelled_at=life.now, cancel_reason=said)
    if offer["status"] is OfferStatus.PENDING:
        why = {"reason": "cancel"}
        life.take(OFFERS, offer, "withdraw", data=why, decided_at=life.now, withdraw_reason="cancel")
    else:
        life.take(JOBS, job, "cancel", ended_at=life.now)
        life.take(OFFERS, offer, "end", ended_at=life.now, end_reason=OfferEnd.CANCELLED)
