"""The worker's step for figures."""

from zoneinfo import ZoneInfo

from app.events.reading import walk
from app.events.sequence import step_alone
from app.kit.context import Context
from app.kit.db import Tx
from app.metrics import call_counting, call_queries, queries
from app.metrics.counting import READER

BATCH = 20_000


async def roll_up_volumes(tx: Tx, zone: ZoneInfo, batch: int = BATCH) -> int:
    """Add the next numbered events to the daily volumes, at most a batch; gives how many were read.

    The cursor moves in the same transaction, so each event counts exactly once. Gives 0 as well while another
    transaction is rolling up.
    """
    if not await step_alone(tx, READER):
        return 0
    return await queries.roll_up(tx, zone, batch)


async def keep_volumes(context: Context) -> int:
    """The same as a step of the worker, past what cannot be counted."""
    zone = context.settings.zone

    async def take(tx: Tx, size: int) -> int:
        return await queries.roll_up(tx, zone, size)

    async def take_one(tx: Tx, event_id: int) -> None:
        await queries.roll_up_one(tx, zone, event_id)

    return await walk(context, "roll_up_volumes", READER, BATCH, take, take_one)


async def keep_calls(context: Context) -> int:
    """Add the calls that ended to the kept counts, as a step of the worker; gives how many events were read."""
    zone = context.settings.zone

    async def take(tx: Tx, size: int) -> int:
        return await call_queries.roll_up(tx, zone, size)

    async def take_one(tx: Tx, event_id: int) -> None:
        await call_queries.roll_up_one(tx, zone, event_id)

    return await walk(context, "roll_up_calls", call_counting.READER, BATCH, take, take_one)
