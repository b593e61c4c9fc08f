"""For random registries, who can come, why the others cannot, and the order are as docs/ranking.md says."""

from datetime import date, time, timedelta
from random import Random
from typing import Any

import pytest

from app.kit.geo import distance_km
from app.registry.models import ProviderPaper, Standing
from tests.matching.test_ranking import WEIGHTS
from tests.world import CHENGLANG, DOOR_LOCK, World, new_policy, ok

PHONE, RADIUS = "13957412345", 5.0
NIGHT, DAY = (time(2), time(3)), (time(0), time(0))


@pytest.mark.parametrize("seed", range(3))
async def test_candidates_are_filtered_and_ranked_by_the_registrys_facts(world: World, seed: int) -> None:
    rng = Random(seed)
    await new_policy(world, radius_km=RADIUS)
    now, place = world.clock.now(), world.catalog.spot(CHENGLANG)
    meant: dict[str, str | None] = {}
    totals: dict[str, float] = {}
    for _ in range(30):
        point = (place.lat + rng.uniform(-0.06, 0.06), place.lon + rng.uniform(-0.06, 0.06))
        awake, good, barred = rng.random() < 0.8, rng.random() < 0.8, rng.random() < 0.1
        reachable, capacity = rng.random() < 0.8, rng.choice([0, 2, 5, 9])
        standing = rng.choice([Standing.ACTIVE, Standing.TRIAL, Standing.WATCH, Standing.SUSPENDED])
        unreachable: dict[str, Any] = {} if reachable else {"unreachable_why": "silent", "unreachable_at": now}
        price, credit = rng.randrange(1_000, 50_000), rng.randrange(60, 101)
        provider = await world.add_provider(
            DOOR_LOCK, capacity=capacity, point=point, hours=DAY if awake else NIGHT, standing=standing,
            price_fen=price, papers=(), reachable=reachable, credit=credit, **unreachable,
        )  # fmt: skip
        async with world.context.db.begin() as tx:
            until = now.date() + timedelta(days=30 if good else -1)
            paper = ProviderPaper(provider_id=provider.id, paper_code="lock", number="x", issued_on=date(2025, 1, 1))
            paper.expires_on = until
            tx.session.add(paper)
        if standing == Standing.SUSPENDED:
            continue
        km = round(distance_km(place.lat, place.lon, *point), 3)
        stops = {
            "too_far": km > RADIUS, "papers": not good, "closed_then": not awake, "full": capacity == 0,
            "unreachable": not reachable, "barred": barred,
        }  # fmt: skip
        meant[str(provider.id)] = next((reason for reason, stopped in stops.items() if stopped), None)
        scores = {"distance": 5 / (5 + km), "fairness": 1, "credit": credit / 100, "record": 1, "load": 1}
        scores["price"] = 10_000 / (10_000 + price)
        totals[str(provider.id)] = sum(scores[name] * weight for name, weight in WEIGHTS.items()) / sum(
            WEIGHTS.values()
        )
        if barred:
            await ok(world.create(DOOR_LOCK, phone=PHONE))
            await ok(world.operator.put(f"/citizens/{PHONE}/bars/{provider.id}", json={"reason": "态度差"}))
    wanted = {"item": DOOR_LOCK, "area": CHENGLANG, "phone": PHONE}
    shown: dict[str, Any] = await ok(world.operator.post("/matching/preview", json=wanted))
    assert {each["provider_id"]: each["reason"] for each in shown["rejected"]} == {
        provider: reason for provider, reason in meant.items() if reason
    }
    able = [provider for provider, reason in meant.items() if reason is None]
    assert [each["provider_id"] for each in shown["candidates"]] == sorted(able, key=lambda provider: -totals[provider])
    assert [each["total"] for each in shown["candidates"]] == [
        pytest.approx(totals[each["provider_id"]], abs=1e-6) for each in shown["candidates"]
    ]
    assert {each["reason"] for each in shown["rejected"]} >= {"too_far", "papers"}
