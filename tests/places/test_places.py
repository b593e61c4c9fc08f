"""The centre's own places: created, edited, ended, found, exported and imported."""

import asyncio
import csv
import io
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.catalog.load import load_sample_places
from app.kit.spreadsheet import BOM
from tests.conftest import MORNING
from tests.world import CHENGLANG, NANMEN, World, ok, refused

TIANFENG, JIANGXIA = "330203002005", "330203002"
HEADINGS = "类别,名称,英文名称,别名,拼音,街道（乡镇）,社区,纬度,经度,坐标系"
ROWS = (
    "道路,中山西路,Zhongshan West Road,中山路西段,,330203003 西门街道,,,,",
    "小区,澄浪花园,,澄园、老澄浪,,,澄浪社区,29.8601,121.5402,WGS-84",
    "楼宇,天封大厦,Tianfeng Mansion,,,,,29.86415,121.55427,高德",
)
FILE = "\n".join([HEADINGS, *ROWS])
BINARY = {"content-type": "application/octet-stream"}


async def bring(world: World, content: bytes | str, **asked: Any) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return world.registrar.post("/places/import", params=asked, content=body, headers=BINARY)


async def imported(world: World, content: bytes | str, **asked: Any) -> Any:
    answer = await ok(await bring(world, content, **asked))
    await world.application.state.catalog.read()
    return answer


async def faults(world: World, *rows: str, heading: str = HEADINGS, **asked: Any) -> list[tuple[int, str, str]]:
    problem = await refused(await bring(world, "\n".join([heading, *rows]), **asked), 422, "import_invalid")
    assert await listed(world) == {}
    assert all(fault["zh"] and fault["en"] for fault in problem["errors"])
    return sorted((fault["row"], fault["column"], fault["code"]) for fault in problem["errors"])


async def listed(world: World, **asked: Any) -> dict[str, Any]:
    return {place["zh"]: place for place in (await ok(world.registrar.get("/places", params=asked)))["items"]}


async def found(world: World, words: str) -> Any:
    return (await ok(world.operator.post("/places/searches", json={"words": words})))["found"]


async def test_places_are_taken_in_and_found_at_once(world: World) -> None:
    tried = await imported(world, FILE, dry_run=True)
    assert (tried["read"], tried["added"]) == (3, 3)
    assert await listed(world) == {}
    done = await imported(world, FILE)
    assert (done["added"], done["changed"], done["unchanged"]) == (3, 0, 0)
    assert [(told["row"], told["code"]) for told in done["warnings"]] == [(4, "area_guessed")]
    places = await listed(world)
    assert places["澄浪花园"]["pinyin"] == "Chenglanghuayuan"
    assert (places["澄浪花园"]["township_code"], places["澄浪花园"]["guessed"]) == (NANMEN, None)
    assert (places["天封大厦"]["community_code"], places["天封大厦"]["guessed"]) == (TIANFENG, "township")
    assert places["天封大厦"]["lat"] == pytest.approx(29.8666, abs=0.0005)
    [best, *_] = await found(world, "我住在老澄浪12幢")
    assert (best["zh"], best["kind"], best["point_of"], best["left_over"]) == ("澄浪花园", "place", "place", "12幢")
    [road, *_] = await found(world, "中山西路138号")
    assert (road["zh"], road["point_of"], road["left_over"]) == ("中山西路", "township", "138号")
    assert (await found(world, "tianfeng mansion"))[0]["zh"] == "天封大厦"
    again = await imported(world, FILE)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)


async def test_what_was_exported_changes_nothing_when_it_is_imported(world: World) -> None:
    await imported(world, FILE)
    out = await world.registrar.get("/places/export")
    assert out.text.startswith(BOM)
    again = await imported(world, out.content)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    edited = await imported(world, out.text.replace("天封大厦", "天封大楼"))
    assert (edited["added"], edited["changed"], edited["unchanged"]) == (0, 1, 2)
    assert (await found(world, "天封大楼"))[0]["zh"] == "天封大楼"


def excel(rows: str) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in csv.reader(io.StringIO(rows)):
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        FILE.encode("gb18030"),
        FILE.encode("utf-8-sig"),
        FILE.encode("utf-16"),
        FILE.replace(",", "\t").replace("\n", "\r\n").encode(),
        f"海曙区地点{',' * 9}\n{FILE}\n{',' * 9}".encode(),
        "\n".join(["kind,name,english name,also called,pinyin,township,community,latitude,longitude,coordinates",
                   *ROWS]).replace("道路", "road").encode(),
        excel(FILE),
    ],
)  # fmt: skip
async def test_files_are_read_as_spreadsheets_save_them(world: World, content: bytes) -> None:
    assert (await imported(world, content))["added"] == 3


