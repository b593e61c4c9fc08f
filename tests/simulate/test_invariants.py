"""Broken invariants are found: lost requests, exceeded capacity, states missing from the log, unexplained delays."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.intake.models import RequestStatus
from app.intake.states import REQUESTS
from app.simulate.invariants import Span, check_all, find_overfull, replay
from tests.world import World, ok

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PROVIDER = UUID(int=1)


def span(begins: int, ends: int | None, limit: int = 1) -> Span:
    minutes = timedelta(minutes=1)
    return Span(PROVIDER, limit, START + begins * minutes, None if ends is None else START + ends * minutes)


def test_overlapping_work_is_over_the_limit_and_work_in_turn_is_not() -> None:
    assert find_overfull([span(0, 10), span(9, 20)]) == {PROVIDER}
    assert find_overfull([span(0, None), span(9, 20)]) == {PROVIDER}
    assert find_overfull([span(0, 10), span(10, 20)]) == set()
    assert find_overfull([span(0, 10, limit=2), span(9, 20, limit=2)]) == set()


def test_the_log_is_replayed_through_the_moves_and_a_forbidden_one_is_seen() -> None:
    held = ["request.created", "request.dispatched", "request.held", "request.resumed", "request.assigned"]
    assert replay(REQUESTS, RequestStatus.RECEIVED, held) == RequestStatus.ASSIGNED
    assert replay(REQUESTS, RequestStatus.RECEIVED, ["request.assigned"]) is None


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        ("SELECT 1", None),
        (
            "UPDATE requests SET status = 'assigned', assigned_at = received_at, unmatched_at = NULL",
            "states_not_in_the_log",
        ),
        ("UPDATE requests SET accept_by = received_at - interval '1 hour'", "deadlines_unaccounted_for"),
    ],
)
async def test_a_wrong_row_is_counted(world: World, wrong: str, broken: str | None) -> None:
    created = await ok(world.create(dispatch=True))
    async with world.context.db.begin() as tx:
        await tx.driver.execute(wrong)
        counts = await check_all(tx, {UUID(created["request"]["id"])})
    assert {name for name, count in counts.items() if count} == ({broken} if broken else set())


async def test_an_acknowledged_request_that_is_not_there_is_lost(world: World) -> None:
    async with world.context.db.begin() as tx:
        assert (await check_all(tx, {uuid4()}))["requests_lost"] == 1
