"""A job takes a place when it is, not from the day on which it was booked; two appointments in one hour are seen."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused

ZONE = ZoneInfo("Asia/Shanghai")


def window(day: int, start: int, end: int, month: int = 11) -> dict[str, str]:
    """The citizen's wanted window on a day of 2026, by hours."""
    hours = (datetime(2026, month, day, hour, tzinfo=ZONE).isoformat() for hour in (start, end))
    return dict(zip(("wanted_from", "wanted_to"), hours, strict=True))


def appointment(day: int, start: int, end: int, month: int = 11) -> dict[str, str]:
    return dict(zip(("appointment_from", "appointment_to"), window(day, start, end, month).values(), strict=True))


async def accept(world: World, firm: SampleProvider, number: int, item: str = CLEANING, **facts: Any) -> Any:
    """Dispatch to the firm and accept at once; gives the job, or None if it was not asked."""
    created = await world.dispatch(item, phone=f"1395740{number:04d}", **facts)
    if not created["offers"]:
        return None
    return await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))


async def test_a_job_booked_for_next_month_leaves_today_free(world: World) -> None:
    firm = await world.add_provider(CLEANING, DRAIN, capacity=1)
    assert await accept(world, firm, 1, **window(20, 9, 11, month=12))
    assert await accept(world, firm, 2, DRAIN)
    await world.work()
    # Today is full now, and so is that hour in December; another day is not.
    assert await accept(world, firm, 3, DRAIN) is None
    assert await accept(world, firm, 4, **window(20, 10, 12, month=12)) is None
    assert await accept(world, firm, 5, **window(26, 9, 11))


async def test_two_appointments_on_one_day_are_two_visits(world: World) -> None:
    firm = await world.add_provider(CLEANING, capacity=1)
    assert await accept(world, firm, 1, **window(26, 9, 11))
    assert await accept(world, firm, 2, **window(26, 14, 16))
    assert await accept(world, firm, 3, **window(26, 10, 12)) is None


async def test_as_many_at_one_hour_as_there_are_crews(world: World) -> None:
    firm = await world.add_provider(CLEANING, capacity=2)
    taken = [await accept(world, firm, n, **window(26, 9, 11)) is not None for n in range(3)]
    assert taken == [True, True, False]


async def test_an_acceptance_into_a_taken_hour_names_what_is_there(world: World) -> None:
    firm = await world.add_provider(CLEANING, capacity=1)
    first, second = [
        (await world.dispatch(CLEANING, phone=f"1395740000{n}", **window(26, 8, 18)))["offers"][0] for n in range(2)
    ]
    job = await ok(firm.client.put(f"/provider/offers/{first['id']}/acceptance", json=appointment(26, 9, 11)))
    path = f"/provider/offers/{second['id']}/acceptance"
    told = await refused(firm.client.put(path, json=appointment(26, 10, 12)), 409, "appointments_overlap")
    assert str(job["number"]) in told["title"]
    await ok(firm.client.put(path, json=appointment(26, 11, 13)))


async def test_an_appointment_is_not_moved_onto_another(world: World) -> None:
    firm = await world.add_provider(CLEANING, capacity=1)
    await accept(world, firm, 1, **window(26, 9, 11))
    job = await accept(world, firm, 2, **window(27, 9, 11))
    path, agreed = (
        f"/provider/jobs/{job['id']}/appointment",
        {"agreed_with_citizen": True, "agreed_by": "王阿姨", "agreed_how": "by_phone"},
    )
    await refused(firm.client.put(path, json=appointment(26, 10, 12) | agreed), 409, "appointments_overlap")
    await ok(firm.client.put(path, json=appointment(26, 11, 13) | agreed))
    await ok(firm.client.put(path, json=appointment(26, 12, 13) | agreed))  # its own place is no obstacle


async def test_an_appointment_that_has_passed_takes_todays_place(world: World) -> None:
    firm = await world.add_provider(CLEANING, DRAIN, capacity=1)
    await accept(world, firm, 1, **window(25, 9, 11))
    world.clock.moment = datetime(2026, 11, 25, 12, tzinfo=ZONE)
    assert await accept(world, firm, 2, DRAIN) is None


async def test_offers_of_another_day_outlive_a_full_today(world: World) -> None:
    firm = await world.add_provider(CLEANING, DRAIN, capacity=1)
    later = (await world.dispatch(CLEANING, phone="13957400001", **window(27, 9, 11)))["offers"][0]
    await accept(world, firm, 2, DRAIN)
    world.advance(seconds=timedelta(seconds=5).total_seconds())
    await world.work()
    assert [offer["id"] for offer in await ok(firm.client.get("/provider/offers"))] == [later["id"]]
