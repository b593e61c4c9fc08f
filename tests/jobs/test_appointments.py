"""Moving an appointment moves the deadlines, so moves are bounded, counted and agreed; figures keep the first one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.catalog.load import read_data
from app.jobs.agreement_actions import MOST_MOVES
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused


async def accepted(world: World, item: str) -> tuple[SampleProvider, dict[str, Any]]:
    provider = await world.add_provider(item)
    [offer] = (await world.dispatch(item))["offers"]
    return provider, await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))


def ending(moment: datetime) -> dict[str, Any]:
    start = moment - timedelta(hours=1)
    return {
        "appointment_from": start.isoformat(),
        "appointment_to": moment.isoformat(),
        "agreed_with_citizen": True,
        "agreed_by": "王阿姨的女儿",
        "agreed_how": "on_site",
    }


@pytest.mark.parametrize(("item", "urgency"), [(CLEANING, "booked"), (DRAIN, "same_day")])
async def test_an_appointment_beyond_move_days_is_refused(world: World, item: str, urgency: str) -> None:
    provider, job = await accepted(world, item)
    url = f"/provider/jobs/{job['id']}/appointment"
    first = datetime.fromisoformat(job["complete_by"])
    latest = first + timedelta(days=read_data("catalog.yaml")["urgency"][urgency]["move_days"])
    far = ending(datetime.fromisoformat("2099-01-01T10:00:00+08:00"))
    problem = await refused(provider.client.put(url, json=far), 422, "appointment_too_far")
    assert datetime.fromisoformat(problem["latest"]) == latest
    await refused(world.operator.put(f"/jobs/{job['id']}/appointment", json=far), 422, "appointment_too_far")
    moved = await ok(provider.client.put(url, json=ending(latest)))
    assert (moved["appointment_moves"], datetime.fromisoformat(moved["appointment_to"])) == (1, latest)
    await refused(provider.client.put(url, json=ending(latest + timedelta(days=1))), 422, "appointment_too_far")


@pytest.mark.parametrize("item", [CLEANING, DRAIN])
async def test_a_later_appointment_must_name_who_agreed_and_how(world: World, item: str) -> None:
    provider, job = await accepted(world, item)
    url, stands = f"/provider/jobs/{job['id']}/appointment", job["appointment_to"] or job["complete_by"]
    later = ending(datetime.fromisoformat(stands) + timedelta(hours=2))
    for missing in (["agreed_by", "agreed_how"], ["agreed_by"], ["agreed_how"]):
        ticked = {name: value for name, value in later.items() if name not in missing}
        for client, path in ((provider.client, url), (world.operator, url.removeprefix("/provider"))):
            problem = await refused(client.put(path, json=ticked), 422, "consent_unnamed")
            assert problem["missing"] == missing
            assert all(name in problem["title"] for name in missing)
    for blank in ({"agreed_by": " "}, {"agreed_how": "somehow"}):
        problem = await refused(provider.client.put(url, json=later | blank), 422, "invalid_input")
        assert next(iter(blank)) in str(problem["errors"])
    assert (await ok(provider.client.put(url, json=later)))["appointment_moves"] == 1
    earlier = ending(datetime.fromisoformat(stands) + timedelta(hours=1))
    ticked = {name: value for name, value in earlier.items() if name not in ("agreed_by", "agreed_how")}
    assert (await ok(provider.client.put(url, json=ticked)))["appointment_moves"] == 2


async def test_a_provider_may_move_an_appointment_three_times_and_staff_once_more(world: World) -> None:
    provider, job = await accepted(world, CLEANING)
    url, end = f"/provider/jobs/{job['id']}/appointment", datetime.fromisoformat(job["complete_by"])
    for number in range(1, MOST_MOVES + 1):
        body = ending(end + timedelta(hours=number))
        assert (await ok(provider.client.put(url, json=body)))["appointment_moves"] == number
        assert (await ok(provider.client.put(url, json=body)))["appointment_moves"] == number, (
            "a retry is not another move"
        )
    await refused(provider.client.put(url, json=ending(end + timedelta(hours=9))), 409, "too_many_moves")
    by_centre = await ok(world.operator.put(f"/jobs/{job['id']}/appointment", json=ending(end + timedelta(hours=9))))
    assert by_centre["appointment_moves"] == MOST_MOVES + 1
    events = (await ok(world.operator.get(f"/requests/{job['request_id']}/timeline")))["items"]
    told = [event["data"] for event in events if event["kind"] == "job.appointment_moved"]
    assert [(one["agreed_by"], one["agreed_how"], one["move"]) for one in reversed(told)] == [
        ("王*****", "on_site", number) for number in range(1, MOST_MOVES + 2)
    ]


async def test_the_original_on_time_rate_counts_by_the_first_deadline(world: World) -> None:
    provider, job = await accepted(world, CLEANING)
    first = datetime.fromisoformat(job["complete_by"])
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/appointment", json=ending(first + timedelta(days=20))))
    world.advance(seconds=(first + timedelta(days=19) - world.clock.now()).total_seconds())
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    quote = {"amount_fen": 8_000, "agreed_on_site": True}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/quote", json=quote))
    await ok(
        provider.client.put(f"/provider/jobs/{job['id']}/completion", json={"result": "好了", "amount_fen": 8_000})
    )
    await world.work()
    asked = {"from": "2026-11-24", "to": "2026-11-24"}
    figures = await ok(world.manager.get("/metrics/fulfilment", params=asked))
    assert figures["rates"]["on_time_by_original"]["numerator"] == 0, figures
    assert figures["rates"]["on_time_by_original"]["denominator"] == figures["rates"]["on_time"]["numerator"] == 1
