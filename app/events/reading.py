"""How a step reads the log: batch by batch, skipping events that it can't process.

Smaller and smaller batches find the event that fails. It is noted like any failing subject (app.kit.steps) and skipped,
so that reading goes on. It is retried automatically, then set aside until a person releases it. The id of the subject
is the event's id as a UUID.
"""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from app.events.sequence import pass_next, step_alone
from app.kit.context import Context
from app.kit.db import Tx, is_data_error
from app.kit.steps import list_due_troubles, note_trouble, settle_trouble

logger = logging.getLogger(__name__)

Take = Callable[[Tx, int], Awaitable[int]]
"""Processes the next events, at most the given number, and moves the cursor past them. Returns how many."""
TakeOne = Callable[[Tx, int], Awaitable[object]]
"""Processes the event with the given id, without moving the cursor."""


async def walk(context: Context, step: str, reader: str, batch: int, take: Take, take_one: TakeOne) -> int:
    """Retry failed events that are due, then process the next ones. Return how many were processed or skipped.

    A failure that no event caused is raised.
    """
    again = await _retry(context, step, take_one)
    try:
        async with context.db.begin() as tx:
            return again + (await take(tx, batch) if await step_alone(tx, reader) else 0)
    except Exception as error:
        if not is_data_error(error):
            raise
        logger.exception("%s: an event in the next %s fails", step, batch)
    async with context.db.begin() as tx:
        return again + (await _narrow(context, tx, step, reader, batch, take) if await step_alone(tx, reader) else 0)


async def _narrow(context: Context, tx: Tx, step: str, reader: str, batch: int, take: Take) -> int:
    """Process the events before the one that fails. If that one is next, record the failure and skip it."""
    while True:
        try:
            async with tx.part():
                return await take(tx, batch)
        except Exception as error:
            if not is_data_error(error):
                raise
            if batch == 1:
                event_id = await pass_next(tx, reader)
                if event_id is not None:
                    await note_trouble(tx, step, UUID(int=event_id), error, context.clock.now())
                return 1
        batch //= 2


async def _retry(context: Context, step: str, take_one: TakeOne) -> int:
    async with context.db.autocommit() as tx:
        due = await list_due_troubles(tx, step, context.clock.now())
    done = 0
    for subject_id in due:
        try:
            async with context.db.begin() as tx:
                if await settle_trouble(tx, step, subject_id):
                    await take_one(tx, subject_id.int)
                    done += 1
        except Exception as error:
            if not is_data_error(error):
                raise
            async with context.db.begin() as tx:
                await note_trouble(tx, step, subject_id, error, context.clock.now())
    return done
