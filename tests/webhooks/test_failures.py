"""Receivers that are slow, dead, hostile, or gone."""

import asyncio
import gzip
import socket
from datetime import timedelta
from typing import Any

import pytest

from app.privacy.keeping import keep_table
from app.privacy.schedule import BY_TABLE
from app.webhooks.backoff import RETRY_SECONDS
from app.webhooks.outbound import open_outbound
from tests.webhooks.receivers import (
    NO_CONTENT,
    Stranger,
    answer,
    deliver,
    deliveries,
    register,
    round_of,
    stranger,
)
from tests.world import DRAIN, SampleProvider, World, ok, refused


async def set_up(world: World, receiver: Stranger) -> tuple[SampleProvider, dict[str, Any]]:
    """Create a provider for drains and its endpoint at the receiver."""
    provider = await world.add_provider(DRAIN, capacity=50)
    return provider, await register(provider.client, receiver.url)


async def make_offers(world: World, count: int) -> list[int]:
    """Make this many offers to the provider. Return the numbers of their requests."""
    created = [await world.dispatch(DRAIN, phone=f"139574{n:05d}") for n in range(count)]
    return [one["request"]["number"] for one in created]


@pytest.mark.parametrize(
    ("said", "failure", "status"),
    [
        (answer(500, body="数据库满了".encode()), "status", 500),
        (answer(302, "Location: http://127.0.0.1:1/inside"), "status", 302),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_answer", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", None, None),
        (None, "timeout", None),
    ],
    ids=["500", "redirect", "not-http", "cut-off", "silence"],
)
async def test_a_failed_delivery_is_retried_and_the_owner_sees_why(
    world: World, said: bytes | None, failure: str | None, status: int | None
) -> None:
    world.context.settings.webhook_seconds = 0.3
    async with stranger() as receiver:
        receiver.answers = lambda got: said
        provider, made = await set_up(world, receiver)
        await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
        await deliver(world)
        [row] = await deliveries(provider.client, made["id"])
        assert (row["status"], row["attempts"]) == ("pending", 1)
        assert (row["failure"], row["answer_status"]) == (failure or "timeout", status)
        assert len(receiver.got) == 1  # a redirect is not followed
        receiver.answers = lambda got: NO_CONTENT
        world.advance(seconds=6.1)
        await deliver(world)
    [row] = await deliveries(provider.client, made["id"])
    assert (row["status"], row["failure"], row["answer_status"]) == ("delivered", None, 204)
    first, again = receiver.got
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)


async def test_an_endless_answer_is_cut_off_and_a_packed_one_stays_packed(world: World) -> None:
    packed = gzip.compress(b"0" * 50_000_000)
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 40
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        for said in (answer(200, "Content-Encoding: gzip", body=packed), endless):
            receiver.answers = lambda got, said=said: said  # type: ignore[misc]  # bound now
            await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
            await deliver(world)
    rows = await deliveries(provider.client, made["id"])
    assert {row["status"] for row in rows} == {"delivered"}
    assert max(len(row["answer"]) for row in rows) <= 200


async def test_a_failing_delivery_holds_back_its_own_request_only(world: World) -> None:
    async with stranger() as receiver:
        provider, _ = await set_up(world, receiver)
        bad, good = await make_offers(world, 2)
        for offer in await ok(provider.client.get("/provider/offers")):
            await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
        receiver.answers = lambda got: answer(500) if got.message["data"]["number"] == bad else NO_CONTENT
        await deliver(world)
        assert [got.message["type"] for got in receiver.got if got.message["data"]["number"] == bad] == ["offer.made"]
        told = [got.message["type"] for got in receiver.got if got.message["data"]["number"] == good]
        assert told == ["offer.made", "offer.accepted"]
        receiver.answers = lambda got: NO_CONTENT
        receiver.got.clear()
        world.advance(seconds=6.1)
        await deliver(world)
    assert [(got.message["type"], got.message["data"]["number"]) for got in receiver.got] == [
        ("offer.made", bad),
        ("offer.accepted", bad),
    ]


async def test_a_poisonous_event_is_given_up_after_a_day_and_the_next_one_goes(world: World) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        [number] = await make_offers(world, 1)
        receiver.answers = lambda got: answer(422) if got.message["type"] == "offer.made" else NO_CONTENT
        for wait in (0, *RETRY_SECONDS):
            world.advance(seconds=wait * 1.2 + 0.1)
            await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
            await deliver(world)
    [poison] = await deliveries(provider.client, made["id"], status="failed")
    assert (poison["type"], poison["attempts"], poison["answer_status"]) == ("offer.made", 8, 422)
    assert [g.message["type"] for g in receiver.got if g.message["data"].get("number") == number][-1] != "offer.made"
    assert (await ok(provider.client.get(f"/webhooks/{made['id']}")))["state"] == "active"


