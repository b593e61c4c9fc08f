"""The main workflow over HTTP: a request from the call to the callback."""

from tests.world import CLEANING, DRAIN, World, ok, refused


async def test_a_drain_is_reported_dispatched_done_and_billed(world: World) -> None:
    provider = await world.add_provider(DRAIN)

    created = await world.dispatch(DRAIN)
    assert created["matching"] == "offered"
    assert created["request"]["contact_phone"] == "139****2345"
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert offer["number"] == created["request"]["number"]
    assert "contact_phone" not in offer

    job = await world.complete(provider, offer["id"], amount_fen=12_000)
    assert job["status"] == "completed"
    contact = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert contact["contact_phone"] == "13957412345"
    request_id = created["request"]["id"]
    assert await world.status(request_id) == "completed"
    events = [event["kind"] for event in await ok(world.operator.get(f"/requests/{request_id}/events"))]
    assert events[:2] == ["request.created", "request.dispatched"]
    assert {"offer.made", "offer.accepted", "request.assigned", "job.started", "job.completed"} <= set(events)


async def test_booked_work_gets_an_appointment_within_what_the_citizen_wants(world: World) -> None:
    provider = await world.add_provider(CLEANING)
    wanted = {"wanted_from": "2026-11-25T09:00:00+08:00", "wanted_to": "2026-11-25T12:00:00+08:00"}
    created = await world.dispatch(CLEANING, **wanted)
    [offer] = created["offers"]

    outside = {"appointment_from": "2026-11-25T13:00:00+08:00", "appointment_to": "2026-11-25T15:00:00+08:00"}
    url = f"/provider/offers/{offer['id']}/acceptance"
    await refused(provider.client.put(url, json=outside), 422, "appointment_invalid")
    inside = {"appointment_from": "2026-11-25T09:00:00+08:00", "appointment_to": "2026-11-25T11:00:00+08:00"}
    job = await ok(provider.client.put(url, json=inside))
    assert job["appointment_to"] == "2026-11-25T03:00:00Z"
