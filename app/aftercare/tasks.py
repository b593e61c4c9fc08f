"""What the worker does for aftercare."""

from datetime import datetime
from uuid import UUID

from app.aftercare import actions, queries
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.steps import one_by_one


async def make_callbacks(context: Context) -> int:
    """Make the callbacks of completed requests, and drop those of requests taken up again."""

    async def change(tx: Tx, request_id: UUID, now: datetime) -> None:
        await actions.arrange_callbacks(tx, request_id, context.settings.zone, now)

    return await one_by_one(context, "make_callbacks", queries.find_unarranged, change)
