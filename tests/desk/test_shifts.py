"""Operators who go home leave no work that nobody sees."""

from datetime import timedelta

from httpx import AsyncClient

from app.auth.models import Role, Staff, StaffSession
from app.auth.tokens import token_hash
from app.kit.ids import new_id
from app.registry.models import ReachedBy
from tests.world import DRAIN, World, ok, refused


async def colleague(world: World, name: str) -> tuple[str, AsyncClient]:
    """Sign in another operator. Return the name and the client."""
    now, staff_id = world.clock.now(), new_id(world.clock.now())
    async with world.context.db.begin() as tx:
        tx.session.add(
            Staff(id=staff_id, username=name, name=name, password_hash="!", roles=[Role.OPERATOR], created_at=now)
        )
        await tx.flush()
        ends = now + timedelta(hours=12)
        tx.session.add(StaffSession(token_hash=token_hash(name), staff_id=staff_id, created_at=now, expires_at=ends))
    return name, await world.client(name)


async def test_open_requests_pass_to_the_next_shift(world: World) -> None:
    _, next_shift = await colleague(world, "next")
    created = (await world.dispatch(DRAIN))["request"]
    assert await ok(next_shift.get("/desk/requests")) == []
    await ok(world.operator.delete("/sessions/current"))
    [seen] = await ok(next_shift.get("/desk/requests"))
    assert (seen["request"]["id"], seen["handed_over"]) == (created["id"], True)
    mine = await ok(next_shift.put(f"/desk/requests/{created['id']}/follow-up"))
    assert mine["handed_over"] is False
    await ok(next_shift.put(f"/desk/requests/{created['id']}/follow-up"))
    [seen] = await ok(next_shift.get("/desk/requests"))
    assert seen["handed_over"] is False
    assert await ok(world.supervisor.get("/desk/requests")) == []  # somebody follows it
    events = await ok(next_shift.get(f"/requests/{created['id']}/events"))
    assert [event["kind"] for event in events].count("request.taken_over") == 1


async def test_a_session_that_expires_passes_its_requests_on(world: World) -> None:
    _, leaving = await colleague(world, "leaving")
    created = (await ok(world.create(DRAIN, client=leaving)))["request"]
    assert await ok(world.operator.get("/desk/requests")) == []
    world.advance(hours=13)
    [seen] = await ok(world.operator.get("/desk/requests"))
    assert (seen["request"]["id"], seen["handed_over"]) == (created["id"], True)


async def test_a_colleague_can_take_a_request_over(world: World) -> None:
    _, other = await colleague(world, "other")
    created = (await ok(world.create(DRAIN)))["request"]
    await ok(other.put(f"/desk/requests/{created['id']}/follow-up"))
    assert await ok(world.operator.get("/desk/requests")) == []
    await ok(other.put(f"/requests/{created['id']}/cancellation", json={"reason": "不用了"}))
    await refused(world.operator.put(f"/desk/requests/{created['id']}/follow-up"), 409, "status_conflict")


async def test_a_provider_taken_from_the_queue_is_free_when_its_operator_goes(world: World) -> None:
    _, leaving = await colleague(world, "leaving")
    await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    created = await world.dispatch(DRAIN)
    await ok(leaving.post("/offers/to-phone/next"))
    assert (await world.operator.post("/offers/to-phone/next")).status_code == 204
    await ok(leaving.delete("/sessions/current"))
    taken = await ok(world.operator.post("/offers/to-phone/next"))
    assert taken["id"] == created["offers"][0]["id"]


async def test_a_callback_is_free_when_its_operator_goes(world: World) -> None:
    _, leaving = await colleague(world, "leaving")
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await world.complete(provider, created["offers"][0]["id"])
    await world.work()
    world.advance(hours=3)
    await ok(leaving.post("/callbacks/next"))
    assert (await world.operator.post("/callbacks/next")).status_code == 204
    await ok(leaving.delete("/sessions/current"))
    taken = await ok(world.operator.post("/callbacks/next"))
    assert taken["request_id"] == created["request"]["id"]
