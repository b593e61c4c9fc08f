"""Routes for the desk to report calls, and for supervisors and managers to list them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import RevealReason, Role
from app.auth.reveals import note_reveal
from app.calls import actions, queries
from app.calls.schemas import CallFilter, CallIn, CallNumber, CallOut
from app.events.act import Act
from app.intake.queries import find_citizen
from app.kit.pages import Page, page

router = Router(tags=["calls"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
overseers = [Depends(allow(Role.SUPERVISOR, Role.MANAGER))]
MOST_OPEN = 200


@router.put("/calls/{call_id}")
async def record_call(call_id: UUID, body: CallIn, act: Operator, tx: Transaction) -> CallOut:
    """Report the state of a call: it begins, is parked, is taken back or ends. The client chooses the call's id.

    Sending it again changes nothing. A client that was offline may report late and all at once.
    """
    return CallOut.model_validate(await actions.report_call(act, tx, call_id, body))


@router.get("/calls", dependencies=overseers)
async def list_calls(
    request: Request, response: Response, tx: Transaction, wanted: Annotated[CallFilter, Query()]
) -> Page[CallOut]:
    """List calls, latest first, filtered by start time, operator and outcome."""
    rows = await queries.list_calls(tx, wanted, wanted.after(datetime, UUID))
    return page(rows, wanted, _key, CallOut.model_validate, request, response)


def _key(row: Any) -> tuple[Any, ...]:
    return row.began_at, str(row.id)


@router.get("/desk/calls")
async def list_my_open_calls(act: Operator, tx: Transaction) -> list[CallOut]:
    """List your calls that have not ended, ongoing or parked: the oldest 200, oldest first."""
    return [CallOut.model_validate(row) for row in await queries.list_open(tx, act.who, MOST_OPEN)]


@router.get("/calls/{call_id}/personal-data")
async def read_call_number(call_id: UUID, act: Operator, tx: Transaction) -> CallNumber:
    """Return the caller's number in full. The audit log records this."""
    call = await actions.get_call(tx, call_id)
    citizen = await find_citizen(tx, call.phone) if call.phone else None
    if citizen:
        await note_reveal(act, tx, f"citizen:{citizen.id}", RevealReason.CALL, call_id=str(call_id))
    else:
        await note_reveal(act, tx, f"call:{call_id}", RevealReason.CALL)
    return CallNumber(phone=call.phone)
