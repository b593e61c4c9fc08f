"""The catalogue's call guide: questions to ask and lines to relay to, in both languages, edited by a registrar."""

import re

import pytest

from app.catalog.load import read_data
from app.danger.snapshot import dangers_of, read_scripts
from tests.world import DRAIN, World, ok, refused

NUMBER = re.compile(r"(?<!\d)(?:110|119|120|122|12345|12348|12315|95598|96333)(?!\d)")
GAS, NOISE = "UT03", "GV09"


async def test_every_line_named_in_a_rule_belongs_to_its_item(world: World) -> None:
    for item in await ok(world.operator.get("/items")):
        numbers = {line["number"] for line in item["lines"]}
        assert set(NUMBER.findall(item["rule"] or "")) <= numbers, item["code"]
        assert item["lines"] or item["kind"] != "relay", item["code"]
        assert item["asks"] or item["kind"] == "info", item["code"]


async def test_an_emergency_goes_to_lines_of_its_danger(world: World) -> None:
    dangers = dangers_of(read_scripts())
    for item in await ok(world.operator.get("/items")):
        for line in item["lines"] if item["urgency"] == "emergency" and item["code"] != "EL01" else ():
            kinds = dangers.of_item(item["code"])
            assert any(dangers.takes(kind, line["number"] or line["zh"]) for kind in kinds), (item["code"], line)


def test_every_question_is_defined_and_asked_somewhere() -> None:
    guide = read_data("guide.yaml")
    asked = [*guide["categories"].values(), *(item.get("ask", []) for item in guide["items"].values())]
    assert {code for codes in asked for code in codes} == set(guide["questions"])


async def test_a_registrar_fills_in_the_centres_own_numbers(world: World) -> None:
    [first, *others] = (await ok(world.operator.get(f"/items/{GAS}")))["lines"]
    assert first["number"] is None
    lines = [first | {"number": "0574-87654321"}, *others]
    edited = await ok(world.registrar.patch(f"/items/{GAS}", json={"lines": lines}))
    assert edited["lines"] == lines
    bad = {"asks": [{"code": "Wrong Code", "zh": "楼层", "en": "Floor"}]}
    assert (await world.registrar.patch(f"/items/{GAS}", json=bad)).status_code == 422
    await ok(world.registrar.patch(f"/items/{GAS}", json={"lines": [first, *others]}))


@pytest.mark.parametrize("dispatch", [True, False])
async def test_the_provider_sees_the_answers(world: World, dispatch: bool) -> None:
    provider = await world.add_provider(DRAIN)
    made = await ok(world.create(DRAIN, dispatch=dispatch, details=[{"ask": "blocked", "answer": "厨房"}]))
    [detail] = made["request"]["details"]
    assert (detail["zh"], detail["en"], detail["answer"]) == ("哪里堵", "Where it is blocked", "厨房")
    if not dispatch:
        return
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert offer["details"] == [detail]
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    assert (await ok(provider.client.get(f"/provider/jobs/{job['id']}")))["details"] == [detail]


async def test_answers_can_be_corrected(world: World) -> None:
    made = (await ok(world.create(DRAIN, details=[{"ask": "blocked", "answer": "厨房"}])))["request"]
    changed = {"reason": "听错了", "details": [{"ask": "blocked", "answer": "阳台"}]}
    corrected = await ok(world.operator.patch(f"/requests/{made['id']}", json=changed, headers={"If-Match": '"1"'}))
    assert [one["answer"] for one in corrected["details"]] == ["阳台"]
    again = await world.operator.patch(f"/requests/{made['id']}", json=changed, headers={"If-Match": '"2"'})
    assert again.headers["etag"] == '"2"', "what is already so changes nothing"


async def test_a_question_of_another_item_is_refused(world: World) -> None:
    wrong = [{"ask": "fuel", "answer": "95号"}]
    problem = await refused(world.create(DRAIN, details=wrong), 422, "unknown_ask")
    assert "blocked" in problem["asks"]


async def test_a_danger_is_recognised_in_an_answer(world: World) -> None:
    smell = [{"ask": "overflow", "answer": "没有，可是厨房里全是煤气味"}]
    await refused(world.create(DRAIN, dispatch=True, details=smell), 422, "danger_heard")
    made = (await ok(world.create(DRAIN, details=[])))["request"]
    body = {"reason": "又说了", "details": smell}
    told = await ok(world.operator.patch(f"/requests/{made['id']}", json=body, headers={"If-Match": '"1"'}))
    assert told["danger"] == "gas"


async def test_an_undispatched_request_needs_no_place(world: World) -> None:
    nowhere = {"area": None, "address": None}
    for item, facts in ((DRAIN, {}), (NOISE, {"relay": {"to": "12345"}}), ("GV01", {"answer": "请到社保中心办理"})):
        assert (await ok(world.create(item, **nowhere, **facts)))["request"]["township_code"] is None
    await refused(world.create(DRAIN, dispatch=True, **nowhere), 422, "area_needed")
    kept = (await ok(world.create(DRAIN, **nowhere)))["request"]
    await refused(world.operator.put(f"/requests/{kept['id']}/dispatch"), 422, "area_needed")


async def test_a_tier_names_its_groups(world: World) -> None:
    tiers = {one["tier"]: one for one in await ok(world.operator.get(f"/items/{DRAIN}/tiers"))}
    assert [*tiers] == ["free", "low_fee", "paid"]
    assert {tier: one["open"] for tier, one in tiers.items()} == {"free": False, "low_fee": False, "paid": True}
    assert "hardship" in {claim["group_code"] for claim in tiers["free"]["claims"]}
    assert tiers["paid"]["claims"] == []
