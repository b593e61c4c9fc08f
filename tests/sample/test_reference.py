import os
import subprocess
import sys
from collections import Counter
from inspect import getsource
from pathlib import Path

from app.catalog.load import read_data
from app.catalog.models import Tier
from app.sample.reference import nearest_townships, sample_data, sample_items, sample_townships

CHEAPEST_FIRST = list(Tier)
ENTITLEMENTS = read_data("entitlements.yaml")


def fingerprint() -> str:
    """Return a hash of everything that is generated."""
    from datetime import date
    from hashlib import sha256
    from random import Random

    from app.sample.behaviour import behaviour_of
    from app.sample.people import Population
    from app.sample.registry import generate_registry
    from app.sample.shape import draw_day
    from app.sample.texts import utterance

    registry, rng, people = generate_registry(date(2026, 3, 10)), Random(1), Population(1_000)
    day = draw_day(date(2026, 3, 10), rng)
    said = [utterance(arrival.item, rng) for arrival in day]
    citizens = [people.citizen(index) for index in range(people.size)]
    return sha256(repr((registry, list(map(behaviour_of, registry)), day, said, citizens)).encode()).hexdigest()


def cheaper(item: str) -> set[Tier]:
    """Return the item's tiers that need an entitlement."""
    first, *others = sample_items()[item].tiers
    return {tier for tier in others if CHEAPEST_FIRST.index(tier) < CHEAPEST_FIRST.index(first)}


def test_every_process_generates_the_same() -> None:
    other = subprocess.run(
        [sys.executable, "-c", f"{getsource(fingerprint)}\nprint(fingerprint())"],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    assert other.stdout.strip() == fingerprint()


def test_a_cap_stands_for_every_low_fee_item_and_below_the_market() -> None:
    caps, prices = read_data("caps.yaml")["caps"], sample_data("prices.yaml")
    assert set(caps) == {item.code for item in sample_items().values() if Tier.LOW_FEE in item.tiers}
    market = prices["fixed"] | prices["quote"]
    assert all(0 < cap < market[item][0] for item, cap in caps.items() if item in market)


def test_caps_and_entitlements_say_that_they_are_samples() -> None:
    assert read_data("caps.yaml")["sample"] is ENTITLEMENTS["sample"] is True


def test_each_entitlement_opens_a_cheaper_tier_to_a_known_group() -> None:
    groups = {group["code"] for group in ENTITLEMENTS["groups"]}
    assert groups == {"aged_80", "living_alone", "disabled", "hardship", "veteran_family"}
    for row in ENTITLEMENTS["entitlements"]:
        items = [row["item"]] if "item" in row else [c for c in sample_items() if c.startswith(row["category"])]
        assert row["group"] in groups
        assert row["proof"]
        assert any(row["tier"] in cheaper(item) for item in items), row
    keys = Counter(
        (row.get("item"), row.get("category"), row["group"], row["tier"]) for row in ENTITLEMENTS["entitlements"]
    )
    assert max(keys.values()) == 1


def test_every_cheaper_tier_is_open_to_somebody() -> None:
    granted = {(row.get("item") or row["category"], row["tier"]) for row in ENTITLEMENTS["entitlements"]}
    closed = [
        (code, tier)
        for code, item in sample_items().items()
        for tier in cheaper(code)
        if (code, tier) not in granted and (item.category, tier) not in granted
    ]
    assert closed == []


def test_the_nearest_township_is_itself_and_the_mountains_are_far() -> None:
    order = nearest_townships("330203002")
    assert order[0] == "330203002"
    assert set(order[-3:]) == {"330203105", "330203106", "330203200"}
    assert len(order) == len(sample_townships()) == 17
    assert 15 < sample_townships()["330203002"].km_to(sample_townships()["330203200"]) < 30
