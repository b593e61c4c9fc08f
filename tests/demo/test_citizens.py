"""When simulated citizens call."""

from datetime import timedelta

from app.demo.citizens import arrivals
from app.demo.room import Operators, Room
from app.kit.clock import clock_from
from app.sample.people import Population
from app.sample.shape import expected
from app.settings import Settings
from tests.conftest import MORNING


async def test_citizens_call_in_the_shape_of_the_day_until_the_end() -> None:
    due = sum(expected(MORNING.date(), hour, 0.2) for hour in (10, 11))
    Population().citizen(0)  # the data is read before the clock starts to run
    settings = Settings(clock_start=MORNING, clock_factor=10_000)
    room = Room(clock_from(settings), settings.zone, Operators([]), Operators([]))
    begin, end = room.now(), room.now() + timedelta(hours=2)
    calls = [call async for call in arrivals(room, 0.2, 1, end)]
    assert room.now() >= end
    assert begin <= calls[0].at
    assert calls[-1].at < end
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert 0.8 * due < len(calls) < 1.2 * due
