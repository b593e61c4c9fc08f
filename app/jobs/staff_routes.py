"""Routes for staff to list offers and jobs, to phone providers, and to take steps on behalf of a provider on the
phone."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.events.act import Act
from app.intake.current import CurrentlyKnown
from app.intake.danger import raise_danger_from_note
from app.jobs import agreement_actions, amount, extension, job_actions, offer_actions, queries
from app.jobs.acting import price_agreed, show_job
from app.jobs.schemas import (
    Acceptance,
    AmountCorrection,
    Appointment,
    Completion,
    Consent,
    ExtensionIn,
    ExtensionOut,
    Failure,
    JobOut,
    JobReturn,
    OfferDetail,
    OfferOut,
    Quote,
    Refusal,
    Start,
    ToPhoneOut,
)
from app.kit.db import Row
from app.kit.idempotency import repeatable

CALL_TAKES = timedelta(minutes=3)
"""How long an operator keeps an offer taken from the to-phone queue."""
CALL_AGAIN = timedelta(minutes=1)
"""How long after an unanswered call the provider is phoned again."""

router = Router(tags=["offers and jobs"])
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Reader = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]
reader = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]


OnBehalf = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, on_behalf=True))]


@router.get("/requests/{request_id}/offers", dependencies=reader)
async def list_request_offers(request_id: UUID, tx: Transaction) -> list[OfferDetail]:
    """List the request's offers: to whom, who chose them, and how they ended."""
    return [OfferDetail.model_validate(row) for row in await queries.list_request_offers(tx, request_id)]


@router.get("/requests/{request_id}/jobs")
async def list_request_jobs(request_id: UUID, act: Reader, tx: Transaction) -> list[JobOut]:
    """List the request's jobs, oldest first."""
    return [show_job(act, row) for row in await queries.list_request_jobs(tx, request_id)]


@router.get("/providers/{provider_id}/jobs")
async def list_jobs_of_provider(provider_id: UUID, act: Operator, tx: Transaction) -> list[JobOut]:
    """List a provider's unfinished jobs, oldest first. After an expulsion or exit these are the jobs to end for it."""
    return [JobOut.model_validate(dict(row)) for row in await queries.list_live_jobs(tx, provider_id)]


@router.get("/offers/to-phone")
async def list_offers_to_phone(act: Operator, tx: Transaction) -> list[ToPhoneOut]:
    """List pending offers of providers reached by phone, earliest expiry first."""
    return [_to_phone(row) for row in await queries.list_to_phone(tx, act.now)]


@router.post("/offers/to-phone/next", responses={204: {"description": "no provider has to be phoned now"}})
async def take_offer_to_phone(act: Operator, tx: Transaction, response: Response) -> ToPhoneOut | None:
    """Take the next offer to phone. For three minutes no other operator gets it."""
    row = await queries.take_to_phone(tx, act.who, act.now, act.now + CALL_TAKES)
    if row is None:
        response.status_code = 204
        return None
    return _to_phone(row)


def _to_phone(row: Row) -> ToPhoneOut:
    return ToPhoneOut.model_validate(dict(row) | {"sum_fen": price_agreed(row)})


@router.put("/offers/{offer_id}/no-answer", status_code=204)
@repeatable
async def record_no_answer(offer_id: UUID, act: OnBehalf, tx: Transaction) -> None:
    """Record that the provider did not answer the phone. The offer returns to the queue and is phoned again after a
    minute."""
    await offer_actions.note_no_answer(act, tx, offer_id, act.now + CALL_AGAIN)


@router.put("/offers/{offer_id}/acceptance")
@repeatable
async def accept_offer_on_behalf(
    offer_id: UUID, act: OnBehalf, tx: Transaction, body: Acceptance | None = None
) -> JobOut:
    """Accept the offer for a provider on the phone."""
    return await offer_actions.accept_offer(act, tx, offer_id, body or Acceptance())


@router.put("/offers/{offer_id}/refusal")
@repeatable
async def decline_offer_on_behalf(offer_id: UUID, body: Refusal, act: OnBehalf, tx: Transaction) -> OfferOut:
    """Decline the offer for a provider on the phone."""
    return await offer_actions.decline_offer(act, tx, offer_id, body)


@router.get("/jobs/{job_id}")
async def read_job(job_id: UUID, act: OnBehalf, tx: Transaction) -> JobOut:
    """Return a job without contact data."""
    return await job_actions.read_job(act, tx, job_id)


@router.put("/jobs/{job_id}/start")
@repeatable
async def start_job_on_behalf(job_id: UUID, act: OnBehalf, tx: Transaction, body: Start | None = None) -> JobOut:
    """Record for a provider on the phone that it is on site."""
    return await job_actions.start_job(act, tx, job_id, body)


@router.put("/jobs/{job_id}/appointment")
@repeatable
async def move_appointment_on_behalf(job_id: UUID, body: Appointment, act: OnBehalf, tx: Transaction) -> JobOut:
    """Move the appointment for a provider on the phone, as agreed with the citizen."""
    return await agreement_actions.move_appointment(act, tx, job_id, body)


@router.put("/jobs/{job_id}/quote")
@repeatable
async def quote_job_on_behalf(job_id: UUID, body: Quote, act: OnBehalf, tx: Transaction) -> JobOut:
    """Record the price that a provider quotes on the phone."""
    return await agreement_actions.quote_job(act, tx, job_id, body)


@router.put("/jobs/{job_id}/consent")
@repeatable
async def record_consent(job_id: UUID, body: Consent, act: OnBehalf, tx: Transaction) -> JobOut:
    """Record that the citizen agreed to the sum on the phone."""
    return await agreement_actions.consent_to_price(act, tx, job_id, body)


@router.put("/jobs/{job_id}/extension")
@repeatable
async def ask_for_extension_on_behalf(job_id: UUID, body: ExtensionIn, act: OnBehalf, tx: Transaction) -> ExtensionOut:
    """Ask for an extension for a provider on the phone. A supervisor decides."""
    return await extension.ask_for_extension(act, tx, job_id, body)


@router.put("/jobs/{job_id}/completion")
@repeatable
async def complete_job_on_behalf(job_id: UUID, body: Completion, act: OnBehalf, tx: Transaction) -> JobOut:
    """Record for a provider on the phone that the work is done, with the amount billed."""
    return await job_actions.complete_job(act, tx, job_id, body)


@router.put("/jobs/{job_id}/amount")
async def correct_amount(job_id: UUID, body: AmountCorrection, act: Supervisor, tx: Transaction) -> JobOut:
    """Correct the amount billed for completed work. The provider's statement and the figures change with it, and the
    provider is told."""
    return await amount.correct_amount(act, tx, job_id, body)


@router.put("/jobs/{job_id}/return")
@repeatable
async def return_job_on_behalf(
    job_id: UUID, body: JobReturn, act: OnBehalf, tx: Transaction, about: CurrentlyKnown
) -> JobOut:
    """Return the job for a provider on the phone."""
    job = await job_actions.return_job(act, tx, job_id, body)
    await raise_danger_from_note(act, tx, job.request_id, body.note, about)
    return job


@router.put("/jobs/{job_id}/failure")
@repeatable
async def fail_job_on_behalf(
    job_id: UUID, body: Failure, act: OnBehalf, tx: Transaction, about: CurrentlyKnown
) -> JobOut:
    """Record for a provider on the phone that work it started could not be completed. A supervisor decides."""
    job = await job_actions.fail_job(act, tx, job_id, body)
    await raise_danger_from_note(act, tx, job.request_id, body.note, about)
    return job
