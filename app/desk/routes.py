"""Routes of the operator's desk that span features."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.danger.current import CurrentDangers
from app.desk import actions, handover
from app.desk.mine import list_mine, take_over
from app.desk.schemas import DeskFound, DeskSearch, Handover, Happening, OpenRequest, OpenWork, PossibleStep, TypedText
from app.desk.searching import search
from app.desk.steps import list_steps
from app.desk.timeline import show_happening
from app.desk.timeline_queries import list_happenings
from app.dispatch.schemas import DispatchOut
from app.events.act import Act
from app.intake.actions import get_request
from app.intake.schemas import RequestIn
from app.kit.idempotency import SentKey, repeatable
from app.kit.pages import Page, Paging, page
from app.kit.personal_words import PersonalWord, find_personal
from app.kit.web import context_of

router = Router(tags=["requests"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Asking = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]
InCharge = Annotated[Act, Depends(acting(Role.SUPERVISOR, Role.ADMIN))]


@router.post("/requests", status_code=201, response_model=DispatchOut)
async def create_request(
    body: RequestIn,
    request: Request,
    catalog: CurrentCatalog,
    dangers: CurrentDangers,
    act: Operator,
    idempotency_key: SentKey = None,
) -> Response:
    """Take a request down and, in the same call, answer, relay or dispatch it."""
    content = await actions.create_request(
        act, context_of(request), actions.Call(body, idempotency_key), catalog, dangers
    )
    return Response(content, status_code=201, media_type="application/json")


@router.get("/requests/{request_id}/steps")
async def list_possible_steps(
    request_id: UUID, tx: Transaction, catalog: CurrentCatalog, act: Asking
) -> list[PossibleStep]:
    """List the steps that the caller may take now with the request, its offers and its jobs, the most usual first."""
    return await list_steps(act, tx, request_id, catalog)


@router.get("/desk/requests")
async def list_my_requests(act: Operator, tx: Transaction, catalog: CurrentCatalog) -> list[OpenRequest]:
    """List your latest 200 open requests and those left by colleagues off shift, with their clocks, soonest due
    first."""
    return await list_mine(act, tx, catalog)


@router.put("/desk/requests/{request_id}/follow-up")
@repeatable
async def follow_request(request_id: UUID, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> OpenRequest:
    """Take over an open request from a colleague. From now on you follow it."""
    return await take_over(act, tx, request_id, catalog)


@router.get("/requests/{request_id}/timeline")
async def list_request_timeline(
    request_id: UUID,
    request: Request,
    response: Response,
    act: Operator,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[Happening]:
    """List what happened to the request, newest first: steps, offers, work, calls, messages, callbacks and complaints,
    with who acted and what was said. Phones and names of citizens are masked."""
    await get_request(tx, request_id)
    [before] = paging.after(int) or [None]
    rows = await list_happenings(tx, request_id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), show_happening, request, response)


@router.post("/desk/searches")
async def search_desk(body: DeskSearch, act: Operator, tx: Transaction) -> DeskFound:
    """Find requests, citizens and providers, masked. The search is recorded in the audit log."""
    return await search(act, tx, body.words)


@router.post("/desk/personal-words")
async def find_personal_words(body: TypedText, act: Operator) -> list[PersonalWord]:
    """Find the phone numbers, identity-card numbers and names in a text that is being typed, so that a client can warn
    of them. Managers, and providers that have not accepted the work, see them masked."""
    return find_personal(body.text)


@router.get("/staff/{staff_id}/open-work")
async def show_open_work(staff_id: UUID, act: InCharge, tx: Transaction) -> OpenWork:
    """Return the requests and complaints that a colleague looks after and how many calls they have just taken, to hand
    this work over when they leave or go off shift."""
    return await handover.show_open_work(tx, staff_id, act.now)


@router.put("/staff/{staff_id}/open-work/handover")
async def hand_over_work(staff_id: UUID, body: Handover, act: InCharge, tx: Transaction) -> OpenWork:
    """Hand a colleague's open work over to another colleague. Returns what is left of it."""
    return await handover.hand_over(act, tx, staff_id, body)
