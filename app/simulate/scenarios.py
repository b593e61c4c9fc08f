"""The days that can be played, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True)
class Burst:
    """A burst of requests on top of the day's own, evenly spread between two local times.

    `requests` is their number at scale 1. Each is for one of the items; an item named twice is requested twice as
    often.
    """

    requests: int
    begins: time
    ends: time
    items: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """A day of the sample's year, and what is unusual about it.

    `closed`: the share of providers that are away all day and have said so. `silent`: the share that stop answering and
    working at `silent_from` without notice, and come back at eight the next morning. `places`: the share of its places
    that each provider keeps, at least one. `equal`: providers differ only in capacity.
    """

    day: date
    requests: int = 10_000
    closed: float = 0.0
    silent: float = 0.0
    silent_from: time = time(12)
    burst: Burst | None = None
    places: float = 1.0
    equal: bool = False


TYPHOON = Burst(1_271, time(13), time(15), ("PE01", "PE02", "PE02", "PE02", "PE03", "PE07", "PE10", "PE10", "CR05"))
"""As many requests as reached the centre in the typhoon of July 2015: drains, pipes, power, and cars under water."""

SCENARIOS: Mapping[str, Scenario] = {
    "day": Scenario(date(2026, 11, 24)),
    "holiday": Scenario(date(2027, 2, 8), closed=0.4),
    "typhoon": Scenario(date(2026, 8, 14), closed=0.3, places=0.1, burst=TYPHOON),
    "vanish": Scenario(date(2026, 11, 24), silent=0.5),
    "equal": Scenario(date(2026, 11, 24), requests=0, burst=Burst(700, time(7), time(21), ("PE06",)), equal=True),
}
