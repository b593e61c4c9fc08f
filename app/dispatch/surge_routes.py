"""Routes for surges, and for telling citizens that their request waits."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog.calendar import is_night
from app.catalog.current import CurrentCatalog
from app.dispatch import surge, surge_queries
from app.dispatch.schemas import SurgeFilter, SurgeIn, SurgeOut
from app.events.act import Act
from app.intake.schemas import RequestOut
from app.intake.views import show
from app.kit.idempotency import SentKey, once, repeatable
from app.kit.pages import Page, Paging, page

router = Router(tags=["surges"])
reader = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]


@router.get("/surges", dependencies=reader)
async def list_surges(
    request: Request,
    response: Response,
    tx: Transaction,
    wanted: Annotated[SurgeFilter, Query()],
) -> Page[SurgeOut]:
    """List the open surges, newest first: for which category, why, since when and started by whom."""
    before = wanted.after(datetime, UUID)
    rows = await surge_queries.list_surges(tx, past=wanted.all, before=before, limit=wanted.limit + 1)
    return page(rows, wanted, lambda row: (row.began_at, row.id), SurgeOut.model_validate, request, response)


@router.post("/surges", status_code=201)
async def begin_surge(
    body: SurgeIn, act: Supervisor, tx: Transaction, catalog: CurrentCatalog, idempotency_key: SentKey = None
) -> SurgeOut:
    """Start a surge for one category or for all: the policy's surge rules apply. If a supervisor's surge is already
    open, it is returned unchanged."""

    async def begin() -> SurgeOut:
        begun = await surge.begin_surge(act, tx, body.category_code, body.reason, catalog)
        return SurgeOut.model_validate(begun)

    first = once(act.who, idempotency_key, "POST /surges", body)
    return await first.answer(tx, act.now, SurgeOut, begin)


@router.put("/surges/{surge_id}/end")
async def end_surge(surge_id: UUID, act: Supervisor, tx: Transaction) -> SurgeOut:
    """End a surge: the usual rules apply again, and deferred requests are matched at once."""
    ended = await surge.end_surge(act, tx, surge_id)
    return SurgeOut.model_validate(ended)


@router.get("/deferrals")
async def list_deferrals(
    request: Request, response: Response, act: Operator, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[RequestOut]:
    """List deferred requests whose citizens have not been told yet, oldest first. At night the list is empty, because
    the call can wait."""
    night = is_night(act.now, act.zone)
    after = paging.after(datetime, UUID)
    rows = [] if night else await surge_queries.list_untold(tx, act.now, after, paging.limit + 1)
    return page(rows, paging, lambda row: (row.received_at, row.id), show, request, response)


@router.put("/requests/{request_id}/deferral-notice")
@repeatable
async def tell_of_deferral(request_id: UUID, act: Operator, tx: Transaction) -> RequestOut:
    """Record that the citizen was told that the request waits, and until when at most."""
    return show(await surge.tell_deferral(act, tx, request_id))
