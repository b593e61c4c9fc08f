"""After the call: a request's history, the result of each step, and what a provider reports by phone."""

import pytest
from playwright.async_api import expect

from app.registry.models import ReachedBy
from tests.browser.conftest import Opening
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.world import CHENGLANG, DRAIN, World, ok


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_request_tells_what_happened_and_each_step_what_came_of_it(
    world: World, sit_down: Opening, language: str
) -> None:
    zh = language == "zh-CN"
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    other = await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    tomorrow = {"wanted_from": "2026-11-25T14:00:00+08:00", "wanted_to": "2026-11-25T16:00:00+08:00"}
    made = await world.dispatch(chosen_provider_id=str(provider.id), **tomorrow)
    world.advance(minutes=20)
    person = await sit_at_the_desk(world, sit_down, language)
    page = person.page
    await ring(person, PHONE)
    await expect(page.locator(".caller .overdue")).to_contain_text("1")
    steps = (
        ("求助人：催单", "Citizen: asks about progress"),
        ("撤回派单", "Withdraw the offer"),
        ("单位：已到现场", "Provider: arrived"),
    )
    line = page.locator(".caller .request").first
    await line.locator(".summary").click()
    detail, told = line.locator(".detail"), line.locator(".told")

    async def tell(step: int, **words: str) -> None:
        await detail.locator(".steps select").first.select_option(label=steps[step][not zh])
        for label, value in words.items():
            await detail.locator(f".steps [id$={label}]").fill(value)
        await detail.locator(".steps [type=submit]").click()

    await tell(0, note="什么时候来")
    await expect(told).to_contain_text("已记下" if zh else "Recorded")
    await expect(detail.locator(".timeline")).to_contain_text("什么时候来")
    await expect(detail.locator(".timeline")).to_contain_text("催单" if zh else "asked about progress")
    await tell(1, note="单位停业")
    await expect(told).to_contain_text("已撤回" if zh else "withdrawn")
    await page.get_by_role("button", name="可派单位与派单依据" if zh else "Providers and past decisions").click()
    await person.check_accessibility()
    await person.picture(f"desk-timeline-{language}")
    pending: list[str] = []
    while not pending:  # the site's own worker may be running the step
        await world.work()
        offers = await ok(world.operator.get(f"/requests/{made['request']['id']}/offers"))
        pending = [one["id"] for one in offers if one["status"] == "pending"]
    job = await ok(other.client.put(f"/provider/offers/{pending[0]}/acceptance"))
    await expect(detail.locator(".timeline")).to_contain_text("接单" if zh else "Accepted")
    await expect(detail.locator(".steps select").first).to_have_value("")  # the citizen on the line asks how it goes
    await detail.locator(".steps select").first.select_option(label=steps[2][not zh])
    await expect(detail.locator(".warn")).to_contain_text("还没到" if zh else "not until")
    await tell(2)
    await expect(told).to_contain_text("还没到" if zh else "not until")
    assert (await ok(world.operator.get(f"/jobs/{job['id']}")))["status"] == "started"
    await person.check_accessibility()


async def test_a_merge_says_so_and_an_offer_is_followed(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    made = await world.dispatch(DRAIN, phone=STRANGER)
    person = await sit_at_the_desk(world, sit_down)
    page, result = person.page, person.page.locator(".result")
    await ring(person, PHONE)
    await press(person, *"xsd", "Enter")
    await page.get_by_role("button", name="并入此件").click()
    await expect(result).to_contain_text(f"已并入 #{made['request']['number']}")
    await ring(person, "13957400099")
    await press(person, *"xsd", "Enter", "c", "l", "Enter", "F9")
    await expect(result).to_contain_text(f"已派给{provider.name}")
    offers = await ok(provider.client.get("/provider/offers"))
    [offer] = [one for one in offers if one["number"] != made["request"]["number"]]
    await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    await expect(result).to_contain_text(f"{provider.name}已接单")


async def test_noise_relayed_to_12345_does_not_miss_a_provider(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, *"GV09", "Enter", "c", "l", "Enter")
    await expect(person.page.locator("#desk-relayTo")).to_have_value("12345")
    await expect(person.page.get_by_text("没有单位可派")).to_have_count(0)
    await press(person, "F8")
    await expect(person.page.locator(".result")).to_contain_text("已转接 12345")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_provider_that_calls_is_served_from_its_card(world: World, sit_down: Opening, language: str) -> None:
    zh = language == "zh-CN"
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    made = await world.dispatch()
    await ok(world.operator.put(f"/offers/{made['offers'][0]['id']}/acceptance"))
    person = await sit_at_the_desk(world, sit_down, language)
    await press(person, "Control+k")
    await person.page.keyboard.insert_text(provider.name)
    await expect(person.page.locator("#desk-go-list [data-kind=provider]")).to_have_count(1)
    await person.check_accessibility()
    await press(person, "Enter")
    card = person.page.locator(".provider-card")
    await expect(card).to_contain_text(str(made["request"]["number"]))
    await person.check_accessibility()
    await person.picture(f"desk-provider-card-{language}")
    await card.get_by_role("button", name="单位要暂停接单" if zh else "Pause offers").click()
    await expect(card).to_contain_text("单位恢复接单" if zh else "Not taking offers")
    shown = await ok(world.registrar.get(f"/providers/{provider.id}"))
    assert shown["reachable"] is False
