"""When a provider is open: the hours of each weekday, and days with other hours."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from itertools import groupby, pairwise
from uuid import UUID

from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry import hours_queries, queries
from app.registry.edit import begin_edit, finish_edit
from app.registry.errors import DayOutOfRange, HoursInvalid
from app.registry.models import ProviderException, ProviderHours
from app.registry.schemas import ExceptionDay, ExceptionIn, Hours, Span

MIDNIGHT = time(0)
DAYS_AHEAD = 400
"""How far ahead a day may be given other hours."""


def spans_fit(spans: Iterable[tuple[time, time]]) -> bool:
    """Whether these spans of one day close after they open and lie apart."""
    ordered = sorted(spans)
    forwards = all(closes == MIDNIGHT or closes > opens for opens, closes in ordered)
    return forwards and all(MIDNIGHT < closes <= opens for (_, closes), (opens, _) in pairwise(ordered))


def hours_rows(provider_id: UUID, hours: Sequence[Hours]) -> list[ProviderHours]:
    """Weekly hours as rows. Raises HoursInvalid."""
    for weekday in range(1, 8):
        if not spans_fit((span.opens, span.closes) for span in hours if span.weekday == weekday):
            raise HoursInvalid
    return [ProviderHours(provider_id=provider_id, **span.model_dump()) for span in hours]


async def set_hours(act: Act, tx: Tx, provider_id: UUID, hours: Sequence[Hours]) -> None:
    """Replace the weekly hours. Raises NotFound, HoursInvalid."""
    provider = await begin_edit(tx, provider_id)
    await queries.replace_parts(tx, ProviderHours, provider_id, hours_rows(provider_id, hours))
    await finish_edit(act, tx, provider, "provider.hours_set", hours=[span.model_dump() for span in hours])


async def set_exception(act: Act, tx: Tx, provider_id: UUID, day: date, body: ExceptionIn) -> None:
    """Give the day hours of its own, or close it; in the place of what was said of it before.

    Raises NotFound, DayOutOfRange, HoursInvalid.
    """
    provider = await begin_edit(tx, provider_id)
    if not 0 <= (day - act.today).days <= DAYS_AHEAD:
        raise DayOutOfRange(day=day, days=DAYS_AHEAD)
    if not spans_fit((span.opens, span.closes) for span in body.hours):
        raise HoursInvalid
    await hours_queries.drop_exception(tx, provider_id, day)
    spans: list[tuple[time, time | None]] = [(span.opens, span.closes) for span in body.hours]
    spans = spans or [(MIDNIGHT, None)]
    tx.session.add_all(
        ProviderException(provider_id=provider_id, day=day, opens=opens, closes=closes) for opens, closes in spans
    )
    await finish_edit(act, tx, provider, "provider.exception_set", day=day, hours=spans)


async def end_exception(act: Act, tx: Tx, provider_id: UUID, day: date) -> None:
    """Give the day its weekday's hours again. Raises NotFound."""
    provider = await begin_edit(tx, provider_id)
    if not await hours_queries.drop_exception(tx, provider_id, day):
        raise NotFound(what="exception", key=str(day))
    await finish_edit(act, tx, provider, "provider.exception_ended", day=day)


def show_exceptions(rows: Iterable[ProviderException]) -> list[ExceptionDay]:
    """These rows, in the order of their days, as days with their hours."""
    return [
        ExceptionDay(
            day=day, hours=[Span(opens=row.opens, closes=row.closes) for row in spans if row.closes is not None]
        )
        for day, spans in groupby(rows, lambda row: row.day)
    ]
