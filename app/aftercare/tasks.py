"""The worker's step for aftercare."""

from uuid import UUID

from app.aftercare import actions, queries
from app.events.act import Act
from app.events.due import one_by_one
from app.kit.context import Context
from app.kit.db import Tx


async def make_callbacks(context: Context) -> int:
    """Add callbacks for completed requests and drop those of requests being worked on again.

    Return how many requests were dealt with.
    """

    async def change(act: Act, tx: Tx, request_id: UUID) -> None:
        await actions.arrange_callbacks(act, tx, request_id)

    return await one_by_one(context, "make_callbacks", queries.find_unarranged, change)
