"""Every figure has one value: the breakdowns add up to the total, and the CSV and a recount from the log agree."""

import csv
import io
from collections import Counter
from collections.abc import Awaitable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.metrics.schemas import Counts, Dimension
from app.metrics.tasks import KEPT
from tests.intake.test_entitlement import member
from tests.jobs.test_amount import correct
from tests.metrics.history import NINGBO
from tests.races.test_random_walk import Walk
from tests.world import CLEANING, DRAIN, World, ok

TODAY, TOMORROW = "2026-11-24", "2026-11-25"
CUTS = [dimension for dimension in Dimension if dimension not in (Dimension.DAY, Dimension.HOUR)]
COUNTS = list(Counts.model_fields)
STEPS = 45


async def volumes(world: World, first: str, last: str, *by: str, **only: str) -> list[dict[str, Any]]:
    """Return the API's rows, which the CSV must repeat."""
    asked = {"from": first, "to": last, "by": list(by), **only}
    answer = await ok(world.manager.get("/metrics/volumes", params=asked))
    sheet = await world.manager.get("/metrics/volumes", params=asked | {"format": "csv"})
    lines = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [{name: line[name] for name in row} for line, row in zip(lines, answer["rows"], strict=True)] == [
        {name: str(value) for name, value in row.items()} for row in answer["rows"]
    ]
    rows: list[dict[str, Any]] = answer["rows"]
    assert summed(rows) == counts(answer["total"])
    return rows


async def sheet(world: World, day: str, **asked: str) -> dict[str, Any]:
    return dict(await ok(world.manager.get("/metrics/day", params={"day": day, **asked})))


def counts(row: Mapping[str, Any]) -> Counter[str]:
    """Return the counts of a row that are not 0."""
    return Counter({name: row[name] for name in COUNTS if row.get(name)})


