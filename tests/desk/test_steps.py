"""The steps that the centre lists for a status and role are exactly those that it accepts."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from app.desk.schemas import Step, Subject
from app.intake.models import Request
from app.intake.models import RequestStatus as S
from tests.world import DRAIN, SampleProvider, World, ok

ASKS_ABOUT_IT = {"phone": "13957412345", "channel": "phone", "purpose": "progress"}
WITHOUT_EVENT = (Step.CONTACT, Step.CORRECT)
"""Steps that may log no event for the scene's request: a contact, and a correction of a merged request."""
Named = list[dict[str, Any]]


class Scene:
    """A request with its offers and jobs, brought to a state through the API."""

    def __init__(
        self, world: World, provider: SampleProvider, other: SampleProvider, phone: str = "13957412345"
    ) -> None:
        self.world, self.provider, self.other = world, provider, other
        self.phone, self.id, self.offer, self.job = phone, "", "", ""
        self.chosen: dict[str, Any] = {"chosen_provider_id": str(provider.id)}

    async def take_down(self, *, dispatch: bool = True, **facts: Any) -> None:
        made = await ok(
            self.world.create(DRAIN, dispatch=dispatch, tier="paid", phone=self.phone, **self.chosen, **facts)
        )
        self.id = made["request"]["id"]
        self.offer = made["offers"][0]["id"] if made["offers"] else ""

    async def put(self, what: str, **body: Any) -> None:
        await ok(self.world.supervisor.put(f"/requests/{self.id}/{what}", json=body))

    async def hold(self) -> None:
        until = (self.world.clock.now() + timedelta(hours=5)).isoformat()
        await self.put("hold", cause="citizen", reason="人不在家", until=until)

    async def accepted(self) -> None:
        await self.take_down()
        self.job = (await ok(self.provider.client.put(f"/provider/offers/{self.offer}/acceptance")))["id"]

    async def started(self) -> None:
        await self.accepted()
        await ok(self.provider.client.put(f"/provider/jobs/{self.job}/start"))

    async def completed(self) -> None:
        await self.started()
        bill = {"result": "通了", "amount_fen": 8_000, "agreed_on_site": True}
        await ok(self.provider.client.put(f"/provider/jobs/{self.job}/completion", json=bill))

    async def merged(self) -> None:
        await self.take_down()
        await self.put("parent", parent_id=await self.another())

    async def another(self) -> str:
        """Bring a request of another citizen to the same stage. Return its id."""
        other = Scene(self.world, self.provider, self.other, "13800574128")
        await (Scene.started if self.job else Scene.take_down)(other)
        return other.id


async def _relayed(scene: Scene) -> None:
    await scene.take_down(dispatch=False, relay={"to": "12345"})


async def _unmatched(scene: Scene) -> None:
    await scene.started()
    await ok(scene.provider.client.put(f"/provider/jobs/{scene.job}/failure", json={"note": "做不了"}))


async def _closed(scene: Scene) -> None:
    await scene.completed()
    await scene.world.work()
    scene.world.advance(days=1)
    callback = await ok(scene.world.operator.post("/callbacks/next"))
    body = {"reached": True, "solved": True, "satisfaction": "satisfied", "paid_fen": 8_000}
    await ok(scene.world.operator.put(f"/callbacks/{callback['id']}/outcome", json=body))


async def _closed_without(scene: Scene) -> None:
    await _relayed(scene)
    await scene.put("closure", note="对方已受理")


async def _closed_long_ago(scene: Scene) -> None:
    await _closed(scene)
    scene.world.advance(days=60)


async def _answered(scene: Scene) -> None:
    await scene.take_down(dispatch=False)
    await scene.put("answer", answer="请先关总阀")


async def _cancelled(scene: Scene) -> None:
    await scene.take_down()
    await scene.put("cancellation", reason="不要了")


async def _endangered(scene: Scene) -> None:
    await scene.take_down(dispatch=False, danger="fire")


async def _endangered_outside(scene: Scene) -> None:
    await scene.take_down(dispatch=False, danger="fire", relay={"to": "119"})


async def _endangered_at_work(scene: Scene) -> None:
    await scene.started()
    await scene.put("danger", kind="fire")


