"""What an operator finds by a caller's words, however they are typed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.snapshot import Snapshot
from app.kit.db import Database
from app.knowledge import ranking, words
from app.knowledge.evaluation import evaluate, read_questions
from app.knowledge.load import load_articles
from tests.conftest import MORNING
from tests.knowledge.articles import LOST_CARD, article, find, noise_article, put_in_force, slugs
from tests.world import World, act_at, ok, refused

DEVELOPMENT = Path(__file__).with_name("development.tsv")
KEPT_APART = Path(__file__).with_name("questions.tsv")


@pytest.mark.parametrize(
    "question",
    [
        "身份证丢了",
        "我的身份证不见了，要去哪里补",
        "sfz",
        "shenfenzheng",
        "身份正",  # a homophone
        "I lost my identity card",
        "identty card",  # a slip
        "身份证 丢了 怎么办 呀",
        "阿拉爹身份证寻勿着嘞",
        "ＳＦＺ",
    ],
)
async def test_the_article_is_found_however_it_is_asked_for(world: World, question: str) -> None:
    await put_in_force(world, LOST_CARD)
    await put_in_force(world, noise_article())
    assert (await slugs(world, question))[:1] == ["lost-id-card"]


@pytest.mark.parametrize("question", ["明天股票会涨吗", "xq", "%%% ' | & !", "<>", "how to buy bitcoin", "？"])
async def test_an_unknown_subject_finds_nothing(world: World, question: str) -> None:
    await put_in_force(world, LOST_CARD)
    assert await slugs(world, question) == []


async def test_a_sentence_of_few_words_that_says_more_than_an_article_has_finds_nothing(world: World) -> None:
    said = ["猫坏了", "猫不亮", "光猫红灯", "猫没信号"]
    await put_in_force(world, article(slug="modem-down", title={"zh": "光猫断网"}, words=said))
    assert await slugs(world, "怎么给猫绝育") == []
    assert await slugs(world, "猫") == ["modem-down"]


async def test_the_item_that_was_picked_comes_first_and_alone_is_enough(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await put_in_force(world, noise_article())
    assert await slugs(world, item="GV09") == ["noise-complaint"]
    assert (await slugs(world, "太吵", item="GV09"))[0] == "noise-complaint"
    assert set(await slugs(world, "身份证丢了", item="GV09")) == {"noise-complaint", "lost-id-card"}
    assert await slugs(world) == []
    await refused(world.operator.post("/knowledge/searches", json={"item": "XX99"}), 422, "unknown_item")


async def test_new_keywords_of_the_catalogue_do_not_lose_an_article(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await ok(world.registrar.patch("/items/GV02", json={"keywords": ["身份证丢了怎么补办"]}))
    assert await slugs(world, "身份证丢了怎么补办") == ["lost-id-card"]


async def test_a_weak_match_is_marked_unsure(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    for asked, sure in (
        ({"words": "我的身份证不见了，要去哪里补"}, True),
        ({"words": "驾驶证丢了补办"}, False),
        ({"item": "GV02"}, True),
        ({"item": "GV02", "words": "我的身份证不见了，要去哪里补"}, True),
        ({"item": "GV02", "words": "孩子上学报名要什么材料"}, False),
    ):
        answer = await ok(world.operator.post("/knowledge/searches", json=asked))
        assert (len(answer["items"]), answer["sure"]) == (1, sure), asked
    await put_in_force(world, article(slug="other", items=["GV02"], title={"zh": "居住证怎么续"}))
    answer = await ok(world.operator.post("/knowledge/searches", json={"item": "GV02"}))
    assert (len(answer["items"]), answer["sure"]) == (2, False)


async def test_the_more_callers_say_a_word_for_an_article_the_more_it_counts(world: World) -> None:
    said = ["水管爆了怎么办", "水管冻裂了", "水管漏得厉害"]
    await put_in_force(world, article(slug="once", title={"zh": "装修时要留意什么"}, words=[said[0], "瓷砖", "地板"]))
    await put_in_force(world, article(slug="thrice", title={"zh": "家里漏水先做什么"}, words=said))
    assert await slugs(world, "水管") == ["thrice", "once"]


async def test_counts_of_words_follow_what_is_in_force(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await put_in_force(world, article(slug="another"))
    await ok(world.registrar.put("/knowledge/articles/another/withdrawal", json={"note": "重复"}))
    async with world.context.db.begin() as tx:
        rows = await tx.driver.fetch(
            "SELECT word FROM article_words WHERE entries NOT IN (0, 1) OR heads NOT IN (0, 1) OR heads > entries"
        )
    assert rows == []


async def test_a_search_that_found_nothing_is_a_gap_but_not_while_one_types(world: World) -> None:
    for typing in (True, False, False):
        await find(world, "怎么注册商标 13957412345", typing=typing)
    gaps = await ok(world.registrar.get("/knowledge/gaps", params={"from": "2026-11-24", "to": "2026-11-24"}))
    assert gaps["not_found"] == [{"words": "怎么注册商标 ***********", "item": None, "times": 2}]


@given(st.text(max_size=60))
def test_highlights_are_ordered_disjoint_and_within_the_text(text: str) -> None:
    found = ranking.marks(text, words.LATIN.findall(text) + list(words.pairs(text)))
    flat = [at for mark in found for at in mark]
    assert flat == sorted(set(flat))
    assert all(0 <= at <= len(text) for at in flat)


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    question = ranking.parse(text)
    assert question.asked <= question.weights.keys()


async def test_the_right_article_is_among_the_first_three(db: Database, catalog: Snapshot) -> None:
    """Uses development questions. `hotline knowledge evaluate` measures the held-out ones."""
    async with db.begin() as tx:
        await load_articles(act_at(MORNING), tx, catalog)
        development = (await evaluate(tx, read_questions(DEVELOPMENT), catalog, MORNING))["all"]
        apart = (await evaluate(tx, read_questions(KEPT_APART), catalog, MORNING))["all"]
    assert development.among >= 0.9 * development.covered, development.line()
    assert apart.among >= 0.95 * apart.covered, apart.line()
    assert apart.none >= 0.5 * apart.uncovered, apart.line()
    assert apart.unsure >= 0.7 * apart.uncovered, apart.line()
    assert apart.doubted <= 0.2 * apart.covered, apart.line()
