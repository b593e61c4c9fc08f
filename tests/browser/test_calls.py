"""Calls at the desk: none is lost, each gets an outcome, and everything is sent to the centre once."""

from typing import Any

import pytest
from playwright.async_api import Dialog, Route, expect

from tests.browser.conftest import Opening
from tests.browser.person import Person
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.world import CHENGLANG, DRAIN, World, ok

OUTCOMES = ("answered", "progress", "provider", "wrong_number", "silent", "hung_up", "prank")


async def ring_again(person: Person, number: str) -> None:
    """Let a call come in while another one is in progress."""
    await person.page.evaluate("number => { location.hash = `call=${number}` }", number)
    await expect(person.page.locator(".ringing").last).to_be_visible()


async def ended(world: World, count: int) -> list[dict[str, Any]]:
    """Wait until the desk has reported this many ended calls. Return them, oldest first."""
    for _ in range(200):
        page = await ok(world.supervisor.get("/calls", params={"open": False}))
        if len(page["items"]) >= count:
            break
    assert len(page["items"]) == count
    return list(reversed(page["items"]))


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_second_ring_parks_the_first_call_with_all_that_was_typed(
    world: World, sit_down: Opening, language: str
) -> None:
    person = await sit_at_the_desk(world, sit_down, language)
    page = person.page
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter")
    await page.locator("#desk-description").fill("厨房下水道堵了，水倒灌到地上")
    await ring_again(person, PHONE)
    await expect(page.locator("#desk-phone")).to_have_value(STRANGER)
    await expect(page.locator("#desk-description")).to_have_value("厨房下水道堵了，水倒灌到地上")
    await person.check_accessibility()
    await press(person, "F2")
    await expect(page.locator("#desk-phone")).to_have_value(PHONE)
    await expect(page.locator("#desk-description")).to_have_value("")
    await expect(page.locator(".parked li")).to_contain_text(STRANGER)
    await person.check_accessibility()
    await person.picture(f"desk-parked-{language}")
    await page.reload()
    await expect(page.locator(".parked li")).to_contain_text(STRANGER)
    await press(person, "F10", "4")
    await press(person, "Alt+P")
    await expect(page.locator("#desk-phone")).to_have_value(STRANGER)
    await expect(page.locator("#desk-description")).to_have_value("厨房下水道堵了，水倒灌到地上")
    await expect(page.locator(".parked")).to_have_count(0)
    [wrong] = await ended(world, 1)
    assert wrong["outcome"] == "wrong_number"
    for _ in range(200):  # the desk reports it after showing it
        [mine] = await ok(world.operator.get("/desk/calls"))
        if mine["status"] == "ongoing":
            break
    assert (mine["status"], mine["phone"]) == ("ongoing", "138****4128")


async def test_every_call_gets_its_end_by_two_keys(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    for key in range(len(OUTCOMES)):
        await ring(person, "anonymous" if key == 4 else STRANGER)
        await press(person, "F10")
        await expect(person.page.locator(".outcomes button").first).to_be_focused()
        if key == 0:
            await person.check_accessibility()
            await person.picture("desk-outcome")
        assert await press(person, str(key + 1)) == 1
        await expect(person.page.locator(".outcomes")).to_have_count(0)
    calls = await ended(world, len(OUTCOMES))
    assert sorted(call["outcome"] for call in calls) == sorted(OUTCOMES)
    assert [call["phone"] for call in calls].count(None) == 1


async def test_what_was_done_in_a_call_ends_it_by_itself_or_by_one_key(world: World, sit_down: Opening) -> None:
    await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, PHONE)
    await press(person, "x", "s", "d", "Enter", "F9")
    await expect(person.page.locator(".result")).to_be_visible()
    world.advance(minutes=5)
    await ring(person, PHONE)  # taken at once, because the previous call is over
    await person.page.locator(".caller .request .summary").click()
    await expect(person.page.locator(".caller .detail")).to_be_visible()
    await ring_again(person, STRANGER)  # the caller is being told the progress
    await press(person, "F10")
    done, progress = await ended(world, 2)
    assert (done["outcome"], progress["outcome"]) == ("request", "progress")
    assert done["request_ids"] == progress["request_ids"]


async def test_off_the_line_then_a_reload_then_a_ring_loses_nothing(world: World, sit_down: Opening) -> None:
    await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down)
    page, context = person.page, person.page.context
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter")
    await page.locator("#desk-description").fill("厨房下水道堵了，水倒灌到地上")
    await expect(page.locator("#desk-item")).to_have_value("下水道疏通")  # found while the connection is still up
    await context.set_offline(True)
    await press(person, "F9")
    unsent = page.locator(".unsent-letters")
    await expect(unsent).to_contain_text(f"下水道疏通 {STRANGER}")
    await expect(page.locator("#desk-description")).to_have_value("")
    await person.check_accessibility()
    await person.picture("desk-unsent")

    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    await context.route("**/api/v1/requests", refuse)  # the network is back, the centre is not
    await context.set_offline(False)
    await page.reload()
    await expect(unsent).to_contain_text(STRANGER)
    await ring(person, PHONE)
    await expect(unsent).to_contain_text(STRANGER)
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    page.once("dialog", stay)
    await page.get_by_role("button", name="退出", exact=True).click()
    assert [STRANGER in question for question in asked] == [True]
    other = await context.new_page()
    await other.goto("/desk")
    await expect(other.locator(".unsent-letters")).to_contain_text(STRANGER)
    await context.unroute("**/api/v1/requests", refuse)
    await page.get_by_role("button", name="立即重发").click()
    await expect(unsent).to_contain_text("已送达")
    await expect(other.locator(".unsent-letters [role=status]").filter(has_text="未送达")).to_have_count(0)
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["contact_phone"] == "138****4128"
    await page.wait_for_function("number => !JSON.stringify(localStorage).includes(number)", arg=STRANGER)
    await expect(page.locator("#desk-phone")).to_have_value(PHONE)
    [done] = await ended(world, 1)
    assert (done["outcome"], done["request_ids"]) == ("request", [mine["request"]["id"]])


