"""Routes for the manager's figures, which include everything up to this moment."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response

from app.auth.access import Router, Transaction, allow
from app.auth.models import Role
from app.catalog.calendar import month_after
from app.catalog.current import CurrentCatalog
from app.kit.pages import page
from app.kit.web import Now, context_of
from app.metrics import actions, turnover_queries
from app.metrics.call_schemas import Calls, CallsAsked
from app.metrics.export import volumes_csv
from app.metrics.schemas import (
    DayAsked,
    DayOut,
    Filters,
    Fulfilment,
    NowOut,
    Selection,
    Turnover,
    TurnoverAsked,
    Volumes,
    VolumesAsked,
    Work,
)

router = Router(tags=["metrics"])
overseers = [Depends(allow(Role.MANAGER, Role.SUPERVISOR))]


@router.get(
    "/metrics/volumes",
    dependencies=overseers,
    response_model=Volumes,
    response_model_exclude_none=True,
    responses={200: {"content": {"text/csv": {}}}},
)
async def read_volumes(
    asked: Annotated[VolumesAsked, Query()],
    request: Request,
    tx: Transaction,
    catalog: CurrentCatalog,
    accept: Annotated[str, Header()] = "",
) -> Volumes | Response:
    """Count what happened by one or two dimensions: day, hour, kind, category, township, tier or channel."""
    volumes = await actions.read_volumes(tx, asked, catalog, context_of(request).settings.zone)
    if asked.format == "csv" or (asked.format is None and "text/csv" in accept):
        return Response(volumes_csv(volumes, asked.by, catalog), media_type="text/csv")
    return volumes


@router.get("/metrics/fulfilment", dependencies=overseers)
async def read_fulfilment(
    asked: Annotated[Selection, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, now: Now
) -> Fulfilment:
    """Show the funnel, the rates with their denominators, and how long each step took."""
    return await actions.read_fulfilment(tx, asked, catalog, context_of(request).settings.zone, now)


@router.get("/metrics/calls", dependencies=overseers, response_model_exclude_none=True)
async def read_call_figures(asked: Annotated[CallsAsked, Query()], request: Request, tx: Transaction) -> Calls:
    """Count the calls and how they ended, by one or more of day, hour and outcome."""
    return await actions.read_calls(tx, asked, context_of(request).settings.zone)


@router.get("/metrics/work", dependencies=overseers)
async def read_work_figures(
    asked: Annotated[Selection, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog
) -> Work:
    """Show how much work was done per item: jobs, units of work and turnover."""
    return await actions.read_work(tx, asked, catalog, context_of(request).settings.zone)


@router.get("/metrics/turnover", dependencies=overseers)
async def read_turnover(
    asked: Annotated[TurnoverAsked, Query()], request: Request, response: Response, tx: Transaction
) -> Turnover:
    """Show a month's turnover through the hotline, per provider and in total, compared with the baseline month.

    The list is ordered by turnover, which can change while you page: a provider whose work is billed meanwhile may be
    missed or listed twice.
    """
    month = asked.month, month_after(asked.month)
    rows = await turnover_queries.list_turnovers(tx, *month, asked.after(int, UUID), asked.limit + 1)
    listed = page(rows, asked, actions.turnover_key, actions.show_turnover, request, response)
    return Turnover(
        items=listed.items, next=listed.next, month=month[0], total=await actions.total_turnover(tx, *month)
    )


@router.get("/metrics/now", dependencies=overseers)
async def read_present_figures(
    asked: Annotated[Filters, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, now: Now
) -> NowOut:
    """Show open work by status, what is waiting, and today's counts so far."""
    return await actions.read_now(tx, asked, catalog, context_of(request).settings.zone, now)


@router.get("/metrics/day", dependencies=overseers)
async def read_day_figures(
    asked: Annotated[DayAsked, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, now: Now
) -> DayOut:
    """Show all figures of one day on one sheet.

    It has the requests by hour, kind, category, township, tier and channel, the rates, the clocks and the turnover.
    """
    return await actions.read_day(tx, asked, catalog, context_of(request).settings.zone, now)
