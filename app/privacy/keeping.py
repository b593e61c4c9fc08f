"""Applies the schedule: one batch of a table at a time, each in its own transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.kit.context import Context
from app.privacy import queries
from app.privacy.queries import Standing
from app.privacy.schedule import DUE, REQUESTS, Line
from app.settings import Settings

DELETED_AT_ONCE, BLANKED_AT_ONCE = 5_000, 500
"""Rows per batch. The locks of a batch last well under a second."""


def ends_before(line: Line, settings: Settings, now: datetime) -> datetime:
    """Return the cut-off: rows from before that moment are due."""
    if line.setting:
        return now - timedelta(days=getattr(settings, line.setting))
    assert line.keeps is not None, "what falls due says when"
    return now - line.keeps


async def keep_to_schedule(context: Context) -> int:
    """Delete or blank the next batch of each table.

    Return how many rows were deleted or blanked; 0 means that nothing is due.
    """
    return sum([await keep_table(context, line) for line in DUE])


async def keep_table(context: Context, line: Line) -> int:
    """Delete or blank the table's next batch. Return the number of rows."""
    now = context.clock.now()
    before = ends_before(line, context.settings, now)
    async with context.owner.begin() as tx:
        if line is not REQUESTS:
            return await queries.delete_batch(tx, line, before, DELETED_AT_ONCE)
        ids = await queries.choose_requests(tx, before, BLANKED_AT_ONCE)
        if ids:
            await queries.blank_requests(tx, ids, now)
        return len(ids)


async def report(context: Context) -> Sequence[tuple[Line, Standing]]:
    """Return the standing of each table whose rows fall due by age. Changes nothing."""
    now = context.clock.now()
    found = []
    for line in DUE:
        async with context.db.begin() as tx:
            found.append((line, await queries.read_standing(tx, line, ends_before(line, context.settings, now))))
    return found
