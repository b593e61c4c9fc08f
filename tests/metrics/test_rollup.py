"""Stored volumes: each event counts exactly once, whatever is repeated, interrupted or not rolled up yet."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import RowMapping, select

from app.aftercare.models import Satisfaction
from app.catalog.snapshot import Snapshot
from app.events.kinds import EventKind
from app.intake.models import Channel, Request
from app.kit.db import Database
from app.metrics.counting import COUNTS, VOLUMES
from app.metrics.schemas import Dimension
from app.metrics.tasks import roll_up_volumes
from tests.events.crash import Crash, crash_after
from tests.metrics.history import NINGBO, add_citizen, add_request, live, log, ningbo, number, roll_up

KEY = [dimension for dimension in Dimension if dimension is not Dimension.HOUR]
COUNTED_AS = {
    "request.created": "requests",
    "request.relayed": "relayed",
    "request.dispatched": "dispatched",
    "request.unmatched": "unmatched",
    "offer.made": "offered",
    "offer.accepted": "accepted",
    "offer.declined": "declined",
    "offer.expired": "expired",
    "job.returned": "returned",
    "request.closed": "closed",
    "request.cancelled": "cancelled",
    "callback.unreached": "callbacks",
}
MOST_STEPS = 25
BATCH = 7
UNCOUNTED = ["offer.withdrawn", "job.started", "request.contacted", "request.completed"]


class Happening(NamedTuple):
    """An event of the request with this number, this many minutes into the history."""

    request: int
    minute: int
    kind: str
    data: dict[str, Any]


def happenings() -> st.SearchStrategy[Happening]:
    plain = st.tuples(st.sampled_from([*COUNTED_AS, *UNCOUNTED, "request.answered"]), st.builds(dict[str, Any]))
    done = st.tuples(
        st.just("job.completed"),
        st.fixed_dictionaries(
            {"amount_fen": st.integers(0, 900_000), "payout_fen": st.none(), "on_time": st.booleans()}
        ),
    )
    rating = st.none() | st.sampled_from([str(step) for step in Satisfaction])
    called = st.tuples(
        st.just("callback.done"),
        st.fixed_dictionaries({"solved": st.booleans(), "satisfaction": rating, "paid_fen": st.none()}),
    )
    return st.builds(
        lambda request, minute, event: Happening(request, minute, *event),
        st.integers(0, 3),
        st.integers(0, 4 * 24 * 60),
        plain | done | called,
    )


STEPS = st.lists(happenings() | st.sampled_from(["number", "roll up", "crash"]), min_size=1, max_size=MOST_STEPS)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "item": st.sampled_from(["PE02", "HK01", "LS01"]),
            "township": st.sampled_from(["330203001", "330203002"]),
            "channel": st.sampled_from(list(Channel)),
            "answered_in_call": st.booleans(),
        }
    ),
    min_size=4,
    max_size=4,
)


@given(requests=REQUESTS, steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_live_volumes_are_a_recount_of_the_history_at_every_step(
    db: Database, catalog: Snapshot, requests: list[dict[str, Any]], steps: list[Any]
) -> None:
    async with db.begin() as tx:
        await tx.driver.execute("TRUNCATE daily_volumes, event_cursors, events, requests, citizens CASCADE")
        citizen_id = await add_citizen(tx)
        known = [await add_request(tx, catalog, citizen_id, received_at=ningbo(2), **facts) for facts in requests]
    expected: Counter[tuple[Any, ...]] = Counter()
    for step in steps:
        if isinstance(step, Happening):
            at = ningbo(2) + timedelta(minutes=step.minute)
            request = known[step.request]
            async with db.begin() as tx:
                await log(tx, step.kind, at, request, **step.data)
            key = (at.date(), *(getattr(request, dimension.column) for dimension in KEY[1:]))
            for name, amount in counted(step, request).items():
                expected[*key, name] += amount
        else:
            await take(step, db)
        assert figures(await live(db, *KEY), *KEY) == +expected
    for _ in range(MOST_STEPS // BATCH + 1):
        await number(db, BATCH)
        await roll_up(db, BATCH)
    async with db.begin() as tx:
        rolled_up = (await tx.session.execute(select(VOLUMES.table))).mappings().all()
    assert figures(rolled_up, *(dimension.column for dimension in KEY)) == +expected


def counted(event: Happening, request: Request) -> Counter[str]:
    """Return what one event adds, by a second definition."""
    data = event.data
    match event.kind:
        case "request.answered":
            return Counter(answered=1, answered_in_call=int(request.answered_in_call))
        case "job.completed":
            return Counter(completed=1, on_time=int(data["on_time"]), turnover_fen=data["amount_fen"])
        case "callback.done":
            rating = data["satisfaction"]
            satisfied = rating in ("very_satisfied", "satisfied", "basically_satisfied")
            return Counter(
                callbacks=1,
                reached=1,
                solved=int(data["solved"]),
                rated=int(rating is not None),
                satisfied=int(satisfied),
            )
        case kind:
            return Counter({COUNTED_AS[kind]: 1} if kind in COUNTED_AS else {})


async def take(step: str, db: Database) -> None:
    if step == "number":
        await number(db, BATCH)
    elif step == "roll up":
        await roll_up(db, BATCH)
    else:
        with pytest.raises(Crash):
            await crash_after(db, lambda tx: roll_up_volumes(tx, NINGBO))


def figures(rows: Iterable[RowMapping], *key: str) -> Counter[tuple[Any, ...]]:
    """Return the counts that are not 0, by key and name."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        found.update({(*(row[name] for name in key), count): row[count] for count in COUNTS})
    return +found


