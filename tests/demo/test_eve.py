"""The demo's queues when the play begins."""

from datetime import timedelta
from typing import Any

from app.demo.accounts import open_accounts
from app.demo.eve import leave_work
from app.demo.stage import BEFORE, choose_cast
from app.events.act import SYSTEM, Act
from app.knowledge.models import ArticleStatus
from app.sample.load import demo_keys, load_registry, provider_id
from app.sample.registry import generate_registry
from app.supervision.schemas import Concern
from tests.world import World, ok


async def test_whoever_opens_the_demo_finds_work_in_every_queue(world: World) -> None:
    start = world.clock.now()
    since, day = start - BEFORE, start.date()
    act = Act(SYSTEM, since, world.context.settings)
    async with world.context.db.begin() as tx:
        await load_registry(tx, day, since)
        password = await open_accounts(act, tx, 1)
        keys = await demo_keys(tx, since)
    cast = choose_cast({provider_id(one.number): one for one in generate_registry(day)}, keys.keys())
    left = await leave_work(world.context.settings, since, start, 120, cast, keys, password)

    counts = await ok(world.supervisor.get("/supervision/counts"))
    assert [name for name, count in counts.items() if not count] == []
    assert counts.keys() == {*Concern, "silent_providers"}
    assert counts["provider_gone"] == counts["to_arbitrate"] == 1
    queue = (await ok(world.supervisor.get("/supervision/queue", params={"limit": 100})))["items"]
    assert len({row["unmatched_reason"] for row in queue} - {None}) >= 2
    assert {row["request_id"] for row in queue} <= {str(request_id) for request_id in left}
    assert (await ok(world.supervisor.get("/supervision/worker")))["set_aside"]

    async def rows(path: str, **query: Any) -> list[Any]:
        return list((await ok(world.registrar.get(path, params=query)))["items"])

    last_month = (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert await rows("/applications")
    assert await rows("/papers/expiring")
    assert await rows("/credit/entries", status="appealed")
    assert await rows(f"/months/{last_month}", state="missing")
    assert await rows("/knowledge/articles", status=ArticleStatus.DRAFT)
    firm = await ok(world.registrar.get(f"/providers/{cast.visitor}"))
    assert [line for line in firm["items"] if line["approved_at"] is None]

    visitor = await world.client(keys[cast.visitor])
    offers = await ok(visitor.get("/provider/offers"))
    assert len(offers) == 2
    statuses = {job["status"] for job in await ok(visitor.get("/provider/jobs"))}
    assert statuses == {"accepted", "started"}
    assert (await ok(visitor.get("/provider/complaints")))["items"]

    world.advance(seconds=120 * 25)  # 25 real seconds
    assert (await ok(visitor.put(f"/provider/offers/{offers[0]['id']}/acceptance")))["status"] == "accepted"
