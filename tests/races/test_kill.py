"""The server is killed with -9, and no acknowledged request is lost, doubled or left undispatched."""

import asyncio
import random
from typing import Any

import httpx

from tests.servers import Server, serving, working
from tests.world import CHENGLANG, DRAIN, World, decoded, ok

CALLERS = 40
KILLS = 3


def body(n: int) -> dict[str, Any]:
    return {
        "phone": f"139574{n:05d}",
        "area": CHENGLANG,
        "item": DRAIN,
        "description": "卫生间地漏返水，已经漫到门口了",
        "dispatch": True,
    }


async def call_until_acknowledged(client: httpx.AsyncClient, n: int) -> dict[str, Any]:
    """A caller's console: it repeats the same key until it has an answer."""
    while True:
        try:
            response = await client.post("/requests", json=body(n), headers={"Idempotency-Key": f"call-{n}"})
        except httpx.TransportError:
            await asyncio.sleep(0.02)
            continue
        if response.status_code != 503:  # 503: the database did not let so many in at once; it says to try again
            answer: dict[str, Any] = decoded(response)
            return answer


async def kill_now_and_then(server: Server, answered: list[dict[str, Any]], rng: random.Random) -> None:
    """Kill and restart the server after a few answers, so often."""
    for _ in range(KILLS):
        goal = len(answered) + rng.randint(1, CALLERS // (KILLS + 2))
        while len(answered) < goal:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)


async def test_killed_under_load_it_loses_and_doubles_nothing(world: World) -> None:
    await world.add_provider(DRAIN, capacity=500)
    answered: list[dict[str, Any]] = []
    with serving(world.context) as server:
        headers = {"Authorization": world.operator.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:

            async def caller(n: int) -> None:
                answered.append(await call_until_acknowledged(client, n))

            await asyncio.gather(
                kill_now_and_then(server, answered, random.Random(81890)), *(caller(n) for n in range(CALLERS))
            )
    kept = await ok(world.operator.get("/requests", params={"limit": 200}))
    assert sorted(request["number"] for request in kept["items"]) == sorted(
        answer["request"]["number"] for answer in answered
    )
    assert {request["status"] for request in kept["items"]} == {"dispatching"}
    for request in kept["items"]:
        assert len(await ok(world.operator.get(f"/requests/{request['id']}/offers"))) == 1


async def test_killed_between_an_acknowledged_create_and_its_dispatch(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    with serving(world.context) as server:
        headers = {"Authorization": world.operator.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            created = await ok(client.post("/requests", json=body(1) | {"dispatch": False}))
            server.kill()
            server.start()
            request_id = created["request"]["id"]
            assert (await ok(client.get(f"/requests/{request_id}")))["status"] == "received"
            dispatched = await ok(client.put(f"/requests/{request_id}/dispatch"))
    assert [offer["provider_id"] for offer in dispatched["offers"]] == [str(firm.id)]


async def test_what_was_acknowledged_without_offers_is_dispatched_by_a_worker_that_was_killed_too(
    world: World,
) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    [offer] = created["offers"]
    await ok(firm.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
    second = await world.add_provider(DRAIN)
    with working(world.context) as worker:
        worker.kill()
        worker.start()
        async with world.context.wakes.subscribe(f"provider:{second.id}") as heard:
            if not await ok(second.client.get("/provider/offers")):
                await asyncio.wait_for(heard.wait(), 60)
    [offer] = await ok(second.client.get("/provider/offers"))
    assert offer["number"] == created["request"]["number"]