def _held(then: Callable[[Scene], Awaitable[None]]) -> Callable[[Scene], Awaitable[None]]:
    async def held(scene: Scene) -> None:
        await then(scene)
        await scene.hold()

    return held


async def _received(scene: Scene) -> None:
    await scene.take_down(dispatch=False)


SCENES: dict[str, tuple[S, Callable[[Scene], Awaitable[None]]]] = {
    "received": (S.RECEIVED, _received),
    "relayed": (S.RELAYED, _relayed),
    "dispatching": (S.DISPATCHING, Scene.take_down),
    "unmatched": (S.UNMATCHED, _unmatched),
    "assigned": (S.ASSIGNED, Scene.accepted),
    "in progress": (S.IN_PROGRESS, Scene.started),
    "completed": (S.COMPLETED, Scene.completed),
    "closed": (S.CLOSED, _closed),
    "closed long ago": (S.CLOSED, _closed_long_ago),
    "answered": (S.CLOSED, _answered),
    "closed, never dispatched": (S.CLOSED, _closed_without),
    "cancelled": (S.CANCELLED, _cancelled),
    "merged": (S.MERGED, Scene.merged),
    "on hold, received": (S.ON_HOLD, _held(_received)),
    "on hold, dispatching": (S.ON_HOLD, _held(Scene.take_down)),
    "on hold, at work": (S.ON_HOLD, _held(Scene.started)),
    "danger": (S.RECEIVED, _endangered),
    "danger that a line has": (S.RELAYED, _endangered_outside),
    "danger at work": (S.IN_PROGRESS, _endangered_at_work),
}


async def take(step: Step, scene: Scene, client: AsyncClient) -> bool:
    """Take the step with a valid body. Return whether it was accepted."""
    world, request, offer, job = scene.world, scene.id, scene.offer, scene.job
    now = world.clock.now()
    until = (now + timedelta(hours=5)).isoformat()
    last_due = (now + timedelta(days=3)).isoformat()
    paths: dict[Step, tuple[str, str, Any]] = {
        Step.ANSWER: ("PUT", f"/requests/{request}/answer", {"answer": "请先关总阀"}),
        Step.RELAY: ("PUT", f"/requests/{request}/relay", {"to": "12345"}),
        Step.DISPATCH: ("PUT", f"/requests/{request}/dispatch", None),
        Step.OFFER: ("POST", f"/requests/{request}/offers", {"provider_id": str(scene.other.id)}),
        Step.CONSENT_TO_TIER: ("PUT", f"/requests/{request}/tier-consent", {"tier": "paid"}),
        Step.CLOSE: ("PUT", f"/requests/{request}/closure", {"note": "已了结"}),
        Step.REOPEN: ("PUT", f"/requests/{request}/reopening", {"reason": "又堵了", "other_provider": True}),
        Step.HOLD: ("PUT", f"/requests/{request}/hold", {"cause": "citizen", "reason": "不在家", "until": until}),
        Step.RESUME: ("DELETE", f"/requests/{request}/hold", None),
        Step.CANCEL: ("PUT", f"/requests/{request}/cancellation", {"reason": "不要了"}),
        Step.MERGE: ("PUT", f"/requests/{request}/parent", {"parent_id": request}),
        Step.SEPARATE: ("DELETE", f"/requests/{request}/parent", None),
        Step.CORRECT: ("PATCH", f"/requests/{request}", {"description": "卫生间地漏也堵了", "reason": "补充"}),
        Step.CONTACT: ("POST", f"/requests/{request}/contacts", ASKS_ABOUT_IT),
        Step.RAISE_DANGER: ("PUT", f"/requests/{request}/danger", {"kind": "drowning"}),
        Step.RELAY_DANGER: ("PUT", f"/requests/{request}/danger/relay", {"line": "120"}),
        Step.WITHDRAW_DANGER: ("PUT", f"/requests/{request}/danger/withdrawal", {"reason": "误报"}),
        Step.ACCEPT: ("PUT", f"/offers/{offer}/acceptance", None),
        Step.DECLINE: ("PUT", f"/offers/{offer}/refusal", {"reason": "no_staff"}),
        Step.NO_ANSWER: ("PUT", f"/offers/{offer}/no-answer", None),
        Step.WITHDRAW: ("PUT", f"/offers/{offer}/withdrawal", {"reason": "派错了"}),
        Step.START: ("PUT", f"/jobs/{job}/start", None),
        Step.APPOINTMENT: (
            "PUT",
            f"/jobs/{job}/appointment",
            {"appointment_from": now.isoformat(), "appointment_to": until, "agreed_with_citizen": True,
             "agreed_by": "王阿姨", "agreed_how": "by_phone"},
        ),
        Step.QUOTE: ("PUT", f"/jobs/{job}/quote", {"amount_fen": 9_000}),
        Step.CONSENT: ("PUT", f"/jobs/{job}/consent", {"amount_fen": 9_000}),
        Step.EXTENSION: ("PUT", f"/jobs/{job}/extension", {"until": last_due, "reason": "等配件"}),
        Step.COMPLETE: (
            "PUT", f"/jobs/{job}/completion", {"result": "好了", "amount_fen": 9_500, "agreed_on_site": True},
        ),
        Step.RETURN: ("PUT", f"/jobs/{job}/return", {"reason": "no_staff"}),
        Step.FAIL: ("PUT", f"/jobs/{job}/failure", {"note": "做不了"}),
        Step.REASSIGN: ("PUT", f"/jobs/{job}/reassignment", None),
        Step.AMOUNT: (
            "PUT", f"/jobs/{job}/amount",
            {"amount_fen": 7_000, "was_fen": 8_000, "reason": "多收了"},
        ),
    }  # fmt: skip
    method, path, body = paths[step]
    if "//" in path:
        return False
    if step is Step.MERGE:
        body = {"parent_id": await scene.another()}
    headers = {}
    if step is Step.CORRECT:
        headers["If-Match"] = (await scene.world.operator.get(f"/requests/{request}")).headers["etag"]
    before = await scene.world.operator.get(f"/requests/{request}/events")
    answered = await client.request(method, path, json=body, headers=headers)
    after = await scene.world.operator.get(f"/requests/{request}/events")
    assert answered.status_code < 500, f"{step}: {answered.text}"
    assert answered.is_success or answered.json()["code"] != "invalid_request", f"{step}: {answered.text}"
    return answered.is_success and (after.json() != before.json() or step in WITHOUT_EVENT)


