"""Long polls for offers and jobs: they wake on a change, answer 304 without one, and hold nothing while they wait."""

import asyncio
from typing import Any

import pytest

from app.events.topics import provider_topic
from app.kit.waiting import etag_of
from tests.world import DRAIN, SampleProvider, World, ok


async def test_a_waiting_poll_of_jobs_wakes_at_each_change_of_one(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    url, etag, seen = f"/jobs/{job['id']}", (await provider.client.get("/provider/jobs")).headers["ETag"], []
    steps: list[tuple[str, Any]] = [
        (f"{url}/start", None),
        (f"{url}/consent", {"amount_fen": 9_000}),
        (f"{url}/completion", {"result": "疏通完毕", "amount_fen": 9_000}),
    ]
    for path, body in steps:
        headers = {"Prefer": "respond-async, wait=30", "If-None-Match": etag}
        poll = asyncio.ensure_future(provider.client.get("/provider/jobs", headers=headers))
        await ok(world.operator.put(path, json=body))
        async with asyncio.timeout(20):
            answer = await poll
        assert answer.headers["Preference-Applied"] == "wait=30"
        etag = answer.headers["ETag"]
        seen.append([(one["status"], one["agreed_fen"]) for one in answer.json()])
    assert seen == [[("started", None)], [("started", 9_000)], []]


@pytest.mark.parametrize("queue", ["offers", "jobs"])
async def test_a_known_etag_is_answered_304_without_waiting(world: World, queue: str) -> None:
    provider = await world.add_provider(DRAIN)
    url = f"/provider/{queue}"
    empty = await provider.client.get(url, headers={"Prefer": "wait=0"})
    assert (empty.json(), "Preference-Applied" in empty.headers) == ([], False)
    for known in (empty.headers["ETag"], f'"other", W/{empty.headers["ETag"]}'):
        same = await provider.client.get(url, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", empty.headers["ETag"])
    assert (await provider.client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200
    assert empty.headers["ETag"] == etag_of(empty.content)


async def test_offers_are_listed_oldest_first(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    numbers = []
    for n in range(4):
        numbers.append((await world.dispatch(DRAIN, phone=f"1380000000{n}"))["request"]["number"])
        assert [offer["number"] for offer in await ok(provider.client.get("/provider/offers"))] == numbers
        world.advance(seconds=1)


async def waiting(world: World, provider: SampleProvider) -> None:
    """Until the provider's poll waits, and no connection is in use."""
    topic, pool = provider_topic(provider.id), world.context.db.engine.pool
    async with asyncio.timeout(20):
        while not world.context.pubsub.has_subscribers(topic) or pool.checkedout():  # type: ignore[attr-defined]  # QueuePool
            await asyncio.sleep(0)


async def test_a_waiting_caller_holds_no_connection_and_is_given_up_when_it_has_gone(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    leaves, sent = asyncio.Event(), []
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    headers = [(name.lower().encode(), value.encode()) for name, value in provider.client.headers.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
    }
    scope |= {"path": "/api/v1/provider/offers", "raw_path": b"", "query_string": b"", "root_path": ""}
    scope |= {"headers": [*headers, (b"prefer", b"wait=60")], "client": None, "server": ("hotline", 80)}
    call = asyncio.ensure_future(world.application(scope, receive, send))
    await waiting(world, provider)
    leaves.set()
    async with asyncio.timeout(20):
        await call
    assert not world.context.pubsub.has_subscribers(provider_topic(provider.id))


async def test_a_stopping_server_answers_waiting_polls_at_once(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    poll = asyncio.ensure_future(provider.client.get("/provider/offers", headers={"Prefer": "wait=60"}))
    await waiting(world, provider)
    world.context.pubsub.release_waiters()
    async with asyncio.timeout(20):
        assert (await poll).json() == []


async def test_a_waiting_poll_wakes_when_an_offer_comes(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    empty = await provider.client.get("/provider/offers")
    headers = {"Prefer": "wait=30", "If-None-Match": empty.headers["ETag"]}
    poll = asyncio.ensure_future(provider.client.get("/provider/offers", headers=headers))
    created = await world.dispatch(DRAIN)
    async with asyncio.timeout(20):
        answer = await poll
    assert [offer["id"] for offer in answer.json()] == [created["offers"][0]["id"]]
    unchanged = {"If-None-Match": answer.headers["ETag"]}
    assert (await provider.client.get("/provider/offers", headers=unchanged)).status_code == 304
