"""Rarely changing data that is cached in memory."""

import asyncio
from typing import ClassVar

import pytest

from app.kit import cached
from app.kit.cached import Cached
from app.kit.db import Database
from app.kit.errors import DatabaseUnavailable
from app.kit.pubsub import PubSub


class Count(Cached[int]):
    topic = "count"
    answers: ClassVar[list[int | None]] = []

    @staticmethod
    async def read_anew(db: Database) -> int:
        answer = Count.answers.pop(0)
        if answer is None:
            raise DatabaseUnavailable
        return answer


async def test_a_change_made_while_the_database_was_down_is_read_once_it_is_back(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "PAUSE_SECONDS", 0)
    Count.answers = [1, None, None, 2]
    pubsub = PubSub("postgresql://nowhere")
    count = Count(db, pubsub)
    assert await count.present() == 1
    for _ in range(5):  # every attempt to reconnect wakes everything
        pubsub.publish(["count"])
    async with asyncio.timeout(10):
        while await count.present() == 1:
            await asyncio.sleep(0)
    assert (await count.present(), Count.answers) == (2, [])
