"""The account page: the first sign-in with a temporary password, the second factor, and messages for failed
sign-ins."""

import pyotp
import pytest
from playwright.async_api import expect
from sqlalchemy import update

from app.auth.models import Staff
from app.auth.throttle import FREE_OF_NAME
from tests.auth.accounts import PASSWORD, give_passwords
from tests.browser.conftest import Opening
from tests.world import World

NEW = "木樨-七点半-渡口边"
WORDS = {
    "zh-CN": ("请先改成自己的密码", "该密码过于简单", "两次输入的新密码不一致", "请等待"),
    "en-US": ("Choose your own first", "too easy to guess", "do not match", "Wait"),
}


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_new_colleague_gets_in_by_keyboard(world: World, sit_down: Opening, language: str) -> None:
    await give_passwords(world)
    world.context.settings.second_factor_roles = ["operator"]
    async with world.context.db.begin() as tx:
        await tx.session.execute(update(Staff).where(Staff.username == "t.operator").values(password_temporary=True))
    due, weak, different, _ = WORDS[language]
    person = await sit_down(language=language)
    page = person.page
    await page.goto("/desk")
    await page.locator("[name=username]").fill("t.operator")
    await page.locator("[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text(due)
    await person.check_accessibility()
    await page.locator("[name=fresh]").fill("1234567890")
    await page.keyboard.press("Tab")
    await page.keyboard.type(NEW)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(different)
    await page.locator("[name=again]").fill("1234567890")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(weak)
    await person.check_accessibility()
    await page.locator("[name=fresh]").fill(NEW)
    await page.locator("[name=again]").fill(NEW)
    await page.keyboard.press("Enter")
    secret = await page.locator("code").inner_text()
    await expect(page.locator("[name=code]")).to_be_focused()
    await person.check_accessibility()
    await page.keyboard.type(pyotp.TOTP(secret).at(world.clock.world_now(), counter_offset=-1))
    await page.keyboard.press("Enter")
    await expect(page.locator(".recovery li")).to_have_count(10)
    recovery = await page.locator(".recovery li").first.inner_text()
    await person.check_accessibility()
    await page.keyboard.press("Enter")
    await page.locator(".shell-bar").wait_for()
    assert page.url.endswith("/desk")
    await page.get_by_role("button", name="退出" if language == "zh-CN" else "Sign out").click()
    await page.locator("[name=username]").fill("t.operator")
    await page.locator("[name=password]").fill(NEW)
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=code]")).to_be_focused()
    await person.check_accessibility()
    await page.keyboard.type(recovery)
    await page.keyboard.press("Enter")
    await page.locator(".shell-bar").wait_for()
    await page.locator("a.who").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await person.check_accessibility()


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_failed_tries_are_told_how_long_to_wait(world: World, sit_down: Opening, language: str) -> None:
    await give_passwords(world)
    person = await sit_down(language=language)
    page = person.page
    await page.goto("/")
    await page.locator("[name=username]").fill("t.operator")
    for n in range(FREE_OF_NAME + 1):
        await page.locator("[name=password]").fill(f"wrong {n}")
        async with page.expect_response("**/sessions/browser"):
            await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.locator("button.primary")).to_contain_text(WORDS[language][3])
    await person.check_accessibility()
    await expect(page.locator("button.primary")).to_be_enabled()
