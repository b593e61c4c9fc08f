"""Which providers are considered when more serve a place than are read at a time."""

from datetime import time, timedelta
from typing import Any

import pytest

from app.matching import actions, candidates
from app.registry.models import Rung
from tests.world import CHENGLANG, DRAIN, SampleProvider, World, ok


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read two providers at a time, and let one be enough."""
    for module in (actions, candidates):
        monkeypatch.setattr(module, "SHORTLIST", 2)
    monkeypatch.setattr(candidates, "MOST_AT_ONCE", 1)


async def preview(world: World, **wanted: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await ok(
        world.operator.post("/matching/preview", json={"item": DRAIN, "area": CHENGLANG} | wanted)
    )
    return answer


def ids(shown: list[dict[str, Any]]) -> list[str]:
    return [each["provider_id"] for each in shown]


async def several(world: World, count: int, start: float, **facts: Any) -> list[SampleProvider]:
    return [await world.add_provider(DRAIN, point=(29.86, start + n / 100), **facts) for n in range(count)]


async def test_the_nearest_available_are_considered_behind_any_number_of_full_ones(world: World) -> None:
    full = await several(world, 11, 121.40, capacity=0)
    near, far, _ = await several(world, 3, 121.70)
    shown = await preview(world)
    assert ids(shown["candidates"]) == [str(near.id), str(far.id)]
    assert not {str(provider.id) for provider in full} & {*ids(shown["rejected"])}


async def test_an_open_provider_is_found_behind_closed_ones(world: World) -> None:
    soon = (world.clock.now() + timedelta(hours=1)).astimezone(world.context.settings.zone).time()
    await several(world, 4, 121.54, hours=(soon, time(0)))
    [far] = await several(world, 1, 121.70)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    assert offer["provider_id"] == str(far.id)


async def test_a_street_centre_is_asked_before_any_number_of_nearer_companies(world: World) -> None:
    await several(world, 5, 121.54, tiers=("free",), rung=Rung.PLEDGED_COMPANIES)
    [centre] = await several(world, 1, 121.70, tiers=("free",), rung=Rung.STREET_CENTRE)
    shown = await preview(world, tier="free")
    assert shown["rung"] == Rung.STREET_CENTRE
    assert str(centre.id) in ids(shown["candidates"])


async def test_the_citizens_choice_is_considered_at_any_distance(world: World) -> None:
    await several(world, 5, 121.54)
    [far] = await several(world, 1, 121.70)
    assert str(far.id) not in ids((await preview(world))["candidates"])
    assert ids((await preview(world, chosen_provider_id=str(far.id)))["candidates"])[0] == str(far.id)


async def test_an_operators_pick_is_asked_at_any_distance_or_refused_with_the_reason(world: World) -> None:
    await several(world, 5, 121.54)
    far, full = await several(world, 1, 121.70) + await several(world, 1, 121.75, capacity=0)
    made = await ok(world.create(DRAIN))
    path = f"/requests/{made['request']['id']}/offers"
    refused = await world.operator.post(path, json={"provider_id": str(full.id)})
    assert (refused.status_code, refused.json()["reason"]) == (409, "full")
    asked = await ok(world.operator.post(path, json={"provider_id": str(far.id)}))
    assert ids(asked["offers"]) == [str(far.id)]
