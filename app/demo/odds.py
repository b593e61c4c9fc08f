"""How often and how long people do things, and in which words. Taken from the sample history."""

from random import Random
from typing import Any

from app.sample.reference import sample_data


def _of(what: str) -> Any:
    return sample_data("history.yaml")[what]


def chance(rng: Random, what: str) -> bool:
    """Draw whether it happens this time. `what` names its share."""
    return rng.random() < float(_of("shares")[what])


def words(rng: Random, about: str) -> str:
    """Draw what somebody says about it."""
    return str(rng.choice(_of("words")[about]))


def quantity(rng: Random, unit: str | None) -> int:
    """Draw how many units of an item are asked for."""
    low, high = _of("quantities").get(unit, (1, 1))
    return rng.randint(low, high)


def satisfaction(rng: Random, *, solved: bool) -> str:
    """Draw a citizen's rating on the national satisfaction scale."""
    weights = _of("satisfaction")["solved" if solved else "unsolved"]
    return str(rng.choices(list(weights), weights=list(weights.values()))[0])
