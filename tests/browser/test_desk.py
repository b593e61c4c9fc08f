"""The operator's desk: from ring to dispatch by keyboard, and what happens when the connection is lost meanwhile."""

import time
from collections.abc import Callable
from datetime import datetime
from datetime import time as clock_time

import pytest
from playwright.async_api import expect

from app.registry.models import ReachedBy
from tests.browser.conftest import Opening
from tests.browser.person import Person
from tests.browser.test_shell import PASSWORD, give_passwords
from tests.desk.test_shifts import colleague as a_colleague
from tests.world import CHENGLANG, CLEANING, DRAIN, World, ok

Recording = Callable[[str, object], None]
PHONE, STRANGER = "13957412345", "13800574128"
MOST_PRESSES = 12
MOST_KILOBYTES = 260


async def sit_at_the_desk(world: World, sit_down: Opening, language: str = "zh-CN", **window: object) -> Person:
    await give_passwords(world)
    await ok(world.operator.post("/catalog/suggestions", json={"words": "下水道"}))  # prepared, as `serve` does
    person = await sit_down(language=language, **window)
    await person.sign_in("t.operator", PASSWORD)
    await person.page.locator("#desk-phone").wait_for()
    return person


async def ring(person: Person, number: str) -> None:
    """Announce a call as the telephone does: the number follows # in the address."""
    await person.page.evaluate("number => { location.hash = `call=${number}` }", number)
    await expect(person.page.locator("#desk-item")).to_be_focused()


async def press(person: Person, *keys: str) -> int:
    """Press the keys one by one. Return the number of presses, counting each modifier."""
    for key in keys:
        await person.page.keyboard.press(key)
    return sum(key.count("+") + 1 for key in keys)


@pytest.mark.parametrize(
    ("who", "number", "place"), [("a known number", PHONE, ()), ("a new number", STRANGER, ("c", "l", "Enter"))]
)
async def test_a_ring_becomes_a_dispatch(
    world: World, sit_down: Opening, record_property: Recording, who: str, number: str, place: tuple[str, ...]
) -> None:
    provider = await world.add_provider(DRAIN)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down)
    began = time.perf_counter()
    await ring(person, number)
    presses = await press(person, "x", "s", "d", "Enter", *place, "F9")
    result = person.page.locator(".result")
    await expect(result).to_contain_text(f"已派给{provider.name}")
    seconds = time.perf_counter() - began
    await expect(result).to_contain_text(f"{presses} 键")
    assert presses <= MOST_PRESSES
    record_property(f"from ring to dispatch, {who}", f"{presses} key presses, {seconds:.1f} s")
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert mine["request"]["item_code"] == DRAIN
    await expect(person.page.locator(".queues")).to_contain_text(str(mine["request"]["number"]))


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_full_desk_is_accessible(world: World, sit_down: Opening, language: str) -> None:
    for _ in range(3):
        await world.add_provider(DRAIN, tiers=("paid", "low_fee"))
    await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE, capacity=1)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    await ok(world.operator.put(f"/citizens/{PHONE}/groups/aged_80", json={"source": "身份证"}))
    await world.dispatch(DRAIN, phone=STRANGER)
    await world.dispatch(DRAIN)
    person = await sit_at_the_desk(world, sit_down, language)
    await person.check_accessibility()
    await ring(person, PHONE)
    await press(person, "x", "s", "d")
    await person.check_accessibility()
    await press(person, "Enter")
    await expect(person.page.locator(".candidate")).to_have_count(4)
    await expect(person.page.locator("[name=desk-tier][value=low_fee]")).to_be_checked()
    await expect(person.page.locator(".duplicates h3").first).to_be_visible()
    await person.page.locator(".queues .summary").first.click()
    await expect(person.page.locator(".queues .steps")).to_be_visible()
    await person.check_accessibility()
    await person.page.set_viewport_size({"width": 1366, "height": 1080})
    await person.picture("desk" if language == "zh-CN" else "desk-en")
    await person.page.locator("#desk-description").focus()
    await press(person, "F1")
    await expect(person.page.get_by_role("dialog")).to_be_visible()
    await press(person, "Escape")
    for pane in ("Alt+2", "Alt+3"):
        await press(person, pane)
        await person.check_accessibility()


