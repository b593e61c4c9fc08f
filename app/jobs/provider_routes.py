"""Routes for providers to poll offers and jobs, and to accept, decline, start, quote, complete and return them.

A provider reaches only its own offers and jobs.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter

from app.auth.access import Principal, Router, Transaction, acting, allow, authenticator_of, token_of
from app.auth.models import RevealReason, Role
from app.auth.reveals import note_reveal
from app.events.act import Act
from app.events.topics import provider_topic
from app.intake.current import CurrentlyKnown
from app.intake.danger import raise_danger_from_note
from app.jobs import agreement_actions, extension, job_actions, offer_actions, queries
from app.jobs.acting import for_reader, offer_out, show_job
from app.jobs.schemas import (
    Acceptance,
    Appointment,
    Completion,
    ExtensionIn,
    ExtensionOut,
    Failure,
    JobOut,
    JobReturn,
    JobWithContact,
    OfferOut,
    Quote,
    Refusal,
    Start,
)
from app.kit.context import Context
from app.kit.pages import Page, Paging, page
from app.kit.personal_words import in_full
from app.kit.waiting import NOT_MODIFIED, Wait, Waiting
from app.kit.web import context_of

_OFFERS, _JOBS = TypeAdapter(list[OfferOut]), TypeAdapter(list[JobOut])

router = Router(prefix="/provider", tags=["provider's queue"])
works_here = allow(Role.PROVIDER)
Provider = Annotated[Principal, Depends(works_here)]


Self = Annotated[Act, Depends(acting(Role.PROVIDER))]


@router.get("/offers", response_model=list[OfferOut], responses=NOT_MODIFIED)
async def poll_offers(request: Request, principal: Provider, waiting: Waiting) -> Response:
    """Return your pending offers, oldest first. With `Prefer: wait=N` and the last ETag the answer comes once the list
    changes."""
    context = context_of(request)
    answer = await waiting.answer(provider_topic(principal.id), lambda: _read_offers(context, principal.id))
    return await _if_still_allowed(request, waiting, answer)


@router.put("/offers/{offer_id}/acceptance")
async def accept_offer(offer_id: UUID, act: Self, tx: Transaction, body: Acceptance | None = None) -> JobOut:
    """Accept the offer; the job is yours. Repeating it returns the job again."""
    return for_reader(act, await offer_actions.accept_offer(act, tx, offer_id, body or Acceptance()))


@router.put("/offers/{offer_id}/refusal")
async def decline_offer(offer_id: UUID, body: Refusal, act: Self, tx: Transaction) -> OfferOut:
    """Decline the offer with a reason. The next provider is asked at once."""
    return await offer_actions.decline_offer(act, tx, offer_id, body)


@router.get("/jobs", response_model=list[JobOut], responses=NOT_MODIFIED)
async def poll_jobs(request: Request, principal: Provider, waiting: Waiting) -> Response:
    """List your unfinished jobs, oldest first.

    With `Prefer: wait=N` and the last ETag, the response comes as soon as a job changes, or after N seconds.
    """
    context = context_of(request)
    answer = await waiting.answer(provider_topic(principal.id), lambda: _read_jobs(context, principal.id))
    return await _if_still_allowed(request, waiting, answer)


@router.get("/jobs/history")
async def list_past_jobs(
    request: Request, response: Response, act: Self, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[JobOut]:
    """List all your jobs, newest first. Phone numbers, identity-card numbers and names in what people said are masked
    once you may no longer see the citizen's contact."""
    after = paging.after(UUID)
    rows = await queries.list_past_jobs(tx, act.who, after[0] if after else None, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), partial(show_job, act), request, response)


@router.get("/jobs/{job_id}")
async def read_own_job(job_id: UUID, request: Request, act: Self, tx: Transaction) -> JobWithContact:
    """Return a job with whom to call and where to go. The reading is recorded in the audit log."""
    job = await job_actions.read_job_with_contact(act, tx, job_id)
    await note_reveal(act, tx, f"request:{job.request_id}", RevealReason.JOB)
    return for_reader(act, job)


@router.put("/jobs/{job_id}/start")
async def start_job(job_id: UUID, act: Self, tx: Transaction, body: Start | None = None) -> JobOut:
    """Report that you are on site."""
    return for_reader(act, await job_actions.start_job(act, tx, job_id, body))


@router.put("/jobs/{job_id}/appointment")
async def move_appointment(job_id: UUID, body: Appointment, act: Self, tx: Transaction) -> JobOut:
    """Move the appointment, as agreed with the citizen."""
    return for_reader(act, await agreement_actions.move_appointment(act, tx, job_id, body))


@router.put("/jobs/{job_id}/quote")
async def quote_job(job_id: UUID, body: Quote, act: Self, tx: Transaction) -> JobOut:
    """Quote a price for the whole job. The citizen's consent is recorded with it, or later by the centre."""
    return for_reader(act, await agreement_actions.quote_job(act, tx, job_id, body))


@router.put("/jobs/{job_id}/extension")
async def ask_for_extension(job_id: UUID, body: ExtensionIn, act: Self, tx: Transaction) -> ExtensionOut:
    """Ask for more time, once, before the deadline. A supervisor decides."""
    return await extension.ask_for_extension(act, tx, job_id, body)


@router.put("/jobs/{job_id}/completion")
async def complete_job(job_id: UUID, body: Completion, act: Self, tx: Transaction) -> JobOut:
    """Report that the work is done, with the amount billed. It may not exceed what the citizen has agreed to."""
    return for_reader(act, await job_actions.complete_job(act, tx, job_id, body))


@router.put("/jobs/{job_id}/return")
async def return_job(job_id: UUID, body: JobReturn, act: Self, tx: Transaction, about: CurrentlyKnown) -> JobOut:
    """Return the job to the centre.

    If you have not started it, it is offered to others. Otherwise, or if it is returned a second time, a supervisor
    decides.
    """
    job = await job_actions.return_job(act, tx, job_id, body)
    await raise_danger_from_note(act, tx, job.request_id, body.note, about)
    return for_reader(act, job)


@router.put("/jobs/{job_id}/failure")
async def fail_job(job_id: UUID, body: Failure, act: Self, tx: Transaction, about: CurrentlyKnown) -> JobOut:
    """Report that work you started cannot be completed. A supervisor decides."""
    job = await job_actions.fail_job(act, tx, job_id, body)
    await raise_danger_from_note(act, tx, job.request_id, body.note, about)
    return for_reader(act, job)


async def _if_still_allowed(request: Request, waiting: Wait, answer: Response) -> Response:
    """Return the answer unless the key was revoked or the provider expelled during the wait; then raise what
    `works_here` raises."""
    if waiting.seconds:
        works_here.check(await authenticator_of(request).principal(token_of(request)))
    return answer


async def _read_offers(context: Context, provider_id: UUID) -> bytes:
    rows = await context.db.read(lambda tx: queries.list_pending_offers(tx, provider_id, context.clock.now()))
    return _OFFERS.dump_json([offer_out(row) for row in rows])


async def _read_jobs(context: Context, provider_id: UUID) -> bytes:
    rows = await context.db.read(lambda tx: queries.list_live_jobs(tx, provider_id))
    in_full.set(True)  # these jobs are live
    return _JOBS.dump_json([JobOut.model_validate(dict(row)) for row in rows])
