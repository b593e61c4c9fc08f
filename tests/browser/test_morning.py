"""Ten calls of a morning at the desk, one after the other, by keyboard alone, each with its recorded outcome."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import pytest
from playwright.async_api import Locator, expect

from app.catalog.load import load_sample_places
from app.events.act import act_of
from app.kit.clock import ScaledClock
from app.knowledge.load import load_articles
from app.sample.load import load_registry
from tests.browser.conftest import Opening
from tests.browser.person import Person
from tests.browser.test_calls import ended
from tests.browser.test_desk import PHONE, STRANGER, press, ring, sit_at_the_desk
from tests.browser.test_knowledge import presses_for
from tests.browser.test_shell import key_of
from tests.conftest import MORNING
from tests.world import CHENGLANG, DRAIN, SampleProvider, World, ok

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
Recording = Callable[[str, object], None]
LEAK, SWITCH, LOCKED_OUT = "PE03", "PE08", "LS01"
AN_ELDER, A_VISITOR, UPSTAIRS, DOWNSTAIRS, UNHAPPY = (f"1375741200{n}" for n in range(5))

OUTCOMES = ["answered", *["request"] * 4, "progress", "complaint", "wrong_number", "request", "request"]


@pytest.fixture
def clock() -> ScaledClock:
    """Let the centre's time run like the browser's: the tests tell calls apart by the time of receipt."""
    return ScaledClock(MORNING, time.time())


async def open_the_centre(world: World) -> None:
    """Load the sample registry, places and articles, as `make demo` does."""
    now = world.clock.now()
    async with world.context.db.begin() as tx:
        await load_sample_places(tx, now)
        await load_registry(tx, now.date(), now)
        await load_articles(act_of(world.context), tx, world.catalog)
    await world.application.state.catalog.read()
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))


async def serve(world: World, made: dict[str, Any]) -> None:
    """Have the provider that was asked do the work."""
    [offer] = made["offers"]
    client = await world.client(await key_of(world, offer["provider_id"]))
    await world.complete(SampleProvider(UUID(offer["provider_id"]), offer["provider_name"], client), offer["id"])


@dataclass
class Call:
    """One call and its cost in key presses. Chinese is typed as pinyin."""

    person: Person
    presses: int = 0

    async def keys(self, *keys: str) -> None:
        self.presses += await press(self.person, *keys)

    async def says(self, words: str) -> None:
        self.presses += presses_for(words)
        await self.person.page.keyboard.type(words)

    def at(self, selector: str) -> Locator:
        return self.person.page.locator(selector)


@dataclass
class Morning:
    world: World
    person: Person
    record: Recording
    taken: int = 0
    looked: float = 0
    """Seconds spent on the test's own checks, not by the operator."""

    @asynccontextmanager
    async def call(self, name: str, number: str, most: int) -> AsyncIterator[Call]:
        """Take a call from this number with at most this many key presses."""
        self.taken += 1
        self.looked = 0
        call, began = Call(self.person), time.perf_counter()
        await ring(self.person, number)
        yield call
        seconds = time.perf_counter() - began - self.looked
        self.record(f"{self.taken}. {name}", f"{call.presses} key presses, {seconds:.1f} s")
        await self.look()
        assert call.presses <= most, name

    async def look(self, state: str = "over") -> None:
        """Check the accessibility of the present screen in every colour scheme, and take a picture."""
        page, began = self.person.page, time.perf_counter()
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            await self.person.check_accessibility()
        await self.person.picture(f"morning-{self.taken}-{state}")
        self.looked += time.perf_counter() - began

    async def latest(self, phone: str) -> dict[str, Any]:
        """Return the latest request from that number."""
        card = await ok(self.world.operator.get(f"/citizens/{phone}"))
        return max(card["open_requests"] + card["past_requests"], key=lambda one: one["number"])


