"""A month's turnover compared with the baseline month, by provider and in total."""

from datetime import date
from typing import Any

from app.registry.models import MonthStatus, ProviderDay, ProviderMonth, Standing
from tests.world import DRAIN, SampleProvider, World, ok, refused

NOVEMBER = {"month": "2026-11"}


async def earn(world: World, provider: SampleProvider, day: date, turnover_fen: int) -> None:
    async with world.context.db.begin() as tx:
        tx.session.add(ProviderDay(provider_id=provider.id, day=day, completed=1, turnover_fen=turnover_fen))


async def declare(
    world: World, provider: SampleProvider, month: date, turnover_fen: int, profit_tax_fen: int, *, baseline: bool
) -> None:
    facts: dict[str, Any] = {"turnover_fen": turnover_fen, "profit_tax_fen": profit_tax_fen, "baseline": baseline}
    facts |= {"status": MonthStatus.LOCKED, "locked_at": world.clock.now()}
    async with world.context.db.begin() as tx:
        tx.session.add(ProviderMonth(provider_id=provider.id, month=month, **facts))


async def turnover(world: World, **asked: Any) -> dict[str, Any]:
    return dict(await ok(world.manager.get("/metrics/turnover", params=NOVEMBER | asked)))


async def test_sevenfold_is_a_growth_of_six(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await declare(world, provider, date(2020, 1, 1), 1_000_000, 100_000, baseline=True)
    await declare(world, provider, date(2026, 11, 1), 7_500_000, 50_000, baseline=False)
    for day in (date(2026, 11, 1), date(2026, 11, 30)):
        await earn(world, provider, day, 3_500_000)
    for day in (date(2026, 10, 31), date(2026, 12, 1)):
        await earn(world, provider, day, 999)
    found = await turnover(world)
    assert found["month"] == "2026-11-01"
    [item] = found["items"]
    assert item == {
        "provider_id": str(provider.id),
        "name": provider.name,
        "kind": "company",
        "completed": 2,
        "baseline_month": "2020-01-01",
        "hotline": {"month_fen": 7_000_000, "baseline_fen": 1_000_000, "ratio": 7.0, "growth": 6.0},
        "declared_turnover": {"month_fen": 7_500_000, "baseline_fen": 1_000_000, "ratio": 7.5, "growth": 6.5},
        "declared_profit_tax": {"month_fen": 50_000, "baseline_fen": 100_000, "ratio": 0.5, "growth": -0.5},
    }


async def test_the_total_compares_only_providers_that_have_both_figures(world: World) -> None:
    grown, idle, new = [await world.add_provider(DRAIN) for _ in range(3)]
    await declare(world, grown, date(2020, 1, 1), 100_000, 10_000, baseline=True)
    await declare(world, idle, date(2020, 1, 1), 100_000, 10_000, baseline=True)
    await declare(world, new, date(2026, 11, 1), 50_000, 5_000, baseline=False)
    await earn(world, grown, date(2026, 11, 5), 400_000)
    await earn(world, new, date(2026, 11, 5), 30_000)
    total = (await turnover(world))["total"]
    assert (total["providers"], total["with_baseline"], total["declared"]) == (3, 2, 1)
    assert (total["completed"], total["turnover_fen"]) == (2, 430_000)
    compared = {"month_fen": 400_000, "baseline_fen": 200_000, "ratio": 2.0, "growth": 1.0, "providers": 2}
    assert total["hotline"] == compared
    nobody = {"month_fen": 0, "baseline_fen": 0, "ratio": None, "growth": None, "providers": 0}
    assert total["declared_turnover"] == nobody


async def test_providers_that_left_or_joined_later_count_only_with_turnover(world: World) -> None:
    left = await world.add_provider(DRAIN, standing=Standing.LEFT)
    await world.add_provider(DRAIN, standing=Standing.APPLIED)
    assert (await turnover(world))["items"] == []
    await earn(world, left, date(2026, 11, 5), 8_000)
    assert [item["name"] for item in (await turnover(world))["items"]] == [left.name]
    present = await world.add_provider(DRAIN)
    before_it_joined = await turnover(world, month="2019-12")
    assert present.name not in [item["name"] for item in before_it_joined["items"]]


async def test_pages_go_from_the_largest_turnover_down_and_leave_nobody_out(world: World) -> None:
    providers = [await world.add_provider(DRAIN) for _ in range(5)]
    for provider, fen in zip(providers, (0, 500, 500, 900, 100), strict=True):
        await earn(world, provider, date(2026, 11, 5), fen)
    seen: list[tuple[int, str]] = []
    cursor: dict[str, str] = {}
    while True:
        found = await turnover(world, limit=2, **cursor)
        seen += [(item["hotline"]["month_fen"], item["provider_id"]) for item in found["items"]]
        if found["next"] is None:
            break
        cursor = {"cursor": found["next"]}
    assert [fen for fen, _ in seen] == [900, 500, 500, 100, 0]
    assert {provider_id for _, provider_id in seen} == {str(provider.id) for provider in providers}


async def test_a_completed_job_is_turnover_of_the_month(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    await world.complete(provider, made["offers"][0]["id"], amount_fen=12_000)
    [item] = (await turnover(world))["items"]
    assert (item["completed"], item["hotline"]["month_fen"]) == (1, 12_000)
    assert (item["baseline_month"], item["hotline"]["ratio"]) == (None, None)


async def test_an_invalid_month_is_refused(world: World) -> None:
    for asked in ({"month": "2026-13"}, {"month": "2026-1"}, {}):
        await refused(world.manager.get("/metrics/turnover", params=asked), 422, "invalid_input")
    stale = NOVEMBER | {"cursor": "WzEsIDJd"}
    await refused(world.manager.get("/metrics/turnover", params=stale), 422, "cursor_invalid")
