"""Routes for a provider's statement: for its software, for staff who read it out or print it, and by link."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from app.auth.access import Router, Transaction, acting, public
from app.auth.models import PROVIDER_ROLES, RevealReason, Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.intake.citizens import get_citizen, note_citizen
from app.intake.models import Citizen
from app.intake.queries import find_citizen
from app.kit.db import Tx
from app.kit.fields import Line, Month
from app.kit.idempotency import SentKey, once
from app.kit.languages import Language
from app.kit.pages import Page, Paging, page
from app.kit.phones import Phone
from app.kit.web import context_of
from app.statement import actions, links, passed_over, queries
from app.statement.printing import statement_csv, statement_page, statement_workbook
from app.statement.schemas import (
    DecisionsAsked,
    Form,
    LinkIn,
    LinkOut,
    MonthsAsked,
    MonthStatement,
    NewLink,
    NoShow,
    NoShowOfCitizen,
    OwnDecision,
    Presented,
    StatementOut,
)

router = Router(tags=["statement"])
Provider = Annotated[Act, Depends(acting(*PROVIDER_ROLES))]
Reader = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "text/html": {}, XLSX: {}}}}
UNINDEXED = {"X-Robots-Tag": "noindex"}
PAGE = UNINDEXED | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}
"""Headers that let the printed page load nothing except its own style sheet."""


async def _zone(request: Request) -> ZoneInfo:
    return context_of(request).settings.zone


Zone = Annotated[ZoneInfo, Depends(_zone)]


async def _present(statement: MonthStatement, wanted: Presented, zone: ZoneInfo) -> MonthStatement | Response:
    match wanted.format:
        case Form.XLSX:
            content = await asyncio.to_thread(statement_workbook, statement, wanted.lang, zone)
            return Response(content, media_type=XLSX, headers=UNINDEXED)
        case Form.CSV:
            return Response(statement_csv(statement, zone), media_type="text/csv", headers=UNINDEXED)
        case Form.HTML:
            return HTMLResponse(statement_page(statement, wanted.lang, zone), headers=PAGE)
        case _:
            return statement


@router.get("/provider/statement")
async def read_own_statement(asked: Annotated[MonthsAsked, Query()], act: Provider, tx: Transaction) -> StatementOut:
    """Return the provider's own figures month by month: offers, jobs, acceptance, punctuality, satisfaction, turnover.

    Each share comes with its counts.
    """
    return await actions.read_statement(tx, act.who, asked, act.today, act.zone)


@router.get("/provider/statement/{month}", response_model=MonthStatement, responses=FORMS)
async def read_own_statement_month(
    month: Month, wanted: Annotated[Presented, Query()], act: Provider, tx: Transaction, catalog: CurrentCatalog
) -> MonthStatement | Response:
    """Return a month's amounts job by job, as JSON, CSV, XLSX or a page to print."""
    return await _present(await actions.read_month(act, tx, act.who, month, catalog), wanted, act.zone)


@router.get("/providers/{provider_id}/statement")
async def read_statement(
    provider_id: UUID, asked: Annotated[MonthsAsked, Query()], act: Reader, tx: Transaction
) -> StatementOut:
    """Return a provider's figures month by month, to read out by phone."""
    return await actions.read_statement(tx, provider_id, asked, act.today, act.zone)


