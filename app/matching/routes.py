"""Who could come, and why not the others: for a request, or an imagined one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.catalog.models import Tier
from app.catalog.snapshot import CurrentCatalog
from app.intake.actions import get_request
from app.intake.queries import find_citizen
from app.intake.taking import check_window
from app.kit.web import Now, context_of
from app.matching.actions import Wanted, explain
from app.matching.schemas import CandidatesOut, WhatIf

router = APIRouter(tags=["matching"])
Operator = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]


@router.get("/requests/{request_id}/candidates")
async def list_candidates(
    request_id: UUID, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> CandidatesOut:
    """Whom matching would ask now, best first, and why not the others."""
    found = (await get_request(tx, request_id)).__dict__
    wanted = Wanted.by(found, catalog.item(found["item_code"]), Tier(found["tier"]))
    return await explain(tx, wanted, now, context_of(request).settings.zone)


@router.post("/matching/preview")
async def preview(
    body: WhatIf, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> CandidatesOut:
    """The same for an imagined request: while the caller is still on the line. Changes nothing."""
    item, place = catalog.item(body.item), catalog.place(body.area)
    citizen = await find_citizen(tx, body.phone) if body.phone else None
    if body.wanted_from and body.wanted_to:
        check_window(body.wanted_from, body.wanted_to, now)
    wanted = Wanted(
        item=item,
        tier=catalog.tier(item, body.tier),
        township_code=place.township.code,
        community_code=place.community.code if place.community else None,
        lat=place.lat,
        lon=place.lon,
        wanted_from=body.wanted_from,
        wanted_to=body.wanted_to,
        arrive_by=None,
        citizen_id=citizen.id if citizen else None,
        chosen_provider_id=body.chosen_provider_id,
    )
    return await explain(tx, wanted, now, context_of(request).settings.zone)
