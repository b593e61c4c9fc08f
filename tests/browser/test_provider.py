"""A provider's day on a phone: from the offer to the bill, offline and online again, and the message for each
refusal."""

import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from app.registry.models import PriceKind
from tests.browser.conftest import PHONE, Opening
from tests.browser.person import Person
from tests.browser.test_shell import key_of
from tests.credit.cases import proposed
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok

WORDS: dict[str, dict[str, Any]] = {
    "zh-CN": {
        "accept": "接单", "decline": "拒单", "jobs": "工单", "start": "已到现场，开始服务", "quote": "提交报价",
        "agreed": "求助人已当面同意这个价格", "complete": "确认完工", "busy": "忙不过来", "confirm": "确认",
        "statement": "账单", "taking": "正在接单", "off": "暂停接单", "none": "暂时没有新派单", "me": "我的",
        "book": "确认接单", "call": re.compile("拨打"),
    },
    "en-US": {
        "accept": "Accept", "decline": "Decline", "jobs": "Jobs", "start": "Arrived: start work",
        "quote": "Send the quote",
        "agreed": "The citizen has agreed to this price in person", "complete": "Complete the job",
        "busy": "Too busy", "confirm": "Confirm", "statement": "Statement", "taking": "Taking offers",
        "off": "Not taking offers", "none": "No new offers", "me": "Account", "book": "Accept the job",
        "call": re.compile("Call"),
    },
}  # fmt: skip


async def ready(world: World, sit_down: Opening, language: str = "zh-CN") -> tuple[SampleProvider, Person]:
    """Yield a provider with its phone."""
    provider = await world.add_provider(DRAIN, CLEANING, price_kind=PriceKind.QUOTE, price_fen=5_000)
    phone = await sit_down(PHONE, language)
    await phone.sign_in_provider(await key_of(world, provider.id))
    return provider, phone