async def test_an_answer_that_is_lost_makes_no_second_request(world: World, sit_down: Opening) -> None:
    await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter")
    keys: list[str | None] = []

    async def lose_the_answer(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            await route.fetch()
            await route.abort("connectionrefused")
        else:
            await route.continue_()

    await person.page.route("**/api/v1/requests", lose_the_answer)
    await press(person, "F9")
    await expect(person.page.locator(".unsent-letters")).to_contain_text("已送达")
    assert keys[0] is not None
    assert keys == [keys[0]] * 2
    assert len(await ok(world.operator.get("/desk/requests"))) == 1


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_dispatch_is_taken_back_and_mended(world: World, sit_down: Opening, language: str) -> None:
    provider = await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down, language)
    screen = await sit_down(language=language)
    await screen.sign_in_provider(provider.client.headers["Authorization"].removeprefix("Bearer "))
    page = person.page
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter")
    await page.locator("#desk-description").fill("厨房下水道堵了")
    await press(person, "F9")
    await expect(page.locator(".result .undo")).to_be_visible()
    await person.check_accessibility()
    await person.picture(f"desk-undo-{language}")
    await press(person, "Alt+U")
    await expect(page.locator(".result.amber")).to_contain_text("withdrawn" if language == "en-US" else "已撤回")
    await expect(page.locator("#desk-description")).to_have_value("厨房下水道堵了")
    await expect(page.locator("#desk-phone")).to_have_value(STRANGER)
    await person.check_accessibility()
    told = screen.page.locator(".provider .outbox")
    await expect(told).to_contain_text("by mistake" if language == "en-US" else "误派")
    await screen.check_accessibility()
    await told.get_by_role("button").click()
    await expect(told).to_have_count(0)
    await press(person, "F9")
    await expect(page.locator(".result .undo")).to_be_visible()
    requests = (await ok(world.supervisor.get("/requests")))["items"]
    assert sorted((one["status"], one["undone"]) for one in requests) == [("cancelled", True), ("dispatching", False)]
    await press(person, "F10")
    [call] = await ended(world, 1)
    assert call["outcome"] == "request"


async def test_after_ten_seconds_of_the_centres_clock_it_is_cancelled_as_usual(world: World, sit_down: Opening) -> None:
    await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter", "F9")
    await expect(person.page.locator(".result .undo")).to_be_visible()
    world.advance(seconds=11)
    await press(person, "Alt+U")
    await expect(person.page.locator(".result .problem-note")).to_contain_text("10 秒")
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["status"] == "dispatching"


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_who_calls_from_another_telephone_asks_by_the_number_of_the_request(
    world: World, sit_down: Opening, language: str
) -> None:
    await world.add_provider(DRAIN)
    made = (await world.dispatch())["request"]
    person = await sit_at_the_desk(world, sit_down, language)
    page = person.page
    await ring(person, STRANGER)
    await press(person, "x", "s", "d", "Control+k")
    await page.keyboard.insert_text(str(made["number"]))
    await expect(page.locator("#desk-go-list [aria-selected=true]")).to_have_attribute("data-kind", "request")
    await press(person, "Enter")
    window = page.get_by_role("dialog")
    await window.locator(".steps select").first.select_option(
        label="求助人：投诉" if language == "zh-CN" else "Citizen: complains"
    )
    await person.check_accessibility()
    await person.picture(f"desk-elsewhere-asked-{language}")
    await window.locator(".steps input").first.fill("等了两天没人来")
    await window.locator(".steps button[type=submit]").click()
    await expect(window.locator(".told")).to_be_visible()
    await press(person, "Escape")
    await expect(page.locator("#desk-item")).to_have_value("xsd")
    await page.locator("#desk-item").fill("")
    await press(person, "F10")
    [call] = await ended(world, 1)
    assert (call["outcome"], call["phone"], call["request_ids"]) == ("complaint", "138****4128", [made["id"]])


async def test_another_place_than_the_stored_one_can_be_given(world: World, sit_down: Opening) -> None:
    await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"area": CHENGLANG, "address": "3 幢 401"}))
    person = await sit_at_the_desk(world, sit_down)
    page = person.page
    await ring(person, PHONE)
    await expect(page.locator(".card.who")).to_contain_text("本次去这里")
    await press(person, "x", "s", "d", "Enter", "F4")
    await expect(page.locator(".take-down")).to_contain_text("还是这里吗")
    await person.check_accessibility()
    await page.keyboard.insert_text("新街社区")
    await expect(page.locator(".card.who")).to_contain_text("本次不去")
    await press(person, "Enter")
    await expect(page.locator("#desk-address")).to_have_value("")
    await expect(page.locator(".take-down")).to_contain_text("登记的地点仍是")
    await person.check_accessibility()
    await person.picture("desk-another-place")
    await press(person, "F9")
    await expect(page.locator(".result")).to_be_visible()
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    assert (card["community_code"], card["address"]) == (CHENGLANG, "3 幢 401")
    [request] = card["open_requests"]
    assert request["community_code"] not in (None, CHENGLANG)
