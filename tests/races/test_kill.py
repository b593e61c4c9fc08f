"""The server is killed with -9, or asked to stop: no request is lost, doubled, left undispatched or left unanswered."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.servers import Server, serving, working
from tests.world import CHENGLANG, DRAIN, World, decoded, ok

CALLERS = 24
KILLED_AFTER = (3, 8)


def body(n: int) -> dict[str, Any]:
    return {
        "phone": f"139574{n:05d}",
        "area": CHENGLANG,
        "item": DRAIN,
        "description": "卫生间地漏返水，已经漫到门口了",
        "dispatch": True,
    }


@dataclass
class Outage:
    """A server that is killed now and then, and the answers that callers have got."""

    server: Server
    answered: list[dict[str, Any]] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, client: httpx.AsyncClient, n: int) -> None:
        """Call like the console: repeat the same key until there is an answer."""
        while True:
            await self.up.wait()
            try:
                response = await client.post("/requests", json=body(n), headers={"Idempotency-Key": f"call-{n}"})
            except httpx.TransportError:
                continue
            self.answered.append(decoded(response))
            self.news.set()
            return

    async def kill_after(self, answers: int) -> None:
        """Kill the server after this many more answers, and start it again."""
        goal = len(self.answered) + answers
        while len(self.answered) < goal:
            self.news.clear()
            await self.news.wait()
        self.up.clear()
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)
        self.up.set()


async def test_killed_under_load_it_loses_and_doubles_nothing(world: World) -> None:
    await world.add_provider(DRAIN, capacity=500)
    with serving(world.context) as server:
        outage = Outage(server)
        outage.up.set()
        headers = {"Authorization": world.operator.headers["Authorization"]}
        async with (
            httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False) as client,
            asyncio.TaskGroup() as callers,
        ):
            for n in range(CALLERS):
                callers.create_task(outage.call(client, n))
            for answers in KILLED_AFTER:
                await outage.kill_after(answers)
    kept = await ok(world.operator.get("/requests", params={"limit": 200}))
    assert sorted(request["number"] for request in kept["items"]) == sorted(
        answer["request"]["number"] for answer in outage.answered
    )
    assert {request["status"] for request in kept["items"]} == {"dispatching"}
    for request in kept["items"]:
        assert len(await ok(world.operator.get(f"/requests/{request['id']}/offers"))) == 1


async def test_killed_between_an_acknowledged_create_and_its_dispatch(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    with serving(world.context) as server:
        headers = {"Authorization": world.operator.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            created = await ok(client.post("/requests", json=body(1) | {"dispatch": False}))
            server.kill()
            server.start()
            request_id = created["request"]["id"]
            assert (await ok(client.get(f"/requests/{request_id}")))["status"] == "received"
            dispatched = await ok(client.put(f"/requests/{request_id}/dispatch"))
    assert [offer["provider_id"] for offer in dispatched["offers"]] == [str(provider.id)]


async def test_what_was_acknowledged_without_offers_is_dispatched_by_a_worker_that_was_killed_too(
    world: World,
) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    [offer] = created["offers"]
    await ok(provider.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
    second = await world.add_provider(DRAIN)
    with working(world.context) as worker:
        worker.kill()
        worker.start()
        async with world.context.pubsub.subscribe(f"provider:{second.id}") as heard:
            if not await ok(second.client.get("/provider/offers")):
                await asyncio.wait_for(heard.wait(), 60)
    [offer] = await ok(second.client.get("/provider/offers"))
    assert offer["number"] == created["request"]["number"]


async def test_asked_to_stop_it_answers_what_had_come_in(world: World) -> None:
    sent = json.dumps(body(1) | {"dispatch": False}).encode()
    with serving(world.context) as server:
        assert server.popen is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = (
            "POST /api/v1/requests HTTP/1.1",
            "Host: hotline",
            f"Authorization: {world.operator.headers['Authorization']}",
            "Content-Type: application/json",
            f"Content-Length: {len(sent)}",
            "Expect: 100-continue",
        )
        writer.write("\r\n".join([*head, "", ""]).encode())
        await reader.readuntil(b"100 Continue\r\n\r\n")
        server.popen.terminate()
        while await takes_connections(server.port):
            await asyncio.sleep(0.02)
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 201 Created"), answer
        assert await asyncio.to_thread(server.popen.wait, 20) == 0
    assert len((await ok(world.operator.get("/requests")))["items"]) == 1


async def takes_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
