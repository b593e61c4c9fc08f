"""Finding an item by whatever the caller says."""

import pytest

from app.catalog.load import load_reference_data, read_data
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
        ("开锁", "LS01"),
        ("电脑维修", "IT01"),
        ("维修电脑", "IT01"),
        ("修空调", "AP01"),
        ("ｍｔｓｔ", "PE01"),
        ("ma'tong", "PE01"),
        ("chongzhuang", "IT02"),
        ("pe 01", "PE01"),
        ("My drain needs unblocking, please", "PE02"),
    ],
)
async def test_the_first_hit_is_the_item_meant(catalog: Snapshot, query: str, code: str) -> None:
    assert catalog.index.search(query)[0].code == code


@pytest.mark.parametrize("query", ["", "  ", "zzzz", "%_\\'"])
async def test_nonsense_finds_nothing(catalog: Snapshot, query: str) -> None:
    assert list(catalog.index.search(query)) == []


async def test_every_paper_that_an_item_asks_for_has_a_name(world: World, catalog: Snapshot) -> None:
    kinds = {kind["code"]: kind for kind in await ok(world.operator.get("/paper-kinds"))}
    assert {code for item in catalog.items.values() for code in item.papers} <= kinds.keys()
    assert all(kind["zh"] and kind["en"] for kind in kinds.values())


async def test_an_edited_keyword_is_found_at_once(world: World) -> None:
    edit = {"keywords": ["马桶堵了", "抽水马桶", "茅坑满了"]}
    await refused(world.operator.patch("/items/PE01", json=edit), 403, "not_allowed")
    before = (await ok(world.registrar.get("/items/PE01")))["keywords"]
    heard = world.context.pubsub.subscribe("catalog")
    async with heard as event:
        await ok(world.registrar.patch("/items/PE01", json=edit))
        await event.wait()
    await world.application.state.catalog.read()
    found = await ok(world.operator.get("/items", params={"q": "茅坑满了"}))
    assert found[0]["code"] == "PE01"
    await ok(world.registrar.patch("/items/PE01", json={"keywords": before}))


async def test_an_edited_rule_loses_its_english_text(world: World) -> None:
    gas = await ok(world.operator.get("/items/UT03"))
    assert gas["rule_en"].startswith("Never send a company")
    edited = await ok(world.registrar.patch("/items/UT03", json={"rule": "先转燃气公司 24 小时抢修电话"}))
    assert edited["rule_en"] is None
    for rule, english in ((edited["rule"], None), (gas["rule"], gas["rule_en"])):
        await ok(world.registrar.patch("/items/UT03", json={"rule": rule}))
        async with world.context.db.begin() as tx:
            await load_reference_data(tx)
        await world.application.state.catalog.read()
        assert (await ok(world.operator.get("/items/UT03")))["rule_en"] == english


def test_every_rule_has_an_english_text() -> None:
    items = [item for category in read_data("catalog.yaml")["categories"] for item in category["items"]]
    assert [item["c"] for item in items if ("rule" in item) != ("rule_en" in item)] == []


async def test_communities_are_found_by_name_pinyin_and_initials(world: World) -> None:
    for query in ("澄浪", "chengl", "cl"):
        found = await ok(world.operator.get("/communities", params={"q": query, "township": "330203001"}))
        assert "澄浪社区" in [community["zh"] for community in found]
