"""Waits by the centre's clock, or for the first of several coroutines to end."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from app.kit.clock import Clock


async def until(clock: Clock, moment: datetime) -> None:
    """Wait until the moment, or not at all if it has passed."""
    await asyncio.sleep(max(0.0, clock.real_seconds(moment - clock.now())))


async def spend(clock: Clock, seconds: float) -> None:
    """Wait for this many seconds of the centre's time."""
    await asyncio.sleep(clock.real_seconds(timedelta(seconds=seconds)))


async def first_of(*works: Coroutine[Any, Any, Any]) -> Any:
    """Run the works side by side until one ends, then cancel the others. Return its result or raise its error."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
