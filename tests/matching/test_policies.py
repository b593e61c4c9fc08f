"""Policies: made by a supervisor, in force from a moment on, refused if they would leave nobody, and withdrawn."""

from typing import Any

import pytest

from app.kit.db import Database
from app.matching.actions import read_policy
from app.registry.models import ProviderKind, Rung
from tests.world import DRAIN, NANMEN, World, new_policy, ok, refused

FAR_AWAY = (30.2, 121.0)


def draft(**changes: Any) -> dict[str, Any]:
    """Return the rules of a new version, with these changes."""
    return {
        "mode": "cascade",
        "weights": {"distance": 3, "fairness": 2, "credit": 1},
        "offer_timeouts": {"emergency": 60, "urgent": 120, "same_day": 600, "booked": 3600, "info": 3600},
        "note": "夏季高温，缩短派单时限",
    } | changes


async def in_force(world: World) -> dict[str | None, int]:
    listed = await ok(world.manager.get("/policies"))
    return {policy["category_code"]: policy["version"] for policy in listed["items"] if policy["in_force"]}


async def test_a_new_version_is_in_force_and_the_next_offer_is_made_by_it(world: World) -> None:
    await world.add_provider(DRAIN)
    [former] = (await in_force(world)).values()
    made = await ok(world.supervisor.post("/policies", json=draft()))
    assert made["in_force"]
    assert made["version"] > former
    assert await ok(world.operator.get(f"/policies/{made['version']}")) == made
    created = await world.dispatch(DRAIN)
    [offer] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    assert offer["policy_version"] == made["version"]
    assert offer["scores"].keys() == {"distance", "fairness", "credit", "total"}
    [entry] = (await ok(world.admin.get("/audit", params={"subject": f"policy:{made['version']}"})))["items"]
    assert (entry["action"], entry["actor_id"]) == ("policy.made", made_by(world))


def made_by(world: World) -> str:
    return str(next(staff_id for role, staff_id in world.staff_ids.items() if role == "supervisor"))


async def test_a_repeated_key_makes_no_second_version(world: World) -> None:
    key = {"Idempotency-Key": "policy-of-the-week"}
    made = await ok(world.supervisor.post("/policies", json=draft(), headers=key))
    assert await ok(world.supervisor.post("/policies", json=draft(), headers=key)) == made
    assert len((await ok(world.supervisor.get("/policies")))["items"]) == 2


async def test_a_version_to_come_is_in_force_from_its_moment(world: World) -> None:
    before = await in_force(world)
    later = draft(effective_from="2026-11-24T12:00:00+08:00")
    made = await ok(world.supervisor.post("/policies", json=later))
    assert await in_force(world) == before
    world.advance(hours=2)
    assert await in_force(world) == {None: made["version"]}


async def test_a_category_has_its_own_policy_until_it_is_withdrawn(world: World) -> None:
    own = await ok(world.supervisor.post("/policies", json=draft(category_code="PE")))
    everybodys = await ok(world.supervisor.post("/policies", json=draft()))
    assert await in_force(world) == {"PE": own["version"], None: everybodys["version"]}
    asked = {"item": DRAIN, "area": NANMEN}
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["policy_version"] == own["version"]
    withdrawn = await ok(world.supervisor.put(f"/policies/{own['version']}/withdrawal"))
    assert await ok(world.supervisor.put(f"/policies/{own['version']}/withdrawal")) == withdrawn
    assert (await ok(world.operator.post("/matching/preview", json=asked)))["policy_version"] == everybodys["version"]


async def test_a_withdrawn_default_leaves_its_place_to_the_one_before_and_the_last_one_stays(world: World) -> None:
    [first] = (await in_force(world)).values()
    second = await ok(world.supervisor.post("/policies", json=draft()))
    assert not (await ok(world.supervisor.put(f"/policies/{second['version']}/withdrawal")))["in_force"]
    assert await in_force(world) == {None: first}
    await ok(world.supervisor.post("/policies", json=draft(category_code="PE")))
    await ok(world.supervisor.post("/policies", json=draft(effective_from="2026-11-25T00:00:00+08:00")))
    await refused(world.supervisor.put(f"/policies/{first}/withdrawal"), 409, "last_default_policy")
    assert (await ok(world.supervisor.get(f"/policies/{first}")))["in_force"]


