"""What a provider does with an offer, or staff for it on the phone.

Repeating a step returns the present state, so a retry after a lost answer is safe.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.catalog.models import Tier
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import record
from app.intake.clocks import Clock
from app.intake.models import RequestStatus
from app.intake.queries import add_remark
from app.jobs import queries, statements
from app.jobs.acting import PRICE_CARD, check_places, job_out, offer_out, price_agreed, time_taken
from app.jobs.errors import (
    AppointmentInvalid,
    OfferDecided,
    OfferExpired,
    OfferWithdrawn,
    ProviderNotActive,
)
from app.jobs.models import OfferStatus
from app.jobs.schemas import Acceptance, JobOut, OfferOut, Refusal
from app.jobs.states import OFFERS
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.quantity import priced
from app.registry.models import ACTIVE_STANDINGS, Standing

WITHDRAWN_BY_STAFF = "by_staff"


async def accept_offer(act: Act, tx: Tx, offer_id: UUID, body: Acceptance) -> JobOut:
    """Accept the offer: the request is assigned, its other offers are withdrawn, and the job is created.

    Raises NotFound, OfferExpired, OfferWithdrawn, OfferDecided, ProviderNotActive, AppointmentInvalid,
    AppointmentsOverlap, ProviderFull.
    """
    offer = await _lock_offer(act, tx, offer_id)
    if offer["status"] in (OfferStatus.ACCEPTED, OfferStatus.ENDED):
        job = await queries.find_job_of_offer(tx, offer_id)
        assert job is not None, "an accepted offer has its job from the same statement"
        return JobOut.model_validate(dict(job))
    _check_pending(offer, act.now)
    if offer["standing"] not in ACTIVE_STANDINGS:
        raise ProviderNotActive(standing=Standing(offer["standing"]))
    window = _appointment(offer, act.now, body.appointment_from, body.appointment_to)
    if offer["open_jobs"] >= offer["capacity"]:
        await check_places(act, tx, offer["provider_id"], offer["capacity"], window, offer["round_arrive_by"])
    agreed = price_agreed(offer)
    unit_cap = offer["item_cap_fen"] if offer["tier"] == Tier.LOW_FEE else None
    row = await tx.row(
        statements.ACCEPT,
        **act.parameters(),
        day=act.today,
        **await time_taken(act, tx, Clock.ACCEPT, offer),
        offer_id=offer_id,
        request_id=offer["request_id"],
        job_id=new_id(act.now),
        appointment_from=window[0],
        appointment_to=window[1],
        quantity=offer["quantity"],
        unit_cap_fen=unit_cap,
        cap_fen=None if unit_cap is None else priced(unit_cap, offer["quantity"]),
        agreed_fen=agreed,
        agreed_how=None if agreed is None else PRICE_CARD,
        agreed_at=None if agreed is None else act.now,
    )
    if row is None:
        raise OfferWithdrawn(reason=RequestStatus(offer["request_status"]))
    tx.publish(*(provider_topic(other) for other in row["withdrawn_provider_ids"] or ()))
    tx.publish(provider_topic(offer["provider_id"]))
    return job_out(row, offer)


async def decline_offer(act: Act, tx: Tx, offer_id: UUID, body: Refusal) -> OfferOut:
    """Decline the offer; the worker asks the next provider at once. Raises NotFound, OfferExpired, OfferWithdrawn,
    OfferDecided."""
    offer = await _lock_offer(act, tx, offer_id)
    if offer["status"] != OfferStatus.DECLINED:
        _check_pending(offer, act.now)
        await close_pending_offer(act, tx, offer, "decline", reason=body.reason, note=body.note, day=act.today)
    return offer_out(offer).model_copy(update={"status": OfferStatus.DECLINED})


async def withdraw_offer(act: Act, tx: Tx, offer_id: UUID, reason: str) -> None:
    """Withdraw an offer. If no other provider is asked, the request is matched again without this one.

    The reason is for staff: it appears in the timeline, and the provider is not told. Repeating it changes nothing.

    Raises NotFound, OfferDecided, OfferExpired.
    """
    offer = await _lock_offer(act, tx, offer_id)
    if offer["status"] == OfferStatus.WITHDRAWN:
        return
    _check_pending(offer, act.now)
    remark_id = await add_remark(act, tx, offer["request_id"], reason)
    await close_pending_offer(act, tx, offer, "withdraw", reason=WITHDRAWN_BY_STAFF, remark_id=remark_id)


_CLOSE = {"decline": statements.DECLINE, "expire": statements.EXPIRE, "withdraw": statements.WITHDRAW}


async def close_pending_offer(act: Act, tx: Tx, offer: Row, step: str, **params: Any) -> None:
    """Decline, expire or withdraw a locked pending offer. Raises StatusConflict if its status does not allow the
    step."""
    key = {"offer_id": offer["id"], "request_id": offer["request_id"]}
    if await tx.row(_CLOSE[step], **act.parameters(), **key, **params) is None:
        raise await OFFERS.refusal(tx, step, offer["id"])
    tx.publish(DISPATCH_TOPIC, provider_topic(offer["provider_id"]))


async def note_no_answer(act: Act, tx: Tx, offer_id: UUID, again_at: datetime) -> None:
    """Record that the provider did not answer the phone. The offer is in the to-phone queue again from `again_at`.

    Raises NotFound, OfferExpired, OfferWithdrawn, OfferDecided.
    """
    offer = await _lock_offer(act, tx, offer_id)
    _check_pending(offer, act.now)
    await queries.release_to_phone(tx, offer_id, again_at)
    await record(
        act,
        tx,
        EventKind.OFFER_NOT_ANSWERED,
        request_id=offer["request_id"],
        provider_id=offer["provider_id"],
        data={"offer_id": offer_id},
    )


async def _lock_offer(act: Act, tx: Tx, offer_id: UUID) -> Row:
    offer = await queries.lock_offer(tx, offer_id)
    if offer is None or act.provider_id not in (None, offer["provider_id"]):
        raise NotFound(what="offer", key=str(offer_id))
    return offer


def _check_pending(offer: Row, now: datetime) -> None:
    match offer["status"]:
        case OfferStatus.PENDING if offer["expires_at"] > now:
            return
        case OfferStatus.PENDING | OfferStatus.EXPIRED:
            raise OfferExpired(expired_at=offer["expires_at"].isoformat())
        case OfferStatus.WITHDRAWN:
            raise OfferWithdrawn(reason=offer["withdraw_reason"])
        case status:
            raise OfferDecided(state=OfferStatus(status))


def _appointment(
    offer: Row, now: datetime, start: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Return the appointment that the provider named, or else the whole wanted window. Raises AppointmentInvalid."""
    wanted_from, wanted_to = offer["wanted_from"], offer["wanted_to"]
    if start is None and end is None:
        return wanted_from, wanted_to
    inside = wanted_from is None or (
        start is not None and start >= wanted_from and end is not None and end <= wanted_to
    )
    if start is None or end is None or end <= max(start, now) or not inside:
        raise AppointmentInvalid(wanted_from=str(wanted_from), wanted_to=str(wanted_to))
    return start, end
