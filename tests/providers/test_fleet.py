"""The simulated fleet on the real application. The centre's clock stands still, and waiting for it takes no time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.registry.models import ReachedBy
from hotline_provider.behaviour import Member
from hotline_provider.fleet import Fleet
from tests.providers.kit import key_of
from tests.world import DOOR_LOCK, DRAIN, SampleProvider, World, new_policy, ok


def member(provider: SampleProvider, *, by_phone: bool = False, **habits: float) -> Member:
    """Return a member who accepts everything and works on time, unless changed."""
    good = {"accept_rate": 1.0, "answer_rate": 1.0, "response_seconds": 60.0, "punctuality": 1.0, "return_rate": 0.0}
    return Member(key=key_of(provider), name=provider.name, by_phone=by_phone, **(good | habits))


@asynccontextmanager
async def at_work(world: World, *members: Member) -> AsyncIterator[Fleet]:
    """Run the fleet during the block."""
    fleet = Fleet(
        "http://hotline", members, factor=1e9, seed=1, now=world.clock.now, transport=lambda _: world.transport
    )
    running = asyncio.create_task(fleet.run())
    try:
        yield fleet
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(world: World, condition: Callable[[], bool]) -> None:
    """Query the database until the condition holds, while the fleet works."""
    async with asyncio.timeout(20):
        while not condition():
            await ok(world.operator.get("/offers/to-phone"))


async def test_a_member_does_the_work_it_is_offered(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with at_work(world, member(provider)) as fleet:
        created = await world.dispatch(DRAIN)
        await until(world, lambda: fleet.counts.completed == 1)
    counts = fleet.counts
    assert (counts.seen, counts.accepted, counts.started, counts.problems) == (1, 1, 1, {})
    [job] = await ok(world.operator.get(f"/requests/{created['request']['id']}/jobs"))
    assert job["status"] == "completed"
    assert 8_000 <= job["amount_fen"] == job["agreed_fen"] <= 12_800


async def test_members_decline_or_let_the_offer_lapse(world: World) -> None:
    declining, silent = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    members = member(declining, accept_rate=0), member(silent, accept_rate=0, answer_rate=0)
    async with at_work(world, *members) as fleet:
        created = await world.dispatch(DRAIN, chosen_provider_id=str(declining.id))
        await until(world, lambda: fleet.counts.declined == 1)
        await world.work()
        await until(world, lambda: fleet.counts.ignored == 1)
    offers = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    reasons = {offer["provider_id"]: offer["decline_reason"] for offer in offers}
    assert reasons[str(declining.id)] in ("busy", "no_staff")
    assert reasons[str(silent.id)] is None


async def test_a_careless_member_gives_the_work_back(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with at_work(world, member(provider, return_rate=1)) as fleet:
        created = await world.dispatch(DRAIN)
        await until(world, lambda: fleet.counts.returned == 1)
    assert fleet.counts.started == 0
    [job] = await ok(world.operator.get(f"/requests/{created['request']['id']}/jobs"))
    assert (job["status"], job["return_reason"]) == ("returned", "citizen_absent")


async def test_work_accepted_before_the_fleet_came_is_taken_up(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    job = await ok(world.operator.put(f"/offers/{offer['id']}/acceptance"))
    await ok(world.operator.put(f"/jobs/{job['id']}/start"))
    async with at_work(world, member(provider)) as fleet:
        await until(world, lambda: fleet.counts.completed == 1)
    assert (fleet.counts.accepted, fleet.counts.started) == (0, 0)


async def test_work_accepted_by_phone_meanwhile_is_taken_up_at_once(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with at_work(world, member(provider, accept_rate=0, answer_rate=0)) as fleet:
        [offer] = (await world.dispatch(DRAIN))["offers"]
        await until(world, lambda: fleet.counts.ignored == 1)
        await ok(world.operator.put(f"/offers/{offer['id']}/acceptance"))
        await until(world, lambda: fleet.counts.completed == 1)
    assert fleet.counts.accepted == 0


async def test_a_member_whose_key_was_revoked_does_not_stop_the_others(world: World) -> None:
    provider, former = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    [key] = await ok(world.registrar.get(f"/providers/{former.id}/keys"))
    await ok(world.registrar.delete(f"/providers/{former.id}/keys/{key['label']}"))
    async with at_work(world, member(former), member(provider)) as fleet:
        await until(world, lambda: fleet.counts.problems["not_signed_in"] >= 1)
        created = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
        await until(world, lambda: fleet.counts.completed == 1)
    assert await world.status(created["request"]["id"]) == "completed"


async def test_a_member_that_had_been_silent_switches_itself_on_again(world: World) -> None:
    await new_policy(world, silent_limit=1)
    provider = await world.add_provider(DRAIN)
    missed = await world.dispatch(DRAIN)
    world.advance(minutes=4)
    await world.work()
    assert (await ok(provider.client.get("/provider")))["unreachable_why"] == "silent"
    async with at_work(world, member(provider)) as fleet:
        await until(world, lambda: fleet.counts.switched_on == 1)
        await ok(world.operator.put(f"/requests/{missed['request']['id']}/cancellation", json={"reason": "修好了"}))
        await world.dispatch(DRAIN)
        await until(world, lambda: fleet.counts.completed == 1)


async def test_a_member_that_takes_no_offers_by_its_own_wish_is_left_so(world: World) -> None:
    resting, provider = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    await ok(resting.client.patch("/provider/availability", json={"reachable": False}))
    async with at_work(world, member(resting), member(provider)) as fleet:
        await world.dispatch(DRAIN)
        await until(world, lambda: fleet.counts.completed == 1)
    assert fleet.counts.switched_on == 0
    assert (await ok(resting.client.get("/provider")))["notice"]["en"].startswith("You have paused offers")


async def test_providers_reached_by_phone_are_left_to_the_operators(world: World) -> None:
    phoned = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    provider = await world.add_provider(DOOR_LOCK)
    await world.dispatch(DRAIN)
    await world.dispatch(DOOR_LOCK)
    async with at_work(world, member(phoned, by_phone=True), member(provider)) as fleet:
        await until(world, lambda: fleet.counts.completed == 1)
    assert fleet.counts.seen == 1
    assert len(await ok(world.operator.get("/offers/to-phone"))) == 1