async def test_a_radius_that_reaches_nobody_is_refused_with_the_reason(world: World) -> None:
    await world.add_provider(DRAIN, point=FAR_AWAY)
    versions = await in_force(world)
    problem = await refused(
        world.supervisor.post("/policies", json=draft(radius_km=20), headers={"Accept-Language": "zh-CN"}),
        422,
        "policy_filters_everybody",
    )
    assert (problem["reason"], problem["items"], problem["count"]) == ("too_far", [DRAIN], 1)
    assert "超出派单策略允许的距离" in problem["title"]
    assert await in_force(world) == versions
    await ok(world.supervisor.post("/policies", json=draft(radius_km=20, category_code="HK")))
    await world.add_provider(DRAIN)
    await ok(world.supervisor.post("/policies", json=draft(radius_km=20)))


async def test_a_default_does_not_answer_for_categories_with_their_own(world: World) -> None:
    await world.add_provider(DRAIN, point=FAR_AWAY)
    await ok(world.supervisor.post("/policies", json=draft(category_code="PE")))
    await ok(world.supervisor.post("/policies", json=draft(radius_km=20)))


async def test_a_ladder_that_no_free_helper_stands_on_is_refused(world: World) -> None:
    ladder = [{"rung": Rung.COMMUNITY_STATION, "timeout_seconds": 300}]
    await world.add_provider(DRAIN, tiers=("paid",))
    await ok(world.supervisor.post("/policies", json=draft(ladder=ladder)))
    await world.add_provider(DRAIN, tiers=("free",), kind=ProviderKind.VOLUNTEER_TEAM)
    problem = await refused(
        world.supervisor.post("/policies", json=draft(ladder=ladder)), 422, "policy_filters_everybody"
    )
    assert (problem["reason"], problem["items"]) == ("not_on_ladder", [DRAIN])
    longer = [*ladder, {"rung": Rung.VOLUNTEERS, "timeout_seconds": 900}]
    await ok(world.supervisor.post("/policies", json=draft(ladder=longer)))


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {"beauty": 1}},
        {"weights": {"distance": -1, "credit": 2}},
        {"weights": {"distance": 0, "credit": 0}},
        {"weights": {}},
        {"offer_timeouts": draft()["offer_timeouts"] | {"urgent": 0}},
        {"radius_km": 0},
        {"ladder": [{"rung": "volunteers", "timeout_seconds": 300}] * 2},
        {"ladder": [{"rung": "neighbours", "timeout_seconds": 300}]},
        {"note": " "},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_an_invalid_policy_is_refused(world: World, changes: dict[str, Any]) -> None:
    before = await in_force(world)
    problem = await refused(world.supervisor.post("/policies", json=draft(**changes)), 422, "invalid_input")
    [error] = problem["errors"]
    assert next(iter(changes)) in error["field"] + error["message"]
    assert await in_force(world) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offer_timeouts": draft()["offer_timeouts"] | {"someday": 600}}, "unknown_urgencies"),
        ({"surge": {"defer": ["someday"]}}, "unknown_urgencies"),
        ({"offer_timeouts": {"urgent": 120}}, "urgencies_missing"),
        ({"category_code": "ZZ"}, "unknown_category"),
        ({"effective_from": "2026-11-24T09:59:59+08:00"}, "policy_in_past"),
    ],
)
async def test_a_policy_with_unknown_codes_is_refused(world: World, changes: dict[str, Any], code: str) -> None:
    await refused(world.supervisor.post("/policies", json=draft(**changes)), 422, code)


async def test_an_unknown_version_is_not_found(world: World) -> None:
    await refused(world.operator.get("/policies/2000000000"), 404, "not_found")
    await refused(world.supervisor.put("/policies/2000000000/withdrawal"), 404, "not_found")


async def test_policies_are_not_cached_across_databases(world: World) -> None:
    await new_policy(world, silent_limit=5)
    async with world.context.db.begin() as tx:
        version = await tx.driver.fetchval("SELECT max(version) FROM policies")
        assert (await read_policy(tx, version)).silent_limit == 5
        await tx.driver.execute("UPDATE policies SET silent_limit = 7 WHERE version = $1", version)
    other = Database(str(world.context.settings.database_url), pool_size=1)
    async with other.begin() as tx:
        assert (await read_policy(tx, version)).silent_limit == 7
    await other.close()
