"""Weekly hours and days with special hours, and how matching uses them."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.hours import spans_fit
from tests.world import DRAIN, SampleProvider, World, ok, refused

TODAY, TOMORROW = "2026-11-24", "2026-11-25"  # a Tuesday; it is 10:00
MORNING, EVENING = {"opens": "08:00:00", "closes": "09:00:00"}, {"opens": "18:00:00", "closes": "00:00:00"}


async def come(world: World, day: str, hour: int) -> bool:
    """Return whether the only provider can come within the hour from `hour` on."""
    wanted = {
        "item": DRAIN,
        "area": "330203001001",
        "wanted_from": f"{day}T{hour:02}:00:00+08:00",
        "wanted_to": f"{day}T{hour:02}:59:00+08:00",
    }
    answer = await ok(world.operator.post("/matching/preview", json=wanted))
    assert answer["candidates"] or [row["reason"] for row in answer["rejected"]] == ["closed_then"]
    return bool(answer["candidates"])


async def keep(provider: SampleProvider, day: str, *spans: dict[str, str]) -> Any:
    return await ok(provider.client.put(f"/provider/exceptions/{day}", json={"hours": list(spans)}))


async def test_a_closed_day_and_extra_hours_count_in_matching(world: World) -> None:
    provider = await world.add_provider(DRAIN, hours=(time(8), time(17)))
    assert (await come(world, TOMORROW, 9), await come(world, TOMORROW, 19)) == (True, False)
    await keep(provider, TOMORROW)
    assert (await come(world, TOMORROW, 9), await come(world, "2026-11-26", 9)) == (False, True)
    await keep(provider, TOMORROW, MORNING, EVENING)
    seen = [await come(world, TOMORROW, hour) for hour in (7, 8, 9, 17, 18, 23)]
    assert seen == [False, True, False, False, True, True]
    await ok(provider.client.delete(f"/provider/exceptions/{TOMORROW}"))
    assert (await come(world, TOMORROW, 9), await come(world, TOMORROW, 19)) == (True, False)


async def test_a_day_is_closed_on_the_phone_and_shown_until_it_has_passed(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await keep(provider, TODAY, MORNING)
    url = f"/providers/{provider.id}/exceptions/{TOMORROW}"
    document = await ok(world.operator.put(url, json={"hours": []}))
    assert document["exceptions"] == [{"day": TODAY, "hours": [MORNING]}, {"day": TOMORROW, "hours": []}]
    world.advance(days=1)
    document = await ok(world.operator.get(f"/providers/{provider.id}"))
    assert document["exceptions"] == [{"day": TOMORROW, "hours": []}]
    assert (await ok(world.operator.delete(url)))["exceptions"] == []
    await refused(world.operator.delete(url), 404, "not_found")


@pytest.mark.parametrize("day", ["2026-11-23", "2027-12-30"])
async def test_only_future_days_get_special_hours(world: World, day: str) -> None:
    provider = await world.add_provider(DRAIN)
    await refused(provider.client.put(f"/provider/exceptions/{day}", json={"hours": []}), 422, "day_out_of_range")


async def test_wrong_hours_change_nothing(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    before = await ok(provider.client.get("/provider"))
    overlapping = {"hours": [MORNING, {"opens": "08:30", "closes": "10:00"}]}
    await refused(provider.client.put(f"/provider/exceptions/{TOMORROW}", json=overlapping), 422, "hours_invalid")
    twice = [{"weekday": 1} | MORNING, {"weekday": 1} | MORNING]
    await refused(provider.client.put("/provider/hours", json=twice), 422, "hours_invalid")
    await refused(provider.client.put("/provider/hours", json=[]), 422, "invalid_input")
    assert await ok(provider.client.get("/provider")) == before


async def test_a_provider_sets_its_weekly_hours(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    weekly = [{"weekday": 3} | MORNING, {"weekday": 3} | EVENING]
    assert (await ok(provider.client.put("/provider/hours", json=weekly)))["hours"] == weekly
    assert (await come(world, TOMORROW, 8), await come(world, TOMORROW, 12)) == (True, False)


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(1, 24)), max_size=4))
def test_spans_fit_when_no_hour_is_in_two(hours: list[tuple[int, int]]) -> None:
    spans = [(time(opens), time(closes % 24)) for opens, closes in hours]
    covered = [hour for opens, closes in hours for hour in range(opens, closes)]
    assert spans_fit(spans) == (all(a < b for a, b in hours) and len(covered) == len(set(covered)))
