"""The working-day calendar, and what an admin has to see to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.auth.access import Principal, Transaction, allow
from app.auth.models import STAFF_ROLES, Role
from app.kit.fields import Day
from app.kit.web import Now, context_of
from app.workdays import actions
from app.workdays.schemas import CalendarYear, Check, DayChanged, DayIn, Year

router = APIRouter(tags=["calendar"])
Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]


@router.get("/calendar/{year}", dependencies=[Depends(allow(*STAFF_ROLES))])
async def read_year(year: Year, tx: Transaction) -> CalendarYear:
    """Holidays and make-up working days of a year, and whether they are known."""
    return await actions.show_year(tx, year)


@router.put("/calendar/days/{day}")
async def enter_day(day: Day, body: DayIn, request: Request, tx: Transaction, now: Now, principal: Admin) -> DayChanged:
    """Enter or correct a day to come; deadlines and periods counted over it move, and are told."""
    return await actions.enter_day(tx, day, body, principal, context_of(request).settings.zone, now)


@router.delete("/calendar/days/{day}")
async def forget_day(day: Day, request: Request, tx: Transaction, now: Now, principal: Admin) -> DayChanged:
    """Let the holidays library's word hold again for a day to come."""
    return await actions.forget_day(tx, day, principal, context_of(request).settings.zone, now)


@router.get("/checks")
async def list_checks(request: Request, tx: Transaction, now: Now, principal: Admin) -> list[Check]:
    """What has to be seen to before it goes wrong; empty when all is well."""
    return await actions.list_checks(tx, context_of(request).settings.zone, now)
