"""Everything by keyboard: another provider, canned texts, help, navigation, the next callback and the next provider to
phone."""

from collections.abc import Callable

from playwright.async_api import expect

from app.registry.models import ReachedBy
from tests.browser.conftest import Opening
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.world import CHENGLANG, CLEANING, DRAIN, World, ok

Recording = Callable[[str, object], None]


async def test_another_provider_is_chosen_by_keys(world: World, sit_down: Opening, record_property: Recording) -> None:
    for _ in range(3):
        await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG, "address": "12号"}))
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, PHONE)
    presses = await press(person, *"xsd", "Enter")
    candidates = person.page.locator(".candidate")
    await expect(candidates).to_have_count(4)
    presses += await press(person, "Alt+k", "ArrowDown", "ArrowDown")
    second = (await candidates.nth(2).locator(".who b").inner_text()).strip()
    await expect(candidates.nth(2).locator("input")).to_be_checked()
    presses += await press(person, "Enter")
    await expect(person.page.locator(".result")).to_contain_text(f"已派给{second}")
    record_property("another provider than the first", f"{presses} key presses")


async def test_help_and_canned_texts_work_while_typing(world: World, sit_down: Opening) -> None:
    text = {"name": "zd", "zh": "请稍等，我帮您查一下。", "en": "One moment, I will look it up."}
    await ok(world.registrar.put("/knowledge/texts/zd", json={key: text[key] for key in ("zh", "en")}))
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, *"GV01", "Enter", "c", "l", "Enter")
    answer = person.page.locator("#desk-answer")
    await answer.focus()
    await press(person, "/")
    await expect(person.page.locator("#desk-texts [role=option]")).to_have_count(1)
    await person.check_accessibility()
    await press(person, "Enter", "?")
    await expect(answer).to_have_value(f"{text['zh']}?")
    await press(person, "F1")
    await expect(person.page.get_by_role("dialog")).to_be_visible()
    await person.check_accessibility()


async def test_the_palette_goes_to_any_record(world: World, sit_down: Opening) -> None:
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    made = (await ok(world.create(DRAIN, phone=PHONE)))["request"]
    person = await sit_at_the_desk(world, sit_down)
    page = person.page
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))

    async def go(words: str, kind: str) -> None:
        await press(person, "Control+k")
        await page.keyboard.insert_text(words)
        await expect(page.locator("#desk-go-list [aria-selected=true]")).to_have_attribute("data-kind", kind)
        await press(person, "Enter")

    await go(str(made["number"]), "request")
    await expect(page.get_by_role("dialog")).to_contain_text("受理")
    await person.check_accessibility()
    await press(person, "Escape")
    await go("王阿", "citizen")
    await expect(page.get_by_role("dialog")).to_contain_text(PHONE)
    await person.check_accessibility()
    await page.get_by_role("button", name="作为来电人受理").click()
    await expect(page.locator("#desk-phone")).to_have_value(PHONE)
    await go("清空当前", "action")
    await expect(page.locator("#desk-phone")).to_have_value("")
    assert not [url for url in urls if PHONE in url or "%E7%8E%8B" in url]


async def test_the_next_callback_and_provider_to_phone(
    world: World, sit_down: Opening, record_property: Recording
) -> None:
    provider = await world.add_provider(DRAIN)
    phoned = await world.add_provider(CLEANING, reached_by=ReachedBy.PHONE)
    made = await world.dispatch()
    await world.complete(provider, made["offers"][0]["id"])
    world.advance(hours=2)
    await world.work()
    await world.dispatch(CLEANING, description="家里大扫除")
    person = await sit_at_the_desk(world, sit_down)
    presses = await press(person, "Alt+3", "Enter")
    await expect(person.page.locator("#desk-solved-yes")).to_be_focused()
    presses += await press(person, "y", "2", "Enter")
    await expect(person.page.locator(".told")).to_contain_text("已回访，办结")
    record_property("a callback", f"{presses} key presses")
    presses = await press(person, "Alt+2", "Enter")
    await expect(person.page.locator(".task")).to_contain_text(phoned.name)
    presses += await press(person, "Alt+a")
    await expect(person.page.locator(".told")).to_contain_text(f"{phoned.name}已接单")
    record_property("a provider to phone", f"{presses} key presses")
