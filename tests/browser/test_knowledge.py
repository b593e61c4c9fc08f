"""Questions answered at the desk from the knowledge base by keyboard, with the number of key presses."""

import time
from collections.abc import Callable

import pytest
from playwright.async_api import expect
from pypinyin import lazy_pinyin

from app.events.act import act_of
from app.knowledge.load import load_articles
from tests.browser.conftest import Opening
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.knowledge.articles import LOST_CARD, approve, put_in_force, write_version
from tests.world import CHENGLANG, World, ok

Recording = Callable[[str, object], None]

QUESTIONS = [
    ("身份证丢了", "lost-id-card"),
    ("马蜂窝", "wasp-nest-danger"),
    ("工资拖欠", "unpaid-wages"),
    ("末班车", "first-last-bus"),
    ("医保卡丢了", "social-card-lost"),
    ("居住证", "residence-permit"),
    ("公积金贷款", "fund-loan"),
    ("噪声投诉", "noise-complaint"),
    ("专家号", "book-appointment"),
    ("id card lost", "lost-id-card"),
]
"""What the operator types while the caller speaks, and the article that answers."""


def presses_for(words: str) -> int:
    """Return the key presses to type the text. Chinese is typed as pinyin, with a space to accept it."""
    return len(words) if words.isascii() else len("".join(lazy_pinyin(words))) + 1


async def load_samples(world: World) -> None:
    async with world.context.db.begin() as tx:
        await load_articles(act_of(world.context), tx, world.catalog)


async def test_ten_questions_are_answered_from_articles(
    world: World, sit_down: Opening, record_property: Recording
) -> None:
    await load_samples(world)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down)
    for words, slug in QUESTIONS:
        began = time.perf_counter()
        await ring(person, PHONE)
        await expect(person.page.locator(".caller .card.who")).to_contain_text("王阿姨")
        await person.page.keyboard.type(words)
        await expect(person.page.locator(f".article[data-slug={slug}]").first).to_be_visible()
        taken = 0
        while not await person.page.locator(f".article[data-slug={slug}] button:disabled").count():
            assert taken < 3, f"{words}: {slug} is not among the first three"
            taken += await press(person, "F6")
            await expect(person.page.locator(".article button:disabled")).to_have_count(1)
        await press(person, "F7")
        result = person.page.locator(".result")
        await expect(result).to_contain_text("已答复")
        seconds = time.perf_counter() - began
        await expect(result).to_contain_text(f"{(len(words) if words.isascii() else 0) + taken + 1} 键")
        record_property(f"answered: {words}", f"{presses_for(words) + taken + 1} key presses, {seconds:.1f} s")
        await person.page.locator(".result button").click()
    answered = (await ok(world.operator.get("/requests", params={"limit": 20})))["items"]
    assert len(answered) == len(QUESTIONS)
    assert all(len(request["articles"]) == 1 for request in answered)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_articles_beside_the_call_are_accessible(world: World, sit_down: Opening, language: str) -> None:
    await load_samples(world)
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, STRANGER)
    await person.page.keyboard.type("身份证丢了" if language == "zh-CN" else "lost identity card")
    await expect(person.page.locator(".article mark").first).to_be_visible()
    await person.check_accessibility()
    await press(person, "F6")
    await expect(person.page.locator(".article button:disabled")).to_have_count(1)
    await press(person, "c", "l", "Enter")
    await person.page.locator("#desk-answer").press("End")
    await expect(person.page.locator("#desk-answer")).not_to_be_empty()
    await person.check_accessibility()
    await person.picture("desk-answer" if language == "zh-CN" else "desk-answer-en")
    await press(person, "Space", "/", "b")
    await expect(person.page.locator("#desk-texts [role=option]").first).to_be_visible()
    await person.check_accessibility()
    await press(person, "Enter")
    await expect(person.page.locator("#desk-texts [role=option]")).to_have_count(0)
    await press(person, "F7")
    await expect(person.page.locator(".result")).to_be_visible()


async def test_an_article_that_changes_meanwhile_says_so(world: World, sit_down: Opening) -> None:
    await put_in_force(world, LOST_CARD)
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await person.page.keyboard.type("身份证丢了")
    await expect(person.page.locator(".article mark").first).to_be_visible()
    await press(person, "F6")
    await write_version(world, "lost-id-card", 1, answer={"zh": "现在网上也可以补办。"})
    await approve(world, "lost-id-card", 2)
    await expect(person.page.locator(".articles .stale")).to_contain_text("已更新")
    await person.check_accessibility()
    await press(person, "F6")
    await expect(person.page.locator("#desk-answer")).to_have_value("现在网上也可以补办。")
    await expect(person.page.locator(".articles .stale")).to_have_count(0)


async def test_markup_in_an_article_is_shown_as_text(world: World, sit_down: Opening) -> None:
    await put_in_force(world, LOST_CARD | {"answer": {"zh": "<img src=x onerror=alert(1)> <b>补领</b>"}})
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await person.page.keyboard.type("身份证丢了")
    await expect(person.page.locator(".article .says")).to_contain_text("<img src=x onerror=alert(1)> <b>补领</b>")
