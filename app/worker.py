"""The worker, which does what becomes due. Several workers can run at once.

Steps run when woken, and at least every half second of real time (more often on a fast clock), so that an offer expires
within a second of its time. Each step is a plain function, which tests call directly, and runs in its own task. A step
that waits for a lock or an unresponsive network does not delay the others, and one that fails is retried less and less
often and reported (`worker_steps`).
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from random import Random

from structlog.contextvars import bind_contextvars

from app.aftercare.tasks import make_callbacks
from app.calls.tasks import end_abandoned_calls
from app.catalog.snapshot import Catalog, Snapshot
from app.complaints.tasks import raise_complaint_alarms
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
from app.kit.context import Context
from app.kit.errors import DatabaseBusy, DatabaseUnavailable
from app.kit.heartbeat import BEAT_SECONDS, beat
from app.kit.skew import TOLERATED_SECONDS, ClockSkewed, measure_skew
from app.kit.steps import Health, forget_troubles, write_health
from app.kit.tracing import begin_trace
from app.metrics.tasks import roll_up_calls_step, roll_up_volumes_step
from app.privacy.keeping import keep_to_schedule
from app.registry.expiry import watch_papers
from app.registry.months import remind_of_months
from app.registry.tasks import roll_windows
from app.supervision.tasks import raise_alarms
from app.webhooks.outbound import open_outbound
from app.webhooks.sender import WebhookSender
from app.webhooks.tasks import spread_events

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
LEAST_PAUSE_SECONDS = 0.05
LOG_PAUSE_SECONDS = 0.1
FORGET_EVERY = timedelta(minutes=10)
CALENDAR_EVERY = timedelta(minutes=10)
CLOCK_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 30.0
"""The longest pause between attempts of a step that keeps failing."""

Step = Callable[[Context, Snapshot], Awaitable[int]]


def _without_catalog(step: Callable[[Context], Awaitable[int]]) -> Step:
    return lambda context, catalog: step(context)


DUE_STEPS: Mapping[str, Step] = {
    "roll_windows": _without_catalog(roll_windows),
    "watch_papers": watch_papers,
    "expire_offers": expire_offers,
    "withdraw_void_offers": _without_catalog(withdraw_void_offers),
    "reassign_stranded_jobs": _without_catalog(reassign_stranded_jobs),
    "resume_held_requests": resume_held_requests,
    "watch_surges": _without_catalog(watch_surges),
    "match_waiting": match_waiting,
    "raise_alarms": raise_alarms,
    "raise_complaint_alarms": _without_catalog(raise_complaint_alarms),
    "end_abandoned_calls": _without_catalog(end_abandoned_calls),
    "begin_reply_periods": _without_catalog(begin_reply_periods),
    "apply_unanswered": _without_catalog(apply_unanswered),
    "make_callbacks": _without_catalog(make_callbacks),
}


async def run_due_steps(context: Context, catalog: Snapshot) -> int:
    """Run every periodic step once. Return how many things were done."""
    return sum([await step(context, catalog) for step in DUE_STEPS.values()])


async def _number_events(context: Context) -> int:
    async with context.db.begin() as tx:
        done = await number_events(tx)
        if done:
            tx.publish(LOG_TOPIC)
        return done


LOG_STEPS: Mapping[str, Callable[[Context], Awaitable[int]]] = {
    "number_events": _number_events,
    "roll_up_volumes": roll_up_volumes_step,
    "roll_up_calls": roll_up_calls_step,
    "make_entries": make_entries,
    "spread_events": spread_events,
}


async def run_log_steps(context: Context) -> int:
    """Number the committed events, add them to figures, make credit entries and fan them out to webhooks.

    Return how many things were done.
    """
    return sum([await step(context) for step in LOG_STEPS.values()])


async def _forget_troubles(context: Context) -> int:
    async with context.db.begin() as tx:
        await forget_troubles(tx, context.clock.now(), but=LOG_STEPS)
    return 0


async def work(context: Context, catalog: Catalog) -> None:
    """Run until cancelled. If the database is down, try again forever."""
    factor = context.clock.factor if isinstance(context.clock, ScaledClock) else 1.0
    pause = max(LEAST_PAUSE_SECONDS, PAUSE_SECONDS / factor)

    reading = asyncio.Lock()

    async def snapshot() -> Snapshot:
        async with reading:  # many steps start at once, and only one of them reads it
            if catalog.snapshot is None:
                await catalog.read()
            assert catalog.snapshot is not None
            return catalog.snapshot

    def bound(step: Step) -> Callable[[], Awaitable[int]]:
        async def run() -> int:
            if step is expire_offers:
                # An outage must be recorded before the offers that it delayed expire.
                await beat(context.db, context.clock)
            return await step(context, await snapshot())

        return run

    steps = defaultdict[str, Health](Health)
    forget_pause, calendar_pause = map(context.clock.real_seconds, (FORGET_EVERY, CALENDAR_EVERY))
    async with open_outbound(context.settings) as outbound, asyncio.TaskGroup() as loops:

        def repeat(name: str, step: Callable[[], Awaitable[int]], pause: float, *topics: str) -> None:
            loops.create_task(_repeat(context, step, pause, *topics, name=name, health=steps[name]))

        sender = WebhookSender(context, outbound, loops, Random())
        repeat("send_webhooks", sender.step, pause, WEBHOOK_TOPIC)
        for name, step in DUE_STEPS.items():
            repeat(name, bound(step), pause, DISPATCH_TOPIC, AFTERCARE_TOPIC)
        for name, log_step in LOG_STEPS.items():
            repeat(name, partial(log_step, context), LOG_PAUSE_SECONDS, LOG_TOPIC)
        repeat("keep_to_schedule", partial(keep_to_schedule, context), forget_pause)
        repeat("forget_troubles", partial(_forget_troubles, context), forget_pause)
        repeat("recover_credit", partial(recover_credit, context), calendar_pause)
        repeat("remind_of_months", partial(remind_of_months, context), calendar_pause)
        repeat("watch_clock", partial(_watch_clock, context), CLOCK_PAUSE_SECONDS)
        repeat("beat", partial(_beat, context, steps), BEAT_SECONDS)
        repeat(
            "watch_outages", partial(beat, context.db, context.clock), BEAT_SECONDS
        )  # also while a step takes a long time


async def _beat(context: Context, steps: Mapping[str, Health]) -> int:
    async with context.db.begin() as tx:
        await write_health(tx, steps, context.clock.now())
    if context.settings.heartbeat_file:
        context.settings.heartbeat_file.touch()
    return 0


async def _watch_clock(context: Context) -> int:
    """Compare this machine's clock with the database server's. Raises ClockSkewed, which /health/ready then shows."""
    async with context.db.autocommit() as tx:
        skew = await measure_skew(tx, context.clock)
    if abs(skew) > TOLERATED_SECONDS:
        raise ClockSkewed(skew)
    return 0


async def _repeat(
    context: Context,
    step: Callable[[], Awaitable[int]],
    pause: float,
    *topics: str,
    name: str = "",
    health: Health | None = None,
) -> None:
    health = health or Health()
    bind_contextvars(step=name)
    async with context.pubsub.subscribe(*topics) as woken:
        while True:
            woken.clear()
            done = 0
            begin_trace()
            try:
                done = await step()
                health.done(context.clock.now())
            except Exception as error:
                health.failed(error, context.clock.now())
                if isinstance(error, (DatabaseUnavailable, DatabaseBusy)):
                    logger.warning("%s (%s); trying again", error, error.__cause__)
                else:
                    logger.exception("a step failed; trying again")
                woken.clear()
                await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, pause * 2 ** min(health.failures, 10)))
                continue
            if done == 0:
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 it loses a cancellation that arrives together with a wake-up.
                    async with asyncio.timeout(pause):
                        await woken.wait()
