"""Worker steps for webhooks, apart from the sender."""

from app.events.reading import walk
from app.events.topics import WEBHOOK_TOPIC
from app.kit.context import Context
from app.kit.db import Tx
from app.webhooks import queries
from app.webhooks.statements import READER

SPREAD_BATCH = 2_000


async def spread_events(context: Context) -> int:
    """Create the deliveries of newly numbered events, each event once. Returns how many events were read."""

    async def take(tx: Tx, size: int) -> int:
        done = await queries.spread_events(tx, context.clock.now(), size)
        if done["deliveries"]:
            tx.publish(WEBHOOK_TOPIC)
        return int(done["events"])

    async def take_one(tx: Tx, event_id: int) -> None:
        await queries.spread_event(tx, context.clock.now(), event_id)
        tx.publish(WEBHOOK_TOPIC)

    return await walk(context, "spread_events", READER, SPREAD_BATCH, take, take_one)
