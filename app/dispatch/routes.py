"""Sending requests out and taking them back, for operators and supervisors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.catalog.snapshot import CurrentCatalog
from app.danger.snapshot import CurrentDangers
from app.dispatch import actions, correcting, endangering, merging
from app.dispatch.schemas import CancelIn, Correction, DirectOffer, DispatchOut, MergeIn, ReopenIn, WithdrawIn
from app.intake.schemas import DangerIn, DangerWithdrawalIn, RequestOut
from app.intake.views import show
from app.jobs.acting import By
from app.jobs.offer_actions import withdraw_offer
from app.kit.etags import IfMatch, set_etag
from app.kit.idempotency import SentKey, once
from app.kit.web import Now, context_of

router = APIRouter(tags=["dispatch"])
Operator = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Principal, Depends(allow(Role.SUPERVISOR))]


@router.put("/requests/{request_id}/dispatch")
async def dispatch_request(
    request_id: UUID,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    principal: Operator,
    *,
    unannounced: Annotated[bool, Query(description="there is no number: the firm comes without calling")] = False,
) -> DispatchOut:
    """Match the request to providers and offer it to the best; also what a supervisor does with an unmatched one."""
    settings = context_of(request).settings
    return await actions.dispatch_request(
        tx, request_id, catalog, dangers, settings, principal.actor, now, unannounced=unannounced
    )


@router.post("/requests/{request_id}/offers", status_code=201)
async def offer_directly(
    request_id: UUID,
    body: DirectOffer,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    principal: Operator,
    idempotency_key: SentKey = None,
) -> DispatchOut:
    """Offer it to the provider that the operator picks; it must pass every filter."""
    settings = context_of(request).settings

    async def offer() -> DispatchOut:
        return await actions.offer_directly(
            tx, request_id, body.provider_id, catalog, dangers, settings, principal.actor, now
        )

    first = once(principal.id, idempotency_key, f"POST /requests/{request_id}/offers", body)
    return await first.answer(tx, now, DispatchOut, offer)


@router.put("/offers/{offer_id}/withdrawal", status_code=204)
async def withdraw(
    offer_id: UUID, body: WithdrawIn, request: Request, tx: Transaction, now: Now, principal: Operator
) -> None:
    """Take a pending offer back; the request is matched again if nobody else is asked."""
    by = By(None, principal.actor, now, context_of(request).settings.zone)
    await withdraw_offer(tx, offer_id, body.reason, by)


@router.put("/requests/{request_id}/cancellation")
async def cancel_request(
    request_id: UUID,
    body: CancelIn,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> RequestOut:
    """The citizen no longer wants it; of what was merged into it the oldest goes on."""
    settings = context_of(request).settings
    return show(await merging.cancel_request(tx, request_id, body.reason, catalog, settings, principal.actor, now))


@router.patch("/requests/{request_id}")
async def correct_request(
    request_id: UUID,
    body: Correction,
    request: Request,
    response: Response,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    principal: Operator,
    if_match: IfMatch = None,
) -> RequestOut:
    """Put right what was taken down: an operator until a firm has accepted the work, then a supervisor."""
    settings = context_of(request).settings
    corrected = await correcting.correct_request(
        tx, request_id, body, if_match, principal, catalog, dangers, settings, now
    )
    set_etag(response, corrected["version"])
    return show(corrected)


@router.put("/requests/{request_id}/danger")
async def raise_danger(
    request_id: UUID,
    body: DangerIn,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> RequestOut:
    """It tells of a danger: an emergency now, and nothing is offered to anybody until an emergency line has it."""
    settings = context_of(request).settings
    raised = await endangering.raise_danger(tx, request_id, body.kind, catalog, settings, principal.actor, now)
    return show(raised)


@router.put("/requests/{request_id}/danger/withdrawal")
async def withdraw_danger(
    request_id: UUID,
    body: DangerWithdrawalIn,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    principal: Operator,
) -> RequestOut:
    """It is no danger after all, and may go out; who said so, and why, is on the audit log."""
    settings = context_of(request).settings
    return show(await correcting.withdraw_danger(tx, request_id, body, principal, catalog, dangers, settings, now))


@router.put("/requests/{request_id}/parent")
async def merge_request(
    request_id: UUID,
    body: MergeIn,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> RequestOut:
    """It is about the same as another request, which goes on for both, as urgent as the more urgent of them."""
    settings = context_of(request).settings
    return show(await merging.merge_request(tx, request_id, body.parent_id, catalog, settings, principal.actor, now))


@router.put("/requests/{request_id}/reopening")
async def reopen_request(
    request_id: UUID,
    body: ReopenIn,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> RequestOut:
    """The citizen says that it is not solved after all."""
    reopened = await actions.reopen_request(
        tx,
        request_id,
        body.reason,
        other_firm=body.other_firm,
        catalog=catalog,
        settings=context_of(request).settings,
        actor=principal.actor,
        now=now,
    )
    return show(reopened)


@router.put("/jobs/{job_id}/reassignment", status_code=204)
async def reassign_job(job_id: UUID, request: Request, tx: Transaction, now: Now, principal: Supervisor) -> None:
    """Take an unstarted job from its provider and send the request out again."""
    await actions.reassign_job(tx, job_id, principal.actor, now, context_of(request).settings.zone)