async def test_a_receiver_dead_for_a_day_is_disabled_and_its_owner_told_and_a_repair_loses_nothing(
    world: World,
) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        receiver.answers = lambda got: answer(503)
        [number] = await make_offers(world, 1)
        for wait in (0, *RETRY_SECONDS):
            world.advance(seconds=wait * 1.2 + 0.1)
            await deliver(world)
        endpoint = await ok(provider.client.get(f"/webhooks/{made['id']}"))
        assert (endpoint["state"], endpoint["disabled_why"]) == ("disabled", "dead")
        assert "已停止推送" in endpoint["notice"]["zh"]
        assert "sending has stopped" in endpoint["notice"]["en"]
        told = (await ok(provider.client.get("/provider/notices")))["items"]
        assert [one["zh"] for one in told if one["kind"] == "webhook_dead"] == [endpoint["notice"]["zh"]]
        await refused(provider.client.post(f"/webhooks/{made['id']}/test"), 409, "webhook_disabled")
        receiver.got.clear()
        world.advance(hours=1)
        await deliver(world)
        assert receiver.got == []
        receiver.answers = lambda got: NO_CONTENT
        url = f"/webhooks/{made['id']}"
        headers = {"If-Match": f'"{endpoint["version"]}"'}
        repaired = await ok(provider.client.patch(url, json={"state": "active"}, headers=headers))
        assert (repaired["state"], repaired["notice"], repaired["failing_since"]) == ("active", None, None)
        await deliver(world)
    first = receiver.got[0].message
    assert (first["type"], first["data"]["number"]) == ("offer.made", number)
    assert {row["status"] for row in await deliveries(provider.client, made["id"])} == {"delivered"}


async def test_410_gone_disables_at_once(world: World) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        receiver.answers = lambda got: answer(410)
        await make_offers(world, 1)
        await deliver(world)
        assert len(receiver.got) == 1
    endpoint = await ok(provider.client.get(f"/webhooks/{made['id']}"))
    assert (endpoint["state"], endpoint["disabled_why"]) == ("disabled", "gone")


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_respected(world: World, status: int) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        receiver.answers = lambda got: answer(status, "Retry-After: 3600")
        await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
        await deliver(world)
        world.advance(minutes=59)
        await deliver(world)
        assert len(receiver.got) == 1
        receiver.answers = lambda got: NO_CONTENT
        world.advance(minutes=1)
        await deliver(world)
    [row] = await deliveries(provider.client, made["id"])
    assert row["status"] == "delivered"


async def test_a_slow_receiver_holds_nobody_else_up(world: World) -> None:
    async with stranger() as slow, stranger() as quick:
        provider, _ = await set_up(world, slow)
        other = await register(provider.client, quick.url)
        slow.answers = lambda got: None
        await make_offers(world, 8)
        await world.work()
        async with open_outbound(world.context.settings) as outbound:
            rounds = asyncio.create_task(round_of(world, outbound))  # four for each of the two
            while len(quick.got) < 4:
                await asyncio.sleep(0)
            await asyncio.wait_for(slow.news.wait(), 10)
            assert not rounds.done()
            async with asyncio.timeout(10):
                while len(await deliveries(provider.client, other["id"], status="delivered")) < 4:
                    await asyncio.sleep(0)
            assert not rounds.done()  # the slow ones are still pending
            await rounds
            assert len(slow.got) == 4


async def test_two_senders_send_everything_once(world: World) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        await make_offers(world, 10)
        await world.work()
        async with open_outbound(world.context.settings) as outbound:
            while sum(await asyncio.gather(round_of(world, outbound), round_of(world, outbound))):
                pass
    assert len({got.headers["webhook-id"] for got in receiver.got}) == len(receiver.got) == 10
    assert {row["status"] for row in await deliveries(provider.client, made["id"])} == {"delivered"}


