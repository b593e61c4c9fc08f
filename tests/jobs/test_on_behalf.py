"""Staff phone providers without software and act on their behalf."""

from app.registry.models import ReachedBy
from tests.world import DRAIN, World, ok


async def test_operators_phone_a_provider_from_the_offer_to_the_bill(world: World) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    request_id = (await world.dispatch(DRAIN))["request"]["id"]
    [listed] = await ok(world.operator.get("/offers/to-phone"))
    assert (listed["provider_name"], listed["phone_attempts"]) == (provider.name, 0)
    taken = await ok(world.operator.post("/offers/to-phone/next"))
    assert taken["provider_phone"].startswith("179")
    assert (await world.supervisor.post("/offers/to-phone/next")).status_code == 204
    await ok(world.operator.put(f"/offers/{taken['id']}/no-answer"))
    assert (await world.supervisor.post("/offers/to-phone/next")).status_code == 204
    world.advance(minutes=1)
    again = await ok(world.supervisor.post("/offers/to-phone/next"))
    assert (again["id"], again["phone_attempts"]) == (taken["id"], 2)

    job = await ok(world.supervisor.put(f"/offers/{taken['id']}/acceptance"))
    await ok(world.operator.put(f"/jobs/{job['id']}/start"))
    await ok(world.operator.put(f"/jobs/{job['id']}/consent", json={"amount_fen": 9_000}))
    await ok(world.operator.put(f"/jobs/{job['id']}/completion", json={"result": "已疏通", "amount_fen": 9_000}))
    assert await world.status(request_id) == "completed"
    events = await ok(world.operator.get(f"/requests/{request_id}/events"))
    on_behalf = {event["kind"] for event in events if event["on_behalf"]}
    assert {"offer.accepted", "offer.not_answered", "job.started", "job.completed"} <= on_behalf
    assert await ok(world.operator.get("/offers/to-phone")) == []