@router.get("/providers/{provider_id}/statement/{month}", response_model=MonthStatement, responses=FORMS)
async def read_statement_month(
    provider_id: UUID,
    month: Month,
    wanted: Annotated[Presented, Query()],
    act: Reader,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> MonthStatement | Response:
    """Return a provider's amounts for a month, job by job. `format=html` returns the page to print for the provider."""
    return await _present(await actions.read_month(act, tx, provider_id, month, catalog), wanted, act.zone)


@router.post("/providers/{provider_id}/statement-links", status_code=201)
async def make_statement_link(
    provider_id: UUID, body: LinkIn, act: Reader, tx: Transaction, idempotency_key: SentKey = None
) -> NewLink:
    """Create a link to a month's statement for a provider without a key. It needs no sign-in and expires."""
    first = once(act.who, idempotency_key, f"POST /providers/{provider_id}/statement-links", body)
    return await links.make_link(act, tx, provider_id, body, first)


@router.get("/providers/{provider_id}/statement-links")
async def list_statement_links(
    provider_id: UUID,
    request: Request,
    response: Response,
    act: Reader,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[LinkOut]:
    """List a provider's statement links, newest first, with how often each was opened."""
    [before] = paging.after(UUID) or [None]
    rows = await queries.list_links(tx, provider_id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), LinkOut.model_validate, request, response)


@router.delete("/providers/{provider_id}/statement-links/{link_id}", status_code=204)
async def revoke_statement_link(provider_id: UUID, link_id: UUID, act: Reader, tx: Transaction) -> None:
    """Revoke a statement link, which stops working at once."""
    await links.revoke_link(act, tx, provider_id, link_id)


@router.get("/statements/{token}", response_model=str, response_class=HTMLResponse, dependencies=[Depends(public)])
async def open_statement_link(
    token: Line, request: Request, catalog: CurrentCatalog, zone: Zone, lang: Language = Language.ZH
) -> HTMLResponse:
    """Return the statement behind a link, as a page to read or print."""
    statement = await links.open_link(context_of(request), token, catalog)
    return HTMLResponse(statement_page(statement, lang, zone), headers=PAGE)


@router.get("/provider/decisions")
async def list_own_decisions(
    asked: Annotated[DecisionsAsked, Query()], request: Request, response: Response, act: Provider, tx: Transaction
) -> Page[OwnDecision]:
    """List a day's decisions that considered you, newest first, with your rank or the reason against you, and the best
    provider's scores."""
    rows = await passed_over.list_decisions(tx, act.who, asked, act.today, act.zone)
    return page(rows, asked, lambda row: (row.at, row.id), passed_over.show, request, response)


@router.get("/provider/decisions/{request_id}")
async def list_own_decisions_of_request(request_id: UUID, act: Provider, tx: Transaction) -> list[OwnDecision]:
    """List the decisions about you for a request, oldest first: why you were asked or passed over."""
    return await passed_over.list_decisions_of(tx, act.who, request_id)


@router.get("/providers/{provider_id}/decisions")
async def list_decisions_of_provider(
    provider_id: UUID,
    asked: Annotated[DecisionsAsked, Query()],
    request: Request,
    response: Response,
    act: Reader,
    tx: Transaction,
) -> Page[OwnDecision]:
    """List a day's decisions about a provider, as the provider may see them, to read out by phone."""
    rows = await passed_over.list_decisions(tx, provider_id, asked, act.today, act.zone)
    return page(rows, asked, lambda row: (row.at, row.id), passed_over.show, request, response)


@router.get("/provider/no-shows")
async def list_own_no_shows(
    request: Request, response: Response, act: Provider, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[NoShow]:
    """List the jobs that you gave back because the citizen was absent, newest first."""
    [before] = paging.after(UUID) or [None]
    rows = await queries.list_no_shows(tx, act.who, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.job_id,), NoShow.model_validate, request, response)


@router.get("/providers/{provider_id}/no-shows")
async def list_no_shows_of_provider(
    provider_id: UUID,
    request: Request,
    response: Response,
    act: Reader,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[NoShow]:
    """List the jobs behind a provider's count of no-shows, newest first."""
    [before] = paging.after(UUID) or [None]
    rows = await actions.list_no_shows(tx, provider_id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.job_id,), NoShow.model_validate, request, response)


@router.get("/no-shows")
async def list_no_shows_of_citizen(
    citizen_id: UUID,
    request: Request,
    response: Response,
    act: Operator,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[NoShowOfCitizen]:
    """List the jobs given back because the citizen was absent, newest first.

    Reading them is written to the audit log.
    """
    return await _list_no_shows(act, tx, await get_citizen(tx, citizen_id), paging, request, response)


@router.get("/citizens/{phone}/no-shows", deprecated=True)
async def list_no_shows(
    phone: Phone,
    request: Request,
    response: Response,
    act: Operator,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[NoShowOfCitizen]:
    """List the jobs given back because the citizen was absent. Use `GET /no-shows?citizen_id=` instead, which keeps the
    phone number out of the address. Reading them is written to the audit log."""
    return await _list_no_shows(act, tx, await find_citizen(tx, phone), paging, request, response)


async def _list_no_shows(
    act: Act, tx: Tx, citizen: Citizen | None, paging: Paging, request: Request, response: Response
) -> Page[NoShowOfCitizen]:
    rows: Sequence[Any] = []
    if citizen:
        await note_citizen(act, tx, citizen.phone, citizen, RevealReason.NO_SHOWS)
        [before] = paging.after(UUID) or [None]
        rows = await queries.list_no_shows_of(tx, citizen.id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.job_id,), NoShowOfCitizen.model_validate, request, response)
