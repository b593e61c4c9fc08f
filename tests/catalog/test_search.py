"""The operator finds the item by whatever the caller says."""

import pytest

from app.catalog.snapshot import Snapshot
from tests.world import World, ok, refused


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("马桶疏通", "PE01"),
        ("我家马桶堵了水漫出来了", "PE01"),
        ("matong", "PE01"),
        ("mtst", "PE01"),
        ("toilet", "PE01"),
        ("钥匙忘带", "LS01"),
        ("kms", "LS01"),
        ("空调不制冷怎么办", "AP01"),
        ("煤气味", "UT03"),
        ("RE01", "RE01"),
        ("yuesao", "MC01"),
    ],
)
async def test_the_first_hit_is_what_was_meant(catalog: Snapshot, query: str, code: str) -> None:
    assert catalog.index.search(query)[0].code == code


@pytest.mark.parametrize("query", ["", "  ", "zzzz", "%_\\'"])
async def test_nonsense_finds_nothing(catalog: Snapshot, query: str) -> None:
    assert list(catalog.index.search(query)) == []


async def test_an_edited_keyword_is_found_at_once(world: World) -> None:
    edit = {"keywords": ["马桶堵了", "抽水马桶", "茅坑满了"]}
    await refused(world.operator.patch("/items/PE01", json=edit), 403, "not_allowed")
    before = (await ok(world.registrar.get("/items/PE01")))["keywords"]
    heard = world.context.wakes.subscribe("catalog")
    async with heard as event:
        await ok(world.registrar.patch("/items/PE01", json=edit))
        await event.wait()
    await world.application.state.catalog.read()
    found = await ok(world.operator.get("/items", params={"q": "茅坑满了"}))
    assert found[0]["code"] == "PE01"
    await ok(world.registrar.patch("/items/PE01", json={"keywords": before}))


async def test_communities_are_found_by_name_pinyin_and_initials(world: World) -> None:
    for query in ("澄浪", "chengl", "cl"):
        found = await ok(world.operator.get("/communities", params={"q": query, "township": "330203001"}))
        assert "澄浪社区" in [community["zh"] for community in found]
