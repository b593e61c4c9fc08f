"""Reads the metrics of this process and of the centre."""

import asyncio
import contextlib
from datetime import datetime, timedelta

import asyncpg
from prometheus_client import CollectorRegistry, generate_latest

from app.kit.context import Context
from app.kit.errors import DatabaseBusy, DatabaseUnavailable
from app.kit.quotas import Quotas
from app.kit.skew import measure_skew
from app.monitoring.figures import Told, all_metrics
from app.monitoring.queries import read_centre

ANSWER_SECONDS = 5
"""A database that has not answered within this time counts as down. Prometheus itself gives up after ten seconds."""


async def read_metrics(context: Context, quotas: Quotas, now: datetime) -> bytes:
    """Return the metrics in Prometheus' text format.

    While the database does not answer, those of the centre are missing.
    """
    centre = skew = None
    silence = timedelta(minutes=context.settings.call_silence_minutes)
    with contextlib.suppress(TimeoutError, DatabaseUnavailable, DatabaseBusy, asyncpg.UndefinedTableError):
        async with asyncio.timeout(ANSWER_SECONDS), context.db.autocommit() as tx:
            skew = await measure_skew(tx, context.clock)
            centre = await read_centre(tx, now, silence)
    registry = CollectorRegistry()
    registry.register(Told([*all_metrics(context, quotas, centre, skew)]))
    return generate_latest(registry)
