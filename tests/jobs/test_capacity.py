"""A job takes up capacity on the day and in the hour of its appointment, not from the day it was booked."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused

ZONE = ZoneInfo("Asia/Shanghai")


def window(day: int, start: int, end: int, month: int = 11) -> dict[str, str]:
    """Return the wanted window between two full hours of a day in 2026."""
    hours = (datetime(2026, month, day, hour, tzinfo=ZONE).isoformat() for hour in (start, end))
    return dict(zip(("wanted_from", "wanted_to"), hours, strict=True))


def appointment(day: int, start: int, end: int, month: int = 11) -> dict[str, str]:
    return dict(zip(("appointment_from", "appointment_to"), window(day, start, end, month).values(), strict=True))


async def accept(world: World, provider: SampleProvider, number: int, item: str = CLEANING, **facts: Any) -> Any:
    """Dispatch to the provider and accept; return the job, or None if it was not asked."""
    created = await world.dispatch(item, phone=f"1395740{number:04d}", **facts)
    if not created["offers"]:
        return None
    return await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))


async def test_a_job_booked_for_next_month_leaves_today_free(world: World) -> None:
    provider = await world.add_provider(CLEANING, DRAIN, capacity=1)
    assert await accept(world, provider, 1, **window(20, 9, 11, month=12))
    assert await accept(world, provider, 2, DRAIN)
    await world.work()
    # Today and that hour in December are full; another day is not.
    assert await accept(world, provider, 3, DRAIN) is None
    assert await accept(world, provider, 4, **window(20, 10, 12, month=12)) is None
    assert await accept(world, provider, 5, **window(26, 9, 11))


async def test_two_appointments_on_one_day_are_two_visits(world: World) -> None:
    provider = await world.add_provider(CLEANING, capacity=1)
    assert await accept(world, provider, 1, **window(26, 9, 11))
    assert await accept(world, provider, 2, **window(26, 14, 16))
    assert await accept(world, provider, 3, **window(26, 10, 12)) is None


async def test_one_hour_takes_as_many_appointments_as_the_capacity(world: World) -> None:
    provider = await world.add_provider(CLEANING, capacity=2)
    taken = [await accept(world, provider, n, **window(26, 9, 11)) is not None for n in range(3)]
    assert taken == [True, True, False]


async def test_accepting_into_a_taken_hour_is_refused_and_names_the_other_job(world: World) -> None:
    provider = await world.add_provider(CLEANING, capacity=1)
    first, second = [
        (await world.dispatch(CLEANING, phone=f"1395740000{n}", **window(26, 8, 18)))["offers"][0] for n in range(2)
    ]
    job = await ok(provider.client.put(f"/provider/offers/{first['id']}/acceptance", json=appointment(26, 9, 11)))
    path = f"/provider/offers/{second['id']}/acceptance"
    told = await refused(provider.client.put(path, json=appointment(26, 10, 12)), 409, "appointments_overlap")
    assert str(job["number"]) in told["title"]
    await ok(provider.client.put(path, json=appointment(26, 11, 13)))


async def test_an_appointment_cannot_be_moved_onto_another(world: World) -> None:
    provider = await world.add_provider(CLEANING, capacity=1)
    await accept(world, provider, 1, **window(26, 9, 11))
    job = await accept(world, provider, 2, **window(27, 9, 11))
    path, agreed = (
        f"/provider/jobs/{job['id']}/appointment",
        {"agreed_with_citizen": True, "agreed_by": "王阿姨", "agreed_how": "by_phone"},
    )
    await refused(provider.client.put(path, json=appointment(26, 10, 12) | agreed), 409, "appointments_overlap")
    await ok(provider.client.put(path, json=appointment(26, 11, 13) | agreed))
    await ok(provider.client.put(path, json=appointment(26, 12, 13) | agreed))  # its own former time does not block it


async def test_a_job_whose_appointment_has_passed_takes_todays_place(world: World) -> None:
    provider = await world.add_provider(CLEANING, DRAIN, capacity=1)
    await accept(world, provider, 1, **window(25, 9, 11))
    world.clock.moment = datetime(2026, 11, 25, 12, tzinfo=ZONE)
    assert await accept(world, provider, 2, DRAIN) is None


async def test_offers_for_another_day_are_kept_when_today_fills_up(world: World) -> None:
    provider = await world.add_provider(CLEANING, DRAIN, capacity=1)
    later = (await world.dispatch(CLEANING, phone="13957400001", **window(27, 9, 11)))["offers"][0]
    await accept(world, provider, 2, DRAIN)
    world.advance(seconds=timedelta(seconds=5).total_seconds())
    await world.work()
    assert [offer["id"] for offer in await ok(provider.client.get("/provider/offers"))] == [later["id"]]
