"""Simulated staff only do what the API lets them do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from httpx import AsyncBaseTransport

from app.demo.accounts import open_accounts
from app.demo.api import Api, Seat, Traffic
from app.demo.callbacks import Callbacks
from app.demo.calls import Desk
from app.demo.form import Catalogue
from app.demo.phone_desk import PhoneDesk
from app.demo.room import Operators, Room
from app.demo.supervisor import RELAYED_FOR, TRIES, Supervisor
from app.events.act import act_of
from app.kit.clock import clock_from
from app.registry.models import ReachedBy
from hotline_provider.behaviour import Member
from tests.demo.test_form import ring
from tests.world import DRAIN, World, ok

READY = Member(
    key="",
    name="海曙永安管道疏通部",
    accept_rate=1,
    answer_rate=1,
    response_seconds=30,
    punctuality=1,
    return_rate=0,
    by_phone=True,
)


class Inside(Traffic):
    """Sends calls to the test's application."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def transport(self, connections: int) -> AsyncBaseTransport:
        return self._world.transport


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with Api("http://hotline", Inside(world)) as opened:
        yield opened


@pytest.fixture
async def password(world: World) -> str:
    async with world.context.db.begin() as tx:
        return await open_accounts(act_of(world.context), tx, 2)


@pytest.fixture
async def room(world: World, api: Api, password: str) -> Room:
    """Yield a room in which an hour passes in an instant."""
    settings = world.context.settings
    fast = settings.model_copy(update={"clock_start": world.clock.now(), "clock_factor": 100_000})
    inbound, outbound = (Operators([Seat(api, f"operator{number}", password)]) for number in (1, 2))
    return Room(clock_from(fast), settings.zone, inbound, outbound)


async def test_operators_take_calls_and_further_calls(world: World, room: Room) -> None:
    await world.add_provider(DRAIN, tiers=("free", "paid"))
    items = {item["code"]: item for item in await ok(world.operator.get("/items"))}
    desk = Desk(room, Catalogue(items, frozenset()))
    call = replace(ring(DRAIN, "hardship"), rng=Random(1))
    async with room.tasks:
        await desk.take(call)
        [request_id] = room.taken
        await desk.take_again(call, str(request_id), cancel=False)
        await desk.take_again(call, str(request_id), cancel=True)
        await desk.take_again(call, str(request_id), cancel=True)

    card = await ok(world.operator.get(f"/citizens/{call.citizen.phone}"))
    [request] = card["past_requests"]
    assert (request["tier"], request["status"], request["number"]) == ("free", "cancelled", room.taken[request_id])
    assert [group["group_code"] for group in card["groups"]] == ["hardship"]
    contacts = await ok(world.operator.get(f"/requests/{request_id}/contacts"))
    assert [contact["purpose"] for contact in contacts] == ["request", "progress"]
    assert room.ringing == {}


async def test_a_provider_that_a_visitor_plays_is_offered_a_call(world: World, room: Room) -> None:
    visited, _ = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    items = {item["code"]: item for item in await ok(world.operator.get("/items"))}
    async with room.tasks:
        await Desk(room, Catalogue(items, frozenset())).offer_to(visited.id, ring(DRAIN))
    [offer] = await ok(visited.client.get("/provider/offers"))
    assert [str(request) for request in room.taken] == [offer["request_id"]]


async def test_a_phoned_provider_accepts_and_reports_by_phone(world: World, room: Room) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    created = await world.dispatch(DRAIN)
    phone_desk = PhoneDesk(room, {provider.id: READY}, Random(1))
    async with room.tasks, room.outbound.one() as operator:
        await phone_desk.phone(operator, await operator.post("/offers/to-phone/next"))
    assert await world.status(created["request"]["id"]) == "completed"


async def test_a_citizen_says_what_the_callback_may_record(world: World, room: Room) -> None:
    provider = await world.add_provider(DRAIN)
    callbacks = Callbacks(room, {provider.id: 0.5}, Random(1))
    for _ in range(8):
        created = await world.dispatch(DRAIN)
        await world.complete(provider, created["offers"][0]["id"])
    await world.work()
    world.advance(hours=3)
    async with room.outbound.one() as operator:
        while taken := await operator.post("/callbacks/next"):
            await callbacks.call(operator, taken)
    page = await ok(world.operator.get("/requests"))
    outcomes = {request["status"] for request in page["items"]}
    assert outcomes == {"closed", "completed", "dispatching"}  # solved, not answered, to be redone


async def test_the_supervisor_closes_unmatched_unanswered_and_relayed_requests(
    world: World, room: Room, api: Api, password: str
) -> None:
    unmatched = (await world.dispatch(DRAIN))["request"]["id"]
    unanswered = (await ok(world.create("TR01", description="去宁波站坐几路车？")))["request"]["id"]
    relayed = (await ok(world.create("UT05", relay={"to": "区市政路灯养护单位"})))["request"]["id"]
    supervisor = Supervisor(room, Seat(api, "supervisor1", password), Random(1))
    later = room.clock.now() + RELAYED_FOR + timedelta(hours=1)
    while room.clock.now() < later:
        await supervisor.make_round()
    for _ in range(TRIES + 1):
        await supervisor.make_round()
    assert [await world.status(request) for request in (unmatched, unanswered, relayed)] == ["closed"] * 3


async def test_the_supervisor_takes_up_whatever_was_only_noted(
    world: World, room: Room, api: Api, password: str
) -> None:
    await world.add_provider(DRAIN)
    service = (await ok(world.create(DRAIN)))["request"]["id"]
    relay = (await ok(world.create("UT05", description="路灯不亮了")))["request"]["id"]
    supervisor = Supervisor(room, Seat(api, "supervisor1", password), Random(1))
    while room.clock.now() < world.clock.now() + timedelta(hours=1):
        await asyncio.sleep(0.01)
    await supervisor.make_round()
    assert await world.status(service) == "dispatching"
    assert (await ok(world.operator.get(f"/requests/{relay}")))["relay_to"]
    assert not room.mistakes


async def test_the_supervisor_leaves_visitors_their_work(world: World, room: Room, api: Api, password: str) -> None:
    request = (await world.dispatch(DRAIN))["request"]["id"]
    supervisor = Supervisor(room, Seat(api, "supervisor1", password), Random(1), {UUID(request)})
    for _ in range(TRIES + 1):
        await supervisor.make_round()
    assert await world.status(request) == "unmatched"


async def test_a_players_mistake_is_counted_and_ends_only_its_own_work(room: Room) -> None:
    async def stumble() -> None:
        raise KeyError("an item that a visitor added")

    async with room.tasks:
        room.spawn(stumble())
    assert room.mistakes == {"KeyError": 1}


async def test_a_job_of_a_provider_that_nobody_plays_is_left_alone(world: World, room: Room) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    created = await world.dispatch(DRAIN)
    job = await ok(world.operator.put(f"/offers/{created['offers'][0]['id']}/acceptance"))
    phone_desk = PhoneDesk(room, {}, Random(1))
    async with room.tasks:
        phone_desk.resume([UUID(job["id"])])
    assert job["provider_id"] == str(provider.id)
    assert await world.status(created["request"]["id"]) == "assigned"
    assert not room.mistakes
