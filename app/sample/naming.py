"""Names, codes and phone numbers for generated providers and people. A namer never gives the same one twice."""

from collections.abc import Callable
from random import Random

from app.registry.uscc import CHARACTERS, check_character, organisation_check
from app.sample.reference import sample_data

DIVISION = "330203"
PROVIDER_PREFIX = "1790574"
"""A prefix assigned to no network, then Ningbo's area code, so that a sample number rings nobody."""


def person_name(rng: Random, age: str) -> str:
    """Return a common name for somebody `elder`, `adult` or `young`."""
    names = sample_data("names.yaml")
    return str(rng.choice(names["surnames"]) + rng.choice(names["given"][age]))


def credit_code(rng: Random, kind: str) -> str:
    """Return a Unified Social Credit Code of Haishu. `kind` is its first two characters, such as 91 for a company."""
    serial = "".join(rng.choices(CHARACTERS, k=5)) if rng.random() < 0.7 else None
    base = f"MA2{serial}" if serial else f"{rng.randrange(10**8):08d}"
    body = kind + DIVISION + base + organisation_check(base)
    return body + check_character(body)


class Namer:
    """Draws names, codes and numbers, and never gives the same one twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def name(self, rng: Random, pattern: str, **parts: str) -> str:
        """Return a fresh name: the pattern with these parts and a random two-character {brand}."""
        names = sample_data("names.yaml")["company"]
        return self._fresh(
            lambda: pattern.format(brand=rng.choice(names["heads"]) + rng.choice(names["tails"]), **parts)
        )

    def credit_code(self, rng: Random, kind: str) -> str:
        """Return a fresh credit code; see `credit_code`."""
        return self._fresh(lambda: credit_code(rng, kind))

    def phone(self, rng: Random) -> str:
        """Return a fresh phone number of a provider."""
        return self._fresh(lambda: f"{PROVIDER_PREFIX}{rng.randrange(10_000):04d}")

    def _fresh(self, draw: Callable[[], str]) -> str:
        while (value := draw()) in self._given:
            pass
        self._given.add(value)
        return value
