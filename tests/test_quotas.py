"""No caller takes the process from the others: limits on calls, waiting calls, streams, and costly operations."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.events.topics import provider_topic
from app.kit.quotas import WAIT_FOR_PLACE_SECONDS, CallerTooFast, Places, Quotas, Rate, TooManyStreams, TooManyWaiting
from app.kit.waiting import SharedReads
from tests.servers import serving
from tests.world import DRAIN, SampleProvider, World, ok, refused


@pytest.fixture
def limited(world: World) -> World:
    """Yield the application with small limits."""
    small = {"calls_per_minute": 40, "costly_calls_per_minute": 3, "waits_per_caller": 4, "streams_per_caller": 2}
    world.application.state.quotas = Quotas(world.context.settings.model_copy(update=small))
    return world


async def test_a_too_fast_caller_is_told_when_to_retry_and_others_are_unaffected(limited: World) -> None:
    answers = [await limited.operator.get("/categories") for _ in range(60)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert 19 <= len(late) <= 20
    assert late[0].json()["code"] == "caller_too_fast"
    assert 1 <= int(late[0].headers["Retry-After"]) <= 60
    assert late[0].json()["most"] == 40
    await ok(limited.supervisor.get("/categories"))
    await ok(limited.anonymous.get("http://hotline/health/live"))


def test_a_rate_belongs_to_one_caller_and_recovers_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("app.kit.quotas.monotonic", lambda: now)
    rate = Rate(60)
    for _ in range(60):
        rate.count("a")
    with pytest.raises(CallerTooFast) as refusal:
        rate.count("a")
    assert refusal.value.facts["wait_seconds"] == 1
    rate.count("b")
    now += 1
    rate.count("a")
    with pytest.raises(CallerTooFast):
        rate.count("a")


def test_places_are_released_and_bounded_in_total() -> None:
    places = Places(2, 3)
    with places.taken("a", TooManyStreams), places.taken("a", TooManyStreams):
        with pytest.raises(TooManyStreams), places.taken("a", TooManyStreams):
            pass
        with places.taken("b", TooManyStreams), pytest.raises(TooManyStreams), places.taken("c", TooManyStreams):
            pass
    with places.taken("a", TooManyStreams):
        pass


def poll(provider: SampleProvider) -> "asyncio.Task[httpx.Response]":
    return asyncio.ensure_future(provider.client.get("/provider/offers", headers={"Prefer": "wait=30"}))


async def waiting(world: World, provider: SampleProvider, many: int) -> None:
    """Wait until this many of the provider's polls are open."""
    topic = provider_topic(provider.id)
    async with asyncio.timeout(20):
        while len(world.context.pubsub._waiting.get(topic, ())) < many:
            await asyncio.sleep(0)


def test_refused_callers_get_different_retry_times() -> None:
    """Two thousand refused polls used to return together every five seconds and held up all others."""
    waits = [int(TooManyWaiting(most=50).headers()["Retry-After"]) for _ in range(500)]
    assert set(waits) <= set(WAIT_FOR_PLACE_SECONDS)
    assert max(waits.count(wait) for wait in WAIT_FOR_PLACE_SECONDS) < 100


async def test_only_so_many_calls_of_a_caller_wait(limited: World) -> None:
    provider, other = await limited.add_provider(DRAIN), await limited.add_provider()
    polls = [poll(provider) for _ in range(4)]
    await waiting(limited, provider, 4)
    problem = await refused(poll(provider), 429, "too_many_waiting")
    assert problem["most"] == 4
    await ok(provider.client.get("/provider/offers"))
    others = poll(other)
    await waiting(limited, other, 1)
    made = await limited.dispatch()
    async with asyncio.timeout(20):
        told = [(await one).json() for one in polls]
    assert all([offer["number"] for offer in one] == [made["request"]["number"]] for one in told)
    limited.context.pubsub.release_waiters()
    assert (await others).json() == []


