"""The log's order: whatever the order of commits, a reader by `seq` misses nothing and sees nothing twice."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.events.kinds import EventKind
from app.events.models import Event
from app.events.sequence import number_events
from app.events.transition import record
from app.kit.db import Database, Tx
from tests.events.crash import Crash, crash_after
from tests.world import act_at

pytestmark = pytest.mark.odd_events
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


async def log(tx: Tx, *kinds: EventKind) -> None:
    for kind in kinds:
        await record(act_at(AT), tx, kind)


async def number(db: Database, batch: int = 100) -> int:
    async with db.begin() as tx:
        return await number_events(tx, batch)


async def numbered(db: Database) -> list[tuple[int, str]]:
    async with db.begin() as tx:
        query = select(Event.seq, Event.kind).where(Event.seq.is_not(None)).order_by(Event.seq)
        return [(seq or 0, kind) for seq, kind in (await tx.session.execute(query)).all()]


async def test_an_event_that_commits_late_is_numbered_after_those_that_were_read(db: Database) -> None:
    async with db.begin() as slow:
        await log(slow, EventKind.REQUEST_CREATED)
        async with db.begin() as quick:
            await log(quick, EventKind.OFFER_MADE, EventKind.OFFER_ACCEPTED)
        assert await number(db) == 2
        assert await numbered(db) == [(1, EventKind.OFFER_MADE), (2, EventKind.OFFER_ACCEPTED)]

    assert await number(db) == 1
    assert await numbered(db) == [
        (1, EventKind.OFFER_MADE),
        (2, EventKind.OFFER_ACCEPTED),
        (3, EventKind.REQUEST_CREATED),
    ]


async def test_a_rolled_back_event_takes_no_number(db: Database) -> None:
    with pytest.raises(Crash):
        await crash_after(db, lambda tx: log(tx, EventKind.REQUEST_CREATED))
    async with db.begin() as tx:
        await log(tx, EventKind.REQUEST_CLOSED)
    assert await number(db) == 1
    assert await numbered(db) == [(1, EventKind.REQUEST_CLOSED)]


async def test_two_workers_at_once_number_each_event_once(db: Database) -> None:
    async with db.begin() as tx:
        await log(tx, EventKind.REQUEST_CREATED, EventKind.REQUEST_ANSWERED, EventKind.REQUEST_CLOSED)
    async with db.begin() as first:
        assert await number_events(first) == 3
        assert await number(db) == 0
    assert await number(db) == 0
    assert [seq for seq, _ in await numbered(db)] == [1, 2, 3]


async def test_a_crash_before_the_commit_leaves_the_events_to_the_next_step(db: Database) -> None:
    async with db.begin() as tx:
        await log(tx, EventKind.REQUEST_CREATED)
    with pytest.raises(Crash):
        await crash_after(db, number_events)
    assert await numbered(db) == []
    assert await number(db) == 1


async def test_a_step_numbers_at_most_a_batch_and_the_oldest_first(db: Database) -> None:
    kinds = [EventKind(f"job.{step}") for step in ("started", "quoted", "price_agreed", "completed", "returned")]
    async with db.begin() as tx:
        await log(tx, *kinds)
    assert [await number(db, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert await numbered(db) == list(enumerate(kinds, start=1))
