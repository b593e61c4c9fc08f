"""The worker is killed with -9 while it delivers. The next one sends again what nobody acknowledged."""

import asyncio
from collections.abc import Callable

import pytest

from tests.servers import working
from tests.webhooks.receivers import NO_CONTENT, Stranger, deliveries, register, stranger
from tests.world import DRAIN, World, ok


async def heard(receiver: Stranger, enough: Callable[[], bool]) -> None:
    """Wait until the receiver has received enough, for at most a minute."""
    async with asyncio.timeout(60):
        while not enough():
            receiver.news.clear()
            await receiver.news.wait()


async def test_killed_in_the_middle_of_deliveries_it_loses_none_and_keeps_their_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_PROVIDER_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("HOTLINE_WEBHOOK_SECONDS", "5")
    provider = await world.add_provider(DRAIN, capacity=50)
    async with stranger() as receiver:
        made = await register(provider.client, receiver.url)
        receiver.answers = lambda got: None  # it holds every delivery until the worker is dead
        with working(world.context) as worker:
            created = [await world.dispatch(DRAIN, phone=f"139574{n:05d}") for n in range(6)]
            await world.complete(provider, created[0]["offers"][0]["id"])
            await heard(receiver, lambda: len(receiver.got) >= 4)
            await asyncio.to_thread(worker.kill)
        assert {row["status"] for row in await deliveries(provider.client, made["id"])} == {"pending"}
        receiver.answers = lambda got: NO_CONTENT
        sent_in_vain = len(receiver.got)
        number = created[0]["request"]["number"]
        timeline = await ok(world.operator.get(f"/requests/{created[0]['request']['id']}/events"))
        logged = [event["kind"] for event in timeline if event["kind"].startswith(("offer.", "job."))]

        def told() -> list[str]:
            later = [got.message for got in receiver.got[sent_in_vain:]]
            return [message["type"] for message in later if message["data"].get("number") == number]

        world.advance(seconds=15)  # starts after the dead worker's claims have ended
        with working(world.context):
            await heard(receiver, lambda: len(told()) >= len(logged) and len(receiver.got) >= sent_in_vain + 11)
    assert told() == logged
    acknowledged = [got.headers["webhook-id"] for got in receiver.got[sent_in_vain:]]
    assert len(set(acknowledged)) == len(acknowledged)
    assert {got.headers["webhook-id"] for got in receiver.got[:sent_in_vain]} <= set(acknowledged)
