"""Routes for the working-day calendar and the admin's checks."""

from typing import Annotated

from fastapi import Depends

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import STAFF_ROLES, Role
from app.events.act import Act
from app.kit.fields import Day
from app.workdays import actions
from app.workdays.schemas import CalendarYear, Check, DayChanged, DayIn, Year

router = Router(tags=["calendar"])
Admin = Annotated[Act, Depends(acting(Role.ADMIN))]


@router.get("/calendar/{year}", dependencies=[Depends(allow(*STAFF_ROLES))])
async def read_calendar_year(year: Year, tx: Transaction) -> CalendarYear:
    """Return a year's holidays and make-up working days, and whether they are known."""
    return await actions.show_year(tx, year)


@router.put("/calendar/days/{day}")
async def enter_calendar_day(day: Day, body: DayIn, act: Admin, tx: Transaction) -> DayChanged:
    """Enter or correct a future day. Deadlines and periods counted over it move, and those affected are notified."""
    return await actions.enter_day(act, tx, day, body)


@router.delete("/calendar/days/{day}")
async def forget_calendar_day(day: Day, act: Admin, tx: Transaction) -> DayChanged:
    """Remove the centre's entry for a future day, so that the published calendar applies again."""
    return await actions.forget_day(act, tx, day)


@router.get("/checks")
async def list_checks(act: Admin, tx: Transaction) -> list[Check]:
    """List what needs an admin's attention before it goes wrong. Empty when all is well."""
    return await actions.list_checks(act, tx)
