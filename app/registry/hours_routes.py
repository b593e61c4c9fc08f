"""Routes for a provider's weekly opening hours and its days with special hours."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from app.auth.access import Router, Transaction
from app.kit.fields import Day
from app.kit.idempotency import repeatable
from app.registry import hours
from app.registry.routes import ByPhone, ByProvider, answer_document
from app.registry.schemas import ExceptionIn, Hours, ProviderOut

router = Router(tags=["registry"])
WeeklyHours = Annotated[list[Hours], Field(min_length=1, max_length=50)]


@router.put("/provider/hours")
async def set_own_hours(body: WeeklyHours, response: Response, act: ByProvider, tx: Transaction) -> ProviderOut:
    """Replace the weekly opening hours."""
    await hours.set_hours(act, tx, act.who, body)
    return await answer_document(tx, response, act.who, act.today)


@router.put("/provider/exceptions/{day}")
async def set_own_exception(
    day: Day, body: ExceptionIn, response: Response, act: ByProvider, tx: Transaction
) -> ProviderOut:
    """Close the provider on a day, or give the day special hours."""
    await hours.set_exception(act, tx, act.who, day, body)
    return await answer_document(tx, response, act.who, act.today)


@router.delete("/provider/exceptions/{day}")
async def end_own_exception(day: Day, response: Response, act: ByProvider, tx: Transaction) -> ProviderOut:
    """Remove the day's special hours, so that its weekday's hours apply again."""
    await hours.end_exception(act, tx, act.who, day)
    return await answer_document(tx, response, act.who, act.today)


@router.put("/providers/{provider_id}/exceptions/{day}")
@repeatable
async def set_exception(
    provider_id: UUID, day: Day, body: ExceptionIn, response: Response, act: ByPhone, tx: Transaction
) -> ProviderOut:
    """Close a day, or give it special hours, as the provider asks by phone."""
    await hours.set_exception(act, tx, provider_id, day, body)
    return await answer_document(tx, response, provider_id, act.today)


@router.delete("/providers/{provider_id}/exceptions/{day}")
@repeatable
async def end_exception(provider_id: UUID, day: Day, response: Response, act: ByPhone, tx: Transaction) -> ProviderOut:
    """Remove the day's special hours, as the provider asks by phone."""
    await hours.end_exception(act, tx, provider_id, day)
    return await answer_document(tx, response, provider_id, act.today)
