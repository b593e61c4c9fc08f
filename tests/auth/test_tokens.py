"""A revoked credential stops working at once in every process, even if the notification is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from app.auth.access import Authenticator, Principal
from app.auth.errors import NotSignedIn
from app.auth.models import Role
from app.kit.context import Context
from app.kit.db import Database, Tx
from app.kit.pubsub import PubSub
from tests.world import SampleProvider, World, ok, refused

NO_TIME = timedelta(0)


def token_of(client: AsyncClient) -> str:
    return str(client.headers["authorization"]).removeprefix("Bearer ")


def deaf(world: World, db: Database | None = None) -> Authenticator:
    """Return the authenticator of another process that is subscribed but receives nothing."""
    pubsub = PubSub(str(world.context.settings.database_direct_url))
    pubsub.connected = True
    return Authenticator(Context(world.context.settings, db or world.context.db, world.clock, pubsub))


async def settled(authenticator: Authenticator, token: str, wanted: Any) -> None:
    """Wait until the authenticator finds `wanted`. It may rely on its last read for a twentieth of a second."""
    async with asyncio.timeout(5):
        while True:
            try:
                found: Any = await authenticator.principal(token)
            except NotSignedIn:
                found = None
            if found == wanted:
                return


async def revoke(world: World, provider: SampleProvider) -> None:
    await ok(world.registrar.delete(f"/providers/{provider.id}/keys/test"))


async def stand(world: World, provider: SampleProvider, standing: str) -> None:
    version = (await ok(world.registrar.get(f"/providers/{provider.id}")))["version"]
    change = {"standing": standing, "reason": "测试"}
    await ok(
        world.registrar.put(f"/providers/{provider.id}/standing", json=change, headers={"If-Match": f'"{version}"'})
    )


async def test_a_revoked_key_is_refused_even_if_the_notification_is_lost(world: World) -> None:
    """The key used to work for five more minutes."""
    provider, authenticator = await world.add_provider(), deaf(world)
    token = token_of(provider.client)
    assert (await authenticator.principal(token)).roles == {Role.PROVIDER}
    await revoke(world, provider)
    await settled(authenticator, token, None)


async def test_an_expelled_provider_and_an_ended_session_are_refused_without_notification(world: World) -> None:
    provider, authenticator = await world.add_provider(), deaf(world)
    operator = world.staff_ids[Role.OPERATOR]
    before = await authenticator.principal(token_of(world.operator))
    await authenticator.principal(token_of(provider.client))
    await stand(world, provider, "suspended")
    await stand(world, provider, "expelled")
    await settled(
        authenticator,
        token_of(provider.client),
        Principal(before.kind.PROVIDER, provider.id, frozenset({Role.FORMER_PROVIDER})),
    )
    await ok(world.admin.put(f"/staff/{operator}/roles", json={"roles": ["manager"]}))
    await settled(authenticator, token_of(world.operator), before._replace(roles=frozenset({Role.MANAGER})))
    await ok(world.admin.delete(f"/staff/{operator}/sessions"))
    await settled(authenticator, token_of(world.operator), None)


async def test_a_lookup_that_began_before_a_revocation_is_not_cached(world: World) -> None:
    """Its result used to be kept for five minutes, because the notification came before it."""

    class Slow(Database):
        has_read, go_on = asyncio.Event(), asyncio.Event()

        @asynccontextmanager
        async def autocommit(self) -> AsyncIterator[Tx]:
            async with super().autocommit() as tx:
                yield tx
            self.has_read.set()
            await self.go_on.wait()

    slow = Slow(str(world.context.settings.database_url))
    slow.engine, provider = world.context.db.engine, await world.add_provider()
    authenticator, token = (
        Authenticator(Context(world.context.settings, slow, world.clock, world.context.pubsub)),
        token_of(provider.client),
    )
    slow.go_on.set()
    await authenticator._look_for_news()
    slow.go_on.clear()
    slow.has_read.clear()
    under_way = asyncio.create_task(authenticator.principal(token))
    await slow.has_read.wait()
    await revoke(world, provider)
    slow.go_on.set()
    await under_way
    with pytest.raises(NotSignedIn):
        await authenticator.principal(token)


async def test_a_poll_whose_key_is_revoked_while_it_waits_is_refused(world: World) -> None:
    provider = await world.add_provider("PE02")
    waiting = asyncio.create_task(provider.client.get("/provider/offers", headers={"Prefer": "wait=60"}))
    while not world.context.pubsub.has_subscribers(f"provider:{provider.id}"):
        await asyncio.sleep(0)
    await revoke(world, provider)
    await world.dispatch("PE02")
    await refused(waiting, 401, "not_signed_in")


async def test_concurrent_calls_share_a_token_lookup(world: World) -> None:
    reads = 0

    class Counting(Database):
        @asynccontextmanager
        async def autocommit(self) -> AsyncIterator[Tx]:
            nonlocal reads
            reads += 1
            async with super().autocommit() as tx:
                yield tx

    counting = Counting(str(world.context.settings.database_url))
    counting.engine = world.context.db.engine
    authenticator = Authenticator(Context(world.context.settings, counting, world.clock, world.context.pubsub))
    token = token_of(world.operator)
    await authenticator.principal(token)
    authenticator._fresh_until = 0
    reads = 0
    await asyncio.gather(*(authenticator.principal(token) for _ in range(200)))
    assert reads == 1


async def test_a_key_is_refused_once_it_has_expired(world: World) -> None:
    provider = await world.add_provider()
    until = world.clock.now() + timedelta(days=30)
    body = {"label": "调度系统", "expires_at": until.isoformat()}
    made = await ok(world.registrar.post(f"/providers/{provider.id}/keys", json=body))
    client = await world.client(made["key"])
    await ok(client.get("/provider/offers"))
    signed_in = await world.anonymous.post(
        "/sessions/browser/provider", json={"key": made["key"]}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert signed_in.json()["expires_at"] == until.isoformat().replace("+00:00", "Z")
    world.advance(days=30)
    await refused(client.get("/provider/offers"), 401, "not_signed_in")
    await refused(world.anonymous.get("/provider/offers"), 401, "not_signed_in")
    listed = await ok(world.registrar.get(f"/providers/{provider.id}/keys"))
    assert [key["label"] for key in listed] == ["test", "调度系统"]  # the expiry is noticed
    for wrong in (world.clock.now(), world.clock.now() + timedelta(days=4 * 366)):
        body = {"label": "另一个", "expires_at": wrong.isoformat()}
        await refused(world.registrar.post(f"/providers/{provider.id}/keys", json=body), 422, "key_expiry_invalid")


async def test_a_replaced_key_stays_valid_for_some_hours(world: World) -> None:
    provider = await world.add_provider()
    rotation = f"/providers/{provider.id}/keys/test/rotation"
    made = await ok(world.registrar.put(rotation, json={"former_valid_hours": 2}))
    fresh = await world.client(made["key"])
    await ok(fresh.get("/provider/offers"))
    await ok(provider.client.get("/provider/offers"))
    world.advance(hours=2)
    await refused(provider.client.get("/provider/offers"), 401, "not_signed_in")
    await ok(fresh.get("/provider/offers"))
    leaked = await ok(world.registrar.put(rotation, json={"former_valid_hours": 0}))
    await refused(fresh.get("/provider/offers"), 401, "not_signed_in")
    await ok((await world.client(leaked["key"])).get("/provider/offers"))
    await ok(world.registrar.delete(f"/providers/{provider.id}/keys/test"))
    await refused((await world.client(leaked["key"])).get("/provider/offers"), 401, "not_signed_in")
    await refused(world.registrar.put(rotation, json={}), 404, "not_found")


async def test_the_last_use_of_a_key_is_recorded_from_time_to_time(world: World) -> None:
    provider = await world.add_provider()

    async def last_used() -> Any:
        [key] = await ok(world.registrar.get(f"/providers/{provider.id}/keys"))
        return key["last_used_at"]

    assert await last_used() is None
    first = world.clock.now()
    await ok(provider.client.get("/provider/offers"))
    world.advance(minutes=4)
    await ok(provider.client.get("/provider/offers"))
    assert await last_used() == first.isoformat().replace("+00:00", "Z")
    world.advance(minutes=1)
    await ok(provider.client.get("/provider/offers"))
    assert await last_used() == world.clock.now().isoformat().replace("+00:00", "Z")


async def test_an_idle_session_ends(world: World) -> None:
    """An hour passes without input. Calls that the console makes by itself do not count as activity."""
    world.context.settings.idle_minutes = 60
    for _ in range(3):
        world.advance(minutes=59)
        await ok(world.operator.get("/sessions/current"))
    for idle in (30 * 60, 60 * 60):
        world.advance(minutes=30)
        by_itself = {"Hotline-Idle": str(idle)}
        response = await world.operator.get("/sessions/current", headers=by_itself)
    assert response.status_code == 401
    await refused(world.operator.get("/sessions/current"), 401, "not_signed_in")


async def test_a_use_in_another_process_keeps_a_session_alive(world: World) -> None:
    world.context.settings.idle_minutes, other = 60, deaf(world)
    await other.principal(token_of(world.operator), NO_TIME)
    world.advance(minutes=50)
    await ok(world.operator.get("/sessions/current"))
    world.advance(minutes=50)
    assert (await other.principal(token_of(world.operator), NO_TIME)).due is None


async def test_an_older_use_does_not_overwrite_a_newer_one(world: World) -> None:
    """A screen left an hour ago calls another process, which has not seen the later activity."""
    world.context.settings.idle_minutes, other = 60, deaf(world)
    await other.principal(token_of(world.operator), NO_TIME)
    world.advance(minutes=30)
    await ok(world.operator.get("/sessions/current"))
    await other.principal(token_of(world.operator), timedelta(minutes=25))
    world.advance(minutes=50)
    assert (await other.principal(token_of(world.operator), NO_TIME)).due is None