async def test_all_who_wait_for_the_same_share_one_reading(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    polls = [poll(provider) for _ in range(40)]
    await waiting(world, provider, 40)
    read: list[str] = []

    def note(record: Any) -> None:
        if "FROM offers JOIN requests" in record.query and "expires_at >" in record.query:
            read.append(record.query)

    def listen(connection: Any, *_: Any) -> None:
        connection.driver_connection.remove_query_logger(note)
        connection.driver_connection.add_query_logger(note)

    pool = world.context.db.engine.sync_engine
    event.listen(pool, "checkout", listen)
    try:
        await world.dispatch()
        async with asyncio.timeout(20):
            await asyncio.gather(*polls)
    finally:
        event.remove(pool, "checkout", listen)
    assert 1 <= len(read) <= 4


async def test_a_read_that_has_begun_is_not_shared() -> None:
    reads, begun, go, count = SharedReads(), asyncio.Event(), asyncio.Event(), 0

    async def read() -> bytes:
        nonlocal count
        count += 1
        mine = count
        begun.set()
        await go.wait()
        return b"%d" % mine

    first = asyncio.ensure_future(reads.get("a", read))
    await begun.wait()
    later = [asyncio.ensure_future(reads.get("a", read)) for _ in range(10)]
    gone = asyncio.ensure_future(reads.get("a", read))
    await asyncio.sleep(0)
    gone.cancel()
    go.set()
    assert (await first, set(await asyncio.gather(*later)), count) == (b"1", {b"2"}, 2)


async def test_webhook_tests_and_replays_are_few(limited: World) -> None:
    hook = await ok(limited.admin.post("/webhooks", json={"url": "https://93.184.216.34/", "label": "x"}))
    url = f"/webhooks/{hook['id']}"
    await ok(limited.admin.post(f"{url}/test"))
    await ok(limited.admin.patch(url, json={"label": "y"}, headers={"If-Match": '"1"'}))
    await refused(limited.admin.post(f"{url}/test"), 429, "caller_too_fast")
    again = limited.admin.patch(url, json={"label": "z"}, headers={"If-Match": '"2"'})
    await refused(again, 429, "caller_too_fast")  # each edit used to send what was waiting again
    since = {"since": limited.clock.now().isoformat()}
    for _ in range(3):
        await ok(limited.admin.put(f"{url}/replay", json=since))
    await refused(limited.admin.put(f"{url}/replay", json=since), 429, "caller_too_fast")


@asynccontextmanager
async def stream(client: httpx.AsyncClient, url: str, **headers: str) -> AsyncIterator[httpx.Response]:
    async with client.stream("GET", f"{url}/live", headers=headers) as answer:
        yield answer


async def test_only_so_many_streams_of_a_caller_are_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_STREAMS_PER_CALLER", "2")
    token = {"Authorization": world.operator.headers["authorization"]}
    with serving(world.context) as server:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            async with stream(client, server.url, **token) as first, stream(client, server.url, **token) as second:
                assert (first.status_code, second.status_code) == (200, 200)
                async with stream(client, server.url, **token) as third:
                    assert third.status_code == 429
                    assert json.loads(await third.aread())["code"] == "too_many_streams"
                    assert int(third.headers["Retry-After"]) in WAIT_FOR_PLACE_SECONDS
            async with asyncio.timeout(20):
                while True:
                    async with stream(client, server.url, **token) as again:
                        if again.status_code == 200:
                            break


async def test_a_follower_looks_at_what_is_new_alone(world: World) -> None:
    """5,000 events are kept. Waking a follower that lacks only the last reads one."""
    tail = world.application.state.tail
    await world.dispatch()
    await world.work()
    last = await tail.last()
    looked: list[int] = []

    class Kept(type(tail._events)):  # type: ignore[misc]  # a deque that counts
        def __reversed__(self) -> Any:
            for one in list(super().__reversed__()):
                looked.append(one["seq"])
                yield one

    tail._events = Kept(tail._events, maxlen=tail._events.maxlen)
    assert (await tail.after(last - 1, None))[1][0]["seq"] == last
    assert looked == [last]
