"""Random walks through the whole life of requests, over HTTP.

Whatever is done in whatever order, sometimes two things at once: nothing answers 5xx, the worker comes to rest, and
requests, offers, jobs and callbacks agree.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from httpx import AsyncClient, Response

from app.intake.states import REQUEST_MOVES
from app.worker import run_due_steps
from tests.world import CLEANING, DRAIN, SampleProvider, World, ok

STEPS = int(os.environ.get("WALK_STEPS", "80"))
ROUNDS = 60
"""After more rounds than this in a row, the worker is going in circles."""

# Each query returns what must not exist. Those of REST need only hold once the worker has nothing left to do.
ALWAYS = {
    "open_jobs counts the unfinished jobs": """
        SELECT p.id, p.open_jobs FROM providers p WHERE p.open_jobs <> (
          SELECT count(*) FROM jobs j WHERE j.provider_id = p.id AND j.status IN ('accepted', 'started'))""",
    "a job is live while its offer is accepted": """
        SELECT j.id, j.status, o.status FROM jobs j JOIN offers o ON o.id = j.offer_id
        WHERE (j.status IN ('accepted', 'started')) <> (o.status = 'accepted')""",
    "an accepted or ended offer has a job": """
        SELECT o.id, o.status FROM offers o WHERE o.status IN ('accepted', 'ended')
        AND NOT EXISTS (SELECT FROM jobs j WHERE j.offer_id = o.id)""",
    "a request is assigned or in progress exactly with its live job": """
        SELECT r.id, r.status, r.held_from, j.status FROM requests r
        LEFT JOIN jobs j ON j.request_id = r.id AND j.status IN ('accepted', 'started')
        WHERE coalesce(r.held_from, r.status) IS DISTINCT FROM CASE j.status
          WHEN 'accepted' THEN 'assigned' WHEN 'started' THEN 'in_progress' ELSE coalesce(r.held_from, r.status) END
        OR (j.id IS NULL AND coalesce(r.held_from, r.status) IN ('assigned', 'in_progress'))""",
    "a dispatching request has a live offer or is to be matched": """
        SELECT r.id FROM requests r WHERE r.status = 'dispatching' AND r.match_at IS NULL
        AND NOT EXISTS (SELECT FROM offers o WHERE o.request_id = r.id AND o.status = 'pending')""",
    "completed or closed as solved means one piece of work that counts as done": """
        SELECT r.id, r.status FROM requests r
        WHERE (r.status = 'completed' OR r.close_reason IN ('solved', 'unreached')) <> (EXISTS (
          SELECT FROM offers o WHERE o.request_id = r.id AND o.end_reason = 'done'))""",
    "the days' counts are those of the jobs": """
        SELECT p.id FROM providers p WHERE
          (SELECT coalesce(sum(completed), 0) FROM provider_days d WHERE d.provider_id = p.id) <>
          (SELECT count(*) FROM jobs j WHERE j.provider_id = p.id AND j.status = 'completed')
          OR (SELECT coalesce(sum(turnover_fen), 0) FROM provider_days d WHERE d.provider_id = p.id) <>
          (SELECT coalesce(sum(amount_fen), 0) FROM jobs j WHERE j.provider_id = p.id)""",
    "the window holds the days since its first": """
        SELECT w.provider_id FROM provider_windows w JOIN LATERAL (
          SELECT coalesce(sum(accepted), 0) AS accepted, coalesce(sum(declined), 0) AS declined,
            coalesce(sum(expired), 0) AS expired, coalesce(sum(counted), 0) AS counted,
            coalesce(sum(completed), 0) AS completed, coalesce(sum(returned), 0) AS returned
          FROM provider_days d WHERE d.provider_id = w.provider_id AND d.day >= w.first_day) days ON true
        WHERE (w.accepted, w.declined, w.expired, w.counted, w.completed, w.returned) IS DISTINCT FROM
          (days.accepted, days.declined, days.expired, days.counted, days.completed, days.returned)""",
    "the months hold the counted offers of all days": """
        SELECT p.id FROM providers p WHERE
          (SELECT coalesce(sum(counted), 0) FROM provider_days d WHERE d.provider_id = p.id) <>
          (SELECT coalesce(sum(counted), 0) FROM provider_item_months m WHERE m.provider_id = p.id)""",
    "who takes no offers for its silence has been silent": """
        SELECT p.id FROM providers p WHERE p.unreachable_why = 'silent' AND p.silent_offers = 0""",
    "nobody is asked any more when a request counts as unmatched": """
        SELECT r.id, r.unmatched_reason FROM requests r WHERE r.status = 'unmatched'
        AND EXISTS (SELECT FROM offers o WHERE o.request_id = r.id AND o.status = 'pending')""",
    "a merged request's parent is not merged itself": """
        SELECT r.id FROM requests r JOIN requests parent ON parent.id = r.parent_id WHERE parent.status = 'merged'""",
}
REST = {
    "nothing is out for what is not dispatching": """
        SELECT o.id, r.status FROM offers o JOIN requests r ON r.id = o.request_id
        WHERE o.status = 'pending' AND r.status <> 'dispatching'""",
    "no unstarted job stays with a provider that is not active": """
        SELECT j.id, r.status FROM jobs j JOIN providers p ON p.id = j.provider_id
        JOIN requests r ON r.id = j.request_id
        WHERE j.status = 'accepted' AND r.status <> 'on_hold' AND p.standing NOT IN ('trial', 'active', 'watch')""",
    "each caller of a completed request is called back": """
        SELECT r.id FROM requests r JOIN requests caller ON r.id IN (caller.id, caller.parent_id)
        JOIN offers o ON o.request_id = r.id AND o.end_reason = 'done' JOIN jobs j ON j.offer_id = o.id
        WHERE r.status = 'completed'
        AND NOT EXISTS (SELECT FROM callbacks c JOIN requests called ON called.id = c.request_id
          WHERE c.job_id = j.id AND called.contact_phone = caller.contact_phone)
        AND NOT EXISTS (  -- an outdated one gives way when it falls due
          SELECT FROM callbacks c WHERE c.request_id IN (caller.id, r.id) AND c.job_id <> j.id AND c.status = 'due')""",
    "a merged caller is not left with a parent that ended without being served": """
        SELECT r.id, parent.status, parent.close_reason FROM requests r JOIN requests parent ON parent.id = r.parent_id
        WHERE parent.status = 'cancelled' OR parent.close_reason IN ('answered', 'relayed', 'no_provider')""",
    "nobody is called twice about one piece of work": """
        SELECT c.job_id, r.contact_phone FROM callbacks c JOIN requests r ON r.id = c.request_id
        WHERE c.status = 'due' GROUP BY 1, 2 HAVING count(*) > 1""",
    "a callback that is due is about a piece of work that was not taken up again": """
        SELECT c.id FROM callbacks c JOIN jobs j ON j.id = c.job_id JOIN offers o ON o.id = j.offer_id
        WHERE c.status = 'due' AND c.due_at <= $1 AND o.end_reason <> 'done'""",
}
_TARGETS = {str(move.event): move.target for move in REQUEST_MOVES.values()}


class Walk:
    """One walk: a small hotline and a source of randomness."""

    def __init__(self, world: World, seed: int, providers: list[SampleProvider]) -> None:
        self.world, self.chance, self.providers = world, random.Random(seed), providers
        self.clients = {provider.id: provider.client for provider in providers}
        self.taken = 0
        self.trail: list[str] = []

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        async with self.world.context.db.autocommit() as tx:
            return cast(list[Any], await tx.driver.fetch(sql, *arguments))

    async def pick(self, table: str, where: str = "true") -> Any:
        """Return one of the table's latest rows, or None."""
        rows = await self.rows(f"SELECT * FROM {table} WHERE {where} ORDER BY id DESC LIMIT 12")
        return self.chance.choice(rows) if rows else None

    async def say(self, client: AsyncClient, method: str, url: str, body: Any = None, **headers: str) -> None:
        response: Response = await client.request(method, url, json=body, headers=headers)
        said = response.json().get("code", "") if response.content and response.is_error else ""
        self.trail.append(f"{method} {url} {body or ''} -> {response.status_code} {said}")
        assert response.status_code < 500, response.text

    # What may happen. Each picks its subject now and returns the call, so that two calls can be made to collide.

    async def create(self) -> Awaitable[None]:
        self.taken += 1
        body: dict[str, Any] = {
            "phone": f"139574{self.chance.randint(0, 3):05d}",
            "area": "330203001001",
            "item": self.chance.choice([DRAIN, DRAIN, CLEANING, "GV01", "UT05"]),
            "description": "厨房下水道堵了，水倒灌到地上",
        }
        match self.chance.random():
            case x if x < 0.75:
                body["dispatch"] = True
            case x if x < 0.85:
                body["relay"] = {"to": "12345"}
        if self.chance.random() < 0.3:
            body["chosen_provider_id"] = str(self.chance.choice(self.providers).id)
        return self.say(self.world.operator, "POST", "/requests", body, **{"Idempotency-Key": f"k{self.taken // 2}"})

    async def desk(self) -> Awaitable[None]:
        """An operator or supervisor acts on a request."""
        request = await self.pick("requests", "status NOT IN ('cancelled', 'merged')")
        if request is None:
            return await self.create()
        until = (self.world.clock.now() + timedelta(minutes=self.chance.choice([1, 20, 600]))).isoformat()
        other = await self.pick("requests")
        hold = {"cause": self.chance.choice(["citizen", "centre"]), "reason": "家里没人", "until": until}
        method, path, body = self.chance.choice(
            [
                ("PUT", "answer", {"answer": "带身份证到街道办理"}),
                ("PUT", "relay", {"to": "12345"}),
                *[("PUT", "dispatch", None)] * 3,
                *[("POST", "offers", {"provider_id": str(self.chance.choice(self.providers).id)})] * 2,
                ("PUT", "cancellation", {"reason": "邻居帮忙弄好了"}),
                *[("PUT", "parent", {"parent_id": str(other["id"])})] * 2,
                *[("PUT", "hold", hold)] * 3,
                *[("DELETE", "hold", None)] * 3,
                ("PUT", "closure", {"note": "已转物业处理"}),
                ("PUT", "reopening", {"reason": "又堵了", "other_provider": self.chance.random() < 0.5}),
            ]
        )
        return self.say(self.world.supervisor, method, f"/requests/{request['id']}/{path}", body)

    async def offer(self) -> Awaitable[None]:
        """A provider, or an operator on its behalf, answers an offer."""
        live = "status = 'pending'" if self.chance.random() < 0.85 else "true"
        offer = await self.pick("offers", live)
        if offer is None:
            return await self.create()
        path, body = self.chance.choice(
            [*[("acceptance", None)] * 6, ("refusal", {"reason": "busy"}), ("withdrawal", {"reason": "改派"})]
        )
        if path == "withdrawal" or self.chance.random() < 0.2:
            return self.say(self.world.operator, "PUT", f"/offers/{offer['id']}/{path}", body)
        return self.say(self.clients[offer["provider_id"]], "PUT", f"/provider/offers/{offer['id']}/{path}", body)

    async def job(self) -> Awaitable[None]:
        """A provider continues a job, or the supervisor takes it away."""
        live = "status IN ('accepted', 'started')" if self.chance.random() < 0.9 else "true"
        job = await self.pick("jobs", live)
        if job is None:
            return await self.offer()
        if self.chance.random() < 0.07:
            return self.say(self.world.supervisor, "PUT", f"/jobs/{job['id']}/reassignment")
        path, body = self.chance.choice(
            [
                *[("start", None)] * 4,
                ("quote", {"amount_fen": 9_000, "agreed_on_site": True}),
                *[("completion", {"result": "疏通完毕", "amount_fen": self.chance.choice([0, 0, 9_000])})] * 6,
                ("return", {"reason": "no_parts"}),
                ("failure", {"note": "管道塌陷，须物业开挖"}),
            ]
        )
        return self.say(self.clients[job["provider_id"]], "PUT", f"/provider/jobs/{job['id']}/{path}", body)

    async def callback(self) -> Awaitable[None]:
        """An operator takes a callback, or records how one went."""
        callback = await self.pick("callbacks", "status = 'due'" if self.chance.random() < 0.9 else "true")
        if callback is None or self.chance.random() < 0.3:
            return self.say(self.world.operator, "POST", "/callbacks/next")
        body = self.chance.choice(
            [
                {"reached": True, "solved": True, "satisfaction": "very_dissatisfied"},
                {"reached": True, "solved": False, "redo_refused": self.chance.random() < 0.3},
                {"reached": False},
            ]
        )
        return self.say(self.world.operator, "PUT", f"/callbacks/{callback['id']}/outcome", body)

    async def registry(self) -> Awaitable[None]:
        """A provider changes its availability, or the registrar its standing."""
        provider = self.chance.choice(self.providers)
        if self.chance.random() < 0.5:
            body = {"reachable": self.chance.random() < 0.85, "capacity": self.chance.randint(1, 3)}
            return self.say(provider.client, "PATCH", "/provider/availability", body)
        etag = (await self.world.registrar.get(f"/providers/{provider.id}")).headers["etag"]
        to = {"standing": self.chance.choice(["suspended", "active", "active", "active"]), "reason": "核查"}
        return self.say(self.world.registrar, "PUT", f"/providers/{provider.id}/standing", to, **{"If-Match": etag})

    async def work(self) -> None:
        """Run the worker until nothing is left to do."""
        for _ in range(ROUNDS):
            if not await run_due_steps(self.world.context, self.world.catalog):
                self.trail.append("work")
                return
            await self.agree(ALWAYS)
        pytest.fail("the worker does not come to rest")

    async def step(self) -> None:
        acts: dict[Callable[[], Awaitable[Awaitable[None]]], int] = {
            self.create: 5, self.desk: 4, self.offer: 8, self.job: 12, self.callback: 4, self.registry: 1,
        }  # fmt: skip
        count = 2 if self.chance.random() < 0.25 else 1
        chosen = self.chance.choices(list(acts), list(acts.values()), k=count)
        calls = [await act() for act in chosen]
        if self.chance.random() < 0.15:
            calls.append(self.work())
        await asyncio.gather(*calls)
        if self.chance.random() < 0.25:
            seconds = self.chance.choice([1, 1, 30, 30, 90, 90, 400, 4_000, 30_000])
            self.world.advance(seconds=seconds)
            self.trail.append(f"+{seconds} s")
        await self.agree(ALWAYS)
        if self.chance.random() < 0.4:
            await self.work()
            await self.agree(ALWAYS | REST)

    async def agree(self, rules: dict[str, str]) -> None:
        """Check that nothing breaks the rules, and that each request is in the state that its events led to."""
        for rule, sql in rules.items():
            broken = await self.rows(sql, *([self.world.clock.now()] if "$1" in sql else []))
            assert not broken, f"{rule}: {[dict(row) for row in broken]}"
        steps = await self.rows(
            "SELECT r.id, r.status, r.held_from, array_agg(e.kind ORDER BY e.id) AS kinds FROM requests r "
            "JOIN events e ON e.request_id = r.id WHERE e.kind LIKE 'request.%' GROUP BY r.id"
        )
        for row in steps:
            assert replay(row["kinds"]) == (row["held_from"], row["status"]), dict(row)


def replay(kinds: list[str]) -> tuple[str | None, str]:
    """Return the state to return to if on hold, and the state that these events lead to."""
    former, status = None, "received"
    for kind in kinds:
        if kind not in _TARGETS:
            continue
        target = _TARGETS[kind]
        if target is None:
            former, status = None, cast(str, former)
        else:
            former, status = (status if target == "on_hold" else None), str(target)
    return former, status


@pytest.mark.parametrize("seed", range(int(os.environ.get("WALK_FROM", "0")), int(os.environ.get("WALK_TO", "4"))))
async def test_after_random_actions_in_any_order_all_states_agree(world: World, seed: int) -> None:
    providers = [await world.add_provider(DRAIN, CLEANING, capacity=2), await world.add_provider(DRAIN, capacity=2)]
    walk = Walk(world, seed, providers)
    try:
        for _ in range(STEPS):
            await walk.step()
        await walk.work()
        await walk.agree(ALWAYS | REST)
    except BaseException as error:
        error.add_note("\n  ".join([f"seed {seed}, last steps:", *walk.trail[-25:]]))
        raise
    assert (await ok(world.operator.get("/requests")))["items"]
