"""The working-day calendar, and what an admin has to see to."""

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
    """Holidays and make-up working days of a year, and whether they are known."""
    return await actions.show_year(tx, year)


@router.put("/calendar/days/{day}")
async def enter_calendar_day(day: Day, body: DayIn, act: Admin, tx: Transaction) -> DayChanged:
    """Enter or correct a day to come; deadlines and periods counted over it move, and are told."""
    return await actions.enter_day(act, tx, day, body)


@router.delete("/calendar/days/{day}")
async def forget_calendar_day(day: Day, act: Admin, tx: Transaction) -> DayChanged:
    """Let the holidays library's word hold again for a day to come."""
    return await actions.forget_day(act, tx, day)


@router.get("/checks")
async def list_checks(act: Admin, tx: Transaction) -> list[Check]:
    """What has to be seen to before it goes wrong; empty when all is well."""
    return await actions.list_checks(act, tx)
