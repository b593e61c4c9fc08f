"""Routes for operators and supervisors to dispatch, correct, merge, cancel and reopen requests."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.danger.current import CurrentDangers
from app.dispatch import actions, correcting, merging, raising_danger
from app.dispatch.schemas import CancelIn, Correction, DirectOffer, DispatchOut, MergeIn, ReopenIn, WithdrawIn
from app.events.act import Act
from app.intake.schemas import DangerIn, DangerWithdrawalIn, RequestOut
from app.intake.views import show
from app.jobs import offer_actions
from app.kit.etags import IfMatch, set_etag
from app.kit.idempotency import SentKey, once, repeatable

router = Router(tags=["dispatch"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]


@router.put("/requests/{request_id}/dispatch")
@repeatable
async def dispatch_request(
    request_id: UUID,
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    *,
    unannounced: Annotated[
        bool, Query(description="there is no number to call, and the provider comes without calling")
    ] = False,
) -> DispatchOut:
    """Match the request to providers and offer it to the best. Supervisors also use it for an unmatched request."""
    return await actions.dispatch_request(act, tx, request_id, catalog, dangers, unannounced=unannounced)


@router.post("/requests/{request_id}/offers", status_code=201)
async def offer_directly(
    request_id: UUID,
    body: DirectOffer,
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    idempotency_key: SentKey = None,
) -> DispatchOut:
    """Offer the request to the provider that the operator picked. The provider must pass every filter."""

    async def offer() -> DispatchOut:
        return await actions.offer_directly(act, tx, request_id, body.provider_id, catalog, dangers)

    first = once(act.who, idempotency_key, f"POST /requests/{request_id}/offers", body)
    return await first.answer(tx, act.now, DispatchOut, offer)


@router.put("/offers/{offer_id}/withdrawal", status_code=204)
@repeatable
async def withdraw_offer(offer_id: UUID, body: WithdrawIn, act: Operator, tx: Transaction) -> None:
    """Withdraw a pending offer. If no other provider is asked, the request is matched again."""
    await offer_actions.withdraw_offer(act, tx, offer_id, body.reason)


@router.put("/requests/{request_id}/cancellation")
@repeatable
async def cancel_request(
    request_id: UUID, body: CancelIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """Cancel the request for the citizen. The oldest request merged into it takes its place."""
    return show(await merging.cancel_request(act, tx, request_id, body.reason, catalog), typed=True)


@router.put("/requests/{request_id}/undo")
@repeatable
async def undo_dispatch(request_id: UUID, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> RequestOut:
    """Take back a request that was just dispatched by mistake, until its `undo_until`. It counts in no figure, and the
    providers are told."""
    return show(await merging.undo_dispatch(act, tx, request_id, catalog))


@router.patch("/requests/{request_id}")
@repeatable
async def correct_request(
    request_id: UUID,
    body: Correction,
    response: Response,
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    if_match: IfMatch = None,
) -> RequestOut:
    """Correct what was taken down. Operators may do so until a provider has accepted the work, supervisors also
    afterwards."""
    corrected = await correcting.correct_request(act, tx, request_id, body, if_match, catalog, dangers)
    set_etag(response, corrected["version"])
    return show(corrected, typed=True)


@router.put("/requests/{request_id}/danger")
@repeatable
async def raise_danger(
    request_id: UUID, body: DangerIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """Mark a danger on the request, which becomes an emergency.

    It is not offered to providers until an emergency line has taken it.
    """
    raised = await raising_danger.raise_danger(act, tx, request_id, body.kind, catalog)
    return show(raised)


@router.put("/requests/{request_id}/danger/withdrawal")
@repeatable
async def withdraw_danger(
    request_id: UUID,
    body: DangerWithdrawalIn,
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
) -> RequestOut:
    """Record that there is no danger after all, so that the request may be offered. The audit log records who said so
    and why."""
    return show(await correcting.withdraw_danger(act, tx, request_id, body, catalog, dangers))


@router.put("/requests/{request_id}/parent")
@repeatable
async def merge_request(
    request_id: UUID, body: MergeIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """Merge the request into another about the same problem, which is handled for both with the higher urgency."""
    return show(await merging.merge_request(act, tx, request_id, body.parent_id, catalog))


@router.put("/requests/{request_id}/reopening")
@repeatable
async def reopen_request(
    request_id: UUID, body: ReopenIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """Reopen a closed request whose problem came back or was not solved."""
    reopened = await actions.reopen_request(
        act, tx, request_id, body.reason, other_provider=body.other_provider, catalog=catalog
    )
    return show(reopened)


@router.put("/jobs/{job_id}/reassignment", status_code=204)
@repeatable
async def reassign_job(job_id: UUID, act: Supervisor, tx: Transaction) -> None:
    """Take an unstarted job away from its provider and dispatch the request again."""
    await actions.reassign_job(act, tx, job_id)