def summed(rows: list[dict[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total.update(counts(row))
    return total


async def test_a_request_that_falls_back_is_received_at_one_tier_and_offered_at_the_other(world: World) -> None:
    provider = await world.add_provider(CLEANING)
    await member(world, "veteran_family", "13957412345")
    made = await world.dispatch(CLEANING, tier="low_fee", tier_fallback="paid")
    await world.complete(provider, made["offers"][0]["id"])
    first = Counter(requests=1, dispatched=1)
    then = Counter(offered=1, accepted=1, completed=1, on_time=1, turnover_fen=8_000)
    for _ in ("live", "kept", "a day later"):
        tiers = {row["tier"]: counts(row) for row in await volumes(world, TODAY, TODAY, "tier")}
        assert tiers == {"low_fee": first, "paid": then}
        for tier, told in tiers.items():
            whole, part = await sheet(world, TODAY, tier=tier), await sheet(world, TODAY, tier=tier, until="23:59")
            assert (counts(whole["total"]), counts(part["total"])) == (told, told)
            assert whole["received"] == part["received"]
            assert whole["received"]["requests"] == told["requests"]
            assert whole["clocks"]["dispatch"]["count"] == told["requests"]
        cut = (await sheet(world, TODAY))["cuts"]["tier"]
        assert [(row["key"], row["requests"]) for row in cut] == [("low_fee", 1)]
        await world.work()
        world.advance(hours=8)


async def test_a_corrected_item_moves_nothing_that_has_happened(world: World) -> None:
    made, to = (await ok(world.create(DRAIN)))["request"], {"item": CLEANING, "reason": "听错了"}
    await ok(world.operator.patch(f"/requests/{made['id']}", json=to, headers={"If-Match": '"1"'}))
    await ok(world.operator.put(f"/requests/{made['id']}/cancellation", json={"reason": "不需要了"}))
    by_category = {row["category"]: counts(row) for row in await volumes(world, TODAY, TODAY, "category")}
    assert by_category == {"PE": Counter(requests=1), "HK": Counter(cancelled=1)}


async def test_what_is_reported_late_counts_on_its_day_and_its_correction_with_it(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    quote = {"amount_fen": 9_000, "agreed_on_site": True}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/quote", json=quote))
    happened_at = (world.clock.now() + timedelta(hours=1)).isoformat()
    await world.work()
    world.advance(days=1)
    done = {"result": "疏通完毕", "amount_fen": 9_000, "happened_at": happened_at}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    for _ in ("live", "kept"):
        rows = await volumes(world, TODAY, TOMORROW, "day")
        assert [(row["day"], row["completed"], row["turnover_fen"]) for row in rows] == [(TODAY, 1, 9_000)]
        await world.work()
    assert (await sheet(world, TODAY, until="23:59"))["total"]["completed"] == 0, "nobody knew of it then"
    await ok(correct(world, job["id"], 8_000, was_fen=9_000))
    assert [(row["day"], row["turnover_fen"]) for row in await volumes(world, TODAY, TOMORROW, "day")] == [
        (TODAY, 8_000)
    ]


async def test_nothing_counts_before_its_request_was_dispatched(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = await world.dispatch(DRAIN)
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    long_ago = {"happened_at": "2019-01-01T00:00:00+08:00"}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start", json=long_ago))
    done = {"result": "疏通完毕", "amount_fen": 0, **long_ago}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    assert [row["day"] for row in await volumes(world, TODAY, TODAY, "day") if row["completed"]] == [TODAY]


class FiguresWalk(Walk):
    """A random walk that includes everything that changes figures later: fallbacks, corrections, late reports."""

    async def create(self) -> Awaitable[None]:
        if self.chance.random() < 0.5:
            return await super().create()
        self.taken += 1
        body: dict[str, Any] = {
            "phone": f"139574{self.chance.randint(0, 3):05d}",
            "area": self.chance.choice(["330203001001", "330203002"]),
            "item": self.chance.choice([DRAIN, CLEANING]),
            "description": "厨房下水道堵了，水倒灌到地上",
            "channel": self.chance.choice(["phone", "web"]),
            "tier_fallback": "paid",
        }
        if body["item"] == CLEANING:
            body["tier"] = "low_fee"
        if self.chance.random() < 0.2:
            body |= {"item": "EL10", "answer": "到街道便民服务中心窗口办理", "tier_fallback": None}
        else:
            body["dispatch"] = self.chance.random() < 0.8
        return self.say(self.world.operator, "POST", "/requests", body)

    async def job(self) -> Awaitable[None]:
        job = await self.pick("jobs", "status IN ('started', 'completed')")
        if job is None or self.chance.random() < 0.5:
            return await super().job()
        if job["status"] == "completed":
            amount = self.chance.choice([job["amount_fen"], 0, 5_000, 12_000])
            body = {"amount_fen": amount, "was_fen": job["amount_fen"], "reason": "核对", "agreed_with_citizen": True}
            return self.say(self.world.supervisor, "PUT", f"/jobs/{job['id']}/amount", body)
        ago = timedelta(hours=self.chance.choice([1, 9, 30]))
        done = {
            "result": "疏通完毕",
            "amount_fen": 7_000,
            "agreed_on_site": True,
            "happened_at": (self.world.clock.now() - ago).isoformat(),
        }
        return self.say(self.clients[job["provider_id"]], "PUT", f"/provider/jobs/{job['id']}/completion", done)

    async def desk(self) -> Awaitable[None]:
        request = await self.pick("requests", "status NOT IN ('cancelled', 'closed')")
        if request is None or self.chance.random() < 0.6:
            return await super().desk()
        to = self.chance.choice([{"item": DRAIN}, {"item": CLEANING}, {"area": "330203002"}])
        to |= {"reason": "听错了"}
        version = {"If-Match": f'"{request["version"]}"'}
        return self.say(self.world.supervisor, "PATCH", f"/requests/{request['id']}", to, **version)

    async def agree(self, rules: dict[str, str]) -> None:
        """Do nothing: another test checks that the states agree."""


@pytest.mark.parametrize("seed", range(2))
async def test_after_random_actions_all_breakdowns_add_up_and_the_log_reproduces_them(world: World, seed: int) -> None:
    providers = [await world.add_provider(DRAIN, CLEANING, capacity=3), await world.add_provider(DRAIN, capacity=3)]
    for number in range(3):
        await member(world, "veteran_family", f"139574{number:05d}")
    walk = FiguresWalk(world, seed, providers)
    first = date.fromisoformat(TODAY)
    for step in range(STEPS):
        await walk.step()
        if step % 15 == 14:
            await world.work()
            world.advance(hours=14)
    for read in (adds_up, the_same_again):
        await read(world, first, world.clock.now().astimezone(NINGBO).date())


async def adds_up(world: World, first: date, last: date) -> None:
    """Check that breakdowns, daily sheets and present figures agree with the days, live and once all is stored."""
    for finish in (world.work, _nothing):
        by_day = {row["day"]: counts(row) for row in await volumes(world, str(first), str(last), "day")}
        assert sum(told["requests"] for told in by_day.values()) > STEPS / 8
        cuts = {cut: await volumes(world, str(first), str(last), "day", cut) for cut in CUTS}
        hours = await volumes(world, str(first), str(last), "day", "hour")
        for day, told in by_day.items():
            whole, part = await sheet(world, day), await sheet(world, day, until="12:00")
            assert counts(whole["total"]) == told
            received = {name: told[name] for name in ("requests", "answered_in_call")}
            assert {name: whole["received"][name] for name in received} == received
            for cut, rows in cuts.items():
                of_day = [row for row in rows if row["day"] == day]
                assert summed(of_day) == told
                shown = {row["key"]: row["requests"] for row in whole["cuts"][cut] if row["requests"]}
                assert shown == {row[cut]: row["requests"] for row in of_day if row["requests"]}
            for page in (whole, part):
                for rows in page["cuts"].values():
                    for name, number in page["received"].items():
                        assert sum(row[name] for row in rows) == number
            assert sum(row["requests"] for row in hours if row["day"] == day) == told["requests"]
            assert part["received"]["requests_until"] == part["total"]["requests"]
            for row in [row for row in cuts[Dimension.TIER] if row["day"] == day]:
                assert counts((await sheet(world, day, tier=row["tier"]))["total"]) == counts(row)
        assert counts((await ok(world.manager.get("/metrics/now")))["today"]) == by_day.get(str(last), Counter())
        await finish()


async def _nothing() -> None:
    pass


async def the_same_again(world: World, first: date, last: date) -> None:
    """Check that a recount from the log gives the same stored figures."""
    for kept in KEPT:
        async with world.context.db.begin() as tx:
            before = {tuple(row) for row in await tx.session.execute(select(kept.table))}
            done = await kept.rebuild(tx, NINGBO)
            after = {tuple(row) for row in await tx.session.execute(select(kept.table))}
        assert after == before
        assert done.first_day == first
