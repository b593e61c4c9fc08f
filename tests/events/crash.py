"""A process that dies between a step and its commit."""

from collections.abc import Awaitable, Callable

from app.kit.db import Database, Tx


class Crash(Exception):
    """The process has died."""


async def crash_after(db: Database, step: Callable[[Tx], Awaitable[object]]) -> None:
    """Take the step and die before the commit."""
    async with db.begin() as tx:
        await step(tx)
        raise Crash