async def test_a_call_without_a_number_is_dispatched_unannounced(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, "anonymous")
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter", "F9")
    await expect(person.page.locator(".gap")).to_contain_text("没有单位可联系的号码")
    await expect(person.page.locator("#desk-contactPhone")).to_be_focused()
    await person.check_accessibility()
    await press(person, "Tab", "Space", "F9")
    await expect(person.page.locator(".gap")).to_contain_text("单位找不到")
    await expect(person.page.locator("#desk-address")).to_be_focused()
    await person.page.keyboard.type("88弄12号")
    await press(person, "F9")
    await expect(person.page.locator(".result")).to_contain_text(f"已派给{provider.name}")
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert (mine["request"]["contact_phone"], mine["request"]["unannounced"]) == (None, True)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_request_is_recorded_for_somebody_else(world: World, sit_down: Opening, language: str) -> None:
    await world.add_provider(DRAIN, tiers=("paid", "low_fee"))
    await ok(world.operator.put("/citizens/87651234/groups/aged_80", json={"source": "身份证"}))
    person = await sit_at_the_desk(world, sit_down, language)
    await ring(person, "0086 139 5741 2345")
    await press(person, "x", "s", "d", "Enter", "c", "l", "Enter", "Alt+H")
    await expect(person.page.locator("#desk-helpedName")).to_be_focused()
    await person.page.keyboard.type("陈老太")
    await press(person, "Tab")
    await person.page.keyboard.type("0574-8765 1234 转 8")
    await expect(person.page.locator("[name=desk-tier][value=low_fee]")).to_be_checked()
    await person.page.locator("#desk-providerCalls").select_option("caller")
    await person.check_accessibility()
    await press(person, "F9")
    await expect(person.page.locator(".result")).to_be_visible()
    [mine] = await ok(world.operator.get("/desk/requests"))
    full = await ok(world.operator.get(f"/requests/{mine['request']['id']}/personal-data"))
    assert (full["contact_phone"], full["helped_name"]) == (PHONE, "陈老太")
    assert mine["request"]["priority_group"] == "aged_80"


SQUARE = {"kind": "landmark", "zh": "天一广场", "en": "Tianyi Square", "lat": 29.869, "lon": 121.553, "aliases": []}


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_one_field_takes_where_the_caller_is_in_any_form(world: World, sit_down: Opening, language: str) -> None:
    await ok(world.registrar.post("/places", json=SQUARE | {"community_code": "330203002001"}))
    await world.application.state.catalog.read()
    provider = await world.add_provider(DRAIN, point=(29.869, 121.553))
    person = await sit_at_the_desk(world, sit_down, language)
    page, english = person.page, language == "en-US"
    area, address = page.locator("#desk-area"), page.locator("#desk-address")
    await ring(person, STRANGER)
    await press(person, *"xsd", "Enter")
    await expect(area).to_be_focused()
    await page.keyboard.insert_text("我住在南门那个澄浪社区3幢")
    await expect(page.locator("#desk-area-list [role=option]").first).to_contain_text("3幢")
    await person.check_accessibility()
    await person.picture(f"desk-where-{language}")
    await press(person, "Enter")
    await expect(address).to_be_focused()
    await expect(address).to_have_value("3幢")
    await press(person, "F4")
    await page.keyboard.insert_text("near Tianyi Square")
    await press(person, "Enter")  # before the answer is there
    await expect(address).to_have_value("天一广场")
    await expect(area).to_have_value(
        "Tianyi Square · 新街社区 · Jiangxia Subdistrict" if english else "天一广场 · 新街社区 · 江厦街道"
    )
    await address.fill("天一广场 望春街道12号")
    elsewhere = page.locator(".take-down .elsewhere")
    await expect(elsewhere).to_contain_text("not in" if english else "请与来电人核对")
    await person.check_accessibility()
    await person.picture(f"desk-elsewhere-{language}")
    await address.fill("天一广场3楼")
    await expect(elsewhere).to_have_count(0)
    await press(person, "F9")
    result = page.locator(".result")
    await expect(result).to_contain_text(provider.name)
    await expect(result).to_contain_text("Tianyi Square" if english else "距离从天一广场算起")
    await press(person, "F4")
    await page.keyboard.insert_text("<b>' OR 1=1 -- 😀")
    await expect(page.locator("#desk-area-list")).to_contain_text("Nothing found" if english else "没有找到")


