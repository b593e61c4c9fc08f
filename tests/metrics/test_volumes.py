"""Daily volumes over HTTP: they move with the work, and can be broken down in many ways."""

import csv
import io
from typing import Any

from httpx import AsyncClient

from tests.metrics.history import add_citizen, ningbo, receive
from tests.world import DRAIN, NANMEN, World, ok, refused

PENSION = "EL10"
TODAY = {"from": "2026-11-24", "to": "2026-11-24"}


async def volumes(client: AsyncClient, **asked: Any) -> dict[str, Any]:
    return dict(await ok(client.get("/metrics/volumes", params=TODAY | asked)))


def some(counts: dict[str, Any]) -> dict[str, Any]:
    """Return the counts that are not 0."""
    return {name: count for name, count in counts.items() if count}


async def play_morning(world: World) -> None:
    """Answer a question in the call, and have a drain cleared for 120 yuan and called back the next day."""
    provider = await world.add_provider(DRAIN)
    await ok(world.create(PENSION, answer="养老补贴到街道便民服务中心窗口办理，带身份证和户口本", channel="web"))
    made = await world.dispatch(DRAIN)
    await world.complete(provider, made["offers"][0]["id"], amount_fen=12_000)


async def test_volumes_follow_the_work_at_once_and_stay_when_rolled_up(world: World) -> None:
    await play_morning(world)
    fresh = await volumes(world.manager, by="kind")
    assert [some(row) for row in fresh["rows"]] == [
        {"kind": "info", "requests": 1, "answered": 1, "answered_in_call": 1, "closed": 1},
        {
            "kind": "service",
            "requests": 1,
            "dispatched": 1,
            "offered": 1,
            "accepted": 1,
            "completed": 1,
            "on_time": 1,
            "turnover_fen": 12_000,
        },
    ]
    assert (fresh["total"]["requests"], fresh["total"]["turnover_fen"]) == (2, 12_000)

    await world.work()
    assert await volumes(world.manager, by="kind") == fresh
    world.advance(days=1)
    callback = await ok(world.operator.post("/callbacks/next"))
    outcome = {"reached": True, "solved": True, "satisfaction": "basically_satisfied", "paid_fen": 12_000}
    await ok(world.operator.put(f"/callbacks/{callback['id']}/outcome", json=outcome))
    next_day = await volumes(world.supervisor, to="2026-11-25")
    assert [row["day"] for row in next_day["rows"]] == ["2026-11-24", "2026-11-25"]
    told = {"callbacks": 1, "reached": 1, "solved": 1, "rated": 1, "satisfied": 1, "closed": 1}
    assert some(next_day["rows"][1]) == {"day": "2026-11-25"} | told


async def test_two_dimensions_and_filters_add_up_to_the_same_total(world: World) -> None:
    await play_morning(world)
    cut = await volumes(world.manager, by=["channel", "category"])
    assert [(row["channel"], row["category"], row["requests"]) for row in cut["rows"]] == [
        ("phone", "PE", 1),
        ("web", "EL", 1),
    ]
    for asked in ({"kind": "service"}, {"category": "PE"}, {"tier": "paid"}, {"channel": "phone"}):
        assert (await volumes(world.manager, **asked))["total"]["requests"] == 1, asked
    assert (await volumes(world.manager, township=NANMEN))["total"]["requests"] == 2
    assert (await volumes(world.manager, township="330203002"))["rows"] == []


async def test_by_hour_counts_what_was_received_in_the_hour_of_the_centre(world: World) -> None:
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)
        for moment in (ningbo(24, 0, 5), ningbo(24, 23, 59), ningbo(24, 23, 0), ningbo(25, 0, 0)):
            await receive(tx, world.catalog, citizen_id, DRAIN, moment)
    by_hour = await volumes(world.manager, by="hour")
    assert by_hour == {
        "rows": [
            {"hour": 0, "requests": 1, "answered_in_call": 0},
            {"hour": 23, "requests": 2, "answered_in_call": 0},
        ],
        "total": {"requests": 3, "answered_in_call": 0},
    }


async def test_a_spreadsheet_shows_the_chinese_names(world: World) -> None:
    await play_morning(world)
    asked = TODAY | {"by": ["category", "township"]}
    answer = await world.manager.get("/metrics/volumes", params=asked, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(r["category_zh"], r["township_zh"], r["requests"], r["turnover_fen"]) for r in rows] == [
        ("养老助老", "南门街道", "1", "0"),
        ("水电维修", "南门街道", "1", "12000"),
    ]
    same = await world.manager.get("/metrics/volumes", params=asked | {"format": "csv"})
    assert same.content == answer.content


async def test_an_invalid_query_is_refused(world: World) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"from": "2026-11-25"}, "range_invalid"),
        ({"from": "2025-11-23"}, "range_invalid"),
        ({"from": "2026-10-24", "by": "hour"}, "range_invalid"),
        ({"from": "2026-11-31"}, "invalid_input"),
        ({"from": "0001-01-01"}, "invalid_input"),
        ({"to": ""}, "invalid_input"),
        ({"by": ["day", "kind", "tier"]}, "invalid_input"),
        ({"by": "provider"}, "invalid_input"),
        ({"kinds": "service"}, "unknown_parameter"),
        ({"category": "XX"}, "unknown_category"),
        ({"township": "330203999"}, "unknown_area"),
    ]
    for asked, code in cases:
        await refused(world.manager.get("/metrics/volumes", params=TODAY | asked), 422, code)


async def test_a_year_of_days_and_a_month_of_hours_can_be_asked_for(world: World) -> None:
    assert (await volumes(world.manager, **{"from": "2025-11-24"}))["rows"] == []
    assert (await volumes(world.manager, **{"from": "2026-10-25", "by": "hour"}))["rows"] == []


async def test_now_says_what_is_open_and_what_waits(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    done = await world.dispatch(DRAIN)
    await world.complete(provider, done["offers"][0]["id"])
    await world.work()
    world.advance(hours=3)
    waiting = await world.dispatch(DRAIN)
    await ok(world.create(PENSION, answer="养老补贴到街道便民服务中心窗口办理，带身份证和户口本"))
    now = await ok(world.supervisor.get("/metrics/now"))
    assert now["requests"] == {"completed": 1, "dispatching": 1}
    assert now["oldest_open_received_at"] == waiting["request"]["received_at"]
    assert (now["offers_waiting"], now["callbacks_due"]) == (1, 1)
    assert (now["today"]["requests"], now["today"]["completed"]) == (3, 1)
    assert now["at"] == "2026-11-24T05:00:00Z"


async def test_figures_are_for_managers_and_supervisors(world: World) -> None:
    for path in ("volumes", "fulfilment", "turnover", "now"):
        for client in (world.operator, world.registrar, world.admin):
            await refused(client.get(f"/metrics/{path}"), 403, "not_allowed")
        await refused(world.anonymous.get(f"/metrics/{path}"), 401, "not_signed_in")
