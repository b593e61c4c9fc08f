"""The worker's loops."""

import asyncio

from app.events.topics import WEBHOOK_TOPIC
from app.kit.context import Context
from app.worker import _repeat


async def test_a_loop_woken_while_it_is_stopped_ends(context: Context) -> None:
    async def nothing_to_do() -> int:
        return 0

    loop = asyncio.create_task(_repeat(context, nothing_to_do, 60, WEBHOOK_TOPIC))
    for _ in range(5):
        await asyncio.sleep(0)
    context.pubsub.publish({WEBHOOK_TOPIC})
    await asyncio.sleep(0)
    loop.cancel()
    ended, _ = await asyncio.wait([loop], timeout=5)
    assert ended, "it lets the cancellation go and waits for the next wake-up"
