"""Routes for calls to citizens: about completed work, and about decided complaints."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.aftercare import actions, answers, queries
from app.aftercare.schedule import may_call_from
from app.aftercare.schemas import CallbackOut, CallbackTaken, Outcome
from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.complaints.schemas import Answer, ComplaintOut, ToAnswer
from app.events.act import Act
from app.kit.idempotency import repeatable
from app.kit.pages import Page, Paging, page

router = Router(tags=["aftercare"])
Caller = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]


@router.get("/callbacks")
async def list_callbacks(
    request: Request, response: Response, act: Caller, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[CallbackOut]:
    """List callbacks still to be made, earliest due first. `due_at` is when the citizen may be called.

    The order is by due time, which changes while you page: a callback attempted meanwhile may be missing or appear
    twice.
    """
    rows = await queries.list_due(tx, paging.after(datetime, UUID), paging.limit + 1)
    zone = act.zone

    def show(row: Any) -> CallbackOut:
        from_then = may_call_from(row.due_at, row.tried, act.now, zone)
        return actions.show({**row._mapping, "due_at": from_then})

    return page(rows, paging, lambda row: (row.due_at, str(row.id)), show, request, response)


@router.post("/callbacks/next", responses={204: {"description": "there is nobody to call now"}})
async def take_callback(act: Caller, tx: Transaction, response: Response) -> CallbackTaken | None:
    """Take the earliest due callback. It is reserved for ten minutes.

    Callbacks are made between 09:00 and 20:00 only.
    """
    taken = await actions.take_next(act, tx)
    if taken is None:
        response.status_code = 204
    return taken


@router.put("/callbacks/{callback_id}/outcome")
@repeatable
async def record_callback_outcome(
    callback_id: UUID, body: Outcome, act: Caller, tx: Transaction, catalog: CurrentCatalog
) -> CallbackOut:
    """Record how the call went. A solved request is closed; for an unsolved one, the work is done again."""
    return await actions.record_outcome(act, tx, callback_id, body, catalog)


@router.post("/complaints/to-answer/next", responses={204: {"description": "there is nobody to tell now"}})
async def take_complaint_to_answer(act: Caller, tx: Transaction, response: Response) -> ToAnswer | None:
    """Take the next decided complaint whose citizen is waiting for the answer. It is reserved for ten minutes.

    Calls are made between 09:00 and 20:00 only.
    """
    taken = await answers.take_next(act, tx)
    if taken is None:
        response.status_code = 204
    return taken


@router.put("/complaints/{complaint_id}/answer")
@repeatable
async def record_complaint_answer(complaint_id: UUID, body: Answer, act: Caller, tx: Transaction) -> ComplaintOut:
    """Record that the citizen was told the decision, or was not reached.

    After three missed calls the complaint ends as unreached.
    """
    return await answers.record_answer(act, tx, complaint_id, body)
