"""A manager's day: live figures, the figures to compare with, filters that can be shared, and a pause."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Opening
from tests.browser.test_shell import PASSWORD, give_passwords
from tests.metrics.history import add_citizen, ningbo, receive
from tests.metrics.test_volumes import PENSION
from tests.world import DRAIN, World, ok

DRAINS = "水电维修"


async def play_two_mornings(world: World) -> None:
    """Create two requests yesterday before the present hour and one after it, and today a completed job and an answered
    question."""
    async with world.context.db.begin() as tx:
        citizen_id = await add_citizen(tx)
        for hour in (8, 9, 22):
            await receive(tx, world.catalog, citizen_id, DRAIN, ningbo(23, hour))
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    await world.complete(provider, made["offers"][0]["id"], amount_fen=12_000)
    await ok(world.create(PENSION, answer="养老补贴到街道便民服务中心窗口办理，带身份证和户口本"))


async def test_a_manager_reads_the_day(world: World, sit_down: Opening) -> None:
    await give_passwords(world)
    await play_two_mornings(world)
    person = await sit_down()
    page = person.page
    await person.sign_in("t.manager", PASSWORD)
    tile = page.locator(".today-tiles li")
    await expect(tile.filter(has_text="受理").first).to_contain_text(re.compile(r"2.*昨日\s*2\s*0%", re.S))
    await expect(tile.filter(has_text="当场办结率")).to_contain_text(re.compile(r"50%.*1/2", re.S))
    await expect(tile.filter(has_text="营业额")).to_contain_text(re.compile(r"¥120.*完工 1 件", re.S))
    await expect(page.locator("canvas")).to_be_visible()
    await person.check_accessibility()

    await world.dispatch(DRAIN)
    await expect(tile.filter(has_text="营业额").locator("xpath=../li[1]/p[1]")).to_have_text("3")
    await page.keyboard.press("p")
    await expect(page.get_by_text("更新已暂停")).to_be_visible()
    await person.check_accessibility()

    await page.get_by_role("link", name=DRAINS).click()
    await expect(page).to_have_url(re.compile("category=PE"))
    await expect(tile.first.locator(".value")).to_have_text("2")
    await page.get_by_text("表", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile("^22:00"))).to_contain_text("1")
    await person.check_accessibility()

    colleague = await sit_down(PHONE, "en-US")
    await colleague.sign_in("t.manager", PASSWORD)
    await colleague.page.goto(page.url)
    await expect(colleague.page.get_by_label("Category", exact=True).first).to_have_value("PE")
    await expect(colleague.page.locator(".today-tiles li .value").first).to_have_text("2")
    await expect(colleague.page.get_by_role("row", name=re.compile("^22:00"))).to_contain_text("1")
    await colleague.check_accessibility()


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_past_day_without_requests_is_shown_as_empty(world: World, sit_down: Opening, language: str) -> None:
    await give_passwords(world)
    person = await sit_down(language=language)
    await person.sign_in("t.manager", PASSWORD)
    await person.page.goto("/today?township=330203001")
    name = "日期" if language == "zh-CN" else "Day"
    await person.page.get_by_role("combobox", name=name).click()
    calendar = person.page.get_by_role("dialog", name=name)
    await expect(calendar).to_be_visible()
    await person.page.wait_for_function(
        "document.querySelector('.today-calendar').getBoundingClientRect().height > 300"
    )
    await person.check_accessibility()
    await person.picture(f"today-calendar-{language[:2]}")
    await calendar.get_by_role("gridcell", name="2", exact=True).first.click()
    await expect(calendar).to_be_hidden()
    await expect(person.page).to_have_url(re.compile("day=2026-11-02"))
    nothing = "没有符合条件的受理" if language == "zh-CN" else "No requests on this day"
    await expect(person.page.get_by_text(nothing).first).to_be_visible()
    await expect(person.page.get_by_text("此刻在办" if language == "zh-CN" else "Open now")).to_have_count(0)
    await person.check_accessibility()
