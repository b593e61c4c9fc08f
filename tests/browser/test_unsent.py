"""Operators' input is kept until the centre has answered: it arrives exactly once, and nothing is lost."""

import re

from playwright.async_api import Route, expect

from app.registry.models import ReachedBy
from tests.browser.conftest import Opening
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.browser.test_shell import PASSWORD
from tests.world import CLEANING, DRAIN, World, ok

STEPS = re.compile(r"/api/v1/(requests/[0-9a-f-]{36}$|callbacks/.*/outcome|offers/.*/acceptance)")


async def test_steps_taken_while_offline_reach_the_centre_once(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    by_phone = await world.add_provider(CLEANING, reached_by=ReachedBy.PHONE)
    called = await world.dispatch()
    await world.complete(provider, called["offers"][0]["id"])
    world.advance(hours=2)
    await world.work()
    phoned = await world.dispatch(CLEANING, description="家里大扫除")
    mistaken = (await ok(world.create(DRAIN, phone=STRANGER)))["request"]
    person = await sit_at_the_desk(world, sit_down)
    page = person.page
    unsent, told = page.locator(".middle .unsent-letters"), page.locator(".queues .told")
    await press(person, "Alt+2", "Enter")
    await expect(page.locator(".task")).to_contain_text(by_phone.name)
    await press(person, "Alt+3", "Enter")
    await expect(page.locator("#desk-solved-yes")).to_be_focused()

    async def lose_the_answer(route: Route) -> None:
        if route.request.method == "PATCH":  # the centre has received it, but the answer is lost
            await route.fetch()
        await route.abort("connectionrefused")

    changes = ("PUT", "PATCH")
    await page.route(
        STEPS, lambda route: lose_the_answer(route) if route.request.method in changes else route.continue_()
    )
    await page.locator("#desk-remark").fill("师傅很客气")
    await page.locator("#desk-solved-yes").focus()
    await press(person, "y", "2", "Enter")
    await expect(told).to_contain_text("已存在本机")
    await press(person, "Alt+2", "Alt+a")
    await expect(told).to_contain_text("已存在本机")
    await expect(page.locator(".task")).to_have_count(0)
    await press(person, "Alt+1")
    line = page.locator(".queues .request").filter(has_text=str(mistaken["number"]))
    await line.locator(".summary").click()
    detail = line.locator(".detail")
    await detail.get_by_role("button", name="更正…").click()
    await detail.locator("[id$=address]").fill("澄浪路 9 号")
    await detail.locator("[id$=reason]").fill("听错了")
    await detail.get_by_role("button", name="更正", exact=True).click()
    waits = detail.locator(".unsent-letters")
    await expect(waits).to_contain_text("待送达")
    await expect(detail.get_by_role("button", name="更正…")).to_have_count(0)
    await person.check_accessibility()
    await person.picture("desk-unsent-steps")

    await page.reload()
    for words in (
        "回访: 已解决 · 满意 · 师傅很客气",
        f"{by_phone.name}: 接单",
        f"{mistaken['number']} 下水道疏通 · 更正 听错了",
    ):
        await expect(unsent).to_contain_text(words)
    await line.locator(".summary").click()
    await expect(waits).to_contain_text("待送达")
    await page.unroute_all()
    await page.get_by_role("button", name="立即重发").click()
    await expect(unsent.locator(".arrived")).to_have_count(3)
    await expect(waits).to_have_count(0)
    await expect(detail.get_by_role("button", name="更正…")).to_be_visible()
    await expect(detail.locator("[data-kind='request.corrected']")).to_have_count(1)
    for made, kind in (
        (called, "callback.done"),
        (phoned, "offer.accepted"),
        ({"request": mistaken}, "request.corrected"),
    ):
        events = await ok(world.operator.get(f"/requests/{made['request']['id']}/events"))
        assert [event["kind"] for event in events].count(kind) == 1
    assert await world.status(called["request"]["id"]) == "closed"
    assert await page.evaluate("() => JSON.stringify(localStorage).includes('听错了')") is False


async def test_a_step_refused_later_says_why_and_can_be_corrected(world: World, sit_down: Opening) -> None:
    made = (await ok(world.create(DRAIN, phone=STRANGER)))["request"]
    about = f"/requests/{made['id']}"
    person = await sit_at_the_desk(world, sit_down)
    page = person.page
    line = page.locator(".queues .request")
    await line.locator(".summary").click()
    detail = line.locator(".detail")
    await detail.get_by_role("button", name="更正…").click()
    await detail.locator("[id$=address]").fill("澄浪路 9 号")
    await detail.locator("[id$=reason]").fill("听错了")
    await page.context.set_offline(True)
    await detail.get_by_role("button", name="更正", exact=True).click()
    await expect(detail.locator(".unsent-letters")).to_contain_text("待送达")
    colleague = {"description": "水管爆了", "reason": "她又说"}
    await ok(world.supervisor.patch(about, json=colleague, headers={"If-Match": '"1"'}))
    await page.context.set_offline(False)
    await page.reload()
    refused = page.locator(".middle .unsent-letters .refused")
    await expect(refused).to_contain_text("内容在您读取后已被修改")
    await person.check_accessibility()
    await refused.get_by_role("button", name="打开这件求助").click()
    window = page.get_by_role("dialog")
    await window.get_by_role("button", name="修改后重发").click()
    await expect(window.locator("[id$=address]")).to_have_value("澄浪路 9 号")
    await window.get_by_role("button", name="更正", exact=True).click()
    await expect(window.locator(".told")).to_contain_text("已更正")
    await expect(refused).to_have_count(0)
    assert (await ok(world.supervisor.get(about)))["version"] == 3
    assert (await ok(world.operator.get(f"{about}/personal-data")))["address"] == "澄浪路 9 号"


async def test_unfinished_input_is_kept_until_sent(world: World, sit_down: Opening) -> None:
    await ok(world.create(DRAIN, phone=STRANGER))
    person = await sit_at_the_desk(world, sit_down)
    page = person.page
    line = page.locator(".queues .request")
    note, address = line.locator(".steps [id$=note]"), line.locator(".correct [id$=address]")

    async def expect_both() -> None:
        if not await line.locator(".detail").count():
            await line.locator(".summary").click()
        await expect(note).to_have_value("她说了半句")
        await expect(address).to_have_value("澄浪路 9 号")

    await line.locator(".summary").click()
    await line.locator(".steps select").first.select_option(label="求助人：取消")
    await note.fill("她说了半句")
    await line.get_by_role("button", name="更正…").click()
    await address.fill("澄浪路 9 号")
    await line.locator(".summary").click()
    await expect_both()
    await press(person, "Alt+2", "Alt+1")
    await expect_both()
    await ring(person, PHONE)
    await press(person, "Escape")
    await expect_both()
    await page.get_by_role("button", name="English").click()
    await expect_both()
    await page.reload()
    await line.wait_for()
    await expect_both()
    await page.context.clear_cookies()
    await press(person, "Alt+2")
    await page.locator("[name=username]").wait_for()
    await person.sign_in("t.operator", PASSWORD)
    await line.wait_for()
    await expect_both()
    await line.locator(".steps [type=submit]").click()
    await expect(line).to_have_count(0)
