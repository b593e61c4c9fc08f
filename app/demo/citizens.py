"""Simulates citizens who call the way they do over a real day."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.demo.pace import until
from app.demo.room import Room
from app.intake.models import Channel
from app.sample.people import Population, SampleCitizen
from app.sample.shape import draw_hour

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Call:
    """A citizen who has been on the line since `at` and wants the item. Everything else about the call is drawn from
    `rng`."""

    at: datetime
    item: str
    channel: Channel
    citizen: SampleCitizen
    rng: Random


async def arrivals(room: Room, scale: float, seed: int, end: datetime | None) -> AsyncIterator[Call]:
    """Yield citizens as they call, from now until `end`, or for ever if `end` is None. At `scale` 1 over 10,000 call
    each day."""
    population, begin = Population(), room.now()
    hour = begin.replace(minute=0, second=0, microsecond=0)
    while True:
        rng = Random(f"calls-{seed}-{hour:%Y-%m-%d %H}")
        for arrival in draw_hour(hour.date(), hour.hour, rng, scale):
            citizen = population.citizen(population.draw_caller(rng, arrival.township, arrival.item))
            at = hour.replace(hour=0) + timedelta(seconds=arrival.second)
            if end is not None and at >= end:
                await until(room.clock, end)
                return
            if at >= begin:
                await until(room.clock, at)
                yield Call(at, arrival.item, arrival.channel, citizen, Random(rng.getrandbits(64)))
        hour += HOUR
