"""A danger at the desk: recognised while typing, its script shown, recorded and relayed with one key, without an
address."""

import pytest
from playwright.async_api import expect

from app.catalog.load import load_sample_places
from tests.browser.conftest import Opening
from tests.browser.test_desk import STRANGER, press, ring, sit_at_the_desk
from tests.browser.test_shell import PASSWORD, give_passwords
from tests.world import DRAIN, World, ok

WORDS = {
    "zh-CN": ("厨房煤气味好重", "不要开关任何电灯电器", "绝不派企业上门", "号码待填", "已转"),
    "en-US": (
        "smell of gas in here",
        "Touch no switch",
        "Never send a company",
        "no number yet",
        "Relayed",
    ),
}


@pytest.mark.parametrize("language", WORDS)
async def test_a_gas_leak_is_read_out_and_relayed_line_by_line(world: World, sit_down: Opening, language: str) -> None:
    words, say, dont, missing, has_it = WORDS[language]
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, STRANGER)
    await person.page.keyboard.type(words)
    note = person.page.locator(".danger-note")
    await expect(note).to_contain_text(say)
    await expect(note).to_contain_text(dont)
    lines = note.locator(".lines button")
    await expect(lines).to_have_count(3)
    await expect(lines.first).to_contain_text(missing)
    await expect(lines.nth(1)).to_contain_text("119")
    await person.check_accessibility()
    await person.picture("danger" if language == "zh-CN" else "danger-en")
    await press(person, "Alt+R")  # to the first that has a number
    await expect(lines.nth(1)).to_contain_text(has_it)
    await expect(person.page.locator("#desk-area")).to_be_focused()
    await lines.first.click()
    await expect(lines.first).to_contain_text(has_it)
    await person.check_accessibility()
    await person.picture("danger-relayed" if language == "zh-CN" else "danger-relayed-en")
    [mine] = await ok(world.operator.get("/desk/requests"))
    request = mine["request"]
    assert (request["status"], request["danger"], request["item_code"]) == ("relayed", "gas", "UT03")
    assert request["danger_lines"] == ["119", "燃气公司抢修"]
    assert request["township_code"] is None
    assert request["description"] == (words if language == "zh-CN" else "燃气泄漏")
    await press(person, "F4", "c", "l", "Enter", "F8")
    await expect(person.page.locator(".result")).to_contain_text(str(request["number"]))
    await expect(note).to_have_count(0)
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["community_code"]


async def test_what_is_no_danger_is_dismissed_and_goes_out(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter")
    await person.page.locator("#desk-description").fill("下水道堵了，一股煤气味")
    note = person.page.locator(".danger-note")
    await expect(note).to_be_visible()
    await press(person, "F9")
    await expect(person.page.locator(".take-down > .problem-note")).to_contain_text("燃气泄漏")
    await press(person, "Alt+Q")
    await expect(note).to_have_count(0)
    await person.page.locator("#desk-description").fill("下水道堵了，一股煤气味，阿爷摔倒起不来了")
    await expect(note).to_contain_text("老人跌倒")
    await press(person, "F9")
    await expect(person.page.locator(".take-down > .problem-note")).to_be_visible()
    await press(person, "Alt+Q")
    await expect(note).to_have_count(0)
    await press(person, "F9")
    await expect(person.page.locator(".result")).to_contain_text(provider.name)
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["danger_dismissed_by"]


async def test_a_danger_is_marked_by_hand(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await person.page.locator(".by-hand").select_option("stroke")
    note = person.page.locator(".danger-note")
    await expect(note).to_contain_text("中风")
    await note.locator(".lines button").first.click()
    await expect(note.locator(".lines button").first).to_contain_text("已转")
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert (mine["request"]["danger"], mine["request"]["danger_lines"]) == ("stroke", ["120"])


async def test_the_supervisor_sees_it_at_once(world: World, sit_down: Opening) -> None:
    await give_passwords(world)
    person = await sit_down()
    await person.sign_in("t.supervisor", PASSWORD)
    await person.page.goto("/desk")
    await person.page.locator("#desk-phone").wait_for()
    dangers = person.page.locator(".dangers")
    await expect(dangers).to_have_count(0)
    made = await ok(world.create(area=None, danger="gas"))
    await expect(dangers).to_contain_text(f"#{made['request']['number']}")
    await expect(dangers).to_contain_text("尚未转接应急电话")
    await person.check_accessibility()
    path = f"/requests/{made['request']['id']}"
    await ok(world.operator.put(f"{path}/danger/relay", json={"line": "119"}))
    await expect(dangers).to_contain_text("已转接")
    await ok(world.operator.put(f"{path}/closure", json={"note": "消防已处置"}))
    await expect(dangers).to_have_count(0)


async def test_the_script_fits_who_is_in_danger(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await person.page.keyboard.type("我女儿说她不想活了")
    note = person.page.locator(".danger-note")
    await expect(note).to_contain_text("你在他身边：别让他一个人")
    await expect(note).not_to_contain_text("你是不是想到了要结束自己的生命")
    await expect(note.locator("header")).to_contain_text("样例，待核")
    await person.check_accessibility()
    await person.picture("danger-other")
    await press(person, "Alt+B")
    await expect(note).to_contain_text("你是不是想到了要结束自己的生命")
    await expect(note).not_to_contain_text("你在他身边")
    await note.get_by_text("别人", exact=True).click()
    await expect(note).to_contain_text("你在他身边")


async def test_sample_places_are_marked(world: World, sit_down: Opening) -> None:
    async with world.context.db.begin() as tx:
        await load_sample_places(tx, world.clock.now())
    await world.application.state.catalog.read()
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    area = person.page.locator("#desk-area")
    await area.fill("天一广场")
    option = person.page.locator("#desk-area-list [role=option]").first
    await expect(option).to_contain_text("样例，待核")
    await person.picture("sample-place")
    await option.click()
    await expect(person.page.locator(".place-note")).to_contain_text("样例，待核")
    await person.check_accessibility()
