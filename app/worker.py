"""The worker: what time makes due. Two workers do no harm; each step is a plain function that a test calls.

Steps run when woken and at least every half second of real time (more often on a fast clock), so that an offer
expires within a second of its time.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random

from app.admission.queries import forget_applications
from app.aftercare.tasks import make_callbacks
from app.catalog.snapshot import Catalog, Snapshot
from app.credit.tasks import apply_unanswered, begin_reply_periods, make_entries, recover_credit
from app.dispatch.tasks import (
    expire_offers,
    match_waiting,
    reassign_stranded_jobs,
    resume_held_requests,
    watch_surges,
    withdraw_void_offers,
)
from app.events.sequence import number_events
from app.events.topics import AFTERCARE_TOPIC, DISPATCH_TOPIC, LOG_TOPIC, WEBHOOK_TOPIC
from app.kit.clock import ScaledClock
from app.kit.errors import DatabaseUnavailable
from app.kit.idempotency import forget_keys
from app.kit.limits import forget_counts
from app.kit.web import Context
from app.metrics.tasks import roll_up_volumes
from app.registry.expiry import watch_papers
from app.registry.months import remind_of_months
from app.registry.tasks import roll_windows
from app.supervision.tasks import raise_alarms
from app.webhooks.courier import Courier
from app.webhooks.outbound import open_outbound
from app.webhooks.tasks import prune_deliveries, spread_events

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
LEAST_PAUSE_SECONDS = 0.05
LOG_PAUSE_SECONDS = 0.1
KEYS_LIVE = timedelta(hours=24)
APPLICATIONS_LIVE = timedelta(days=180)
"""So long may a firm see why it was refused; then what it said of people goes."""
FORGET_EVERY = timedelta(minutes=10)
CALENDAR_EVERY = timedelta(minutes=10)


async def run_due_steps(context: Context, catalog: Snapshot) -> int:
    """Every periodic step once; gives how much there was to do."""
    done = await roll_windows(context)
    done += await watch_papers(context, catalog)
    done += await expire_offers(context, catalog)
    done += await withdraw_void_offers(context)
    done += await reassign_stranded_jobs(context)
    done += await resume_held_requests(context)
    done += await watch_surges(context)
    done += await match_waiting(context, catalog)
    done += await raise_alarms(context, catalog)
    done += await begin_reply_periods(context)
    done += await apply_unanswered(context)
    return done + await make_callbacks(context)


async def run_log_steps(context: Context) -> int:
    """Number the committed events, roll them up, make credit entries, spread them over the webhooks; gives how many."""
    async with context.db.begin() as tx:
        done = await number_events(tx)
        if done:
            tx.wake(LOG_TOPIC)
    async with context.db.begin() as tx:
        done += await roll_up_volumes(tx, context.settings.zone)
    done += await make_entries(context)
    return done + await spread_events(context)


async def run_calendar_steps(context: Context) -> int:
    """What a new day or month makes due, with minutes to spare."""
    return await recover_credit(context) + await remind_of_months(context)


async def forget_old_keys(context: Context) -> int:
    """Drop keys and counts of calls that are older than a day, and applications that came to nothing long ago."""
    async with context.db.begin() as tx:
        await forget_keys(tx, context.clock.now() - KEYS_LIVE)
        await forget_counts(tx, context.clock.now() - KEYS_LIVE)
        await forget_applications(tx, context.clock.now() - APPLICATIONS_LIVE)
    return 0


async def work(context: Context, catalog: Catalog) -> None:
    """Run until cancelled; a database that is down is tried again for ever."""
    factor = context.clock.factor if isinstance(context.clock, ScaledClock) else 1.0
    pause = max(LEAST_PAUSE_SECONDS, PAUSE_SECONDS / factor)

    async def steps() -> int:
        if catalog.snapshot is None:
            await catalog.read()
        assert catalog.snapshot is not None
        return await run_due_steps(context, catalog.snapshot)

    forget_pause = context.clock.real_seconds(FORGET_EVERY)
    async with open_outbound(context.settings) as outbound, asyncio.TaskGroup() as loops:
        courier = Courier(context, outbound, loops, Random())
        loops.create_task(_repeat(context, courier.step, pause, WEBHOOK_TOPIC))
        loops.create_task(_repeat(context, lambda: prune_deliveries(context), forget_pause))
        loops.create_task(_repeat(context, steps, pause, DISPATCH_TOPIC, AFTERCARE_TOPIC))
        loops.create_task(_repeat(context, lambda: run_log_steps(context), LOG_PAUSE_SECONDS))
        loops.create_task(_repeat(context, lambda: forget_old_keys(context), forget_pause))
        calendar_pause = context.clock.real_seconds(CALENDAR_EVERY)
        loops.create_task(_repeat(context, lambda: run_calendar_steps(context), calendar_pause))


async def _repeat(context: Context, step: Callable[[], Awaitable[int]], pause: float, *topics: str) -> None:
    async with context.wakes.subscribe(*topics) as woken:
        while True:
            woken.clear()
            try:
                done = await step()
            except DatabaseUnavailable as error:
                logger.warning("the database is unavailable (%s); trying again", error.__cause__)
                done = 0
            except Exception:
                logger.exception("a step failed; it is tried again")
                done = 0
            if done == 0:
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 it lets a cancellation go that comes together with a wake-up.
                    async with asyncio.timeout(pause):
                        await woken.wait()
