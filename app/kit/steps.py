"""What a periodic step of the worker has in common: due subjects, each dealt with in a transaction of its own."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from app.kit.db import Tx
from app.kit.errors import DatabaseUnavailable
from app.kit.web import Context

logger = logging.getLogger(__name__)
Find = Callable[[Tx, datetime], Awaitable[Sequence[UUID]]]
Change = Callable[[Tx, UUID, datetime], Awaitable[None]]


async def one_by_one(context: Context, find: Find, change: Change, otherwise: Change | None = None) -> int:
    """Find due ids, then change each in a transaction of its own; gives how many were dealt with.

    One that fails is logged and does not keep the others from their turn: `otherwise` is done with it instead, so that
    it is not found again at once. A lost database is raised.
    """
    async with context.db.look() as tx:
        due = await find(tx, context.clock.now())
    changed = 0
    for subject_id in due:
        try:
            async with context.db.begin() as tx:
                await change(tx, subject_id, context.clock.now())
            changed += 1
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("could not deal with %s; it is tried again", subject_id)
            if otherwise:
                async with context.db.begin() as tx:
                    await otherwise(tx, subject_id, context.clock.now())
    return changed
