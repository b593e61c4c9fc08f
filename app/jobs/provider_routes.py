"""The provider's queue: poll, accept, decline, start, quote, complete, return. Its own offers and jobs only."""

import asyncio
import re
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.auth.reveals import note_reveal
from app.events.topics import provider_topic
from app.jobs import extension, job_actions, offer_actions, queries
from app.jobs.acting import By
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
)
from app.kit.db import Row
from app.kit.pages import Page, Paging, page
from app.kit.web import Context, Now, context_of

MAX_WAIT_SECONDS = 60
LOOK_AGAIN_SECONDS = 15

router = APIRouter(prefix="/provider", tags=["provider's queue"])
Provider = Annotated[Principal, Depends(allow(Role.PROVIDER))]


async def _by(request: Request, principal: Provider, now: Now) -> By:
    return By(principal.id, principal.actor, now, context_of(request).settings.zone)


Self = Annotated[By, Depends(_by)]


@router.get("/offers", responses={304: {"description": "nothing has changed since that ETag"}})
async def poll_offers(
    request: Request,
    response: Response,
    principal: Provider,
    prefer: Annotated[
        str | None, Header(description="wait=N: hold the answer up to N seconds until something changes")
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> list[OfferOut]:
    """Live offers, oldest first. With `Prefer: wait=N` and the last ETag it answers as soon as the list changes."""
    rows, etag = await _wait_for_change(request, principal.id, if_none_match, _wait_seconds(prefer))
    response.headers["ETag"] = etag
    if etag == if_none_match:
        response.status_code = 304
        return []
    return [OfferOut.model_validate(dict(row)) for row in rows]


@router.put("/offers/{offer_id}/acceptance")
async def accept_offer(offer_id: UUID, tx: Transaction, by: Self, body: Acceptance | None = None) -> JobOut:
    """Accept: the job is yours. Repeating it gives the job again."""
    return await offer_actions.accept_offer(tx, offer_id, body or Acceptance(), by)


@router.put("/offers/{offer_id}/refusal")
async def decline_offer(offer_id: UUID, body: Refusal, tx: Transaction, by: Self) -> OfferOut:
    """Decline with a reason; the next provider is asked at once."""
    return await offer_actions.decline_offer(tx, offer_id, body, by)


@router.get("/jobs")
async def list_jobs(tx: Transaction, principal: Provider) -> list[JobOut]:
    """Unfinished jobs, oldest first."""
    return [JobOut.model_validate(dict(row)) for row in await queries.list_live_jobs(tx, principal.id)]


@router.get("/jobs/history")
async def list_past_jobs(
    request: Request, response: Response, tx: Transaction, principal: Provider, paging: Annotated[Paging, Query()]
) -> Page[JobOut]:
    """All jobs, newest first."""
    after = paging.after(UUID)
    rows = await queries.list_past_jobs(tx, principal.id, after[0] if after else None, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), JobOut.model_validate, request, response)


@router.get("/jobs/{job_id}")
async def read_job(job_id: UUID, tx: Transaction, by: Self, principal: Provider) -> JobWithContact:
    """A job with whom to call and where to go; the reading is on the audit log."""
    job = await job_actions.read_job_with_contact(tx, job_id, by)
    await note_reveal(tx, principal, f"request:{job.request_id}", "job", by.now)
    return job


@router.put("/jobs/{job_id}/start")
async def start_job(job_id: UUID, tx: Transaction, by: Self) -> JobOut:
    """On site."""
    return await job_actions.start_job(tx, job_id, by)


@router.put("/jobs/{job_id}/appointment")
async def move_appointment(job_id: UUID, body: Appointment, tx: Transaction, by: Self) -> JobOut:
    """A new appointment, agreed with the citizen."""
    return await job_actions.move_appointment(tx, job_id, body, by)


@router.put("/jobs/{job_id}/quote")
async def quote_job(job_id: UUID, body: Quote, tx: Transaction, by: Self) -> JobOut:
    """A price for the whole job; the citizen's yes is recorded with it, or later by the centre."""
    return await job_actions.quote_job(tx, job_id, body, by)


@router.put("/jobs/{job_id}/extension")
async def ask_for_extension(job_id: UUID, body: ExtensionIn, tx: Transaction, by: Self) -> ExtensionOut:
    """Ask for more time, once, before the time is over; a supervisor decides."""
    return await extension.ask_for_extension(tx, job_id, body, by)


@router.put("/jobs/{job_id}/completion")
async def complete_job(job_id: UUID, body: Completion, tx: Transaction, by: Self) -> JobOut:
    """Done, with the amount billed: no more than the citizen has agreed to."""
    return await job_actions.complete_job(tx, job_id, body, by)


@router.put("/jobs/{job_id}/return")
async def return_job(job_id: UUID, body: JobReturn, tx: Transaction, by: Self) -> JobOut:
    """Give it back. Before starting it goes to others; afterwards, or a second time, to the supervisor."""
    return await job_actions.return_job(tx, job_id, body, by)


@router.put("/jobs/{job_id}/failure")
async def fail_job(job_id: UUID, body: Failure, tx: Transaction, by: Self) -> JobOut:
    """Begun, and it can't be done; the supervisor decides."""
    return await job_actions.fail_job(tx, job_id, body, by)


def _wait_seconds(prefer: str | None) -> float:
    for part in (prefer or "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "wait" and re.fullmatch("[0-9]{1,4}", value):
            return min(int(value), MAX_WAIT_SECONDS)
    return 0


async def _read(context: Context, provider_id: UUID) -> tuple[list[Row], str]:
    async with context.db.look() as tx:
        rows = list(await queries.list_pending_offers(tx, provider_id, context.clock.now()))
    digest = sha256(b"".join(row["id"].bytes for row in rows)).hexdigest()[:16]
    return rows, f'"{digest}"'


async def _wait_for_change(
    request: Request, provider_id: UUID, etag: str | None, seconds: float
) -> tuple[list[Row], str]:
    """The offers once they differ from `etag` (without one: once there are any), or after so many seconds.

    Holds no connection while it waits, and stops waiting for a client that has gone.
    """
    context = context_of(request)
    deadline = asyncio.get_running_loop().time() + seconds
    async with context.wakes.subscribe(provider_topic(provider_id)) as heard:
        while True:
            heard.clear()
            rows, current = await _read(context, provider_id)
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or (current != etag if etag else rows):
                return rows, current
            gone = asyncio.ensure_future(_gone(request))
            woken = asyncio.ensure_future(heard.wait())
            try:
                await asyncio.wait(
                    (gone, woken), timeout=min(left, LOOK_AGAIN_SECONDS), return_when=asyncio.FIRST_COMPLETED
                )
                if gone.done():
                    return rows, current
            finally:
                gone.cancel()
                woken.cancel()


async def _gone(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
