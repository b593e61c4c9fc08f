"""The operator's desk: what spans features."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.catalog.snapshot import CurrentCatalog
from app.desk.actions import Call, create_request
from app.desk.mine import list_mine, take_over
from app.desk.schemas import OpenRequest
from app.dispatch.schemas import DispatchOut
from app.intake.schemas import RequestIn
from app.kit.idempotency import SentKey
from app.kit.web import Now, context_of

router = APIRouter(tags=["requests"])
Operator = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]


@router.post("/requests", status_code=201, response_model=DispatchOut)
async def create(
    body: RequestIn,
    request: Request,
    catalog: CurrentCatalog,
    principal: Operator,
    idempotency_key: SentKey = None,
) -> Response:
    """Take a request down and, in the same call, answer, relay or dispatch it."""
    content = await create_request(Call(body, idempotency_key, principal), context_of(request), catalog)
    return Response(content, status_code=201, media_type="application/json")


@router.get("/desk/requests")
async def list_open(
    request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> list[OpenRequest]:
    """My latest 200 open requests and those left by whoever has gone home, with their clocks, the first due first."""
    return await list_mine(tx, principal, catalog, context_of(request).settings.zone, now)


@router.put("/desk/requests/{request_id}/follow-up")
async def follow_up(
    request_id: UUID, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> OpenRequest:
    """Take an open request over from a colleague: I follow it from now on."""
    return await take_over(tx, request_id, principal, catalog, context_of(request).settings.zone, now)