async def named(scene: Scene, client: AsyncClient) -> Named:
    return list(await ok(client.get(f"/requests/{scene.id}/steps")))


@pytest.mark.parametrize("role", ["operator", "supervisor"])
@pytest.mark.parametrize("name", SCENES)
async def test_listed_steps_are_accepted_and_all_others_refused(world: World, role: str, name: str) -> None:
    provider, other = await world.add_provider(DRAIN, capacity=99), await world.add_provider(DRAIN, capacity=99)
    client: AsyncClient = getattr(world, role)
    status, prepare = SCENES[name]

    async def scene() -> Scene:
        async with world.context.db.begin() as tx:  # one that waits since the last scene must not come before this one
            await tx.session.execute(update(Request).values(match_at=None))
        made = Scene(world, provider, other)
        await prepare(made)
        return made

    first = await scene()
    assert await world.status(first.id) == status
    steps = await named(first, client)
    keys = {Subject.REQUEST: first.id, Subject.OFFER: first.offer, Subject.JOB: first.job}
    assert {one["id"] for one in steps} <= set(keys.values())
    possible = [Step(one["step"]) for one in steps]
    taken = [step for step in Step if step not in possible and await take(step, first, client)]
    assert taken == [], "taken though it is not named"
    assert await named(first, client) == steps, "a refusal changes nothing"
    if role == "supervisor":
        refused = [step for step in possible if not await take(step, await scene(), client)]
        assert refused == [], "named and refused"


async def test_a_manager_is_offered_no_step_and_a_registrar_is_refused(world: World) -> None:
    made = await world.dispatch(DRAIN)
    assert await ok(world.manager.get(f"/requests/{made['request']['id']}/steps")) == []
    answered = await world.registrar.get(f"/requests/{made['request']['id']}/steps")
    assert answered.status_code == 403