async def test_an_item_never_sent_to_a_company_says_so_and_is_relayed(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    await press(person, *"UT03", "Enter")
    await expect(person.page.locator(".rule.grave")).to_contain_text("不得派给企业")
    await expect(person.page.locator("[name=desk-candidate]")).to_have_count(0)
    await press(person, "c", "l", "Enter", "F8")
    await expect(person.page.locator(".result")).to_contain_text("已转接")


async def test_a_provider_is_phoned(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(CLEANING, reached_by=ReachedBy.PHONE)
    made = await world.dispatch(CLEANING, description="家里大扫除")
    person = await sit_at_the_desk(world, sit_down)
    await press(person, "Alt+2", "Enter")
    await expect(person.page.locator(".task")).to_contain_text(provider.name)
    await person.check_accessibility()
    await person.picture("desk-provider")
    await press(person, "Alt+A")
    await expect(person.page.locator(".task")).to_have_count(0)
    assert await world.status(made["request"]["id"]) == "assigned"


async def test_a_provider_that_declines_says_why(world: World, sit_down: Opening) -> None:
    await world.add_provider(CLEANING, reached_by=ReachedBy.PHONE)
    made = await world.dispatch(CLEANING, description="家里大扫除")
    person = await sit_at_the_desk(world, sit_down)
    await press(person, "Alt+2", "Enter")
    await person.page.locator(".task").wait_for()
    await press(person, "Alt+j")
    await expect(person.page.locator(".task .outcomes")).to_be_focused()
    await person.check_accessibility()
    await press(person, "Enter")
    await press(person, "5")
    await expect(person.page.locator(".task")).to_have_count(0)
    [offer] = await ok(world.operator.get(f"/requests/{made['request']['id']}/offers"))
    assert (offer["status"], offer["decline_reason"]) == ("declined", "no_staff")


async def test_a_colleagues_request_is_taken_over(world: World, sit_down: Opening) -> None:
    _, colleague = await a_colleague(world, "leaving")
    made = (await ok(world.create(DRAIN, client=colleague)))["request"]
    await ok(colleague.delete("/sessions/current"))
    person = await sit_at_the_desk(world, sit_down)
    line = person.page.locator(".queues .request")
    await expect(line).to_contain_text("同事下班留下")
    await person.check_accessibility()
    await press(person, "Alt+O")
    await expect(line.get_by_role("button", name="由我接手")).to_have_count(0)
    [mine] = await ok(world.operator.get("/desk/requests"))
    assert (mine["request"]["id"], mine["handed_over"]) == (made["id"], False)


async def test_closed_providers_are_marked_among_the_candidates(world: World, sit_down: Opening) -> None:
    tap = "PE04"
    await world.add_provider(tap, hours=(clock_time(8), clock_time(20)))
    world.clock.moment = datetime(2026, 11, 24, 21, tzinfo=world.context.settings.zone)
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, PHONE)
    await person.page.locator("#desk-item").fill(tap)
    await press(person, "Enter")
    await expect(person.page.locator(".candidate .who")).to_contain_text("现在休息 · 11月25日 08:00 营业")
    await person.check_accessibility()


async def test_a_citizen_is_called_back(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch()
    await world.complete(provider, made["offers"][0]["id"])
    world.advance(hours=2)
    await world.work()
    person = await sit_at_the_desk(world, sit_down)
    await press(person, "Alt+3", "Enter")
    await expect(person.page.locator(".task")).to_contain_text("疏通完毕")
    await person.check_accessibility()
    await person.picture("desk-callback")
    await person.page.locator("[name=desk-solved][value=yes]").check(force=True)
    await person.page.locator("#desk-satisfaction").select_option("satisfied")
    await person.page.locator("#desk-paid").fill("80")
    await press(person, "Enter")
    await expect(person.page.locator(".task")).to_have_count(0)
    assert await world.status(made["request"]["id"]) == "closed"


async def test_a_provider_reports_by_the_number_of_its_job(world: World, sit_down: Opening) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    made = await world.dispatch()
    await ok(world.operator.put(f"/offers/{made['offers'][0]['id']}/acceptance"))
    person = await sit_at_the_desk(world, sit_down)
    await person.page.locator("#desk-phone").fill(str(made["request"]["number"]))
    await press(person, "Enter")
    detail = person.page.locator(".caller .detail")
    await expect(detail).to_contain_text(provider.name)
    await detail.get_by_role("button", name="记录").click()
    await expect(detail).to_contain_text("已开工")
    await detail.get_by_label("金额（元）").fill("88元")
    await detail.get_by_label("求助人已当面同意").check()
    await detail.get_by_role("button", name="记录").click()
    await expect(detail).to_contain_text("已同意 ¥88")
    await expect(detail.get_by_label("金额（元）")).to_have_value("88")
    await detail.get_by_role("button", name="记录").click()
    await expect(detail.get_by_role("alert")).to_contain_text("请写明说明")
    await detail.get_by_label("说明").fill("疏通完毕，试水通畅")
    await person.check_accessibility()
    async with person.page.expect_response(lambda answer: answer.url.endswith("/completion")):
        await press(person, "Enter")
    assert await world.status(made["request"]["id"]) == "completed"
    await person.page.get_by_role("button", name="作为来电人受理").click()
    await expect(person.page.locator("#desk-phone")).to_have_value(PHONE)


async def test_group_and_note_of_the_caller_are_edited(world: World, sit_down: Opening) -> None:
    person = await sit_at_the_desk(world, sit_down)
    await ring(person, STRANGER)
    card = person.page.locator(".card.who")
    await card.wait_for()
    await press(person, "Alt+G")
    await person.page.locator("#desk-group").select_option("aged_80")
    await person.page.locator("#desk-proof").fill("身份证")
    await person.page.locator("#desk-note").fill("听力不好，请大声慢说")
    await person.check_accessibility()
    await press(person, "Enter")
    await expect(card.locator(".tag.group")).to_have_text("80周岁以上")
    await expect(card.locator(".remark")).to_have_text("听力不好，请大声慢说")
    await press(person, "Alt+G")
    await card.get_by_role("button", name="不再属于").click()
    await expect(card.locator(".tag.group")).to_have_count(0)


async def test_the_desk_is_light(world: World, sit_down: Opening, record_property: Recording) -> None:
    await give_passwords(world)
    person = await sit_down()
    received: list[int] = []
    person.page.on("response", lambda response: received.append(int(response.headers.get("content-length", 0))))
    await person.sign_in("t.operator", PASSWORD)
    await person.page.locator("#desk-phone").wait_for()
    kilobytes = sum(received) / 1_024
    record_property("first load of the desk", f"{kilobytes:.0f} KB")
    assert kilobytes < MOST_KILOBYTES


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_the_next_tier_is_proposed_once_the_free_help_is_used_up(
    world: World, sit_down: Opening, language: str
) -> None:
    await ok(world.operator.put("/citizens/13957412345/groups/living_alone", json={"source": "社区登记"}))
    await ok(world.create(DRAIN, tier="free"))
    operator = await sit_at_the_desk(world, sit_down, language)
    page = operator.page
    await ring(operator, "13957412345")
    await press(operator, "x", "s", "d", "Enter")
    await expect(page.locator("[name=desk-tier][value=low_fee]")).to_be_checked()
    await page.locator(".segments label", has=page.locator("[value=free]")).first.click()
    await expect(page.locator("fieldset .check")).to_contain_text("低偿" if language == "zh-CN" else "Low fee")
    await expect(page.locator(".quantity label")).to_contain_text("次" if language == "zh-CN" else "visits")
    await page.locator("#desk-quantity").fill("2.5")
    await page.locator("fieldset .check input").check()
    await operator.picture(f"money-desk-{language}")