async def offer(world: World, provider: SampleProvider, item: str = DRAIN, **facts: Any) -> dict[str, Any]:
    """Make an offer to this provider."""
    return await world.dispatch(item, chosen_provider_id=str(provider.id), **facts)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_from_the_offer_to_the_bill(world: World, sit_down: Opening, language: str) -> None:
    words, suffix = WORDS[language], "" if language == "zh-CN" else "-en"
    provider, phone = await ready(world, sit_down, language)
    page = phone.page
    await expect(page.get_by_text(words["none"])).to_be_visible()
    await phone.check_accessibility()
    request = (await offer(world, provider))["request"]
    world.advance(seconds=2)
    booked = {"wanted_from": "2026-11-25T01:00:00Z", "wanted_to": "2026-11-25T04:00:00Z"}
    await offer(world, provider, CLEANING, phone="13805740000", description="三室一厅，擦窗，厨房也要", **booked)
    await expect(page.get_by_text("厨房下水道堵了，水倒灌到地上")).to_be_visible()
    await expect(page.locator(".offer")).to_have_count(2)
    await phone.check_accessibility()
    await phone.picture(f"provider-offers{suffix}")

    await page.locator(".offer").nth(1).get_by_role("button", name=words["accept"], exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await phone.check_accessibility()
    await page.get_by_role("button", name=words["book"]).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    world.advance(seconds=2)
    await page.locator(".offer").nth(0).get_by_role("button", name=words["accept"], exact=True).click()
    await expect(page.locator(".offer")).to_have_count(0)
    await page.get_by_role("navigation").get_by_role("button", name=words["jobs"]).click()
    await expect(page.locator(".job")).to_have_count(2)
    await phone.check_accessibility()
    await phone.picture(f"provider-jobs{suffix}")

    await page.get_by_role("button", name=re.compile(str(request["number"]))).click()
    await expect(page.get_by_text("澄浪路88弄12号302室")).to_be_visible()
    await expect(page.get_by_role("link", name=words["call"])).to_have_attribute("href", "tel:13957412345")
    await phone.check_accessibility()
    await phone.picture(f"provider-job{suffix}")
    await page.get_by_role("button", name=words["start"]).click()
    await page.locator("[name=quote]").fill("120元")
    await page.get_by_label(words["agreed"]).check()
    await phone.check_accessibility()
    await page.get_by_role("button", name=words["quote"]).click()
    await page.locator("[name=result]").fill("疏通完毕，更换弯头一个，试水通畅")
    await expect(page.locator("[name=amount]")).to_have_value("120")
    await page.locator("[name=amount]").fill("150")
    await page.get_by_role("button", name=words["complete"]).click()
    await expect(page.get_by_role("alert").filter(has_text="120")).to_be_visible()
    await page.locator("[name=amount]").fill("118.5")
    await phone.picture(f"provider-complete{suffix}")
    await page.get_by_role("button", name=words["complete"]).click()
    await expect(page.locator("[name=amount]")).to_have_count(0)
    await page.get_by_role("navigation").get_by_role("button", name=words["statement"]).click()
    await expect(page.get_by_role("listitem").filter(has_text="118.50")).to_be_visible()
    await phone.check_accessibility()
    await phone.picture(f"provider-statement{suffix}")
    assert await world.status(request["id"]) == "completed"
    history = (await ok(provider.client.get("/provider/jobs/history")))["items"]
    [done] = [job for job in history if job["number"] == request["number"]]
    assert (done["amount_fen"], done["result"]) == (11_850, "疏通完毕，更换弯头一个，试水通畅")


async def test_a_provider_declines_and_pauses_offers(world: World, sit_down: Opening) -> None:
    words = WORDS["zh-CN"]
    provider, phone = await ready(world, sit_down)
    request = (await offer(world, provider))["request"]
    await phone.page.get_by_role("button", name=words["decline"], exact=True).click()
    await phone.page.get_by_label(words["busy"]).check()
    await phone.check_accessibility()
    await phone.page.get_by_role("button", name=words["confirm"], exact=True).click()
    await expect(phone.page.get_by_text(words["none"])).to_be_visible()
    offers = await ok(world.operator.get(f"/requests/{request['id']}/offers"))
    assert (offers[0]["status"], offers[0]["decline_reason"]) == ("declined", "busy")
    await phone.page.get_by_role("switch", name=words["taking"]).click()
    await expect(phone.page.get_by_role("switch", name=words["off"])).to_have_attribute("aria-checked", "false")
    await phone.page.get_by_role("navigation").get_by_role("button", name=words["me"]).click()
    await expect(phone.page.get_by_role("heading", name=provider.name)).to_be_visible()
    await phone.check_accessibility()
    await phone.picture("provider-me")
    assert (await ok(provider.client.get("/provider")))["reachable"] is False


async def test_a_job_says_that_what_was_taken_down_is_corrected(world: World, sit_down: Opening) -> None:
    provider, phone = await ready(world, sit_down)
    made = await offer(world, provider)
    await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    url = f"/requests/{made['request']['id']}"
    etag = (await world.supervisor.get(url)).headers["ETag"]
    correction = {"address": "澄浪路 9 号", "reason": "听错了"}
    await ok(world.supervisor.patch(url, json=correction, headers={"If-Match": etag}))
    await phone.page.get_by_role("navigation").get_by_role("button", name="工单").click()
    await expect(phone.page.locator(".job")).to_contain_text("登记信息有更正")
    await phone.check_accessibility()


async def test_reports_made_offline_arrive_later_and_once(world: World, sit_down: Opening) -> None:
    provider, phone = await ready(world, sit_down)
    await offer(world, provider)
    accept = phone.page.get_by_role("button", name="接单", exact=True)
    await expect(accept).to_be_visible()
    lost = 0

    async def lose_the_answer(route: Route) -> None:
        nonlocal lost
        lost += 1
        if lost == 1:
            await route.fetch()  # the centre receives it, but the answer is lost
        await (route.abort() if lost <= 2 else route.continue_())

    await phone.page.route("**/acceptance", lose_the_answer)
    await accept.click()
    await expect(phone.page.get_by_text("有 1 项尚未送达中心")).to_be_visible()
    await phone.check_accessibility()
    await phone.picture("provider-unsent")
    await phone.page.reload()
    await expect(phone.page.get_by_text("有 1 项尚未送达中心")).to_have_count(0)
    await phone.page.get_by_role("navigation").get_by_role("button", name="工单").click()
    await expect(phone.page.locator(".job")).to_have_count(1)
    assert lost >= 2
    assert len(await ok(provider.client.get("/provider/jobs"))) == 1


async def test_a_refusal_is_said_in_words(world: World, sit_down: Opening) -> None:
    provider, phone = await ready(world, sit_down)
    request = (await offer(world, provider))["request"]
    accept = phone.page.get_by_role("button", name="接单", exact=True)
    await expect(accept).to_be_visible()

    async def too_late(route: Route) -> None:
        await ok(world.operator.put(f"/requests/{request['id']}/cancellation", json={"reason": "求助人来电取消"}))
        await route.continue_()

    await phone.page.route("**/acceptance", too_late)
    await accept.click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("中心没有接受：接单")
    await phone.check_accessibility()
    await phone.page.get_by_role("button", name="知道了").click()
    await expect(phone.page.get_by_role("alert")).to_have_count(0)


async def open_booked_job(
    world: World, sit_down: Opening, language: str = "zh-CN"
) -> tuple[SampleProvider, Person, str]:
    """Open a job with an appointment tomorrow morning on the provider's phone."""
    provider, phone = await ready(world, sit_down)
    booked = {"wanted_from": "2026-11-25T01:00:00Z", "wanted_to": "2026-11-25T04:00:00Z"}
    made = await offer(world, provider, CLEANING, description="三室一厅，擦窗，厨房也要", **booked)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await phone.page.goto(f"/provider?tab=jobs&job={job['id']}")
    await expect(phone.page.locator(".call")).to_be_visible()
    return provider, phone, str(job["id"])


async def test_a_provider_moves_an_appointment_and_requests_an_extension(world: World, sit_down: Opening) -> None:
    provider, phone, job_id = await open_booked_job(world, sit_down)
    page = phone.page
    await page.get_by_role("button", name="改约上门时间").click()
    await page.locator("[name=from]").fill("14:00")
    await page.locator("[name=to]").fill("13:00")
    await page.get_by_label("谁同意了").fill("王阿姨")
    await page.get_by_label("怎样同意的").select_option("当面")
    await page.get_by_role("button", name="确认改约").click()
    await expect(page.get_by_role("alert").filter(has_text="结束须晚于开始")).to_be_visible()
    await phone.check_accessibility()
    await page.locator("[name=to]").fill("16:00")
    await page.get_by_role("button", name="确认改约").click()
    await expect(page.locator(".due")).to_contain_text("14:00 至 16:00")
    moved = await ok(provider.client.get(f"/provider/jobs/{job_id}"))
    assert (moved["appointment_from"], moved["appointment_to"]) == ("2026-11-25T06:00:00Z", "2026-11-25T08:00:00Z")
    events = (await ok(world.operator.get(f"/requests/{moved['request_id']}/timeline")))["items"]
    [told] = [event["data"] for event in events if event["kind"] == "job.appointment_moved"]
    assert (told["agreed_by"], told["agreed_how"]) == ("王**", "on_site")

    await page.get_by_role("button", name="申请延期").click()
    await page.locator("[name=reason]").fill("玻璃清洁剂要从杭州调货，后天到")
    await phone.check_accessibility()
    await page.get_by_role("button", name="提交申请").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_text("尚未送达中心")).to_have_count(0)
    assert (await ok(world.supervisor.get("/supervision/counts")))["extension_asked"] == 1


