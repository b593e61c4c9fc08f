"""Finding the caller's place from what they say."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from pypinyin import Style, pinyin

from app.catalog.gazetteer import Gazetteer, KnownPlace, core, syllables
from app.catalog.load import read_data
from app.catalog.snapshot import Snapshot
from app.kit.free_text import MOST_CHARACTERS
from tests.world import CHENGLANG, NANMEN, World, ok, refused

FOLDER = Path(__file__).parent
JSON = {"content-type": "application/json"}
RAMBLE = "你好啊我跟你讲，今天早上去买菜，回来路上碰到老王，他说他儿子要结婚了，聊了半天。"
LEAST = 0.98
"""The share of the phrases whose place must come first, and among three. All are found now. Of addresses_unseen.tsv,
which was written after the search, 98.5 % and 99.3 % were found before any fix."""


@pytest.fixture
def gazetteer(catalog: Snapshot) -> Gazetteer:
    """Return the district's gazetteer with the sample of the centre's own places."""
    return Gazetteer(
        catalog.townships, catalog.communities, [_place(row) for row in read_data("haishu.yaml")["landmarks"]]
    )


def _place(row: dict[str, Any]) -> KnownPlace:
    return KnownPlace(
        uuid5(NAMESPACE_OID, row["zh"]), row["kind"], row["zh"], row["en"], row["aliases"], row["pinyin"],
        row["township"], row.get("community"), None, row["lat"], row["lon"], True,
    )  # fmt: skip


def names(gazetteer: Gazetteer, words: str) -> Sequence[str]:
    return [found.entry.zh for found in gazetteer.search(words)]


@pytest.mark.parametrize("file", ["addresses.tsv", "addresses_unseen.tsv"])
def test_addresses_as_callers_say_them_are_found(gazetteer: Gazetteer, file: str) -> None:
    lines = [line.split("\t") for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()]
    first = three = 0
    missed = []
    for words, meant in lines:
        found = names(gazetteer, words)
        wanted = set(meant.split("|"))
        first += not found if meant == "-" else found[:1] != [] and found[0] in wanted
        three += not found if meant == "-" else bool(wanted & set(found[:3]))
        missed += [] if found and found[0] in wanted else [(words, meant, found[:3])]
    assert first / len(lines) >= LEAST, missed
    assert three / len(lines) >= LEAST, missed


@pytest.mark.parametrize(
    ("words", "found_in", "left_over"),
    [
        ("月湖街道12号", "月湖街道", "12号"),
        ("月湖街道 １２号", "月湖街道", "１２号"),
        ("我住在南门那个澄浪社区3幢", "澄浪社区", "3幢"),
        ("near Tianyi Square", "Tianyi Square", ""),
        ("near Drum Tower", "Drum Tower", ""),
        ("宁波站", "宁波站", ""),
        ("鼓楼那边", "鼓楼", ""),
        ("中山西路138号鼓楼附近", "鼓楼", "中山西路138号"),
        ("我妈住集士港万众社区", "万众社区", ""),
        ("鼓楼街道中山西路138号", "鼓楼街道", "中山西路138号"),
        ("浙江省宁波市海曙区南门街道万安社区1幢101室", "万安社区", "1幢101室"),
    ],
)
def test_words_that_name_no_place_are_returned_as_rest(
    gazetteer: Gazetteer, words: str, found_in: str, left_over: str
) -> None:
    best = gazetteer.search(words)[0]
    assert (best.found_in, best.left_over) == (found_in, left_over)


@pytest.mark.parametrize(
    "words",
    [
        "", "  ", "\x00\x01\x1b[31m", "😀🏠", "\u202eשלום", "مرحبا", "'; DROP TABLE communities; --", "%_\\",
        "<b>x</b>",
        "我" * MOST_CHARACTERS, "a" * MOST_CHARACTERS, "1" * MOST_CHARACTERS, "\ufeff\u200b", "号幢室",
        "柳汀新村21幢305", "中山西路138号", "永丰路12号", "洞桥路1号", "柳庄街１２号", "联丰路一百零三号", "文化弄3号",
    ],
)  # fmt: skip
def test_text_without_a_place_finds_nothing(gazetteer: Gazetteer, words: str) -> None:
    assert names(gazetteer, words) == []


async def test_every_reading_is_one_of_its_characters(catalog: Snapshot) -> None:
    for community in catalog.communities.values():
        read, name = syllables(community.pinyin), core(community.zh)
        assert len(read) == len(name), community.zh
        assert "".join(syllable[0] for syllable in read) == community.initials
        for character, syllable in zip(name, read, strict=True):
            assert syllable in pinyin(character, Style.NORMAL, heteronym=True)[0], community.zh
    for township in catalog.townships.values():
        assert len(syllables(township.en.split()[0])) == len(core(township.zh))


@pytest.mark.parametrize(
    ("zh", "read"),
    [
        ("南都社区", "Nandu"),
        ("民乐村", "Minle"),
        ("汪弄社区", "Wanglong"),
        ("它山堰村", "Tuoshanyan"),
        ("栎社村", "Lishe"),
    ],
)
async def test_community_pinyin_follows_local_readings(catalog: Snapshot, zh: str, read: str) -> None:
    assert [one.pinyin for one in catalog.communities.values() if one.zh == zh] == [read]


async def test_a_search_returns_the_point_and_its_precision(world: World) -> None:
    answer = await ok(world.operator.post("/places/searches", json={"words": "我住在南门那个澄浪社区3幢"}))
    best = answer["found"][0]
    assert (best["kind"], best["code"], best["township_code"]) == ("community", CHENGLANG, NANMEN)
    assert (best["point_of"], best["found_in"], best["left_over"]) == ("township", "澄浪社区", "3幢")
    await refused(world.operator.post("/places/searches", json={"words": "我" * 100_000}), 422, "invalid_input")


@pytest.mark.parametrize(
    "words",
    ["澄\x00浪\x1b社\x7f区3幢", "澄浪社区\ud83d3幢", RAMBLE * 20 + "我住在澄浪社区3幢。" + RAMBLE * 20],
    ids=["control characters", "half a pair", "a ramble"],
)
async def test_a_place_is_found_among_other_words(world: World, words: str) -> None:
    answer = await ok(world.operator.post("/places/searches", content=json.dumps({"words": words}), headers=JSON))
    assert (answer["found"][0]["code"], answer["found"][0]["confidence"]) == (CHENGLANG, 1.0)


@pytest.mark.parametrize("q", ["wanan", "wan'an", "wa", "万安"])
async def test_communities_are_listed_with_and_without_apostrophes(world: World, q: str) -> None:
    found = await ok(world.operator.get("/communities", params={"q": q, "township": NANMEN}))
    assert "万安社区" in [community["zh"] for community in found]


@pytest.mark.parametrize(
    ("words", "first", "sure"),
    [
        ("翠柏三里", "三李村", False),
        ("联丰新村", "联丰村", False),
        ("青林弯", "青林湾社区", False),
        ("孝闻街", "孝闻社区", False),
        ("段塘", "段塘街道", True),
        ("南都", "南都社区", True),
        ("月湖街道12号", "月湖街道", True),
        ("高桥镇芦港村3组", "芦港村", True),
        ("cl", "澄浪社区", True),
        ("nandou", "南都社区", True),
    ],
)
def test_a_guessed_place_is_marked(gazetteer: Gazetteer, words: str, first: str, sure: bool) -> None:
    found = gazetteer.search(words)[0]
    assert (found.entry.zh, found.sure) == (first, sure)
