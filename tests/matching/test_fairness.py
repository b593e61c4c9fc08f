"""Fairness is reported from stored offers, and holds in simulation."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.fairness import gini
from app.matching.ranking import Candidate, rank
from app.registry.models import ProviderItemMonth, Standing
from tests.matching.test_ranking import WEIGHTS, candidate
from tests.world import DOOR_LOCK, DRAIN, World, ok, refused

shares = st.lists(st.floats(0, 1e6, allow_subnormal=False), max_size=40)


@given(st.floats(0, 1e6), st.integers(0, 50))
def test_equal_shares_are_perfectly_fair(share: float, count: int) -> None:
    assert gini([share] * count) == 0


@given(shares, st.floats(0.01, 100))
def test_only_proportions_matter(values: list[float], factor: float) -> None:
    assert gini(value * factor for value in values) == pytest.approx(gini(values), abs=1e-6)


@given(shares, st.randoms())
def test_the_gini_lies_between_0_and_1_in_any_order(values: list[float], random: Random) -> None:
    assert 0 <= gini(values) < 1
    shuffled = random.sample(values, len(values))
    assert gini(shuffled) == gini(values)


def test_known_figures() -> None:
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([1, 3]) == pytest.approx(0.25)


def with_capacity(number: int, capacity: int) -> Candidate:
    return candidate(provider_id=UUID(int=number), capacity=capacity, price_fen=8_000)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kilometres", [0, 5])
def test_at_equal_merit_offers_go_by_capacity(kilometres: int, seed: int) -> None:
    """20 providers of unequal capacity share 30 offers each on average; every call comes from a random place."""
    random = Random(seed)
    providers = [with_capacity(number, random.randint(2, 12)) for number in range(1, 21)]
    for _ in range(30 * len(providers)):
        called = [provider._replace(distance_km=random.uniform(0, kilometres)) for provider in providers]
        best = rank(called, WEIGHTS)[0].candidate.provider_id.int - 1
        done = {name: getattr(providers[best], name) + 1 for name in ("counted", "accepted", "completed")}
        providers[best] = providers[best]._replace(**done)
    assert sum(provider.counted for provider in providers) == 600
    assert gini(provider.counted / provider.capacity for provider in providers) < 0.15


async def test_the_report_counts_everybody_who_could_have_had_offers(world: World) -> None:
    large = await world.add_provider(DRAIN, capacity=4)
    await world.add_provider(DRAIN, capacity=2)
    gone = await world.add_provider(DRAIN, standing=Standing.LEFT)
    async with world.context.db.begin() as tx:
        for provider in (large, gone):
            november = world.clock.now().date().replace(day=1)
            tx.session.add(ProviderItemMonth(month=november, item_code=DRAIN, provider_id=provider.id, counted=8))
    report = await ok(world.registrar.get("/matching/fairness", params={"month": "2026-11", "item": DRAIN}))
    assert report == {
        "month": "2026-11",
        "items": [{"item_code": DRAIN, "providers": 2, "offers": 8, "offers_per_provider": 4.0, "gini": 0.5}],
    }
    assert (await ok(world.manager.get("/matching/fairness", params={"month": "2025-12"})))["items"] == []


async def test_an_accepted_offer_is_in_the_report_a_withdrawn_one_is_not(world: World) -> None:
    provider = await world.add_provider(DRAIN, DOOR_LOCK)
    created = await world.dispatch(DRAIN)
    await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    other = await world.dispatch(DOOR_LOCK)
    await ok(world.operator.put(f"/requests/{other['request']['id']}/cancellation", json={"reason": "citizen"}))
    report = await ok(world.supervisor.get("/matching/fairness", params={"month": "2026-11"}))
    assert {item["item_code"]: item["offers"] for item in report["items"]} == {DRAIN: 1, DOOR_LOCK: 0}


async def test_invalid_ranges_are_refused(world: World) -> None:
    ask = world.supervisor.get
    await refused(ask("/matching/fairness", params={"month": "2026-11", "item": "XX99"}), 422, "unknown_item")
    await refused(ask("/matching/fairness", params={"month": "2026-13"}), 422, "invalid_input")
