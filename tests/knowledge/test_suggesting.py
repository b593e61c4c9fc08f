"""Suggesting which item a caller means."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Item
from app.catalog.snapshot import Snapshot
from app.danger.snapshot import dangers_of, read_scripts
from app.kit.pinyin import readings
from app.knowledge import learned
from app.knowledge.judging import KEPT_APART, read_labelled
from app.knowledge.learned import ModelUnfit, read, shipped, write
from app.knowledge.suggesting import Index, build, score, suggest
from app.knowledge.training import ask
from app.main import create_app
from tests.world import World, ok, refused

_built: list[Index] = []
"""Built once for the catalogue that all tests share, because it takes a second."""


def index_of(catalog: Snapshot) -> Index:
    if not _built:
        _built.append(build(catalog, shipped()))
    return _built[0]


def found(catalog: Snapshot, text: str, *, sure: bool = False) -> list[str]:
    """Return what is suggested, or only what is sure."""
    return [one.item.code for one in suggest(text, index_of(catalog), catalog, 8) if one.sure or not sure]


async def suggested(world: World, words: str) -> list[str]:
    answer = await ok(world.operator.post("/catalog/suggestions", json={"words": words}))
    return [one["code"] for one in answer["items"]]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("卫生间地漏往上冒脏水，下不去", "PE02"),
        ("开锁了", "LS01"),
        ("锁", "LS01"),
        ("重装", "IT02"),
        ("chongzhuang", "IT02"),
        ("充装", "IT02"),
        ("邻居半夜装修太吵", "GV09"),
        ("我不想活了", "HL07"),
        ("马桶tong", "PE01"),
        ("KAI锁", "LS01"),
        ("x s d", "PE02"),
        ("pe-02。", "PE02"),
        ("ＰＥ０２", "PE02"),
        (" 下 水 道！", "PE02"),
        ("ma tong du le", "PE01"),
        ("门锁住了，钥匙断在里面进不去家", "LS01"),
        ("没有电", "PE07"),
        ("网断了", "IT04"),
        ("厕所反水", "PE01"),
        ("xsd", "PE02"),
        ("ｘｓｄ", "PE02"),
        ("xia'shui'dao", "PE02"),
        ("my toilet is overflowing", "PE01"),
        ("陪诊", "EL06"),
        ("PE02", "PE02"),
    ],
)
def test_the_item_meant_is_among_the_first_three(catalog: Snapshot, words: str, code: str) -> None:
    assert code in found(catalog, words)[:3]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("开锁", "LS01"),
        ("电脑维修", "IT01"),
        ("门打不开了", "LS01"),
        ("网断了", "IT04"),
        ("kaisuo", "LS01"),
        ("KAI SUO", "LS01"),
    ],
)
def test_a_word_finds_what_it_names_first(catalog: Snapshot, words: str, code: str) -> None:
    assert found(catalog, words, sure=True)[0] == code


@pytest.mark.parametrize(("words", "never"), [("门打不开了", "AP06"), ("邻居半夜装修太吵", "HK03")])
def test_sharing_one_word_is_not_enough_to_be_suggested(catalog: Snapshot, words: str, never: str) -> None:
    assert never not in found(catalog, words, sure=True)
    assert never not in [item.code for item in catalog.index.search(words)[:1]]


@pytest.mark.parametrize(
    "words", ["", "我", "你好", "喂，是小芳吗？打错了", "喂", "哈哈", "%%% ' | & !", "🙂🙂", "x" * 300]
)
def test_text_that_fits_no_item_gets_no_sure_suggestion(catalog: Snapshot, words: str) -> None:
    assert found(catalog, words, sure=True) == []


@pytest.mark.parametrize(
    "words",
    [
        "",
        "🙂🙂",
        "\u202eقفل مكسور",
        "\t\x1b[2J\r\n下水道",
        "'; DROP TABLE items; --",
        "<script>alert('锁')</script>",
        "%_\\",
    ],
)
async def test_any_typed_text_is_answered(world: World, words: str) -> None:
    assert len(await suggested(world, words)) <= 8


@pytest.mark.parametrize("at", range(0, 100, 9))
async def test_a_long_ramble_is_heard_to_its_end(world: World, at: int) -> None:
    ramble = "你好啊我跟你讲，今天早上去买菜，回来路上碰到老王，他说他儿子要结婚了，聊了半天。"
    words = ramble * at + "厨房煤气味好重，还有下水道堵了。" + ramble * (100 - at)
    answer = await ok(world.operator.post("/catalog/suggestions", json={"words": words}))
    assert "gas" in [one["kind"] for one in answer["dangers"]]
    assert "PE02" in [one["code"] for one in answer["items"]]


@pytest.mark.parametrize("words", ["下\x00水\x1b道\x7f堵了", "下水道\ud83d堵了"])
async def test_characters_that_nobody_types_are_dropped(world: World, words: str) -> None:
    sent = json.dumps({"words": words})
    answer = await ok(
        world.operator.post("/catalog/suggestions", content=sent, headers={"content-type": "application/json"})
    )
    assert [one["code"] for one in answer["items"]][:1] == ["PE02"]


async def test_too_long_a_text_is_refused(world: World) -> None:
    await refused(world.operator.post("/catalog/suggestions", json={"words": "水" * 100_000}), 422, "invalid_input")


async def test_a_process_prepares_itself_as_it_starts(world: World) -> None:
    application = create_app(world.context.settings, world.context)
    async with application.router.lifespan_context(application), asyncio.timeout(30):
        while application.state.suggester._index is None:
            await asyncio.sleep(0.01)


async def test_new_keywords_are_known_at_once(world: World) -> None:
    await ok(world.registrar.patch("/items/PE02", json={"keywords": ["暗渠淤塞"]}))
    async with asyncio.timeout(10):
        while (await suggested(world, "暗渠淤塞"))[:1] != ["PE02"]:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("content", [None, b"\xff\xfe not text", b"LS01\t\xe9\x94"])
async def test_without_sentences_items_are_found_by_name(
    world: World, data: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        (data / "callers.tsv").unlink()
    else:
        (data / "callers.tsv").write_bytes(content)
    assert (await suggested(world, "下水道"))[0] == "PE02"
    assert "suggesting by name alone" in caplog.text


@pytest.mark.parametrize("content", [None, b"\xff"])
async def test_without_a_readable_model_the_right_item_is_still_suggested(
    world: World, data: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        (data / "model.json").unlink()
    else:
        (data / "model.json").write_bytes(content)
    assert (await suggested(world, "卫生间地漏往上冒脏水，下不去"))[0] == "PE02"
    assert "cannot be read" in caplog.text


def test_the_shipped_model_was_trained_on_the_shipped_sentences() -> None:
    """After a change to callers.tsv, run `python -m app.knowledge.learned`."""
    assert read(learned.FILE.read_bytes()) == shipped() != learned.UNLEARNED
    assert read(write(shipped())) == shipped()


def test_a_damaged_model_or_one_of_another_version_is_not_taken() -> None:
    damaged = [b"", b"{}", b"[]", b"\xff", b'{"version":1', b'{"version":0,"sentences":"","doubts":{},"said":{}}']
    for content in (*damaged, write(shipped()).replace(b'"version":1', b'"version":2')):
        with pytest.raises(ModelUnfit):
            read(content)


def test_the_right_item_is_offered_and_seldom_one_where_none_fits(catalog: Snapshot) -> None:
    judged = ask(catalog, shipped(), dangers_of(read_scripts()), read_labelled(KEPT_APART, catalog.items.keys()))
    first, among, offered = judged.all.shares
    assert (first >= 0.96, among >= 0.98, offered <= 0.05) == (True, True, True), judged.all.line()


@pytest.mark.parametrize(
    ("words", "first", "untold"),
    [
        ("奶奶在卫生间摔了起不来", "HL01", ""),
        ("我同事发消息说要跳楼", "HL07", ""),
        ("有人掉进奉化江了", "UT10", ""),
        ("闺蜜吞了一瓶安眠药", "HL01", ""),
        ("灭火器几年要换，去哪里充", "", "UT10"),
    ],
)
async def test_an_emergency_is_offered_first_where_its_danger_is_told_and_only_there(
    world: World, words: str, first: str, untold: str
) -> None:
    items = (await ok(world.operator.post("/catalog/suggestions", json={"words": words})))["items"]
    assert not first or (items[0]["code"], items[0]["sure"]) == (first, True)
    assert [one for one in items if one["code"] == untold and one["sure"]] == []


async def test_an_emergency_that_is_named_is_offered_without_a_danger(world: World) -> None:
    [first, *_] = (await ok(world.operator.post("/catalog/suggestions", json={"words": "火情与治安转接"})))["items"]
    assert (first["code"], first["sure"]) == ("UT10", True)


def test_every_item_is_found_by_its_name_however_it_is_typed(catalog: Snapshot) -> None:
    missed = [
        (way, text, item.code)
        for item in catalog.items.values()
        for way, text in written(item)
        if item.code not in found(catalog, text)[:3]
    ]
    assert missed == []


def written(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the item's code, names and keywords as people type them: in pinyin, in part, and with one slip."""
    yield from (("code", item.code), ("code", f"{item.code[:2].lower()} {item.code[2:]}"), ("English", item.en))
    for phrase in (item.zh, *item.keywords):
        yield from (("name", phrase), ("name", f" {phrase}。"))
        yield from (("pinyin", "".join(one)) for one in readings(phrase) if phrase.isalpha() and not phrase.isascii())
    usual = readings(item.zh)[0]
    yield from (("pinyin", "'".join(usual)), ("pinyin", " ".join(usual).upper()))
    if len(item.zh) > 2:  # many names share two letters
        yield "initials", "".join(syllable[0] for syllable in usual)
    for at in {0, len(usual) - 1}:
        syllable = usual[at]
        yield "half pinyin", item.zh[:at] + "".join(usual[at:])
        yield "a syllable in pinyin", item.zh[:at] + syllable + item.zh[at + 1 :]
        if len(item.zh) > 3:
            yield "a slip", item.zh[:at] + "零" + item.zh[at + 1 :]
            yield "a character left out", item.zh[:at] + item.zh[at + 1 :]
        if homophone := HOMOPHONES.get(syllable, "").replace(item.zh[at], "")[:1]:
            yield "a homophone", item.zh[:at] + homophone + item.zh[at + 1 :]


HOMOPHONES = {
    "wei": "为未", "xiu": "休秀", "shui": "谁睡", "dian": "店点", "jia": "加家", "ji": "及几", "shi": "是事",
    "qing": "清轻", "xi": "系西", "bao": "保报", "zhuang": "状壮", "men": "们闷", "suo": "所缩", "che": "扯彻",
    "gong": "工共", "huan": "环欢", "an": "按案", "fu": "副付", "zhi": "只之", "zi": "字自", "xun": "寻训",
    "jian": "建件", "tong": "同铜", "song": "宋颂",
}  # fmt: skip


@given(st.text(max_size=80))
def test_any_text_has_an_answer(catalog: Snapshot, text: str) -> None:
    assert all(0 <= confidence <= 1 for confidence in score(text, index_of(catalog)).values())
