"""Providers that were expelled or have left lose the queue and contacts; statement, reply and appeal stay open."""

import asyncio
from typing import Any

import pytest

from app.auth.models import Role
from tests.live.test_stream import listen, token_of
from tests.test_routes import ROUTES, roles_of
from tests.world import DRAIN, SampleProvider, World, ok, refused

OPEN = {
    "GET /provider",
    "GET /provider/statement",
    "GET /provider/statement/{month}",
    "GET /provider/decisions",
    "GET /provider/decisions/{request_id}",
    "GET /provider/no-shows",
    "GET /provider/months",
    "GET /provider/credit",
    "PUT /provider/credit/{entry_id}/reply",
    "PUT /provider/credit/{entry_id}/appeal",
    "GET /provider/notices",
    "PUT /provider/notices/{notice_id}/reading",
}


async def stand(world: World, provider: SampleProvider, *standings: str) -> None:
    for standing in standings:
        version = (await ok(world.registrar.get(f"/providers/{provider.id}")))["version"]
        change, headers = {"standing": standing, "reason": "测试"}, {"If-Match": f'"{version}"'}
        await ok(world.registrar.put(f"/providers/{provider.id}/standing", json=change, headers=headers))


async def started_job(world: World, provider: SampleProvider) -> Any:
    [offer] = (await world.dispatch(DRAIN, chosen_provider_id=str(provider.id)))["offers"]
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    return await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))


def test_the_routes_open_to_former_providers_are_listed() -> None:
    declared = {
        f"{min(route.methods or ())} {str(route.path).removeprefix('/api/v1')}"
        for route in ROUTES
        if roles_of(route)
        and Role.FORMER_PROVIDER in (roles_of(route) or ())
        and Role.PROVIDER in (roles_of(route) or ())
    }
    assert {name for name in declared if name.split()[1].startswith("/provider")} == OPEN


@pytest.mark.parametrize("ways_out", [("suspended", "expelled"), ("left",)])
async def test_queue_and_contacts_are_gone_at_once(world: World, ways_out: tuple[str, ...]) -> None:
    """Such a provider could still read the contacts of the last 15 days."""
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    done = await world.complete(provider, offer["id"])
    job = await started_job(world, provider)
    await ok(provider.client.get(f"/provider/jobs/{done['id']}"))
    await stand(world, provider, *ways_out)
    for path in ("offers", "jobs", "jobs/history", f"jobs/{done['id']}", f"jobs/{job['id']}"):
        problem = await refused(provider.client.get(f"/provider/{path}"), 403, "former_provider")
        assert "13957412345" not in str(problem)
    await refused(provider.client.put(f"/provider/jobs/{job['id']}/completion", json={}), 403, "former_provider")
    await refused(provider.client.get("/live"), 403, "former_provider")
    await refused(provider.client.get("/webhooks"), 403, "former_provider")
    me = await ok(provider.client.get("/sessions/current"))
    assert (me["kind"], me["roles"]) == ("provider", ["former_provider"])
    for path in ("", "/statement", "/statement/2026-11", "/credit", "/notices", "/months", "/no-shows", "/decisions"):
        await ok(provider.client.get(f"/provider{path}"))


@pytest.mark.parametrize("ways_out", [("suspended", "expelled"), ("left",)])
async def test_an_open_stream_and_a_waiting_poll_end(world: World, ways_out: tuple[str, ...]) -> None:
    """The stream of such a provider used to stay open."""
    provider = await world.add_provider(DRAIN)
    stream = await listen(world, token_of(provider.client))
    await anext(stream)
    await world.dispatch(DRAIN)  # the worker withdraws its offer
    known = {"If-None-Match": (await provider.client.get("/provider/offers")).headers["ETag"]}
    waiting = asyncio.create_task(provider.client.get("/provider/offers", headers=known | {"Prefer": "wait=60"}))
    while not world.context.pubsub.has_subscribers(f"provider:{provider.id}"):
        await asyncio.sleep(0)
    await stand(world, provider, *ways_out)
    await world.work()
    async with asyncio.timeout(5):
        assert [event async for event in stream if event.event != "log"] == []
    await refused(waiting, 403, "former_provider")


async def test_staff_end_the_started_jobs_of_an_expelled_provider(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    job = await started_job(world, provider)
    await stand(world, provider, "suspended", "expelled")
    [left] = await ok(world.operator.get(f"/providers/{provider.id}/jobs"))
    assert (left["id"], left["status"]) == (job["id"], "started")
    queue = await ok(world.supervisor.get("/supervision/queue", params={"kind": "provider_gone"}))
    assert [(item["job_id"], item["kinds"]) for item in queue["items"]] == [(job["id"], ["provider_gone"])]
    assert (await ok(world.supervisor.get("/supervision/counts")))["provider_gone"] == 1
    await ok(world.operator.put(f"/jobs/{job['id']}/failure", json={"note": "单位已清退，由中心另派"}))
    assert await ok(world.operator.get(f"/providers/{provider.id}/jobs")) == []
    assert (await ok(world.supervisor.get("/supervision/counts")))["provider_gone"] == 0


async def test_a_provider_that_rejoins_can_read_offers_again(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await stand(world, provider, "left")
    await refused(provider.client.get("/provider/offers"), 403, "former_provider")
    await stand(world, provider, "applied")
    await ok(provider.client.get("/provider/offers"))
