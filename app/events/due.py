"""How a worker's step processes what is due: each subject in its own transaction, as an act of the system."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from app.events.act import Act, act_of
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.errors import DatabaseBusy, DatabaseUnavailable
from app.kit.steps import BATCH, list_left_alone, note_trouble
from app.kit.tracing import begin_trace

logger = logging.getLogger(__name__)

Find = Callable[[Tx, datetime, int], Awaitable[Sequence[UUID]]]
"""Finds the ids of due subjects, at most the given number."""
Change = Callable[[Act, Tx, UUID], Awaitable[None]]
"""Changes one due subject in the given transaction."""


async def one_by_one(context: Context, step: str, find: Find, change: Change, otherwise: Change | None = None) -> int:
    """Find due ids, then change each in its own transaction. Return how many were changed.

    A failure is noted under the step's name and does not stop the others. After a failure, `otherwise`, if given, at
    once does the part that must not wait. Raises DatabaseUnavailable.
    """
    async with context.db.autocommit() as tx:
        alone = await list_left_alone(tx, step, context.clock.now())
        due = await find(tx, context.clock.now(), BATCH + len(alone))
    changed = 0
    for subject_id in due:
        if subject_id in alone:
            continue
        begin_trace()
        try:
            async with context.db.begin() as tx:
                await change(act_of(context), tx, subject_id)
            changed += 1
        except DatabaseUnavailable:
            raise
        except DatabaseBusy as error:
            async with context.db.begin() as tx:
                await note_trouble(tx, step, subject_id, error, context.clock.now(), counted=False)
        except Exception as error:
            logger.exception("%s could not deal with %s", step, subject_id)
            async with context.db.begin() as tx:
                await note_trouble(tx, step, subject_id, error, context.clock.now())
            if otherwise:
                async with context.db.begin() as tx:
                    await otherwise(act_of(context), tx, subject_id)
    return changed