async def test_a_morning_of_an_operators_work(world: World, sit_down: Opening, record_property: Recording) -> None:
    await open_the_centre(world)
    await serve(world, await world.dispatch(DRAIN, phone=UNHAPPY))
    leak = (await world.dispatch(LEAK, phone=UPSTAIRS, client=world.supervisor))["request"]
    person = await sit_at_the_desk(world, sit_down)
    morning = Morning(world, person, record_property)
    result = person.page.locator(".result")

    async with morning.call("a question", STRANGER, 22) as call:
        await call.says("身份证丢了")
        await expect(call.at(".article").first).to_be_visible()
        await call.keys("F6", "F7")
        await expect(result).to_contain_text("已答复")
    asked = await morning.latest(STRANGER)
    assert (asked["status"], asked["answered_in_call"]) == ("closed", True)

    async with morning.call("a plain repair", PHONE, 8) as call:
        await call.keys(*"xsd", "Enter", "F9")
        await expect(result).to_contain_text("已派给")
    drain = await morning.latest(PHONE)
    assert (drain["item_code"], drain["status"]) == (DRAIN, "dispatching")

    async with morning.call("does not know the word", STRANGER, 40) as call:
        await call.says("墙上按了灯不亮的那个")
        await expect(call.at("#desk-item-list [role=option]").first).to_be_visible()
        await call.keys("Enter", *"cl", "Enter", "F9")
        await expect(result).to_contain_text("已派给")
    word = await morning.latest(STRANGER)
    assert (word["item_code"], word["status"]) == (SWITCH, "dispatching")

    async with morning.call("gas", DOWNSTAIRS, 40) as call:
        await call.says("厨房煤气味好重")
        await expect(call.at(".danger-note .script")).to_be_visible()
        await call.keys(*["Alt+S"] * 3, "Alt+R")
        await expect(call.at(".danger-note .lines button:disabled")).to_have_count(1)
        await morning.look("open")
        await call.keys(*"cl", "Enter", "F8")
        await expect(result).to_be_visible()
    gas = await morning.latest(DOWNSTAIRS)
    assert (gas["status"], gas["danger"], gas["danger_lines"]) == ("relayed", "gas", ["119"])

    async with morning.call("a lost elder", AN_ELDER, 24) as call:
        await call.says("我爸走丢了")
        await expect(call.at(".danger-note .script")).to_be_visible()
        await call.keys("Alt+S", "Alt+R")
        await expect(call.at(".danger-note .lines button:disabled")).to_have_count(1)
        await call.keys(*"cl", "Enter", "F8")
        await expect(result).to_contain_text("110")
    lost = await morning.latest(AN_ELDER)
    assert (lost["status"], lost["danger"], lost["danger_lines"]) == ("relayed", "missing", ["110"])

    async with morning.call("how is it going", PHONE, 18) as call:
        await expect(call.at(".caller .request")).to_have_count(1)
        await call.keys("Alt+C", "Enter")
        await expect(call.at(".caller .steps")).to_be_visible()
        await call.keys("Tab", "Tab")
        await call.says("催单")
        await call.keys("Enter")
        await expect(call.at(".caller .told")).to_be_visible()
        await morning.look("open")
        await call.keys("F10")
    told = [one["data"] for one in await ok(world.operator.get(f"/requests/{drain['id']}/events"))]
    assert told[-1]["purpose"] == "progress"

    async with morning.call("a complaint", UNHAPPY, 32) as call:
        await expect(call.at(".caller .request")).to_have_count(1)
        await call.keys("Alt+C", "Enter")
        await expect(call.at(".caller .steps")).to_be_visible()
        await call.keys("Tab", "Tab")
        await call.says("水又漫上来了")
        await call.keys("Enter")
        await expect(call.at(".caller .told")).to_contain_text("已立案")
        await morning.look("open")
        await call.keys("F10")
    [case] = (await ok(world.supervisor.get("/complaints")))["items"]
    assert case["words"] == "水又漫上来了"

    async with morning.call("a wrong number", "13612345678", 2) as call:
        await call.keys("F10", "4")
        await expect(call.at(".outcomes")).to_have_count(0)

    async with morning.call("in English", A_VISITOR, 34) as call:
        await call.says("locked out")
        await expect(call.at("#desk-item-list [role=option]").first).to_be_visible()
        await call.keys("Enter")
        await call.says("near Tianyi Square")
        await call.keys("Enter", "F9")
        await expect(result).to_contain_text("已派给")
    visitor = await morning.latest(A_VISITOR)
    assert (visitor["item_code"], visitor["status"]) == (LOCKED_OUT, "dispatching")

    async with morning.call("two tickets for one leak", DOWNSTAIRS, 24) as call:
        await call.says("水管爆了")
        await expect(call.at("#desk-item-list [role=option]").first).to_be_visible()
        await call.keys("Enter", *"cl", "Enter")
        await expect(call.at(".duplicates")).to_contain_text(str(leak["number"]))
        await morning.look("open")
        await call.keys("Alt+M")
        await expect(result).to_contain_text(f"已并入 #{leak['number']}")
        await call.keys("F10")
    second = await morning.latest(DOWNSTAIRS)
    assert (second["status"], second["parent_id"]) == ("merged", leak["id"])

    assert [one["outcome"] for one in await ended(world, len(OUTCOMES))] == OUTCOMES
