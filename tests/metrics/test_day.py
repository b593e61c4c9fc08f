"""A day's figures on one sheet, to compare today with yesterday at the same time."""

from typing import Any

from app.events.kinds import EventKind
from app.intake.models import RequestStatus
from tests.metrics.history import add_citizen, add_request, log, ningbo, receive
from tests.metrics.test_volumes import PENSION, play_morning
from tests.world import DRAIN, NANMEN, World, ok, refused

ELSEWHERE = "330203002"


async def day(world: World, **asked: str) -> dict[str, Any]:
    return dict(await ok(world.manager.get("/metrics/day", params={"day": "2026-11-24"} | asked)))


def row(key: str, requests: int, answered: int, requests_until: int, answered_until: int) -> dict[str, Any]:
    return {
        "key": key,
        "requests": requests,
        "answered_in_call": answered,
        "requests_until": requests_until,
        "answered_in_call_until": answered_until,
    }


async def play_a_day(world: World) -> None:
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)

        async def add(item: str, hour: int, minute: int = 0, **facts: Any) -> None:
            await receive(tx, world.catalog, citizen_id, item, ningbo(24, hour, minute), **facts)

        await add(PENSION, 9, 59, answered_in_call=True)
        await add(PENSION, 10, 35, answered_in_call=True, township=ELSEWHERE, channel="web")
        await add(DRAIN, 10, 34)
        await add(DRAIN, 23, 59)
        await receive(tx, world.catalog, citizen_id, DRAIN, ningbo(25, 0, 0))


async def test_every_breakdown_counts_the_same_requests_up_to_until(world: World) -> None:
    await play_a_day(world)
    sheet = await day(world, until="10:35")
    assert {"key": "", **sheet["received"]} == row("", 4, 2, 2, 1)
    assert sheet["cuts"] == {
        "hour": [row("9", 1, 1, 1, 1), row("10", 2, 1, 1, 0), row("23", 1, 0, 0, 0)],
        "kind": [row("info", 2, 2, 1, 1), row("service", 2, 0, 1, 0)],
        "category": [row("EL", 2, 2, 1, 1), row("PE", 2, 0, 1, 0)],
        "township": [row(NANMEN, 3, 1, 2, 1), row(ELSEWHERE, 1, 1, 0, 0)],
        "tier": [row("free", 2, 2, 1, 1), row("paid", 2, 0, 1, 0)],
        "channel": [row("phone", 3, 1, 2, 1), row("web", 1, 1, 0, 0)],
    }
    whole = await day(world)
    assert (whole["until"], whole["received"]["requests_until"]) == (None, 4)


async def test_filters_apply_to_the_whole_sheet(world: World) -> None:
    await play_a_day(world)
    sheet = await day(world, kind="info", township=NANMEN)
    assert sheet["cuts"]["category"] == [row("EL", 1, 1, 1, 1)]
    assert sheet["cuts"]["hour"] == [row("9", 1, 1, 1, 1)]
    assert sheet["received"]["requests"] == 1
    empty = await day(world, channel="alarm")
    assert (empty["received"]["requests"], empty["cuts"]["hour"], empty["rates"]["satisfied"]["denominator"]) == (
        0,
        [],
        0,
    )


async def test_rates_clocks_and_turnover_are_those_of_the_other_figures(world: World) -> None:
    await play_morning(world)
    sheet = await day(world)
    fulfilment = await ok(world.manager.get("/metrics/fulfilment", params={"from": "2026-11-24", "to": "2026-11-24"}))
    assert {name: sheet[name] for name in fulfilment} == fulfilment
    assert (sheet["total"]["completed"], sheet["total"]["turnover_fen"]) == (1, 12_000)
    assert (await day(world, kind="info"))["total"]["turnover_fen"] == 0


async def test_until_shows_the_day_as_it_stood_then(world: World) -> None:
    """Received at 9, accepted at 10, due at 12, done at 14: accepted by 10:35, late by 13:00, late in the end."""
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)
        moments = {"dispatched_at": ningbo(23, 9), "assigned_at": ningbo(23, 10), "started_at": ningbo(23, 13, 30)}
        facts = moments | {"completed_at": ningbo(23, 14), "complete_by": ningbo(23, 12)}
        made = await add_request(
            tx, world.catalog, citizen_id, DRAIN, ningbo(23, 9), status=RequestStatus.COMPLETED, **facts
        )
        for kind, hour in (("request.created", 9), ("offer.made", 9), ("offer.accepted", 10)):
            await log(tx, kind, ningbo(23, hour), made)
        await log(tx, EventKind.JOB_COMPLETED, ningbo(23, 14), made, amount_fen=9_800, on_time=False)

    async def stood(**asked: str) -> list[Any]:
        sheet = await day(world, day="2026-11-23", **asked)
        clocks, rate, total = sheet["clocks"], sheet["rates"]["on_time"], sheet["total"]
        counts = [clocks[step]["count"] for step in ("accept", "arrive", "complete")]
        return [*counts, rate["numerator"], rate["denominator"], total["accepted"], total["turnover_fen"]]

    assert await stood(until="09:30") == [0, 0, 0, 0, 0, 0, 0]
    assert await stood(until="10:35") == [1, 0, 0, 0, 0, 1, 0]
    assert await stood(until="13:00") == [1, 0, 0, 0, 1, 1, 0]
    assert await stood(until="14:01") == [1, 1, 1, 0, 1, 1, 9_800] == await stood()
    assert await stood(until="14:01", kind="info") == [0] * 7


async def test_waiting_requests_can_be_broken_down(world: World) -> None:
    await world.add_provider(DRAIN)
    await world.dispatch(DRAIN)
    now = await ok(world.manager.get("/metrics/now", params={"category": "PE"}))
    assert (now["requests"], now["offers_waiting"], now["today"]["dispatched"]) == ({"dispatching": 1}, 1, 1)
    now = await ok(world.manager.get("/metrics/now", params={"category": "EL"}))
    assert (now["requests"], now["offers_waiting"], now["today"]["dispatched"]) == ({}, 0, 0)
    await refused(world.manager.get("/metrics/now", params={"category": "XX"}), 422, "unknown_category")


async def test_an_invalid_day_or_time_is_refused(world: World) -> None:
    for wrong in ({"day": "2026-11-31"}, {"until": "25:00"}, {"kind": "nothing"}):
        await refused(world.manager.get("/metrics/day", params={"day": "2026-11-24"} | wrong), 422, "invalid_input")
    await refused(world.operator.get("/metrics/day", params={"day": "2026-11-24"}), 403, "not_allowed")
