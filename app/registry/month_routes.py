"""Routes for the monthly return of turnover and profit-and-tax: the provider's and the registrar's."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.events.act import Act
from app.kit.fields import Month
from app.kit.pages import Page, Paging, page
from app.registry import months
from app.registry.routes import ByProvider, ByRegistrar, answer_document
from app.registry.schemas import (
    Declared,
    MonthIn,
    MonthOfProvider,
    MonthReturn,
    MonthsAsked,
    ProviderOut,
    Reopening,
)

router = Router(tags=["registry"])
AnyProvider = Annotated[Act, Depends(acting(*PROVIDER_ROLES))]
readers = [Depends(allow(Role.REGISTRAR, Role.MANAGER))]

OfMonth = Annotated[Month, Path(description="YYYY-MM")]


@router.get("/provider/months")
async def list_own_months(
    request: Request, response: Response, act: AnyProvider, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[MonthReturn]:
    """List the provider's own returns, latest month first, each compared with its baseline month."""
    [before] = paging.after(date) or [None]
    rows = await months.list_own(tx, act.who, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.month,), lambda row: row, request, response)


@router.put("/provider/months/{month}")
async def file_own_month(month: OfMonth, body: Declared, act: ByProvider, tx: Transaction) -> MonthReturn:
    """File turnover and profit-and-tax for a month that is over, replacing an earlier return."""
    await months.file_month(act, tx, act.who, month, MonthIn(**body.model_dump()), on_paper=False)
    return await months.show_month(tx, act.who, month)


@router.get("/months/{month}", dependencies=readers)
async def list_months_of_providers(
    month: OfMonth, request: Request, response: Response, tx: Transaction, asked: Annotated[MonthsAsked, Query()]
) -> Page[MonthOfProvider]:
    """List the companies that must file for the month, by name. `state=missing` lists those that have not filed.

    Ordered by name, which changes while you page: a company renamed meanwhile may be missed or appear twice.
    """
    rows = await months.list_providers_of_month(tx, month, asked)
    return page(rows, asked, lambda row: (row.name, row.provider_id), lambda row: row, request, response)


@router.put("/providers/{provider_id}/months/{month}")
async def file_month(
    provider_id: UUID, month: OfMonth, body: MonthIn, response: Response, act: ByRegistrar, tx: Transaction
) -> ProviderOut:
    """Enter a return filed on paper: the turnover and profit-and-tax that the provider declares for a month."""
    await months.file_month(act, tx, provider_id, month, body, on_paper=True)
    return await answer_document(tx, response, provider_id, act.today)


@router.put("/providers/{provider_id}/months/{month}/lock")
async def lock_month(
    provider_id: UUID, month: OfMonth, body: Declared, act: ByRegistrar, tx: Transaction
) -> MonthReturn:
    """Lock the return with the figures that were reviewed. From then on it counts."""
    return await months.lock_month(act, tx, provider_id, month, body)


@router.put("/providers/{provider_id}/months/{month}/reopening")
async def reopen_month(
    provider_id: UUID, month: OfMonth, body: Reopening, act: ByRegistrar, tx: Transaction
) -> MonthReturn:
    """Reopen a locked return for a correction. The provider gets a notice with the reason."""
    return await months.reopen_month(act, tx, provider_id, month, body.reason)
