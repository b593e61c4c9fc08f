"""The worker's loops."""

import asyncio

from app.catalog.snapshot import Catalog
from app.events.topics import AFTERCARE_TOPIC, DISPATCH_TOPIC, WEBHOOK_TOPIC
from app.worker import work
from tests.world import World


async def test_a_worker_that_is_woken_as_it_is_told_to_end_ends(world: World) -> None:
    context = world.context
    for turns in range(40):
        worker = asyncio.create_task(work(context, Catalog(context.db, context.wakes)))
        for _ in range(turns):
            await asyncio.sleep(0)
        worker.cancel()
        await asyncio.sleep(0)
        context.wakes.publish({DISPATCH_TOPIC, AFTERCARE_TOPIC, WEBHOOK_TOPIC})
        ended, _ = await asyncio.wait([worker], timeout=30)
        assert ended
        assert worker.cancelled()
