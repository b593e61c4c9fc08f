"""A provider's opening hours: those of each weekday, and days with special hours."""

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
"""How many days ahead special hours can be set."""


def spans_fit(spans: Iterable[tuple[time, time]]) -> bool:
    """Return whether each span of one day closes after it opens and none overlap."""
    ordered = sorted(spans)
    forwards = all(closes == MIDNIGHT or closes > opens for opens, closes in ordered)
    return forwards and all(MIDNIGHT < closes <= opens for (_, closes), (opens, _) in pairwise(ordered))


def hours_rows(provider_id: UUID, hours: Sequence[Hours]) -> list[ProviderHours]:
    """Build the rows of the weekly hours. Raises HoursInvalid."""
    for weekday in range(1, 8):
        if not spans_fit((span.opens, span.closes) for span in hours if span.weekday == weekday):
            raise HoursInvalid
    return [ProviderHours(provider_id=provider_id, **span.model_dump()) for span in hours]


async def set_hours(act: Act, tx: Tx, provider_id: UUID, hours: Sequence[Hours]) -> None:
    """Replace the weekly hours. Raises NotFound or HoursInvalid."""
    provider = await begin_edit(tx, provider_id)
    await queries.replace_parts(tx, ProviderHours, provider_id, hours_rows(provider_id, hours))
    await finish_edit(act, tx, provider, "provider.hours_set", hours=[span.model_dump() for span in hours])


async def set_exception(act: Act, tx: Tx, provider_id: UUID, day: date, body: ExceptionIn) -> None:
    """Give the day special hours, or close it, replacing earlier special hours.

    Raises NotFound, DayOutOfRange or HoursInvalid.
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
    """Remove the day's special hours, so that its weekday's hours apply again. Raises NotFound."""
    provider = await begin_edit(tx, provider_id)
    if not await hours_queries.drop_exception(tx, provider_id, day):
        raise NotFound(what="exception", key=str(day))
    await finish_edit(act, tx, provider, "provider.exception_ended", day=day)


def show_exceptions(rows: Iterable[ProviderException]) -> list[ExceptionDay]:
    """Return the rows, ordered by day, as days with their hours. A day without hours is closed."""
    return [
        ExceptionDay(
            day=day, hours=[Span(opens=row.opens, closes=row.closes) for row in spans if row.closes is not None]
        )
        for day, spans in groupby(rows, lambda row: row.day)
    ]
