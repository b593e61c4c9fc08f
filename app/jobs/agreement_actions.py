"""What is agreed with the citizen about a job: its price and its appointment.

Repeating an agreement returns the present state and logs nothing, so a retry after a lost answer is safe.
"""

from typing import Any
from uuid import UUID

from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import provider_topic
from app.events.transition import record
from app.intake.queries import add_remark
from app.jobs import queries
from app.jobs.acting import (
    BY_PHONE,
    ON_SITE,
    TERMS,
    check_live,
    check_places,
    check_price,
    lock_job,
    measured,
    record_price,
)
from app.jobs.errors import AppointmentInvalid, AppointmentTooFar, ConsentUnnamed, TooManyMoves
from app.jobs.models import Job, JobStatus
from app.jobs.schemas import Appointment, Consent, JobOut, Quote
from app.kit.db import Row, Tx

MOST_MOVES = 3
"""How often a provider may move an appointment without the centre."""


async def quote_job(act: Act, tx: Tx, job_id: UUID, body: Quote) -> JobOut:
    """Record a price for the whole job and the quantity found, whether agreed on site or still to be agreed.

    Raises NotFound, JobOver, AmountOnFreeJob, AboveCap, QuantityNotCounted.
    """
    job = await lock_job(act, tx, job_id)
    agreed_fen = body.amount_fen if body.agreed_on_site else None
    said = (body.amount_fen, body.note, body.quantity or job["quantity"])
    if (job["quote_fen"], job["quote_note"], job["quantity"]) == said and agreed_fen in (None, job["agreed_fen"]):
        return JobOut.model_validate(dict(job))
    quote = {"quote_fen": body.amount_fen, "quote_note": body.note, "quoted_at": act.now}
    return await _agree(act, tx, job, body, EventKind.JOB_QUOTED, quote, ON_SITE if body.agreed_on_site else None)


async def consent_to_price(act: Act, tx: Tx, job_id: UUID, body: Consent) -> JobOut:
    """Record that the citizen agreed to the sum by phone.

    Raises NotFound, JobOver, AmountOnFreeJob, AboveCap, QuantityNotCounted.
    """
    job = await lock_job(act, tx, job_id)
    said = (body.amount_fen, BY_PHONE, body.quantity or job["quantity"])
    if (job["agreed_fen"], job["agreed_how"], job["quantity"]) == said:
        return JobOut.model_validate(dict(job))
    return await _agree(act, tx, job, body, EventKind.JOB_PRICE_AGREED, {}, BY_PHONE)


async def move_appointment(act: Act, tx: Tx, job_id: UUID, body: Appointment) -> JobOut:
    """Move the appointment with the citizen's consent. Figures still use the first deadline.

    Raises NotFound, JobOver, AppointmentInvalid, ConsentUnnamed, AppointmentTooFar, TooManyMoves, AppointmentsOverlap,
    ProviderFull.
    """
    job = await lock_job(act, tx, job_id)
    if (job["appointment_from"], job["appointment_to"]) == (body.appointment_from, body.appointment_to):
        return JobOut.model_validate(dict(job))
    check_live(job)
    if not body.agreed_with_citizen or body.appointment_to <= max(body.appointment_from, act.now):
        raise AppointmentInvalid(wanted_from=str(act.now), wanted_to="the time agreed with the citizen")
    _check_consent(job, body)
    if act.provider_id and job["appointment_moves"] >= MOST_MOVES:
        raise TooManyMoves(most=MOST_MOVES)
    first = job["original_complete_by"] or job["complete_by"] or act.now
    latest = max(first, act.now) + await queries.find_longest_move(tx, job["request_id"])
    if body.appointment_to > latest:
        raise AppointmentTooFar(latest=latest.isoformat())
    if job["status"] == JobStatus.ACCEPTED:
        window = (body.appointment_from, body.appointment_to)
        await check_places(act, tx, job["provider_id"], job["capacity"], window, None, but=job_id)
    changes: dict[str, Any] = {"appointment_from": body.appointment_from, "appointment_to": body.appointment_to}
    moves = job["appointment_moves"] + 1
    await _edit(tx, job_id, changes | {"appointment_moves": moves})
    await queries.move_deadlines(tx, job["request_id"], body.appointment_to, act.now)
    await record(
        act,
        tx,
        EventKind.JOB_APPOINTMENT_MOVED,
        request_id=job["request_id"],
        provider_id=job["provider_id"],
        data={
            "job_id": str(job_id),
            **{name: moment.isoformat() for name, moment in changes.items()},
            "remark_id": body.agreed_by and str(await add_remark(act, tx, job["request_id"], body.agreed_by)),
            "agreed_how": body.agreed_how,
            "move": moves,
        },
    )
    tx.publish(provider_topic(job["provider_id"]))
    moved = await queries.find_job(tx, job_id)
    assert moved is not None, "its row is locked"
    return JobOut.model_validate(dict(moved))


def _check_consent(job: Row, body: Appointment) -> None:
    """Raise ConsentUnnamed for a later appointment unless it says who agreed and how: with a mere tick a provider could
    move its own deadline."""
    stands = job["appointment_to"] or job["original_complete_by"] or job["complete_by"]
    missing = [name for name in ("agreed_by", "agreed_how") if not getattr(body, name)]
    if missing and (stands is None or body.appointment_to > stands):
        raise ConsentUnnamed(missing=missing)


async def _agree(
    act: Act, tx: Tx, job: Row, body: Quote | Consent, kind: EventKind, quote: dict[str, Any], how: str | None
) -> JobOut:
    """Record a quote or consent and, if the citizen agreed, how."""
    check_live(job)
    terms = measured(job, body.quantity)
    check_price(terms, body.amount_fen)
    agreed_fen = body.amount_fen if how else None
    if how:
        terms |= {"agreed_fen": agreed_fen, "agreed_how": how, "agreed_at": act.now}
    await _edit(tx, job["id"], quote | {name: terms[name] for name in TERMS})
    facts = {"quote_fen": quote.get("quote_fen"), "agreed_fen": agreed_fen, "how": how}
    await record_price(act, tx, terms, kind, **facts)
    tx.publish(provider_topic(job["provider_id"]))
    return JobOut.model_validate(terms | quote)


async def _edit(tx: Tx, job_id: UUID, changes: dict[str, Any]) -> None:
    job = await tx.session.get_one(Job, job_id, populate_existing=True)
    for name, value in changes.items():
        setattr(job, name, value)
    await tx.flush()