async def happen(db: Database, catalog: Snapshot, *kinds: str) -> None:
    """Create one request to which these events happen."""
    async with db.begin() as tx:
        request = await add_request(tx, catalog, await add_citizen(tx), "PE02", ningbo(24))
        for kind in kinds:
            await log(tx, kind, ningbo(24), request)


async def kept(db: Database) -> list[dict[str, Any]]:
    async with db.begin() as tx:
        rows = (await tx.session.execute(select(VOLUMES.table.c.requests, VOLUMES.table.c.dispatched))).mappings().all()
    return [dict(row) for row in rows]


async def test_a_crash_keeps_neither_the_counts_nor_the_cursor(db: Database, catalog: Snapshot) -> None:
    await happen(db, catalog, "request.created", "request.dispatched")
    await number(db)
    await take("crash", db)
    assert await kept(db) == []

    assert await roll_up(db) == 2
    assert await roll_up(db) == 0
    assert await kept(db) == [{"requests": 1, "dispatched": 1}]


async def test_two_workers_at_once_add_each_event_once(db: Database, catalog: Snapshot) -> None:
    await happen(db, catalog, "request.created", "request.dispatched")
    await number(db)
    async with db.begin() as first:
        assert await roll_up_volumes(first, NINGBO) == 2
        assert await roll_up(db) == 0
    assert await roll_up(db) == 0
    assert await kept(db) == [{"requests": 1, "dispatched": 1}]


async def test_the_cursor_passes_events_that_count_for_nothing(db: Database, catalog: Snapshot) -> None:
    await happen(db, catalog, "request.contacted", "request.created", "job.started")
    await number(db)
    assert [await roll_up(db, batch=1) for _ in range(4)] == [1, 1, 1, 0]
    assert await kept(db) == [{"requests": 1, "dispatched": 0}]


async def test_a_day_begins_at_midnight_of_the_centre(db: Database, catalog: Snapshot) -> None:
    async with db.begin() as tx:
        request = await add_request(tx, catalog, await add_citizen(tx), "PE02", ningbo(23, 23, 59))
        await log(tx, EventKind.REQUEST_CREATED, ningbo(23, 23, 59), request)
        await log(tx, EventKind.REQUEST_DISPATCHED, ningbo(24, 0, 0), request)
    days = [(row["day"].day, row["requests"], row["dispatched"]) for row in await live(db, Dimension.DAY)]
    assert days == [(23, 1, 0), (24, 0, 1)]
