"""Measures the hot paths, the worker's steps and the desk's lists at 500 and 50,000 providers, with 0, 1,000 and 50,000
open requests.

`make counts` writes the figures into counts.json. Run it after making a path cheaper, or when you know why it costs
more.
"""

import asyncio
import json
import secrets
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy.engine import make_url

from app.auth.models import ProviderKey
from app.auth.tokens import token_hash
from app.catalog.snapshot import read_snapshot
from app.kit import embedded
from app.kit.clock import ManualClock
from app.kit.context import Context
from app.kit.db import Database
from app.kit.pubsub import PubSub
from app.settings import Settings
from app.worker import DUE_STEPS
from bench.scale import NOW, run_sql
from tests.hot_paths import crowd
from tests.hot_paths.plans import EXPLAIN, Counts, counted
from tests.world import DRAIN, NANMEN, World, ok, open_world

COUNTS = Path(__file__).with_name("counts.json")
INFO = "GV01"
ROUNDS = 8
"""PostgreSQL may switch to a generic plan after five runs. The larger of the last two runs counts."""
FEW, MANY = "500 providers, 1000 open", "500 providers, 50000 open"
"""These cases differ only in the number of open requests."""
CASES = (
    "500 providers, 0 open",
    FEW,
    MANY,
    "50000 providers, 50000 open",
    "50000 providers, 0 open",
)
LISTS = {
    "the desk's open requests": "/desk/requests",
    "providers to phone": "/offers/to-phone",
    "requests, newest first": "/requests",
}


async def measure(url: str, data_dir: Path) -> dict[str, dict[str, Counts]]:
    """Return what each path reads, by case and path, on an empty database at this URL."""
    await crowd.settle(url)
    name = make_url(url).database
    await run_sql(url, *(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'" for setting, value in EXPLAIN.items()))
    measured = {}
    for case in CASES:
        providers, _, more = case.partition(" providers, ")
        many = int(more.removesuffix(" open"))
        if providers != "500" and many:
            await crowd.multiply(url)
        db = Database(url, pool_size=2)
        pubsub = PubSub(url)
        db.on_publish = pubsub.publish
        settings = Settings(database_url=url, database_direct_url=url, data_dir=data_dir)
        try:
            context = Context(settings, db, ManualClock(NOW), pubsub)
            async with open_world(context, await read_snapshot(db)) as world:
                if many:
                    made = await ok(_create(world, DRAIN, dispatch=True))
                    await crowd.leave_open(db, made["request"]["id"], many)
                if not many:
                    await crowd.clear(db)
                measured[case] = await _measure(world)
        finally:
            await db.close()
            await run_sql(url, "DELETE FROM staff_sessions", "UPDATE staff SET username = id::text")
    return measured


async def _measure(world: World) -> dict[str, Counts]:
    """Measure one case: prepare each path and run it this many times."""
    rounds = [await _round(world) | await _steps_and_lists(world) for _ in range(ROUNDS)]
    return {path: max((each[path] for each in rounds[-2:]), key=lambda one: one.rows) for path in rounds[0]}


async def _round(world: World) -> dict[str, Counts]:
    counts = {}
    counts["create and answer"], _ = await _count(
        world, _create(world, INFO, answer="带身份证到街道便民服务中心补办。")
    )
    counts["create and dispatch"], made = await _count(world, _create(world, DRAIN, dispatch=True))
    [offer] = made["offers"]
    client = await _sign_in(world, offer["provider_id"])
    counts["offer poll"], _ = await _count(world, client.get("/provider/offers"))
    counts["accept"], job = await _count(world, client.put(f"/provider/offers/{offer['id']}/acceptance"))
    own = f"/provider/jobs/{job['id']}"
    await ok(client.put(f"{own}/start"))
    await ok(client.put(f"{own}/quote", json={"amount_fen": 100, "agreed_on_site": True}))
    done = {"result": "疏通完毕，试水通畅", "amount_fen": 100}
    counts["complete"], _ = await _count(world, client.put(f"{own}/completion", json=done))
    return counts


async def _steps_and_lists(world: World) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for name, step in DUE_STEPS.items():
        with counted(world.context.db) as counts[f"worker: {name}"]:
            await step(world.context, world.catalog)
    for name, path in LISTS.items():
        counts[name], _ = await _count(world, world.operator.get(path))
    return counts


def _create(world: World, item: str, **outcome: Any) -> Awaitable[Response]:
    phone = f"154{secrets.randbelow(10**8):08d}"
    return world.create(item, area=NANMEN, phone=phone, key=secrets.token_hex(8), **outcome)


async def _count(world: World, call: Awaitable[Response]) -> tuple[Counts, Any]:
    with counted(world.context.db) as counts:
        answer = await ok(call)
    return counts, answer


async def _sign_in(world: World, provider: str) -> AsyncClient:
    """Return a client with the provider's key that has called once."""
    token, now = secrets.token_urlsafe(16), world.clock.now()
    async with world.context.db.begin() as tx:
        key = ProviderKey(token_hash=token_hash(token), provider_id=UUID(provider), label="counts", created_at=now)
        tx.session.add(key)
    client = await world.client(token)
    await ok(client.get("/provider"))
    return client


def written(measured: dict[str, dict[str, Counts]]) -> dict[str, Any]:
    """Return the figures as counts.json has them."""
    return {case: {path: counts.facts() for path, counts in paths.items()} for case, paths in measured.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, embedded.join(Path(folder) / "data") as server:
        facts = written(asyncio.run(measure(server.url, Path(folder))))
    COUNTS.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