async def test_every_fault_is_reported_and_nothing_imported(world: World) -> None:
    assert await faults(
        world,
        "道路,好路,,,,南门街道,,,,",
        "河流,坏河,,,,南门街道,,,,",
        "道路,,,,,南门街道,,,,",
        "道路,无处路,,,,,,,,",
        "道路,半点路,,,,南门街道,,29.86,,WGS-84",
        "道路,无系路,,,,南门街道,,29.86,121.54,",
        "道路,反路,,,,南门街道,,121.54,29.86,WGS-84",
        "道路,北京路,,,,,,39.9,116.4,WGS-84",
        "道路,异社路,,,,江厦街道,澄浪社区,,,",
        "道路,好路,,,,南门街道,,,,",
        "道路,!!!,,,,南门街道,,,,",
        "道路,音路,,,xyz1,南门街道,,,,",
        "道路,码路,,,,3.30203E+11,,,,",
        "道路,式路,,,,南门街道,,=1+1,121.5,GPS",
    ) == [
        (3, "类别", "one_of"),
        (4, "名称", "missing"),
        (5, "街道（乡镇）", "nowhere"),
        (6, "经度", "coordinate"),
        (7, "坐标系", "crs_missing"),
        (8, "纬度", "swapped"),
        (9, "纬度", "too_far"),
        (10, "社区", "outside_township"),
        (11, "名称", "same_row"),
        (12, "名称", "missing"),
        (13, "拼音", "pinyin"),
        (14, "街道（乡镇）", "one_of"),
        (15, "纬度", "coordinate"),
        (15, "纬度", "formula"),
    ]


async def test_an_unreadable_file_is_refused_with_the_reason(world: World) -> None:
    assert await faults(world, "道路,南门街道,1", heading="类别,街道（乡镇）,楼层") == [
        (1, "名称", "column_missing"), (1, "楼层", "column_unknown")
    ]  # fmt: skip
    for content, code in ((b"", "file_empty"), (b"\xff\xfe\xff", "encoding"), (b"%PDF-1.7", "file_other")):
        problem = await refused(await bring(world, content), 422, "import_invalid")
        assert problem["errors"][0]["code"] == code


async def test_a_point_outside_the_district_is_reported(world: World) -> None:
    done = await imported(world, f"{HEADINGS}\n地标,东钱湖,,,,南门街道,,29.77,121.67,WGS-84", crs="gcj02")
    assert [told["code"] for told in done["warnings"]] == ["outside_district"]


async def test_the_coordinate_system_can_be_given_once_for_all_rows(world: World) -> None:
    heading = HEADINGS.removesuffix(",坐标系")
    done = await imported(world, f"{heading}\n地标,某塔,,,,江厦街道,,29.86415,121.55427", crs="gcj02")
    assert done["added"] == 1
    assert (await listed(world))["某塔"]["lat"] == pytest.approx(29.8666, abs=0.0005)


