"""Guides for dangers: those that come with the software, and versions that two people put in force."""

import asyncio
import re
from typing import Any

import pytest

from app.auth.models import Role
from app.danger.kinds import DangerKind
from app.danger.load import load_guides
from app.danger.snapshot import CachedDangers, read_scripts
from app.events.act import act_of
from app.kit.pubsub import PubSub
from tests.world import World, ok, refused

NATIONAL = {"110", "119", "120", "122", "12345", "12356", "12395", "95598", "96333"}
PATH = "/dangers/gas"


async def draft(world: World, version: int, **changes: Any) -> dict[str, Any]:
    """Draft the next version of the gas guide as registrar."""
    content = (await ok(world.registrar.get(PATH)))["approved"]["content"]
    body = content | changes
    return dict(await ok(world.registrar.put(f"{PATH}/draft", json=body, headers={"If-Match": f'"{version}"'})))


async def heard(world: World, words: str) -> list[dict[str, Any]]:
    return list((await ok(world.operator.post("/catalog/suggestions", json={"words": words})))["dangers"])


def with_number(content: dict[str, Any], number: str) -> list[dict[str, Any]]:
    """Return the guide's lines, with this number where one is missing."""
    return [line | {"number": line["number"] or number} for line in content["lines"]]


def test_every_danger_has_a_script_in_both_languages_and_national_numbers_only() -> None:
    guides = read_scripts()
    assert set(guides) == set(DangerKind)
    for guide in guides.values():
        assert guide.say
        assert guide.dont
        assert {line.number for line in guide.lines} - {None} <= NATIONAL
        for said in (*guide.say, *guide.dont, *guide.lines):
            assert re.search(r"[\u4e00-\u9fff]", said.zh)
            assert not re.search(r"[\u4e00-\u9fff]", said.en)
            assert set(re.findall(r"\d{5,}", said.zh + said.en)) <= NATIONAL


async def test_a_gas_leak_is_heard_with_script_and_lines_in_their_order(world: World) -> None:
    [gas] = await heard(world, "厨房煤气味好重")
    assert (gas["kind"], gas["zh"], gas["en"], gas["item"]) == ("gas", "燃气泄漏", "Gas leak", "UT03")
    assert [line["number"] for line in gas["lines"]] == [None, "119", "120"]
    assert "不要开关任何电灯电器" in gas["say"][0]["zh"]
    assert gas["dont"]
    assert 0 < gas["confidence"] <= 1
    assert "words" not in gas
    assert await heard(world, "下水道堵了") == []


async def test_a_draft_is_in_force_when_a_supervisor_has_approved_it(world: World) -> None:
    assert (await ok(world.operator.get(PATH)))["newest"] == 1
    say = [{"zh": "先出去。", "en": "Out first.", "who": None}]
    drafted = await draft(world, 1, say=say, change="简短些")
    assert drafted["draft"]["content"]["say"] == say
    assert (await heard(world, "煤气味"))[0]["say"] != say
    for _ in range(2):
        approved = await ok(world.supervisor.put(f"{PATH}/versions/2/approval"))
        assert (approved["approved"]["number"], approved["draft"]) == (2, None)
    async with asyncio.timeout(10):
        while (await heard(world, "煤气味"))[0]["say"] != say:
            await asyncio.sleep(0.01)
    versions = await ok(world.operator.get(f"{PATH}/versions"))
    assert [(one["number"], one["status"]) for one in versions] == [(2, "approved"), (1, "superseded")]
    assert versions[1]["content"]["say"] != say


async def test_an_approved_guide_is_known_in_other_processes_at_once(world: World) -> None:
    pubsub = PubSub(str(world.context.settings.database_direct_url))
    other = CachedDangers(world.context.db, pubsub)
    await pubsub.start()
    try:
        assert other.snapshot is None
        assert (await other.present()).recognise("这里有独角兽") == []
        words = {"recognise": ["独角兽"], "take_back": ["独角兽玩具"]}
        drafted = await draft(world, 1, words=words)
        assert drafted["words"]["recognise"] != words["recognise"]
        assert (await ok(world.supervisor.put(f"{PATH}/versions/2/approval")))["words"] == words
        async with asyncio.timeout(10):
            while not (await other.present()).recognise("这里有独角兽"):
                await asyncio.sleep(0.01)
        assert [one.kind for one in (await other.present()).recognise("着火了")] == [DangerKind.FIRE]
    finally:
        await pubsub.stop()


