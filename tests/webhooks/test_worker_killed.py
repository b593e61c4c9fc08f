"""The worker is killed with -9 while it delivers; the next one sends again what nobody acknowledged."""

import asyncio
from collections.abc import Callable

import pytest

from tests.servers import working
from tests.webhooks.receivers import NO_CONTENT, Stranger, deliveries, register, stranger
from tests.world import DRAIN, World, ok


async def heard(receiver: Stranger, enough: Callable[[], bool]) -> None:
    """Until the receiver has had enough; a minute at most."""
    async with asyncio.timeout(60):
        while not enough():
            receiver.news.clear()
            await receiver.news.wait()


async def test_killed_in_the_middle_of_deliveries_it_loses_none_and_keeps_their_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    firm = await world.add_provider(DRAIN, capacity=50)
    async with stranger() as receiver:
        made = await register(firm.client, receiver.url)
        receiver.answers = lambda got: None  # it holds every delivery until the worker is dead
        with working(world.context) as worker:
            created = [await world.dispatch(DRAIN, phone=f"139574{n:05d}") for n in range(6)]
            await world.complete(firm, created[0]["offers"][0]["id"])
            await heard(receiver, lambda: len(receiver.got) >= 4)
            await asyncio.to_thread(worker.kill)
        assert {row["status"] for row in await deliveries(firm.client, made["id"])} == {"pending"}
        receiver.answers = lambda got: NO_CONTENT
        sent_in_vain = len(receiver.got)
        world.advance(minutes=1)  # the claims of the dead end; so the next one's clock begins a minute later
        with working(world.context):
            await heard(receiver, lambda: len({got.headers["webhook-id"] for got in receiver.got}) >= 11)
    acknowledged = receiver.got[sent_in_vain:]
    assert len({got.headers["webhook-id"] for got in acknowledged}) == len(acknowledged) == 11
    number = created[0]["request"]["number"]
    timeline = await ok(world.operator.get(f"/requests/{created[0]['request']['id']}/events"))
    told = [got.message["type"] for got in acknowledged if got.message["data"]["number"] == number]
    assert told == [event["kind"] for event in timeline if event["kind"].startswith(("offer.", "job."))]