async def test_a_place_is_entered_edited_and_ended(world: World) -> None:
    body = {
        "kind": "landmark",
        "zh": " 三江口 ",
        "aliases": ["外滩对面", "外滩对面"],
        "lat": 29.8735,
        "lon": 121.5525,
    }
    key = {"Idempotency-Key": "one"}
    place = await ok(world.registrar.post("/places", json=body, headers=key))
    assert (place["zh"], place["aliases"], place["pinyin"]) == ("三江口", ["外滩对面"], "Sanjiangkou")
    assert (await ok(world.registrar.post("/places", json=body, headers=key)))["id"] == place["id"]
    await refused(world.registrar.post("/places", json=body), 409, "place_exists")
    own = f"/places/{place['id']}"
    edited = await ok(world.registrar.patch(own, json={"community_code": CHENGLANG}))
    assert (edited["township_code"], edited["guessed"]) == (NANMEN, None)
    moved = await ok(world.registrar.patch(own, json={"township_code": JIANGXIA, "zh": "三江口公园"}))
    assert (moved["township_code"], moved["pinyin"]) == (JIANGXIA, "Sanjiangkougongyuan")
    await world.application.state.catalog.read()
    assert (await found(world, "三江口公园"))[0]["code"] == place["id"]
    ended = await ok(world.registrar.put(f"{own}/end"))
    assert await ok(world.registrar.put(f"{own}/end")) == ended
    await world.application.state.catalog.read()
    assert place["id"] not in [one["code"] for one in await found(world, "三江口公园")]
    assert list(await listed(world, ended=True)) == ["三江口公园"]
    assert (await ok(world.registrar.get(own)))["ended_at"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"zh": "无处"}, "nowhere"),
        ({"zh": "无此社区", "community_code": "330203009999"}, "unknown_area"),
        ({"zh": "两处", "community_code": CHENGLANG, "township_code": JIANGXIA}, "areas_disagree"),
        ({"zh": "北京", "lat": 39.9, "lon": 116.4}, "too_far"),
        ({"zh": "半点", "lat": 29.9}, "invalid_input"),
        ({"zh": "\u200b", "township_code": NANMEN}, "invalid_input"),
        ({"zh": "一" * 61, "township_code": NANMEN}, "invalid_input"),
        ({"zh": "读错", "township_code": NANMEN, "pinyin": "qqq"}, "invalid_input"),
    ],
)
async def test_an_invalid_place_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    await refused(world.registrar.post("/places", json={"kind": "estate"} | body), 422, code)


async def test_only_registrars_change_places(world: World) -> None:
    await refused(
        world.operator.post("/places", json={"kind": "road", "zh": "路", "township_code": NANMEN}), 403, "not_allowed"
    )
    await refused(world.operator.post("/places/import", content=FILE.encode(), headers=BINARY), 403, "not_allowed")


async def test_the_sample_is_marked_and_left_alone_once_edited(world: World) -> None:
    async with world.context.db.begin() as tx:
        assert await load_sample_places(tx, MORNING) == 12
    tower = (await listed(world, sample=True))["鼓楼"]
    await ok(world.registrar.patch(f"/places/{tower['id']}", json={"aliases": ["鼓楼步行街"]}))
    async with world.context.db.begin() as tx:
        assert await load_sample_places(tx, MORNING) == 0
    assert (await listed(world, sample=False))["鼓楼"]["aliases"] == ["鼓楼步行街"]


async def test_the_nearest_communities_to_a_point(world: World) -> None:
    near = await ok(world.operator.post("/communities/nearest", json={"lat": 29.8667, "lon": 121.5498, "limit": 2}))
    assert near["communities"][0]["code"] == TIANFENG
    assert near["communities"][0]["distance_m"] < 20
    assert near["townships"][0]["code"] == JIANGXIA
    assert near["inside"] is True
    far = await ok(world.operator.post("/communities/nearest", json={"lat": 39.9, "lon": 116.4, "crs": "bd09"}))
    assert far["inside"] is False
    await refused(world.operator.post("/communities/nearest", json={"lat": 91, "lon": 0}), 422, "invalid_input")


async def test_the_command_line_imports_a_file_for_a_registrar(world: World, tmp_path: Path) -> None:
    url = str(world.context.settings.database_url)
    async with world.context.db.begin() as tx:
        [[name]] = await tx.driver.fetch("SELECT username FROM staff WHERE 'registrar' = ANY (roles)")

    async def hotline(*words: str) -> tuple[int, str]:
        environment = os.environ | {"HOTLINE_DATABASE_URL": url, "HOTLINE_DATABASE_DIRECT_URL": url}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "places", *words, stdout=PIPE, stderr=STDOUT, env=environment
        )
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    file = tmp_path / "places.csv"
    file.write_text(FILE, encoding="utf-8")
    code, said = await hotline("import", str(file), "--username", name, "--dry-run")
    assert (code, "added: 3" in said) == (0, True), said
    assert await listed(world) == {}
    await hotline("import", str(file), "--username", name)
    out = tmp_path / "out.csv"
    assert (await hotline("export", str(out)))[0] == 0
    assert "天封大厦" in out.read_text(encoding="utf-8")
    file.write_text(FILE + "\n河流,坏河,,,,,,,,", encoding="utf-8")
    code, said = await hotline("import", str(file), "--username", name)
    assert code == 1
    assert "places.csv:5 类别" in said
    assert (await hotline("import", str(file), "--username", "nobody"))[0] != 0
