"""Routes for applying to join, open to everybody within limits, and for the registrar's decision."""

from datetime import timedelta
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response

from app.admission import actions, queries
from app.admission.models import Application
from app.admission.schemas import (
    ApplicationDetail,
    ApplicationFiled,
    ApplicationIn,
    ApplicationOut,
    ApplicationsAsked,
    ApplicationState,
    EntryIn,
    RefusalIn,
)
from app.auth.access import Router, Transaction, allow, public
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.events.act import act_of
from app.kit.fields import RowNumber
from app.kit.idempotency import SentKey, once
from app.kit.limiting import address_of, limited
from app.kit.limits import Limit
from app.kit.pages import Page, page
from app.kit.web import context_of
from app.registry.routes import ByRegistrar

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FILING = limited(Limit("apply", 10, HOUR), Limit("apply_together", 500, DAY, together=True))
FOLLOWING = limited(Limit("follow", 60, HOUR))

router = Router(tags=["applications"])
QueryCode = Annotated[str, Header(max_length=40, description="the query code issued with the application's number")]


@router.post("/public/applications", status_code=201, dependencies=[Depends(public), Depends(FILING)])
async def file_application(
    body: ApplicationIn,
    request: Request,
    catalog: CurrentCatalog,
    idempotency_key: SentKey = None,
) -> ApplicationFiled:
    """Apply to join, without an account.

    Keep the number and the query code: you need both to follow the application.
    """
    from_here = idempotency_key and f"{sha256(address_of(request).encode()).hexdigest()[:16]}:{idempotency_key}"
    first = once(actions.NOBODY, from_here, "POST /public/applications", body)
    async with context_of(request).db.begin() as tx:
        return await actions.file_application(act_of(context_of(request)), tx, body, catalog, first)


@router.get("/public/applications/{number}", dependencies=[Depends(public), Depends(FOLLOWING)])
async def follow_application(number: RowNumber, request: Request, query_code: QueryCode) -> ApplicationState:
    """Show the application's progress to anyone who has its query code."""
    async with context_of(request).db.begin() as tx:
        return await actions.follow_application(tx, number, query_code)


@router.put("/public/applications/{number}/withdrawal", dependencies=[Depends(public), Depends(FOLLOWING)])
async def withdraw_application(number: RowNumber, request: Request, query_code: QueryCode) -> ApplicationState:
    """Withdraw the application."""
    async with context_of(request).db.begin() as tx:
        return await actions.withdraw_application(act_of(context_of(request)), tx, number, query_code)


def _key(application: Application) -> tuple[int]:
    return (application.number,)


@router.get("/applications", dependencies=[Depends(allow(Role.REGISTRAR))])
async def list_applications(
    request: Request, response: Response, tx: Transaction, asked: Annotated[ApplicationsAsked, Query()]
) -> Page[ApplicationOut]:
    """List the applications that applicants filed themselves, oldest first."""
    after = asked.after(int)
    rows = await queries.list_applications(tx, asked.status, after[0] if after else None, asked.limit + 1)
    return page(rows, asked, _key, ApplicationOut.model_validate, request, response)


@router.get("/applications/{application_id}", dependencies=[Depends(allow(Role.REGISTRAR))])
async def read_application(application_id: UUID, tx: Transaction) -> ApplicationDetail:
    """Return one application, with the providers that share its credit code, name or phone number."""
    return await actions.show_application(tx, application_id)


@router.put("/applications/{application_id}/entry")
async def enter_application(
    application_id: UUID, body: EntryIn, act: ByRegistrar, tx: Transaction, catalog: CurrentCatalog
) -> ApplicationDetail:
    """Enter the applicant into the registry, in the standing `applied`. Its prices stay proposals until approved."""
    return await actions.enter_application(act, tx, application_id, catalog, distinct=body.distinct)


@router.put("/applications/{application_id}/refusal")
async def refuse_application(
    application_id: UUID, body: RefusalIn, act: ByRegistrar, tx: Transaction
) -> ApplicationDetail:
    """Refuse the application, with a reason that the applicant reads when it follows the application."""
    return await actions.refuse_application(act, tx, application_id, body.reason)
