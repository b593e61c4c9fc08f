"""What surrounds every screen: sign-in, language, keys, and a lost connection that comes back."""

import pytest
from argon2 import PasswordHasher
from playwright.async_api import expect
from sqlalchemy import update

from app.auth.models import Staff
from tests.browser.conftest import PHONE, Opening
from tests.world import DRAIN, World, ok

PASSWORD = "三江六岸-2026"


async def give_passwords(world: World) -> None:
    """Give `t.operator` and the others the password PASSWORD."""
    quick = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
    async with world.context.db.begin() as tx:
        await tx.session.execute(update(Staff).values(password_hash=quick.hash(PASSWORD)))


async def key_of(world: World, provider_id: object) -> str:
    """Return a key for that provider's phone."""
    return str((await ok(world.registrar.post(f"/providers/{provider_id}/keys", json={"label": "手机"})))["key"])


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_signing_in_and_out(world: World, sit_down: Opening, language: str) -> None:
    await give_passwords(world)
    person = await sit_down(language=language)
    await person.page.goto("/")
    await person.check_accessibility()
    await person.page.locator("[name=username]").fill("t.admin")
    await person.page.locator("[name=password]").fill("错误的密码")
    await person.page.keyboard.press("Enter")
    wrong = "用户名或密码不正确。" if language == "zh-CN" else "The user name or the password is wrong."
    await expect(person.page.get_by_role("alert")).to_have_text(wrong)
    await person.check_accessibility()
    await person.sign_in("t.admin", PASSWORD)
    await expect(person.page.locator(".live-state")).to_have_text("实时" if language == "zh-CN" else "Live")
    await person.check_accessibility()
    assert await person.page.evaluate("document.cookie") == ""
    await person.page.keyboard.press("?")
    await expect(person.page.get_by_role("dialog")).to_be_visible()
    await person.check_accessibility()
    await person.page.keyboard.press("Escape")
    await expect(person.page.get_by_role("dialog")).to_have_count(0)
    await person.page.get_by_role("button", name="退出" if language == "zh-CN" else "Sign out").click()
    await expect(person.page.locator("[name=username]")).to_be_visible()


async def test_the_language_stays_as_chosen(sit_down: Opening) -> None:
    person = await sit_down()
    await person.page.goto("/")
    await person.page.get_by_role("button", name="English").click()
    await expect(person.page.locator("html")).to_have_attribute("lang", "en")
    await person.page.reload()
    await expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_a_screen_that_is_old_says_so(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    person = await sit_down(PHONE)
    await person.sign_in_provider(await key_of(world, provider.id))
    await expect(person.page.locator(".live-state")).to_have_text("实时")
    await world.dispatch(chosen_provider_id=str(provider.id), description="厨房下水道堵了")
    await expect(person.page.get_by_text("厨房下水道堵了")).to_be_visible()
    await person.page.context.set_offline(True)
    await expect(person.page.get_by_role("alert")).to_contain_text("与中心的连接已断开")
    await person.check_accessibility()
    await person.page.context.set_offline(False)
    await expect(person.page.locator(".live-state")).to_have_text("实时")