async def test_nobody_approves_their_own_draft(world: World) -> None:
    both = {"roles": ["registrar", "supervisor"]}
    await ok(world.admin.put(f"/staff/{world.staff_ids[Role.REGISTRAR]}/roles", json=both))
    await draft(world, 1, say=[{"zh": "走。", "en": "Go."}])
    await refused(world.registrar.put(f"{PATH}/versions/2/approval"), 409, "own_draft")
    await refused(world.operator.put(f"{PATH}/versions/2/approval"), 403, "not_allowed")
    await ok(world.supervisor.put(f"{PATH}/versions/2/approval"))


async def test_only_the_newest_draft_counts_and_an_older_edit_is_refused(world: World) -> None:
    await draft(world, 1)
    await draft(world, 2)
    content = (await ok(world.registrar.get(PATH)))["approved"]["content"]
    await refused(world.registrar.put(f"{PATH}/draft", json=content), 428, "version_required")
    stale = {"If-Match": '"2"'}
    await refused(world.registrar.put(f"{PATH}/draft", json=content, headers=stale), 412, "version_stale")
    await refused(world.supervisor.put(f"{PATH}/versions/2/approval"), 409, "guide_not_newest")
    refusal = {"note": "没有必要"}
    for _ in range(2):
        assert (await ok(world.supervisor.put(f"{PATH}/versions/3/refusal", json=refusal)))["draft"] is None
    await refused(world.supervisor.put(f"{PATH}/versions/3/approval"), 409, "status_conflict")
    await refused(world.supervisor.put(f"{PATH}/versions/9/approval"), 404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"item": "XX99"},
        {"lines": []},
        {"say": [{"zh": "走"}]},
        {"words": {"recognise": ["气"]}},
        {"words": {"recognise": ["煤气 +"]}},
        {"words": {"recognise": []}},
        {"lines": [{"number": "打119", "zh": "消防", "en": "Fire"}]},
        {"sound": "loud"},
    ],
)
async def test_an_unusable_draft_is_refused(world: World, wrong: dict[str, Any]) -> None:
    content = (await ok(world.registrar.get(PATH)))["approved"]["content"]
    answer = await world.registrar.put(f"{PATH}/draft", json=content | wrong, headers={"If-Match": '"1"'})
    assert answer.status_code == 422, answer.text
    assert (await ok(world.registrar.get(PATH)))["newest"] == 1


async def test_a_missing_emergency_number_is_listed_until_an_approved_guide_has_it(world: World) -> None:
    async def missing() -> list[str]:
        checks = await ok(world.admin.get("/checks"))
        return [check["en"].split(":")[0] for check in checks if check["code"] == "danger_line_missing"]

    assert await missing() == ["Gas leak", "Trapped"]
    content = (await ok(world.registrar.get(PATH)))["approved"]["content"]
    await draft(world, 1, lines=with_number(content, "0574-12345678"))
    assert await missing() == ["Gas leak", "Trapped"]
    await ok(world.supervisor.put(f"{PATH}/versions/2/approval"))
    assert await missing() == ["Trapped"]


async def test_loading_again_keeps_the_centres_own_guides(world: World) -> None:
    say = [{"zh": "先出去。", "en": "Out first."}]
    await draft(world, 1, say=say)
    await ok(world.supervisor.put(f"{PATH}/versions/2/approval"))
    async with world.context.db.begin() as tx:
        await load_guides(act_of(world.context), tx)
    shown = await ok(world.operator.get("/dangers"))
    assert [danger["kind"] for danger in shown] == [str(kind) for kind in DangerKind]
    assert {danger["kind"]: danger["newest"] for danger in shown if danger["newest"] > 1} == {"gas": 2}
