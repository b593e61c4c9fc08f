"""Delivering events to a real receiver over real HTTP: the one of the guide."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.webhooks.messages import AnyMessage
from tests.webhooks.receivers import (
    NO_CONTENT,
    GuideReceiver,
    answer,
    deliver,
    deliveries,
    guide_receiver,
    register,
    stranger,
)
from tests.world import DRAIN, World, ok

PRIVATE = ("13957412345", "王阿姨", "澄浪路88弄", "倒灌", "陈师傅", "疏通完毕")


async def logged(world: World, created: dict[str, Any]) -> list[str]:
    """Return the kinds of events of the request's offers and jobs in the order of the log."""
    timeline = await ok(world.operator.get(f"/requests/{created['request']['id']}/events"))
    return [event["kind"] for event in timeline if event["kind"].startswith(("offer.", "job."))]


def kinds(messages: list[dict[str, Any]], number: int) -> list[str]:
    return [message["type"] for message in messages if message["data"].get("number") == number]


async def test_a_provider_receives_its_own_events_in_order_without_personal_data(world: World, tmp_path: Path) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider()
    with guide_receiver(tmp_path) as receiver:
        made = await register(provider.client, receiver.url)
        elsewhere = await register(other.client, receiver.url)
        receiver.start(made["secret"])
        created = await world.dispatch(DRAIN)
        await world.complete(provider, created["offers"][0]["id"])
        await deliver(world)
        inbox = receiver.inbox()
    assert kinds(inbox, created["request"]["number"]) == await logged(world, created)
    offer = inbox[0]["data"]
    assert (offer["offer_id"], offer["item"], offer["tier"]) == (created["offers"][0]["id"], DRAIN, "paid")
    assert not [word for word in PRIVATE if word in str(inbox)]
    for message in inbox:
        TypeAdapter(AnyMessage).validate_python(message)
    assert await deliveries(other.client, elsewhere["id"]) == []


async def test_another_system_receives_all_events_without_personal_data(world: World, tmp_path: Path) -> None:
    provider = await world.add_provider(DRAIN)
    with guide_receiver(tmp_path) as receiver:
        made = await register(world.admin, receiver.url)
        receiver.start(made["secret"])
        created = await world.dispatch(DRAIN)
        await world.complete(provider, created["offers"][0]["id"])
        await deliver(world)
        inbox = receiver.inbox()
    told = kinds(inbox, created["request"]["number"])
    assert told[:3] == ["request.created", "request.dispatched", "offer.made"]
    assert "job.completed" in told
    assert not [word for word in PRIVATE if word in str(inbox)]


async def test_a_receiver_killed_and_restarted_gets_everything_in_order(world: World, tmp_path: Path) -> None:
    provider = await world.add_provider(DRAIN, capacity=50)
    with guide_receiver(tmp_path) as receiver:
        made = await register(provider.client, receiver.url)
        requests: dict[int, list[str]] = {}
        for n in range(6):
            if n == 2:
                receiver.start(made["secret"])
            if n == 4:
                receiver.kill()
            created = await world.dispatch(DRAIN, phone=f"139574{n:05d}")
            await world.complete(provider, created["offers"][0]["id"])
            requests[created["request"]["number"]] = await logged(world, created)
            await deliver(world)
        receiver.start(made["secret"])
        world.advance(minutes=7)
        await deliver(world)
        inbox = receiver.inbox()
    assert {number: kinds(inbox, number) for number in requests} == requests
    assert {len(events) for events in requests.values()} == {6}
    assert {row["status"] for row in await deliveries(provider.client, made["id"])} == {"delivered"}


@pytest.fixture
async def signed(world: World, tmp_path: Path) -> Any:
    """Yield a receiver with one delivery in its inbox, and the endpoint."""
    provider = await world.add_provider()
    with guide_receiver(tmp_path) as receiver:
        made = await register(provider.client, receiver.url)
        receiver.start(made["secret"])
        yield receiver, provider, made


async def test_a_new_and_the_former_secret_both_verify_until_the_overlap_ends(world: World, signed: Any) -> None:
    receiver, provider, made = signed
    test_url = f"/webhooks/{made['id']}/test"
    rotated = await ok(provider.client.post(f"/webhooks/{made['id']}/secrets", json={"former_valid_hours": 2}))
    assert rotated["secret"] != made["secret"]
    await ok(provider.client.post(test_url))
    await deliver(world)  # the receiver still uses the former secret
    receiver.kill()
    receiver.start(rotated["secret"])
    await ok(provider.client.post(test_url))
    await deliver(world)
    assert len(receiver.inbox()) == 2
    world.advance(hours=2)
    receiver.kill()
    receiver.start(made["secret"])
    await ok(provider.client.post(test_url))
    await deliver(world)
    [*_, last] = await deliveries(provider.client, made["id"])
    assert (last["status"], last["failure"], last["answer_status"]) == ("pending", "status", 401)
    assert len(receiver.inbox()) == 2


def forge(receiver: GuideReceiver, **changes: str) -> int:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1800000000", "webhook-signature": "v1,Zm9yZ2Vk"}
    return receiver.post('{"type": "offer.made"}', headers | {n.replace("_", "-"): v for n, v in changes.items()})


async def test_the_guides_receiver_refuses_what_is_forged(signed: Any) -> None:
    receiver, _, _ = signed
    assert forge(receiver) == 401
    assert forge(receiver, webhook_signature="nonsense") == 401
    assert forge(receiver, webhook_timestamp="jetzt") == 401
    assert receiver.inbox() == []


async def test_replay_sends_one_or_all_again_under_the_same_id(world: World, signed: Any) -> None:
    receiver, provider, made = signed
    for _ in range(2):
        await ok(provider.client.post(f"/webhooks/{made['id']}/test"))
    await deliver(world)
    first, second = await deliveries(provider.client, made["id"])
    (receiver.folder / "inbox.db").unlink()
    await ok(provider.client.put(f"/webhooks/{made['id']}/deliveries/{second['id']}/replay"))
    await deliver(world)
    assert len(receiver.inbox()) == 1
    url, since = f"/webhooks/{made['id']}/replay", {"since": first["at"], "limit": 1}
    assert await ok(provider.client.put(url, json=since)) == {"deliveries": 1, "next": first["id"]}
    then = since | {"after": first["id"], "limit": 2}
    assert await ok(provider.client.put(url, json=then)) == {"deliveries": 1, "next": None}
    await deliver(world)
    assert len(receiver.inbox()) == 2  # it recognises the one it has by the id


async def test_a_message_names_the_call_that_caused_it_at_every_attempt(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with stranger() as receiver:
        answers = iter([answer(500)])
        receiver.answers = lambda got: next(answers, NO_CONTENT)
        await register(provider.client, receiver.url, types=["offer.made"])
        created = await world.create(DRAIN, dispatch=True)
        await deliver(world)
        world.advance(hours=1)
        await deliver(world)
    first, again = (got for got in receiver.got if got.message["type"] == "offer.made")
    assert first.headers["x-request-id"] == again.headers["x-request-id"] == created.headers["X-Request-Id"]
