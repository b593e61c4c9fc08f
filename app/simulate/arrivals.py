"""The day's callers and their requests: the sample's ordinary arrivals, and a burst on top of them."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from app.demo.citizens import Call
from app.intake.models import Channel
from app.sample.people import Population
from app.sample.reference import sample_data
from app.sample.shape import Arrival, draw_day, expected_day
from app.settings import Settings
from app.simulate.scenarios import Burst, Scenario
from app.simulate.stage import midnight


def draw_calls(scenario: Scenario, settings: Settings, scale: float, seed: int) -> Iterator[Call]:
    """Yield the day's calls in order of arrival, each at its own moment. The same seed gives the same calls."""
    rng = Random(f"simulate-{seed}")
    arrivals = draw_day(scenario.day, rng, scale * scenario.requests / expected_day(scenario.day))
    if scenario.burst:
        arrivals = sorted([*arrivals, *_burst(scenario.burst, scale, rng)])
    population, begin = Population(), midnight(scenario, settings).astimezone(settings.zone)
    for arrival in arrivals:
        citizen = population.citizen(population.draw_caller(rng, arrival.township, arrival.item))
        at = begin + timedelta(seconds=arrival.second)
        yield Call(at, arrival.item, arrival.channel, citizen, Random(rng.getrandbits(64)))


def _burst(burst: Burst, scale: float, rng: Random) -> Iterator[Arrival]:
    begins, ends = (moment.hour * 3_600 + moment.minute * 60 for moment in (burst.begins, burst.ends))
    weights = sample_data("shape.yaml")["townships"]
    for _ in range(round(burst.requests * scale)):
        (township,) = rng.choices(list(weights), list(weights.values()))
        yield Arrival(rng.randrange(begins, ends), rng.choice(burst.items), township, Channel.PHONE)
