"""The live stream: in order, nothing twice, to each reader what they may see, and no connection held meanwhile."""

import json
import secrets
from collections.abc import AsyncGenerator
from typing import Any, cast
from uuid import UUID

from fastapi.sse import ServerSentEvent

from app.auth.access import Authenticator, Principal
from app.live.stream import follow
from app.live.tail import Tail
from tests.world import DRAIN, SampleProvider, World, ok

Stream = AsyncGenerator[ServerSentEvent]


async def listen(world: World, token: str, since: int | None = None) -> Stream:
    """Return the stream as the holder of this token receives it."""
    authenticator = cast(Authenticator, world.application.state.authenticator)
    principal: Principal = await authenticator.principal(token)
    tail = cast(Tail, world.application.state.tail)
    return cast(Stream, follow(world.context, tail, authenticator, principal, token, since))


def token_of(client: Any) -> str:
    return str(client.headers["authorization"]).removeprefix("Bearer ")


def events_of(message: ServerSentEvent) -> list[dict[str, Any]]:
    assert message.event == "log"
    return cast(list[dict[str, Any]], json.loads(message.raw_data or ""))


async def busy_day(world: World) -> tuple[SampleProvider, SampleProvider, dict[str, Any]]:
    """Create one provider with a job and one without. Return them with the dispatched request."""
    first, second = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    request = await world.dispatch(chosen_provider_id=str(first.id))
    await ok(first.client.put(f"/provider/offers/{request['offers'][0]['id']}/acceptance"))
    return first, second, request


async def test_a_stream_begins_with_the_time_and_sends_events(world: World) -> None:
    stream = await listen(world, token_of(world.operator))
    hello = await anext(stream)
    assert (hello.event, hello.id, hello.data.now) == ("clock", "0", world.clock.now())
    request = await world.dispatch()
    await world.work()
    message = await anext(stream)
    events = events_of(message)
    assert {event["number"] for event in events} == {request["request"]["number"]}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert message.id == str(len(events))
    assert set(events[0]) == {"seq", "at", "kind", "request_id", "number", "provider_id"}
    await stream.aclose()


async def test_a_provider_hears_of_its_own_work_only(world: World) -> None:
    first, second, request = await busy_day(world)
    await world.work()
    heard = await listen(world, token_of(first.client), 0)
    await anext(heard)
    events = events_of(await anext(heard))
    assert {event["kind"] for event in events} >= {"offer.made", "offer.accepted"}
    assert {UUID(event["provider_id"]) for event in events} == {first.id}
    assert {event["number"] for event in events} == {request["request"]["number"]}
    silent = await listen(world, token_of(second.client), 0)
    await anext(silent)
    later = await world.dispatch(chosen_provider_id=str(second.id))
    await world.work()
    assert {event["number"] for event in events_of(await anext(silent))} == {later["request"]["number"]}
    await heard.aclose()
    await silent.aclose()


async def test_a_reconnecting_client_gets_missed_events_once(world: World) -> None:
    await world.dispatch()
    await world.work()
    stream = await listen(world, token_of(world.operator), 0)
    await anext(stream)
    missed = events_of(await anext(stream))
    await stream.aclose()
    again = await listen(world, token_of(world.operator), missed[0]["seq"])
    await anext(again)
    assert events_of(await anext(again)) == missed[1:]
    await again.aclose()


async def test_a_client_away_for_too_long_is_told_to_reload(world: World) -> None:
    stream = await listen(world, token_of(world.operator), 99_999)
    await anext(stream)
    reset = await anext(stream)
    assert (reset.event, reset.id) == ("reset", "0")
    await stream.aclose()


async def test_signing_out_ends_the_stream(world: World) -> None:
    token = secrets.token_urlsafe(16)
    provider = await world.add_provider()
    made = await ok(world.registrar.post(f"/providers/{provider.id}/keys", json={"label": token}))
    stream = await listen(world, made["key"])
    await anext(stream)
    await ok(world.registrar.delete(f"/providers/{provider.id}/keys/{token}"))
    assert [message async for message in stream] == []


async def test_many_wait_without_a_connection(world: World) -> None:
    pool: Any = world.context.db.engine.pool
    streams = [await listen(world, token_of(world.operator)) for _ in range(30)]
    for stream in streams:
        await anext(stream)
    assert pool.checkedout() == 0
    await world.dispatch()
    await world.work()
    told = [events_of(await anext(stream)) for stream in streams]
    assert all(events == told[0] for events in told)
    for stream in streams:
        await stream.aclose()
