"""Credit rules are data that a registrar changes version by version. Each version is kept unchanged."""

from pathlib import Path
from typing import Any

from app.credit.rules import DATA, load_credit_rules
from tests.credit.cases import give_back, ledger, proposed
from tests.world import DRAIN, World, ok, refused

URL = "/credit/rules/versions"


async def in_force(world: World) -> dict[str, Any]:
    """Return the rules in force, to be changed and sent as the next version."""
    [rules] = [one["rules"] for one in (await ok(world.registrar.get(URL)))["items"] if one["in_force"]]
    return {**rules, "version": "海曙2027", "sample": False}


async def test_a_new_version_applies_from_now_and_entries_keep_theirs(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    before = await proposed(world, provider)
    rules = await in_force(world)
    [given_back] = [rule for rule in rules["rules"] if rule["code"] == "given_back"]
    given_back |= {"points": -4, "reply_working_days": 10, "zh": "工单退回，责任在服务单位"}
    world.advance(minutes=1)
    made = await ok(world.registrar.post(URL, json=rules))
    assert (made["in_force"], made["rules"]) == (True, rules)
    assert await ok(world.registrar.post(URL, json=rules)) == made  # a retry
    assert (await ok(provider.client.get("/credit/rules")))["version"] == "海曙2027"
    await give_back(world, provider, phone="13957412346")
    after, kept = (await ledger(provider))["items"]
    assert (after["points"], after["zh"], after["reply_by"]) == (-4, given_back["zh"], "2026-12-08T02:01:00Z")
    assert kept == before
    listed = (await ok(world.supervisor.get(URL, params={"limit": 1})))["items"]
    assert [one["rules"]["version"] for one in listed] == ["海曙2027"]
    [entry] = (await ok(world.admin.get("/audit", params={"subject": "credit_rules:海曙2027"})))["items"]
    assert entry["action"] == "credit.rules_made"


async def test_invalid_rules_are_refused(world: World) -> None:
    rules = await in_force(world)
    first, *others = rules["rules"]
    for wrong in (
        {"rules": [first | {"event": "job.complete"}, *others]},  # no such event
        {"rules": [first | {"reply_working_days": None}, *others]},  # deducted without a reply period
        {"rules": [first, first]},
        {"thresholds": rules["thresholds"] | {"release_from": 50}},
        {"rules": [first | {"pionts": -3}, *others]},
    ):
        await refused(world.registrar.post(URL, json=rules | wrong), 422, "invalid_input")
    await refused(world.registrar.post(URL, json=rules | {"version": "sample-2"}), 409, "rules_version_exists")
    for client in (world.supervisor, world.manager, world.operator):
        await refused(client.post(URL, json=rules), 403, "not_allowed")
    assert len((await ok(world.registrar.get(URL)))["items"]) == 1


async def test_loading_the_sample_does_not_replace_the_centres_rules(world: World, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(DATA.read_text("utf-8").replace("sample-2", "sample-3"), "utf-8")
    world.advance(minutes=1)
    await ok(world.registrar.post(URL, json=await in_force(world)))
    world.advance(minutes=1)
    async with world.context.db.begin() as tx:
        await load_credit_rules(tx, world.clock.now(), file)  # as an upgrade with another sample does
    assert (await ok(world.registrar.get("/credit/rules")))["version"] == "海曙2027"
