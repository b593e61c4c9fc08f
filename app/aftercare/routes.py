"""The callback queue, and complaints."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.aftercare import actions, queries
from app.aftercare.schemas import CallbackOut, CallbackTaken, ComplaintOut, Decision, Outcome
from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.catalog.snapshot import CurrentCatalog
from app.kit.pages import Page, Paging, page
from app.kit.web import Now, context_of

router = APIRouter(tags=["aftercare"])
Caller = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Principal, Depends(allow(Role.SUPERVISOR))]


@router.get("/callbacks")
async def list_callbacks(
    request: Request, response: Response, tx: Transaction, principal: Caller, paging: Annotated[Paging, Query()]
) -> Page[CallbackOut]:
    """Callbacks still to be made, the earliest due first."""
    rows = await queries.list_due(tx, paging.after(datetime, UUID), paging.limit + 1)
    return page(rows, paging, lambda row: (row.due_at, str(row.id)), _show, request, response)


@router.post("/callbacks/next", responses={204: {"description": "nobody is to be called now"}})
async def take_next(
    request: Request, tx: Transaction, now: Now, principal: Caller, response: Response
) -> CallbackTaken | None:
    """Take the callback that fell due first, for ten minutes; only between 09:00 and 20:00."""
    taken = await actions.take_next(tx, principal, context_of(request).settings.zone, now)
    if taken is None:
        response.status_code = 204
    return taken


@router.put("/callbacks/{callback_id}/outcome")
async def record_outcome(
    callback_id: UUID,
    body: Outcome,
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Caller,
) -> CallbackOut:
    """Record how the call went; solved closes the request, unsolved has it done again."""
    by = actions.By(principal.actor, now, catalog, context_of(request).settings)
    return await actions.record_outcome(tx, callback_id, body, by)


@router.get("/complaints")
async def list_complaints(
    request: Request,
    response: Response,
    tx: Transaction,
    principal: Caller,
    paging: Annotated[Paging, Query()],
    is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> Page[ComplaintOut]:
    """Complaints that are open, decided, or all; oldest first."""
    rows = await queries.list_complaints(tx, is_open, paging.after(datetime, UUID), paging.limit + 1)
    return page(rows, paging, lambda row: (row.opened_at, str(row.id)), ComplaintOut.model_validate, request, response)


@router.put("/complaints/{complaint_id}/decision")
async def decide_complaint(
    complaint_id: UUID, body: Decision, tx: Transaction, now: Now, principal: Supervisor
) -> ComplaintOut:
    """Decide a complaint, once."""
    return await actions.decide_complaint(tx, complaint_id, body, principal.actor, now)


def _show(row: Any) -> CallbackOut:
    return actions.show(row._mapping)
