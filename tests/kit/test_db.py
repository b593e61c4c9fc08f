"""The edge's connections: what ends in the middle leaves nothing behind."""

import asyncio

import pytest

from app.kit.db import Database

HELD = "SELECT count(*) FROM pg_locks WHERE relation = 'offers'::regclass AND pid <> pg_backend_pid()"


async def look_until_cancelled(db: Database) -> None:
    async with db.autocommit() as tx:
        await tx.driver.prepare("SELECT * FROM offers")  # parsed, and not yet executed: the server waits for more
        raise asyncio.CancelledError


async def test_a_look_that_is_cancelled_between_its_messages_holds_no_lock(db: Database) -> None:
    with pytest.raises(asyncio.CancelledError):
        await look_until_cancelled(db)
    async with db.begin() as watching:
        other = await db.engine.raw_connection()  # the one given back is taken by `watching` or here
        assert await watching.driver.fetchval(HELD) == 0
        other.close()
