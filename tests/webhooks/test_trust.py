"""A provider's endpoint: where it may lead, who owns it, and that it cannot starve the others."""

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from app.webhooks.backoff import LONGEST_WAIT, retry_after
from app.webhooks.outbound import open_outbound
from app.webhooks.sender import WebhookSender
from app.webhooks.statements import PER_PROVIDER
from tests.webhooks.receivers import Got, answer, deliver, register, stranger
from tests.world import DRAIN, World, ok, refused


async def test_the_centres_networks_are_not_open_to_providers(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    world.context.settings.provider_webhook_networks = []
    body = {"url": "https://127.0.0.1/", "label": "x"}
    await refused(provider.client.post("/webhooks", json=body), 422, "webhook_address_refused")
    await ok(world.admin.post("/webhooks", json=body))


async def test_a_provider_proves_that_it_reads_there_before_events_go_there(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with stranger() as receiver:
        made = await ok(provider.client.post("/webhooks", json={"url": receiver.url, "label": "x"}))
        assert made["proven_at"] is None
        url = f"/webhooks/{made['id']}"
        await world.dispatch()
        await deliver(world)
        [got] = [one.message for one in receiver.got]
        assert (got["type"], got["data"]["webhook_id"]) == ("webhook.proof", made["id"])
        await refused(provider.client.put(f"{url}/proof", json={"proof": "0" * 16}), 422, "proof_wrong")
        await ok(provider.client.post(f"{url}/test"))
        await deliver(world)
        assert [one.message["data"].get("proof") for one in receiver.got] == [got["data"]["proof"]] * 2
        world.advance(seconds=1)
        proven = await ok(provider.client.put(f"{url}/proof", json={"proof": got["data"]["proof"]}))
        assert proven["proven_at"]
        assert await ok(provider.client.put(f"{url}/proof", json={"proof": got["data"]["proof"]})) == proven
        world.advance(seconds=1)
        await world.dispatch(phone="13800000009")
        await deliver(world)
        assert receiver.got[2].message["type"] == "offer.made"
        moved = await provider.client.patch(
            url, json={"url": receiver.url + "/elsewhere"}, headers={"If-Match": f'"{proven["version"]}"'}
        )
        assert moved.json()["proven_at"] is None
        await deliver(world)
        assert receiver.got[3].message["type"] == "webhook.proof"
        await ok(provider.client.patch(url, json={"label": "y"}, headers={"If-Match": moved.headers["etag"]}))
        await deliver(world)
        assert len(receiver.got) == 4, "whoever renames an endpoint sends nobody a proof"


@pytest.mark.parametrize(
    "wild", ["Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "999999999", "Fri, 31 Dec 9999"]
)
def test_a_wild_retry_after_is_bounded(wild: str) -> None:
    asked = retry_after(wild, datetime(2026, 11, 24, tzinfo=UTC))
    assert asked is None or asked <= LONGEST_WAIT


@pytest.mark.parametrize("status", [503, 410])
async def test_a_wild_retry_after_is_a_failed_attempt_like_any_other(world: World, status: int) -> None:
    provider = await world.add_provider(DRAIN)
    async with stranger() as receiver:
        made = await register(provider.client, receiver.url)
        receiver.answers = lambda got: answer(status, "Retry-After: Fri, 31 Dec 9999 23:59:59 -2359")
        await world.dispatch()
        await deliver(world)
        [first, *_] = (await ok(provider.client.get(f"/webhooks/{made['id']}/deliveries")))["items"][::-1]
        assert (first["attempts"], first["answer_status"]) == (1, status)
        state = (await ok(provider.client.get(f"/webhooks/{made['id']}")))["state"]
        assert state == ("disabled" if status == 410 else "active")


@pytest.mark.parametrize("status", [400, 410])
async def test_one_refused_kind_does_not_disable_an_endpoint_that_takes_others(world: World, status: int) -> None:
    provider = await world.add_provider(DRAIN)
    async with stranger() as receiver:
        made = await register(
            provider.client, receiver.url, types=["offer.made", "offer.declined", "request.cancelled"]
        )

        def answers(got: Got) -> bytes:
            return answer(status if got.message["type"] == "offer.declined" else 204)

        receiver.answers = answers
        [offer] = (await world.dispatch())["offers"]
        await deliver(world)
        await ok(provider.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
        for _ in range(6):
            await deliver(world)
            world.advance(hours=6)
        await deliver(world)
        endpoint = await ok(provider.client.get(f"/webhooks/{made['id']}"))
        assert (endpoint["state"], endpoint["failing_since"] is None) == ("active", False)
        receiver.answers = lambda got: answer(status)
        world.advance(minutes=1)
        await world.dispatch(phone="13800000003")
        for _ in range(3):
            await deliver(world)
            world.advance(hours=12)
        assert (await ok(provider.client.get(f"/webhooks/{made['id']}")))["state"] == "disabled"


async def test_one_provider_does_not_use_all_concurrent_deliveries(world: World) -> None:
    """The receivers of one provider never answer. It may have twenty endpoints, and a limited number of concurrent
    deliveries."""
    greedy, modest = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    async with stranger() as slow, stranger() as quick, open_outbound(world.context.settings) as outbound:
        slow.answers = lambda got: None
        for number in range(8):
            await register(greedy.client, f"{slow.url}/{number}")
        await register(modest.client, quick.url)
        world.advance(seconds=1)
        for number in range(8):
            await world.dispatch(phone=f"138000000{number:02}", chosen_provider_id=str(greedy.id))
        await world.dispatch(phone="13800000099", chosen_provider_id=str(modest.id))
        await world.work()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            sender = WebhookSender(world.context, outbound, tasks, Random(1))
            while await sender.step():
                pass
            await quick.news.wait()
            assert len(slow.got) <= PER_PROVIDER
            assert sender._of_owner[greedy.id] <= PER_PROVIDER
        assert quick.got[0].message["type"] == "offer.made"
