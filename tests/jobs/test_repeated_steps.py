"""Every step of a provider may be repeated: it returns the current state, and nothing happens twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.events.act import act_of
from app.events.transition import StatusConflict
from app.jobs import queries
from app.jobs.offer_actions import close_pending_offer
from app.registry.models import PriceKind
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok, refused

DONE = {"result": "疏通完毕，试水通畅", "amount_fen": 9_000}
QUOTE = {"amount_fen": 9_000, "note": "疏通主管", "agreed_on_site": True}
STEPS: dict[str, tuple[list[str], Any]] = {
    "acceptance": ([], None),
    "refusal": ([], {"reason": "busy", "note": "今天排满了"}),
    "start": (["acceptance"], None),
    "quote": (["acceptance"], QUOTE),
    "completion": (["acceptance", "start", "quote"], DONE),
    "return": (["acceptance", "start"], {"reason": "no_parts", "note": "缺电机，要订三天"}),
    "failure": (["acceptance", "start"], {"note": "墙内管道已断裂"}),
}


class Case:
    """A request offered to a provider, and the steps on it by the provider or by an operator on its behalf."""

    def __init__(
        self, world: World, provider: SampleProvider, created: dict[str, Any], *, on_behalf: bool = False
    ) -> None:
        self.world = world
        self.client, self.base = (world.operator, "") if on_behalf else (provider.client, "/provider")
        self.request_id, [self.offer] = created["request"]["id"], created["offers"]
        self.job = ""

    async def step(self, name: str, body: Any = None) -> dict[str, Any]:
        """Take this step and return the answer."""
        of_offer = name in ("acceptance", "refusal")
        path = f"/offers/{self.offer['id']}" if of_offer else f"/jobs/{self.job}"
        answer: dict[str, Any] = await ok(self.client.put(f"{self.base}{path}/{name}", json=body or STEPS[name][1]))
        if name == "acceptance":
            self.job = answer["id"]
        return answer

    async def events(self) -> list[Any]:
        """Return the request's events, except those of the system."""
        listed = await ok(self.world.operator.get(f"/requests/{self.request_id}/events"))
        return [event for event in listed if event["actor_kind"] != "system"]


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("on_behalf", [False, True], ids=["by the provider", "on behalf"])
async def test_a_repeated_step_gives_the_same_answer_and_logs_nothing(world: World, name: str, on_behalf: bool) -> None:
    provider = await world.add_provider(DRAIN)
    case = Case(world, provider, await world.dispatch(DRAIN), on_behalf=on_behalf)
    for before in STEPS[name][0]:
        await case.step(before)
    first, logged = await case.step(name), await case.events()
    world.advance(seconds=5)
    assert await case.step(name) == first
    assert await case.events() == logged
    mine = [event for event in logged if event["kind"].startswith(("offer.", "job.")) and event["kind"] != "offer.made"]
    assert mine
    assert {(event["provider_id"], event["on_behalf"]) for event in mine} == {(str(provider.id), on_behalf)}


async def test_a_repeated_appointment_move_changes_nothing(world: World) -> None:
    provider = await world.add_provider(CLEANING, price_kind=PriceKind.FIXED)
    opens = world.clock.now() + timedelta(days=1)
    wanted = {"wanted_from": opens.isoformat(), "wanted_to": (opens + timedelta(hours=8)).isoformat()}
    case = Case(world, provider, await world.dispatch(CLEANING, **wanted))
    await case.step("acceptance")
    later = {name: (opens + timedelta(hours=hours)).isoformat() for name, hours in
             (("appointment_from", 9), ("appointment_to", 11))}  # fmt: skip
    later |= {"agreed_by": "王阿姨", "agreed_how": "by_phone"}
    moved, logged = await case.step("appointment", later | {"agreed_with_citizen": True}), await case.events()
    assert moved["arrive_by"] == moved["appointment_to"]
    world.advance(days=3)
    assert await case.step("appointment", later | {"agreed_with_citizen": True}) == moved
    assert await case.events() == logged


async def test_a_repeated_consent_is_logged_once_and_another_sum_is_a_new_consent(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    case = Case(world, provider, await world.dispatch(DRAIN), on_behalf=True)
    await case.step("acceptance")
    for amount in (9_000, 9_000, 9_500):
        assert (await case.step("consent", {"amount_fen": amount}))["agreed_fen"] == amount
    assert [event["kind"] for event in await case.events()].count("job.price_agreed") == 2


async def test_a_different_bill_for_a_completed_job_is_refused(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    case = Case(world, provider, await world.dispatch(DRAIN))
    for name in ("acceptance", "start", "quote", "completion"):
        await case.step(name)
    await refused(provider.client.put(f"/provider/jobs/{case.job}/completion", json=DONE | {"amount_fen": 8_000}), 409,
                  "job_over")  # fmt: skip
    assert (await ok(world.operator.get(f"/jobs/{case.job}")))["amount_fen"] == 9_000


async def test_a_late_report_keeps_the_moment_it_names_and_a_future_one_is_refused(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    case = Case(world, provider, await world.dispatch(DRAIN))
    await case.step("acceptance")
    world.advance(minutes=30)
    now = world.clock.now()
    ahead = {"happened_at": (now + timedelta(minutes=2)).isoformat()}
    start, done = (f"/provider/jobs/{case.job}/{name}" for name in ("start", "completion"))
    problem = await refused(provider.client.put(start, json=ahead), 422, "happened_in_future")
    assert problem["now"] == now.isoformat()
    earlier = (now - timedelta(minutes=20)).isoformat()
    job = await ok(provider.client.put(start, json={"happened_at": earlier}))
    assert job["started_at"] == now.isoformat().replace("+00:00", "Z")
    await refused(provider.client.put(done, json=DONE | {"amount_fen": 0} | ahead), 422, "happened_in_future")
    assert (await ok(world.operator.get(f"/jobs/{case.job}")))["status"] == "started"
    [started] = [event for event in await case.events() if event["kind"] == "job.started"]
    assert started["data"]["happened_at"] == earlier


async def test_an_answered_offer_cannot_be_withdrawn(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    case = Case(world, provider, await world.dispatch(DRAIN))
    await case.step("refusal")
    async with world.context.db.begin() as tx:
        offer = await queries.lock_offer(tx, UUID(case.offer["id"]))
        assert offer is not None
        with pytest.raises(StatusConflict):
            await close_pending_offer(act_of(world.context), tx, offer, "withdraw", reason="provider_full")
