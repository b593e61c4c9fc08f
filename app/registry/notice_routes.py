"""The to-phone queue of notices: an operator reads them out to firms that are only ever phoned."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.kit.web import Now, context_of
from app.registry import notices
from app.registry.schemas import FirmToTell

router = APIRouter(tags=["registry"])
Caller = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]


@router.get("/notices/to-phone")
async def list_to_phone(request: Request, tx: Transaction, now: Now, principal: Caller) -> list[FirmToTell]:
    """Firms reached by phone that have still to be told something, the oldest notice first; at night none."""
    return await notices.list_firms_to_tell(tx, context_of(request).settings.zone, now)


@router.post(
    "/notices/to-phone/next",
    responses={204: {"description": "nobody is to be told anything at this hour"}},
)
async def take_to_phone(
    request: Request, tx: Transaction, now: Now, principal: Caller, response: Response
) -> FirmToTell | None:
    """Take the next firm to tell; for three minutes nobody else gets it. Each notice read out is marked as read."""
    firm = await notices.take_firm_to_tell(tx, context_of(request).settings.zone, now)
    if firm is None:
        response.status_code = 204
    return firm