async def test_a_dead_senders_claims_are_sent_once_they_expire(world: World) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
        receiver.answers = lambda got: None
        async with open_outbound(world.context.settings) as outbound:
            dead = asyncio.create_task(round_of(world, outbound))
            await asyncio.wait_for(receiver.news.wait(), 10)
            dead.cancel()
            await asyncio.wait([dead])
        receiver.answers = lambda got: NO_CONTENT
        world.advance(seconds=3.9)
        await deliver(world)
        assert len(receiver.got) == 1
        world.advance(seconds=0.2)
        await deliver(world)
    assert len(receiver.got) == 2
    [row] = await deliveries(provider.client, made["id"])
    assert row["status"] == "delivered"


async def test_a_paused_endpoint_gets_what_has_waited_and_deliveries_go_after_a_week(world: World) -> None:
    async with stranger() as receiver:
        provider, made = await set_up(world, receiver)
        url, tag = f"/webhooks/{made['id']}", {"If-Match": '"1"'}
        await ok(provider.client.patch(url, json={"state": "paused"}, headers=tag))
        await make_offers(world, 1)
        await deliver(world)
        assert receiver.got == []
        await ok(provider.client.patch(url, json={"state": "active"}, headers={"If-Match": '"2"'}))
        await deliver(world)
        types = [got.message["type"] for got in receiver.got]
        assert sorted(types) == ["offer.made", "webhook.paused", "webhook.resumed"]
        assert types.index("webhook.paused") < types.index("webhook.resumed")
    world.advance(days=7)
    assert await keep_table(world.context, BY_TABLE["webhook_deliveries"]) == 0
    world.context.clock.advance(timedelta(microseconds=1))  # type: ignore[attr-defined]  # it is the manual clock
    assert await keep_table(world.context, BY_TABLE["webhook_deliveries"]) == 3
    assert await deliveries(provider.client, made["id"]) == []


async def test_a_private_address_is_refused_at_the_connection_whatever_it_was_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.context.settings.provider_webhook_networks = []
    leads_to = ["93.184.215.14"]

    def rebinding(host: str, port: int | None, **wanted: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in leads_to]

    async with stranger() as receiver:
        provider = await world.add_provider()
        with monkeypatch.context() as resolver:
            resolver.setattr(socket, "getaddrinfo", rebinding)
            made = await register(provider.client, f"https://rebinding.example:{receiver.port}/events")
            await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
            leads_to[:] = ["93.184.215.14", "127.0.0.1"]
            await deliver(world)
        assert receiver.connections == 0
    [row] = await deliveries(provider.client, made["id"])
    assert (row["failure"], row["answer"]) == ("refused_address", "")


async def stand(world: World, provider: SampleProvider, standing: str) -> None:
    url = f"/providers/{provider.id}"
    etag = (await world.registrar.get(url)).headers["ETag"]
    body = {"standing": standing, "reason": "书面申请"}
    await ok(world.registrar.put(f"{url}/standing", json=body, headers={"If-Match": etag}))


@pytest.mark.parametrize("ways", [("left",), ("suspended", "expelled")])
async def test_a_provider_that_has_gone_is_sent_nothing_more(world: World, ways: tuple[str, ...]) -> None:
    """Its receivers used to get what was queued, and the withdrawal of its offers."""
    async with stranger() as receiver, stranger() as centre:
        provider, _ = await set_up(world, receiver)
        await register(world.admin, centre.url)
        receiver.answers = lambda got: answer(500)
        await make_offers(world, 1)
        await deliver(world)
        receiver.answers = lambda got: NO_CONTENT
        for standing in ways:
            await stand(world, provider, standing)
        receiver.got.clear()
        world.advance(seconds=10)
        await deliver(world)
        assert receiver.got == []
        assert f"provider.{ways[-1]}" in [got.message["type"] for got in centre.got]


async def test_a_provider_taken_back_is_sent_what_happens_from_then_on(world: World) -> None:
    async with stranger() as receiver:
        receiver.answers = lambda got: answer(500)
        provider, made = await set_up(world, receiver)
        [before] = await make_offers(world, 1)
        await deliver(world)
        await stand(world, provider, "left")
        await deliver(world)
        for standing in ("applied", "trial"):
            await stand(world, provider, standing)
        receiver.answers = lambda got: NO_CONTENT
        receiver.got.clear()
        [after] = [(await world.dispatch(DRAIN, phone="13957400009"))["request"]["number"]]
        world.advance(minutes=1)
        await deliver(world)
        numbers = {got.message["data"].get("number") for got in receiver.got}
        assert after in numbers
        assert "offer.made" in [got.message["type"] for got in receiver.got]
        assert before not in numbers
        assert {row["status"] for row in await deliveries(provider.client, made["id"])} == {"delivered"}
