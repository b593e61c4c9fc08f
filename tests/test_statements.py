"""The number of statements on the hot paths, without BEGIN and COMMIT: a budget that changes must keep."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.world import DRAIN, World, ok


@pytest.fixture
async def statements(world: World) -> AsyncIterator[list[str]]:
    """Record the statements that the application sends from now on."""
    seen: list[str] = []

    def note(record: Any) -> None:
        drivers_own = "typeinfo_tree" in record.query  # asyncpg learns a type, once per connection
        shared = record.query.startswith("SELECT coalesce((SELECT auth_generation")  # 20 a second, whatever the load
        if record.query not in ("BEGIN", "COMMIT", "ROLLBACK") and not drivers_own and not shared:
            seen.append(record.query)

    def listen(dbapi_connection: Any, *_: Any) -> None:
        driver = dbapi_connection.driver_connection
        driver.remove_query_logger(note)
        driver.add_query_logger(note)

    pool = world.context.db.engine.sync_engine
    event.listen(pool, "checkout", listen)
    yield seen
    event.remove(pool, "checkout", listen)


async def warm(world: World) -> Any:
    """Make everybody call once, so that principals, the catalogue and the driver's types are cached."""
    provider = await world.add_provider(DRAIN, capacity=20)
    await ok(provider.client.get("/provider/offers"))
    await ok(world.operator.get("/items/PE02"))
    await world.dispatch(DRAIN)
    return provider


async def test_create_and_answer_takes_two(world: World, statements: list[str]) -> None:
    await warm(world)
    statements.clear()
    await ok(world.create("GV01", answer="带身份证到街道便民服务中心补办医保卡，当场可取。", key="a"))
    assert len(statements) == 2, statements


async def test_create_and_dispatch_takes_four(world: World, statements: list[str]) -> None:
    await warm(world)
    statements.clear()
    await ok(world.create(DRAIN, dispatch=True, key="b"))
    assert len(statements) == 4, statements


async def test_poll_takes_one(world: World, statements: list[str]) -> None:
    provider = await warm(world)
    statements.clear()
    await ok(provider.client.get("/provider/offers"))
    assert len(statements) == 1, statements


async def test_accept_and_complete_take_at_most_three_each(world: World, statements: list[str]) -> None:
    provider = await warm(world)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    statements.clear()
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    assert len(statements) <= 3, [s[:60] for s in statements]
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    statements.clear()
    done = {"result": "已疏通", "amount_fen": 0}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    assert len(statements) <= 3, [s[:60] for s in statements]
