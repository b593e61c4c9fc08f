"""A request is matched from the place that was chosen or that its address names. Contradictions are reported, never
refused."""

from typing import Any

import pytest

from tests.world import CHENGLANG, DRAIN, NANMEN, World, ok, refused

JIANGXIA, TIANFENG, GAOQIAO = "330203002", "330203002005", "330203100"
SQUARE = {"kind": "landmark", "zh": "天一广场", "lat": 29.869, "lon": 121.553, "community_code": "330203002001"}
GARDEN = {"kind": "estate", "zh": "澄浪花园", "lat": 29.8555, "lon": 121.5355, "community_code": CHENGLANG}
STREET = {"kind": "road", "zh": "中山西路", "lat": 29.877, "lon": 121.53, "township_code": "330203003"}
ESTATE = {"kind": "estate", "zh": "南门新苑", "township_code": NANMEN}


@pytest.fixture
async def ids(world: World) -> dict[str, str]:
    """Return the ids of the centre's places by name."""
    kept = [await ok(world.registrar.post("/places", json=body)) for body in (SQUARE, GARDEN, STREET, ESTATE)]
    await world.application.state.catalog.read()
    return {place["zh"]: place["id"] for place in kept}


async def take(world: World, **facts: Any) -> Any:
    body = {"phone": "13957412345", "area": NANMEN, "item": DRAIN, "description": "下水道堵了"} | facts
    return await ok(world.operator.post("/requests", json=body))


async def kept_point(world: World, request: Any) -> tuple[float, float]:
    async with world.context.db.begin() as tx:
        [row] = await tx.driver.fetch("SELECT lat, lon FROM requests WHERE id = $1", request["request"]["id"])
    return row["lat"], row["lon"]


@pytest.mark.parametrize(
    ("area", "address", "point_of", "named"),
    [
        (NANMEN, "澄浪花园12幢302室", "place", "澄浪花园"),
        (CHENGLANG, "老 澄 浪 花 园 １２幢", "place", "澄浪花园"),
        (CHENGLANG, "3幢201", "township", None),
        (TIANFENG, "塔前街1号", "community", None),
        (NANMEN, None, "township", None),
        (NANMEN, "南门新苑3幢", "township", "南门新苑"),
        (JIANGXIA, "澄浪花园12幢", "township", None),
    ],
)
async def test_the_point_is_the_most_exact_one_within_the_area(
    world: World, ids: dict[str, str], area: str, address: str | None, point_of: str, named: str | None
) -> None:
    taken = await take(world, area=area, address=address)
    point = taken["matched_from"]
    assert (point["point_of"], point["place"]) == (point_of, ids.get(named or ""))
    assert await kept_point(world, taken) == (point["lat"], point["lon"])
    if point_of == "place":
        assert (point["lat"], point["lon"], point["zh"]) == (GARDEN["lat"], GARDEN["lon"], named)


async def test_a_place_that_was_chosen_is_matched_from(world: World, ids: dict[str, str]) -> None:
    provider = await world.add_provider(DRAIN, point=(29.869, 121.553))
    taken = await take(world, area=JIANGXIA, place=ids["天一广场"], address="3楼", dispatch=True)
    assert taken["matched_from"]["point_of"] == "place"
    assert taken["elsewhere"] == []
    assert [offer["provider_id"] for offer in taken["offers"]] == [str(provider.id)]
    asked = {"item": DRAIN, "area": JIANGXIA, "place": ids["天一广场"]}
    preview = await ok(world.operator.post("/matching/preview", json=asked))
    assert preview["candidates"][0]["distance_km"] == 0
    alone = await take(world, area=None, place=ids["天一广场"])
    assert alone["request"]["community_code"] == SQUARE["community_code"]
    asked = {"item": DRAIN, "place": ids["天一广场"]}
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["candidates"][0]["distance_km"] == 0
    asked = {"item": DRAIN, "area": JIANGXIA, "address": "天一广场3楼"}
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["candidates"][0]["distance_km"] == 0
    unknown = {
        "phone": "13957412345",
        "area": NANMEN,
        "item": DRAIN,
        "description": "堵",
        "place": str(provider.id),
    }
    await refused(world.operator.post("/requests", json=unknown), 422, "unknown_place")


@pytest.mark.parametrize(
    ("area", "address", "words"),
    [
        (NANMEN, "天一广场3楼", ["天一广场"]),
        (NANMEN, "江厦街道碶闸街12号", ["江厦街道"]),
        (NANMEN, "江厦街道天封社区", ["天封社区", "江厦街道"]),
        ("330203001002", "澄浪社区3幢", ["澄浪社区"]),
        ("330203001002", "澄浪花园3幢", ["澄浪花园"]),
        (NANMEN, "澄浪社区3幢", []),
        (NANMEN, "中山西路12号", []),
        (NANMEN, "江厦路3号", []),
        (CHENGLANG, "南门街道澄浪社区", []),
        (NANMEN, "江北区外滩", ["江北区"]),
        (NANMEN, "鄞州区下应街道3号", ["鄞州区"]),
        (NANMEN, "杭州西湖区", ["杭州"]),
        (GAOQIAO, "鄞州区高桥镇3号", []),
        (GAOQIAO, "鄞州区高桥3号", []),
        (NANMEN, "3幢 <b>' OR 1=1 -- 😀 \u202e", []),
    ],
)
async def test_an_address_outside_the_area_is_reported_and_not_refused(
    world: World, ids: dict[str, str], area: str, address: str, words: list[str]
) -> None:
    told = (await take(world, area=area, address=address))["elsewhere"]
    assert sorted(one["words"] for one in told) == sorted(words)
    found = await ok(world.operator.post("/places/searches", json={"words": address, "area": area}))
    assert found["elsewhere"] == told
    for one in told:
        assert one["words"] in one["zh"]
        assert "not in" in one["en"]


async def test_a_chosen_place_outside_the_area_is_reported(world: World, ids: dict[str, str]) -> None:
    taken = await take(world, area=NANMEN, place=ids["天一广场"])
    assert [one["words"] for one in taken["elsewhere"]] == ["天一广场"]
    assert taken["matched_from"]["point_of"] == "place"


async def test_a_corrected_address_is_matched_from_the_place_that_it_names(world: World, ids: dict[str, str]) -> None:
    taken = await take(world, address="3幢")
    path = f"/requests/{taken['request']['id']}"
    etag = (await world.operator.get(path)).headers["etag"]
    body = {"reason": "听错了", "address": "澄浪花园3幢"}
    await ok(world.operator.patch(path, json=body, headers={"If-Match": etag}))
    assert await kept_point(world, taken) == (GARDEN["lat"], GARDEN["lon"])
