"""The worker's steps for figures."""

from zoneinfo import ZoneInfo

from app.events.reading import walk
from app.events.sequence import step_alone
from app.kit.context import Context
from app.kit.db import Tx
from app.metrics.call_counting import CALLS
from app.metrics.counting import VOLUMES
from app.metrics.rollup import Rollup

BATCH = 20_000
KEPT = (VOLUMES, CALLS)
"""All kept counts."""


async def roll_up_volumes(tx: Tx, zone: ZoneInfo, batch: int = BATCH) -> int:
    """Add the next numbered events, at most a batch, to the daily volumes. Return how many were read.

    The cursor moves in the same transaction, so each event counts exactly once. Returns 0 as well while another
    transaction rolls up.
    """
    return await VOLUMES.add_next(tx, zone, batch) if await step_alone(tx, VOLUMES.reader) else 0


async def roll_up_volumes_step(context: Context) -> int:
    """Run `roll_up_volumes` as a step of the worker, skipping events that cannot be counted."""
    return await _keep(context, VOLUMES)


async def roll_up_calls_step(context: Context) -> int:
    """Add ended calls to the kept counts, as a step of the worker. Return how many events were read."""
    return await _keep(context, CALLS)


async def _keep(context: Context, kept: Rollup) -> int:
    zone = context.settings.zone

    async def take(tx: Tx, size: int) -> int:
        return await kept.add_next(tx, zone, size)

    async def take_one(tx: Tx, event_id: int) -> None:
        await kept.add_one(tx, zone, event_id)

    return await walk(context, kept.step, kept.reader, BATCH, take, take_one)
