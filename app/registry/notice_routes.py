"""The to-phone queue of notices: an operator reads them out to firms that are only ever phoned."""

from typing import Annotated

from fastapi import Depends, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.events.act import Act
from app.registry import notices
from app.registry.schemas import FirmToTell

router = Router(tags=["registry"])
Caller = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]


@router.get("/notices/to-phone")
async def list_notices_to_phone(act: Caller, tx: Transaction) -> list[FirmToTell]:
    """Firms reached by phone that have still to be told something, the oldest notice first; at night none."""
    return await notices.list_firms_to_tell(act, tx)


@router.post(
    "/notices/to-phone/next",
    responses={204: {"description": "nobody is to be told anything at this hour"}},
)
async def take_notice_to_phone(act: Caller, tx: Transaction, response: Response) -> FirmToTell | None:
    """Take the next firm to tell; for three minutes nobody else gets it. Each notice read out is marked as read."""
    firm = await notices.take_firm_to_tell(act, tx)
    if firm is None:
        response.status_code = 204
    return firm
