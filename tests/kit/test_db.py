"""Connections at the edge: what is interrupted leaves nothing behind."""

import asyncio

import pytest

from app.kit.db import Database

HELD = "SELECT count(*) FROM pg_locks WHERE relation = 'offers'::regclass AND pid <> pg_backend_pid()"


async def look_until_cancelled(db: Database) -> None:
    async with db.autocommit() as tx:
        await tx.driver.prepare("SELECT * FROM offers")  # parsed but not executed yet: the server waits for more
        raise asyncio.CancelledError


async def test_a_read_cancelled_between_its_messages_holds_no_lock(db: Database) -> None:
    with pytest.raises(asyncio.CancelledError):
        await look_until_cancelled(db)
    async with db.begin() as watching:
        other = await db.engine.raw_connection()  # `watching` or this block takes the returned connection
        assert await watching.driver.fetchval(HELD) == 0
        other.close()
