"""Rates with their denominators, and times, on a history small enough to count by hand."""

from datetime import timedelta
from typing import Any

from app.events.kinds import EventKind
from app.intake.models import CloseReason, RequestStatus
from tests.metrics.history import add_citizen, add_request, log, ningbo
from tests.world import DRAIN, World, ok, refused

WEEK = {"from": "2026-11-16", "to": "2026-11-22"}


async def fulfilment(world: World, **asked: str) -> dict[str, Any]:
    return dict(await ok(world.manager.get("/metrics/fulfilment", params=WEEK | asked)))


def rate(numerator: int, denominator: int) -> dict[str, Any]:
    return {"numerator": numerator, "denominator": denominator, "rate": numerator / denominator}


async def test_rates_show_numerator_and_denominator(world: World) -> None:
    happened = {
        "request.created": 8,
        "request.dispatched": 5,
        "request.unmatched": 1,
        "offer.made": 10,
        "offer.accepted": 4,
        "offer.declined": 2,
        "offer.expired": 3,
        "job.returned": 1,
        "request.closed": 6,
        "callback.unreached": 1,
    }
    called = [(True, "very_satisfied"), (True, "dissatisfied"), (False, None)]
    async with world.context.db.begin() as tx:
        request = await add_request(tx, world.catalog, await add_citizen(tx), DRAIN, ningbo(16), answered_in_call=True)
        for kind, times in happened.items():
            for _ in range(times):
                await log(tx, kind, ningbo(18), request)
        await log(tx, EventKind.REQUEST_ANSWERED, ningbo(18), request)
        await log(tx, EventKind.REQUEST_CREATED, ningbo(23), request)
        for solved, satisfaction in called:
            await log(tx, EventKind.CALLBACK_DONE, ningbo(22, 19), request, solved=solved, satisfaction=satisfaction)
        await log(tx, EventKind.JOB_COMPLETED, ningbo(17), request, amount_fen=8_000, on_time=True)
    found = await fulfilment(world)
    assert found["funnel"] == {
        "created": 8,
        "dispatched": 5,
        "offered": 10,
        "accepted": 4,
        "completed": 1,
        "closed": 6,
    }
    nothing_due = {"numerator": 0, "denominator": 0, "rate": None}
    assert found["rates"] == {
        "answered_in_call": rate(1, 8),
        "answered_by_article": rate(0, 1),
        "on_time": nothing_due,
        "on_time_by_original": nothing_due,
        "returned": rate(1, 4),
        "no_response": rate(3, 10),
        "unmatched": rate(1, 5),
        "reached": rate(3, 4),
        "solved": rate(2, 3),
        "satisfied": rate(1, 2),
    }
    assert (await fulfilment(world, kind="volunteer"))["funnel"]["created"] == 0


async def test_clocks_are_medians_and_p90_of_what_was_received_in_the_range(world: World) -> None:
    received = ningbo(22, 23, 59)
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)
        for minutes in (10, 20, 30, 40, 600):
            dispatched = received + timedelta(minutes=1)
            await add_request(
                tx,
                world.catalog,
                citizen_id,
                DRAIN,
                received,
                status=RequestStatus.COMPLETED,
                dispatched_at=dispatched,
                assigned_at=dispatched + timedelta(minutes=minutes),
                started_at=dispatched + timedelta(minutes=2 * minutes),
                completed_at=dispatched + timedelta(minutes=3 * minutes),
            )
        await add_request(tx, world.catalog, citizen_id, DRAIN, received)
        late = {"status": RequestStatus.ASSIGNED, "dispatched_at": ningbo(23), "assigned_at": ningbo(24)}
        await add_request(tx, world.catalog, citizen_id, DRAIN, ningbo(23, 0, 0), **late)
    clocks = (await fulfilment(world))["clocks"]
    assert clocks == {
        "dispatch": {"count": 5, "median_seconds": 60, "p90_seconds": 60},
        "accept": {"count": 5, "median_seconds": 1_800, "p90_seconds": 22_560},
        "arrive": {"count": 5, "median_seconds": 3_600, "p90_seconds": 45_120},
        "complete": {"count": 5, "median_seconds": 5_400, "p90_seconds": 67_680},
    }
    empty = (await fulfilment(world, channel="alarm"))["clocks"]
    assert empty["accept"] == {"count": 0, "median_seconds": None, "p90_seconds": None}


async def test_on_time_is_of_all_that_fell_due_and_not_only_of_what_was_done(world: World) -> None:
    received, due = ningbo(20), ningbo(21)
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)

        async def add(status: RequestStatus, **facts: Any) -> None:
            times = {"dispatched_at": received, "assigned_at": received, "complete_by": due} | facts
            await add_request(tx, world.catalog, citizen_id, DRAIN, received, status=status, **times)

        await add(RequestStatus.COMPLETED, completed_at=due)
        await add(RequestStatus.COMPLETED, completed_at=due + timedelta(seconds=1))
        await add(RequestStatus.ASSIGNED)
        await add(RequestStatus.ASSIGNED, complete_by=ningbo(28))
        await add(RequestStatus.CLOSED, closed_at=ningbo(22), close_reason=CloseReason.NO_PROVIDER)
        await add(RequestStatus.CANCELLED, cancelled_at=ningbo(20, 12))
    assert (await fulfilment(world))["rates"]["on_time"] == rate(1, 4)


async def test_more_than_a_month_of_clocks_is_refused(world: World) -> None:
    asked = {"from": "2026-10-22", "to": "2026-11-22"}
    problem = await refused(world.manager.get("/metrics/fulfilment", params=asked), 422, "range_invalid")
    assert problem["days"] == 31
