"""Routes for the supervisor's queue and decisions."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.auth.queries import add_audit
from app.events.act import Act
from app.intake.models import UnmatchedReason
from app.jobs.schemas import ExtensionOut, JobOut
from app.kit.fields import Code
from app.kit.pages import Page, Paging, page
from app.kit.steps import list_set_aside, list_steps, release
from app.supervision import actions, queries
from app.supervision.schemas import (
    Concern,
    Counts,
    ExtensionDecision,
    Finding,
    QueueFilter,
    QueueItem,
    SilentProvider,
    StepOut,
    TroubleOut,
    WorkerOut,
)

router = Router(tags=["supervision"])
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]


@router.get("/supervision/queue")
async def list_supervision_queue(
    request: Request, response: Response, act: Supervisor, tx: Transaction, wanted: Annotated[QueueFilter, Query()]
) -> Page[QueueItem]:
    """List the requests that need a supervisor. `kinds` says why.

    Ordered by urgency and deadline, which change while you page: a request that moves meanwhile may be missed or
    appear twice.
    """
    rows = await queries.list_queue(tx, wanted, act.now, wanted.after(int, datetime, UUID))
    return page(rows, wanted, lambda row: (row.urgency_rank, row.due, str(row.request_id)), _show, request, response)


def _show(row: Any) -> QueueItem:
    reason = UnmatchedReason(row.unmatched_reason) if row.unmatched_reason else None
    kinds = [kind for kind in Concern if row._mapping[kind]]
    words = {"zh": reason and reason.zh, "en": reason and reason.en}
    return QueueItem.model_validate(dict(row._mapping) | words | {"kinds": kinds})


@router.get("/supervision/counts")
async def count_supervision_queue(act: Supervisor, tx: Transaction) -> Counts:
    """Count the requests in the queue by concern; a request with several counts in each."""
    return Counts.model_validate(await queries.count_queue(tx, act.now))


@router.get("/supervision/silent-providers")
async def list_silent_providers(
    request: Request, response: Response, act: Supervisor, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[SilentProvider]:
    """List providers to call: they let several offers in a row expire and get no more.

    Ordered by when they fell silent, which changes while you page: a provider that recovers and falls silent again may
    appear twice.
    """
    rows = await queries.list_silent_providers(tx, paging.after(datetime, UUID), paging.limit + 1)
    return page(
        rows, paging, lambda row: (row.unreachable_at, str(row.id)), SilentProvider.model_validate, request, response
    )


@router.get("/supervision/worker", dependencies=[Depends(allow(Role.SUPERVISOR, Role.ADMIN))])
async def read_worker(tx: Transaction) -> WorkerOut:
    """Return the health of the worker's steps, and what they set aside after failing repeatedly."""
    return WorkerOut(
        steps=[StepOut.model_validate(dict(row)) for row in await list_steps(tx)],
        set_aside=[TroubleOut.model_validate(dict(row)) for row in await list_set_aside(tx)],
    )


@router.put("/supervision/worker/{step}/{subject_id}/release", status_code=204)
async def release_trouble(
    step: Code,
    subject_id: UUID,
    act: Annotated[Act, Depends(acting(Role.SUPERVISOR, Role.ADMIN))],
    tx: Transaction,
) -> None:
    """Let the worker retry a subject that it set aside, once the cause is fixed. Written to the audit log."""
    await release(tx, step, subject_id, act.now)
    await add_audit(act, tx, "trouble.released", f"{step}:{subject_id}")


@router.put("/extensions/{extension_id}/decision")
async def decide_extension(
    extension_id: UUID, body: ExtensionDecision, act: Supervisor, tx: Transaction
) -> ExtensionOut:
    """Grant or refuse more time. The original deadline stays in the statistics."""
    return await actions.decide_extension(act, tx, extension_id, body)


@router.put("/jobs/{job_id}/arbitration")
async def arbitrate_job(job_id: UUID, body: Finding, act: Supervisor, tx: Transaction) -> JobOut:
    """Record who was at fault for a job that was returned or failed."""
    return await actions.arbitrate_job(act, tx, job_id, body)
