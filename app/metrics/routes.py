"""The manager's figures, always up to this moment."""

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
    """What happened, by day, hour, kind, category, township, tier or channel, or two of them."""
    volumes = await actions.read_volumes(tx, asked, catalog, context_of(request).settings.zone)
    if asked.format == "csv" or (asked.format is None and "text/csv" in accept):
        return Response(volumes_csv(volumes, asked.by, catalog), media_type="text/csv")
    return volumes


@router.get("/metrics/fulfilment", dependencies=overseers)
async def read_fulfilment(
    asked: Annotated[Selection, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, now: Now
) -> Fulfilment:
    """The funnel, the rates with their denominators, and how long things took."""
    return await actions.read_fulfilment(tx, asked, catalog, context_of(request).settings.zone, now)


@router.get("/metrics/calls", dependencies=overseers, response_model_exclude_none=True)
async def read_call_figures(asked: Annotated[CallsAsked, Query()], request: Request, tx: Transaction) -> Calls:
    """How many calls came in and how they ended, by day, hour or outcome, or several of them."""
    return await actions.read_calls(tx, asked, context_of(request).settings.zone)


@router.get("/metrics/work", dependencies=overseers)
async def read_work_figures(
    asked: Annotated[Selection, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog
) -> Work:
    """How much was done, item by item: jobs, units of work, turnover."""
    return await actions.read_work(tx, asked, catalog, context_of(request).settings.zone)


@router.get("/metrics/turnover", dependencies=overseers)
async def read_turnover(
    asked: Annotated[TurnoverAsked, Query()], request: Request, response: Response, tx: Transaction
) -> Turnover:
    """A month's turnover through the hotline, per provider and together, against the baseline month.

    Ordered by turnover, which changes while you page: a firm with work billed meanwhile may be missed or come twice.
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
    """Open work by status, what waits, and today's counts so far."""
    return await actions.read_now(tx, asked, catalog, context_of(request).settings.zone, now)


@router.get("/metrics/day", dependencies=overseers)
async def read_day_figures(
    asked: Annotated[DayAsked, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, now: Now
) -> DayOut:
    """One day on one sheet: requests by hour, kind, category, township, tier and channel, rates, clocks, turnover."""
    return await actions.read_day(tx, asked, catalog, context_of(request).settings.zone, now)
