"""The desk in dark mode, in high contrast, with letters twice as large, and on a small screen."""

import pytest
from playwright.async_api import expect

from app.registry.models import ReachedBy
from tests.browser.conftest import PHONE as HAND
from tests.browser.conftest import Opening
from tests.browser.person import Person
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.world import CHENGLANG, DRAIN, World, ok

OVERFLOWS = """() => [...document.querySelectorAll('main *')].filter(one => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one)
    const cut = style.overflowX !== 'visible' && !one.matches('.unseen, input, select, textarea, .scroll, svg')
        && one.scrollWidth > one.clientWidth + 1
    return box.width && !one.closest('.unseen, svg') && (cut || box.right > innerWidth + 1)
}).map(one => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`)"""
"""Finds what is cut off or extends beyond the right edge."""


async def a_full_desk(world: World, sit_down: Opening, language: str = "zh-CN", **window: object) -> Person:
    for _ in range(3):
        await world.add_provider(DRAIN, tiers=("paid", "low_fee"))
    await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE, capacity=1)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    await ok(world.operator.put(f"/citizens/{PHONE}/groups/aged_80", json={"source": "身份证"}))
    await world.dispatch(DRAIN, phone=STRANGER)
    await world.dispatch(DRAIN)
    return await sit_at_the_desk(world, sit_down, language, **window)


async def take_a_call(person: Person) -> None:
    await ring(person, PHONE)
    await press(person, "x", "s", "d", "Enter")
    await expect(person.page.locator(".candidate").nth(1)).to_be_visible()
    await person.page.locator(".queues .summary").first.click()
    await expect(person.page.locator(".queues .steps")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_dark_mode_is_accessible(world: World, sit_down: Opening, language: str) -> None:
    person = await a_full_desk(world, sit_down, language)
    page = person.page
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await person.check_accessibility()
    await take_a_call(person)
    await person.check_accessibility()
    await person.picture(f"desk-dark-{language}")
    await press(person, "Alt+2")
    await person.check_accessibility()
    await page.emulate_media(color_scheme="dark", contrast="more")
    await person.check_accessibility()
    await person.picture(f"desk-dark-contrast-{language}")
    switch = page.get_by_role("button", name="深色" if language == "zh-CN" else "Dark mode")
    await switch.click()
    await page.reload()
    await page.locator("#desk-phone").wait_for()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await page.emulate_media(forced_colors="active")
    await person.picture(f"desk-forced-{language}")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_text_twice_as_large_fits_and_is_accessible(world: World, sit_down: Opening, language: str) -> None:
    person = await a_full_desk(world, sit_down, language)
    await person.page.evaluate("document.documentElement.style.fontSize = '1.75rem'")
    await take_a_call(person)
    assert await person.page.evaluate(OVERFLOWS) == []
    await person.check_accessibility()
    await person.picture(f"desk-large-{language}")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_small_screen_fits_and_is_accessible(world: World, sit_down: Opening, language: str) -> None:
    person = await a_full_desk(world, sit_down, language, viewport=HAND)
    await take_a_call(person)
    assert await person.page.evaluate(OVERFLOWS) == []
    await person.check_accessibility()
    await person.picture(f"desk-small-{language}")
