"""Helpers for callback tests: complete a request, and make the calls about it."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from httpx import AsyncClient, Response

from tests.world import DRAIN, SampleProvider, World, ok

NINGBO = ZoneInfo("Asia/Shanghai")


def ningbo(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 in the centre's time zone. Tests begin on the 24th at 10:00."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NINGBO)


async def complete(world: World, provider: SampleProvider, item: str = DRAIN, **facts: Any) -> dict[str, Any]:
    """Create a request, have the provider complete it, and let the worker create its callback. Return the request."""
    made = await world.dispatch(item, **facts)
    await world.complete(provider, made["offers"][0]["id"])
    await world.work()
    return cast(dict[str, Any], made["request"])


async def take(world: World, client: AsyncClient | None = None) -> dict[str, Any]:
    """Take the next callback. The response is empty when nobody needs a call."""
    return await ok((client or world.operator).post("/callbacks/next")) or {}


async def record(world: World, callback: dict[str, Any], **outcome: Any) -> Response:
    """Record how the call went. Return the raw response."""
    return await world.operator.put(f"/callbacks/{callback['id']}/outcome", json=outcome)


async def due(world: World) -> list[dict[str, Any]]:
    """Return the list of due callbacks."""
    return cast(list[dict[str, Any]], (await ok(world.operator.get("/callbacks")))["items"])


async def events(world: World, request: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the data of the request's events of this kind."""
    timeline = await ok(world.operator.get(f"/requests/{request['id']}/events"))
    return [
        {k: v for k, v in event["data"].items() if k != "callback_id"} for event in timeline if event["kind"] == kind
    ]