async def test_the_job_can_be_read_without_a_network(world: World, sit_down: Opening) -> None:
    _, phone, _ = await open_booked_job(world, sit_down)
    page = phone.page
    kept = "async () => Boolean(navigator.serviceWorker.controller && (await caches.match('/provider')))"
    await page.wait_for_function(kept)
    await page.context.set_offline(True)
    await page.reload()
    await expect(page.get_by_text("澄浪路88弄12号302室")).to_be_visible()
    await expect(page.get_by_text("以下仍是").first).to_be_visible()
    await expect(page.get_by_text("屏幕上是以前留在本机的内容")).to_be_visible()
    await phone.check_accessibility()
    await page.context.set_offline(False)
    await expect(page.get_by_text("以下仍是")).to_have_count(0)
    await page.get_by_role("button", name="退出").click()
    await page.locator("[name=key]").or_(page.locator("[name=username]")).first.wait_for()
    assert (
        await page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('hotline.kept')).length") == 0
    )


async def test_a_provider_replies_about_its_credit_and_sees_dispatch_decisions(world: World, sit_down: Opening) -> None:
    provider, phone = await ready(world, sit_down)
    await proposed(world, provider)
    page = phone.page
    await page.get_by_role("navigation").get_by_role("button", name="我的").click()
    await expect(page.locator(".entry")).to_contain_text("拟扣")
    await page.get_by_role("button", name=re.compile("^申辩")).click()
    await page.locator("[name=text]").fill("当天师傅突发疾病，已提前说明")
    await phone.check_accessibility()
    await page.get_by_role("button", name="确认", exact=True).click()
    await expect(page.locator(".entry")).to_contain_text("已申辩")
    await page.get_by_text("今天派给了谁、为什么").click()
    await expect(page.locator("details .sheet-card").first).to_contain_text("已派给贵单位")
    await phone.check_accessibility()
    [entry] = (await ok(provider.client.get("/provider/credit")))["items"]
    assert entry["reply"] == "当天师傅突发疾病，已提前说明"


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_three_hours_taken_down_as_one_are_billed(world: World, sit_down: Opening, language: str) -> None:
    await ok(world.operator.put("/citizens/13957412345/groups/hardship", json={"source": "低保证"}))
    provider = await world.add_provider(CLEANING, tiers=("low_fee",), price_kind=PriceKind.FIXED, price_fen=1_700)
    phone = await sit_down(PHONE, language)
    await phone.sign_in_provider(await key_of(world, provider.id))
    page, chinese = phone.page, language == "zh-CN"
    created = await offer(world, provider, CLEANING, tier="low_fee", description="三室一厅，擦窗")
    await expect(page.locator(".offer")).to_contain_text("1 小时" if chinese else "1 hour")
    await phone.picture(f"money-offer-{language}")
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    await page.get_by_role("navigation").get_by_role("button", name=WORDS[language]["jobs"]).click()
    await page.locator(".job").click()
    await page.locator("[name=quantity]").fill("2.5")
    await expect(page.locator("[name=amount]")).to_have_value("42.50")
    await page.locator("[name=quantity]").fill("3")
    await expect(page.locator("[name=amount]")).to_have_value("51")
    await page.locator("[name=result]").fill("打扫三小时")
    await page.get_by_role("button", name=WORDS[language]["complete"]).click()
    await expect(page.locator("#amount-wrong")).to_contain_text("17")
    await page.locator("[name=agreed]").check()
    await phone.check_accessibility()
    await phone.picture(f"money-complete-{language}")
    await page.get_by_role("button", name=WORDS[language]["complete"]).click()
    await expect(page.locator(".state.completed")).to_be_visible()
    done = await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    assert (done["quantity"], done["cap_fen"], done["amount_fen"], done["agreed_how"]) == (3, 7_500, 5_100, "on_site")
