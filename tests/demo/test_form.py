"""The API accepts the requests that simulated operators fill in."""

from dataclasses import replace
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from app.catalog.models import Tier
from app.demo.citizens import Call
from app.demo.form import Catalogue, Claim, fill_in, find_claim
from app.intake.models import Channel
from app.sample.people import Population
from tests.world import World, ok

MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def ring(item: str, *groups: str) -> Call:
    """Return the call of a citizen in these groups who wants the item."""
    citizen = replace(Population().citizen(4711), groups=groups)
    return Call(MORNING, item, Channel.PHONE, citizen, Random(item))


async def read_catalogue(world: World) -> Catalogue:
    items = await ok(world.operator.get("/items"))
    codes = frozenset(item["code"] for item in items)
    return Catalogue({item["code"]: item for item in items}, codes)


async def test_every_item_can_be_taken_down(world: World) -> None:
    catalogue, outcomes = await read_catalogue(world), set()
    for item in catalogue.items:
        form = fill_in(ring(item), catalogue, MORNING)
        created = await ok(world.operator.post("/requests", json=form))
        outcomes.add((created["request"]["kind"], created["request"]["status"]))
    assert {kind for kind, _ in outcomes} == {"info", "service", "volunteer", "relay"}
    assert ("info", "closed") in outcomes
    assert ("relay", "relayed") in outcomes


async def test_a_citizen_asks_for_the_cheapest_tier_of_the_groups(world: World) -> None:
    toilet, question = [await ok(world.operator.get(f"/items/{code}/tiers")) for code in ("PE01", "HL02")]
    claims = {find_claim(replace(ring("PE01", "aged_80", "hardship"), rng=Random(n)), toilet) for n in range(50)}
    assert claims == {None, Claim(Tier.FREE, "hardship", "低保证或低边证")}
    assert find_claim(ring("PE01"), toilet) is None
    assert find_claim(ring("HL02", "hardship"), question) is None
