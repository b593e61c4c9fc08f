"""The call guide: questions to ask, likely duplicates, whom to relay to, the script for a danger, and the place."""

import pytest
from playwright.async_api import expect

from app.registry.models import PriceKind
from tests.browser.conftest import Opening
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.world import CHENGLANG, CLEANING, DRAIN, NANMEN, World, ok


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_what_is_asked_reaches_the_provider(world: World, sit_down: Opening, language: str) -> None:
    provider = await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down, language)
    await expect(person.page.locator(".rest li")).to_have_count(4)
    await person.check_accessibility()
    await ring(person, PHONE)
    await press(person, "x", "s", "d", "Enter")
    asks = person.page.locator(".asks input")
    await expect(asks).to_have_count(2)
    await person.check_accessibility()
    await press(person, "Alt+D")
    await person.page.keyboard.type("厨房水槽")
    await press(person, "Enter")
    await person.page.keyboard.type("漫到地上")
    await press(person, "F9")
    await expect(person.page.locator(".result")).to_contain_text(provider.name)
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert [one["answer"] for one in offer["details"]] == ["厨房水槽", "漫到地上"]


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_likely_duplicate_is_merged_with_one_key(world: World, sit_down: Opening, language: str) -> None:
    await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"area": CHENGLANG}))
    parent = (await world.dispatch(DRAIN, phone=STRANGER))["request"]
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, PHONE)
    await press(person, "x", "s", "d", "Enter")
    await expect(person.page.locator(".duplicates")).to_contain_text(str(parent["number"]))
    await person.check_accessibility()
    await press(person, "Alt+M")
    await expect(person.page.locator(".result")).to_be_visible()
    card = await ok(world.operator.get(f"/citizens/{PHONE}"))
    assert [(one["status"], one["parent_id"]) for one in card["past_requests"] + card["open_requests"]] == [
        ("merged", parent["id"])
    ]


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_dispatch_says_at_the_field_what_it_waits_for(world: World, sit_down: Opening, language: str) -> None:
    await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down, language)
    page = person.page
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter")
    await expect(page.locator(".area-map")).to_have_count(0)
    await press(person, "F9")
    await expect(page.locator("#desk-area")).to_be_focused()
    await page.locator("#desk-area").fill("南门街道")
    await page.locator("#desk-area-list li").first.wait_for()
    await press(person, "Enter")
    await expect(page.locator("#desk-lost")).to_be_visible()
    await expect(page.locator(".area-map")).to_be_visible()
    await person.check_accessibility()
    await press(person, "F9")
    await expect(page.locator("#desk-address")).to_be_focused()
    await page.keyboard.type("澄浪路88弄3号")
    await expect(page.locator("#desk-lost")).to_have_count(0)
    await press(person, "F9")
    await expect(page.locator(".result")).to_be_visible()
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["township_code"] == NANMEN


async def test_a_complaint_is_relayed_without_a_place(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await person.page.locator("#desk-item").fill("施工噪音")
    await person.page.locator("#desk-item-list li").first.wait_for()
    await press(person, "Enter")
    await expect(person.page.locator(".connect button").first).to_contain_text("12345")
    await expect(person.page.locator("#desk-relayTo")).to_have_value("12345")
    await expect(person.page.locator(".rule.grave, .danger-note")).to_have_count(0)
    await press(person, "F8")
    await expect(person.page.locator(".result")).to_contain_text("12345")
    card = await ok(world.operator.get(f"/citizens/{STRANGER}"))
    assert [one["status"] for one in card["open_requests"]] == ["relayed"]


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_the_script_of_a_danger_is_ticked_line_by_line(world: World, sit_down: Opening, language: str) -> None:
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, STRANGER)
    await person.page.locator("#desk-item").fill("家里煤气泄漏了")
    script = person.page.locator(".danger-note .script input")
    await script.first.wait_for()
    await press(person, "Alt+S", "Alt+S")
    assert [await box.is_checked() for box in (await script.all())[:3]] == [True, True, False]
    await person.check_accessibility()
    await person.page.reload()
    await expect(script.nth(1)).to_be_checked()
    await press(person, "Alt+R")
    await expect(person.page.locator(".danger-note .recorded")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_candidate_names_the_sum_for_so_much_work(world: World, sit_down: Opening, language: str) -> None:
    await world.add_provider(CLEANING, price_kind=PriceKind.FIXED, price_fen=4_500)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, PHONE)
    await person.page.locator("#desk-item").fill("日常保洁")
    await person.page.locator("#desk-item-list li").first.wait_for()
    await press(person, "Enter")
    await person.page.locator("#desk-quantity").fill("3")
    await expect(person.page.locator(".candidate .figures").first).to_contain_text("135")
