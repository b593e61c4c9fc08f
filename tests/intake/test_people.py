"""The caller and the person helped may differ, and either may have no number: whom provider and callback reach."""

import asyncio
from typing import Any

import pytest

from app.intake.citizens import get_or_add
from app.kit.personal import mask_phone
from tests.aftercare.calls import due, events, ningbo, record, take
from tests.complaints.test_cases import cases, complain, decide
from tests.dispatch.test_correcting import correct
from tests.dispatch.test_merging import merge
from tests.world import DRAIN, SampleProvider, World, decoded, ok, refused

DAUGHTER, MOTHER, GUARD = "13957412345", "057487651234", "13805741688"
FOR_MOTHER: dict[str, Any] = {"contact_name": "王女士", "helped": {"name": "陈老太", "phone": "8765 1234"}}
FORMS = ("87651234", "0574-87651234", "+86 574 8765 1234", "（0574）８７６５１２３４", "87651234转801")


async def job_of(world: World, provider: SampleProvider, **facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Complete a request; return the request and the job as the provider saw it."""
    made = await world.dispatch(DRAIN, **facts)
    done = await world.complete(provider, made["offers"][0]["id"])
    return made["request"], await ok(provider.client.get(f"/provider/jobs/{done['id']}"))


async def person(world: World, phone: str) -> dict[str, Any]:
    return dict(await ok(world.operator.get(f"/citizens/{phone}")))


async def test_one_number_is_one_citizen_with_one_quota(world: World) -> None:
    proof = {"source": "身份证", "expires_on": None}
    await ok(world.operator.put("/citizens/87651234/groups/aged_80", json=proof))
    cut: dict[str, Any] = {"tier": "free", "phone": "0574-87651234"}
    await ok(world.create("EL05", **cut))
    for form in FORMS:
        await refused(world.create("EL05", **cut | {"phone": form}), 409, "not_entitled")
        [opening, *_] = await ok(world.operator.get(f"/citizens/{form}/tiers", params={"item": "EL05"}))
        assert (opening["used"], opening["open"]) == (1, False)
        assert (await person(world, form))["phone"] == MOTHER
        found = await ok(world.operator.post("/citizens/searches", json={"phone": form}))
        assert found == await person(world, form)


async def test_an_extension_is_shown_and_dialled(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    request, job = await job_of(world, provider, phone="87651234转801")
    assert (request["contact_phone"], job["contact_phone"]) == ("057****1234,***", f"{MOTHER},801")
    found = await ok(world.operator.get("/requests", params={"q": "0574 8765 1234 ext. 9"}))
    assert [one["id"] for one in found["items"]] == [request["id"]]


async def test_concurrent_requests_and_edits_make_one_citizen(world: World) -> None:
    async def add(form: str) -> Any:
        async with world.context.db.begin() as tx:
            return (await get_or_add(tx, form, world.clock.now())).id

    created = asyncio.gather(*(ok(world.create(DRAIN, phone=form)) for form in FORMS))
    edited = asyncio.gather(*(ok(world.operator.patch(f"/citizens/{form}", json={"note": "耳背"})) for form in FORMS))
    added = asyncio.gather(*(add(MOTHER) for _ in range(5)))
    await asyncio.gather(created, edited, added)
    mother = await person(world, MOTHER)
    assert {str(one) for one in await added} == {mother["citizen_id"]}
    assert (mother["note"], len(mother["open_requests"])) == ("耳背", len(FORMS))


@pytest.mark.parametrize("phone", [None, "12345"])
async def test_a_request_without_a_number_is_done_unannounced_and_not_called_back(
    world: World, phone: str | None
) -> None:
    """A call put through by 12345 shows that line's number, which is no citizen's own."""
    provider = await world.add_provider(DRAIN)
    await refused(world.create(DRAIN, phone=phone, dispatch=True), 422, "nobody_to_call")
    taken = (await ok(world.create(DRAIN, phone=phone)))["request"]
    assert (taken["contact_phone"], taken["callback_phone"], taken["status"]) == (None, None, "received")
    url = f"/requests/{taken['id']}/dispatch"
    await refused(world.operator.put(url), 422, "nobody_to_call")
    out = await ok(world.operator.put(url, params={"unannounced": True}))
    assert out["request"]["unannounced"]
    done = await world.complete(provider, out["offers"][0]["id"])
    assert (await ok(provider.client.get(f"/provider/jobs/{done['id']}")))["contact_phone"] is None
    await world.work()
    assert (await due(world), await world.status(taken["id"])) == ([], "closed")
    assert (await events(world, taken, "request.closed"))[0]["reason"] == "no_number"
    assert (await ok(world.operator.get(f"/requests/{taken['id']}")))["close_reason"] == "unreached"
    assert (await person(world, "12345"))["citizen_id"] is None


async def test_a_complaint_without_a_number_ends_with_its_decision(world: World) -> None:
    answered = (await ok(world.create("GV01", phone=None, answer="带身份证")))["request"]
    body = {"purpose": "complaint", "phone": None, "note": "接线员答错了"}
    await ok(world.operator.post(f"/requests/{answered['id']}/contacts", json=body))
    [case] = await cases(world)
    decided = await decide(world, case)
    assert decided["status"] == "unreached"
    world.clock.moment = ningbo(25, 9)
    assert (await world.operator.post("/complaints/to-answer/next")).status_code == 204
    named = await complain(world, answered["id"], phone=DAUGHTER)
    assert (await decide(world, named))["status"] == "decided"


async def test_without_the_helped_persons_number_nobody_is_entitled(world: World) -> None:
    await ok(world.operator.put(f"/citizens/{MOTHER}/groups/aged_80", json={"source": "身份证"}))
    await refused(world.create("EL05", tier="free", phone=None), 409, "not_entitled")
    helped: dict[str, Any] = {"helped": {"name": "陈老太"}}
    await refused(world.create("EL05", tier="free", phone=MOTHER, **helped), 409, "not_entitled")


async def test_callers_without_a_number_are_never_taken_for_each_other(world: World) -> None:
    """Two withheld numbers are two callers: neither shares the other's callback nor counts as the same person."""
    provider = await world.add_provider(DRAIN)
    parent = await world.dispatch(DRAIN, phone=None, unannounced=True)
    other = (await ok(world.create(DRAIN, phone=None)))["request"]
    known = (await ok(world.create(DRAIN, phone=GUARD)))["request"]
    assert set((await person(world, GUARD))["likely_duplicates"]) == {parent["request"]["id"], other["id"]}
    for child in (other, known):
        await merge(world, child["id"], parent["request"]["id"])
    await world.complete(provider, parent["offers"][0]["id"])
    await world.work()
    assert await world.status(parent["request"]["id"]) == "closed"
    world.clock.moment = ningbo(24, 12)
    callback = await take(world)
    assert (callback["contact_phone"], callback["other_numbers"]) == (GUARD, [])
    await ok(record(world, callback, reached=True, solved=True))
    assert await due(world) == []


async def test_a_parent_without_a_number_takes_over_the_childs_number(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    parent = (await ok(world.create(DRAIN, phone=None)))["request"]
    child = await world.dispatch(DRAIN, phone=GUARD)
    await merge(world, child["request"]["id"], parent["id"])
    await world.work()
    [offer] = await ok(provider.client.get("/provider/offers"))
    job = await world.complete(provider, offer["id"])
    assert (await ok(provider.client.get(f"/provider/jobs/{job['id']}")))["contact_phone"] == GUARD
    await world.work()
    [callback] = await due(world)
    assert callback["other_numbers"] == [child["request"]["number"]]


async def test_a_call_for_somebody_else_keeps_caller_and_helped_person_apart(world: World) -> None:
    await ok(world.operator.put(f"/citizens/{MOTHER}/groups/aged_80", json={"source": "身份证"}))
    provider = await world.add_provider(DRAIN)
    request, job = await job_of(world, provider, phone=DAUGHTER, **FOR_MOTHER)
    assert (job["contact_name"], job["contact_phone"]) == ("陈老太", MOTHER)
    assert "callback_phone" not in job
    assert request["priority_group"] == "aged_80"
    mother, daughter = await person(world, MOTHER), await person(world, DAUGHTER)
    assert (mother["name"], daughter["name"]) == (None, "王女士")
    assert mother["citizen_id"] != daughter["citizen_id"] == request["caller_id"]
    for shown in (mother, daughter):
        assert [one["id"] for one in shown["open_requests"]] == [request["id"]]
        assert shown["likely_duplicates"] == []
    await world.work()
    world.clock.moment = ningbo(24, 12)
    callback = await take(world)
    assert (callback["contact_name"], callback["contact_phone"]) == ("王女士", DAUGHTER)
    await ok(record(world, callback, reached=True, solved=True))
    assert await world.status(request["id"]) == "closed"


async def test_the_quota_belongs_to_the_person_helped(world: World) -> None:
    await ok(world.operator.put(f"/citizens/{MOTHER}/groups/aged_80", json={"source": "身份证"}))
    facts: dict[str, Any] = {"tier": "free", "phone": DAUGHTER, **FOR_MOTHER}
    await ok(world.create("EL05", **facts))
    await refused(world.create("EL05", **facts), 409, "not_entitled")
    await refused(world.create("EL05", tier="free", phone=MOTHER), 409, "not_entitled")


@pytest.mark.parametrize(
    ("facts", "provider_calls", "called_back"),
    [
        ({}, MOTHER, DAUGHTER),
        ({"contact": {"name": "王女士", "phone": DAUGHTER}}, DAUGHTER, DAUGHTER),
        ({"callback": {"name": "陈老太", "phone": MOTHER}}, MOTHER, MOTHER),
        ({"contact": {"name": "保安", "phone": GUARD}}, GUARD, DAUGHTER),
        ({"helped": {"name": "陈老太"}}, DAUGHTER, DAUGHTER),
        ({"phone": None}, MOTHER, MOTHER),
        ({"phone": "12345"}, MOTHER, MOTHER),
    ],
)
async def test_the_provider_and_the_callback_reach_the_named_contacts(
    world: World, facts: dict[str, Any], provider_calls: str, called_back: str
) -> None:
    provider = await world.add_provider(DRAIN)
    request, job = await job_of(world, provider, **({"phone": DAUGHTER} | FOR_MOTHER | facts))
    assert job["contact_phone"] == provider_calls
    await world.work()
    world.clock.moment = ningbo(24, 12)
    assert (await take(world))["contact_phone"] == called_back
    full = await ok(world.operator.get(f"/requests/{request['id']}/personal-data"))
    assert (full["callback_phone"] or full["contact_phone"]) == called_back


async def test_a_person_without_name_and_number_is_ignored(world: World) -> None:
    nobody: dict[str, Any] = {"helped": {}, "contact": {}, "callback": {"name": None}}
    request = (await ok(world.create(DRAIN, phone=DAUGHTER, **nobody)))["request"]
    assert (request["caller_id"], request["helped_name"]) == (None, None)
    full = await ok(world.operator.get(f"/requests/{request['id']}/personal-data"))
    assert (full["contact_phone"], full["callback_phone"]) == (DAUGHTER, None)


@pytest.mark.parametrize(
    ("q", "searched", "what"),
    [
        ("87651234转3", "phone", "057****1234"),
        ("(0574) 8765-1234", "phone", "057****1234"),
        (DAUGHTER, "phone", mask_phone(DAUGHTER)),
        (DAUGHTER[-8:], "phone", f"057****{DAUGHTER[-4:]}"),
        (DAUGHTER[-4:], "number", "****"),
        ("1234", "number", "****"),
        ("陈老太", "words", "陈老太"),
        ("王女士", "words", "*女士"),
        ("澄浪路88弄", "words", "**路**弄"),
        ("倒灌", "words", "倒灌"),
        ("倒\x00灌", "words", "倒灌"),
        ("倒灌 澄浪路", "words", "倒灌 **路"),
    ],
)
async def test_a_request_is_found_by_either_person_and_the_audit_masks_the_search(
    world: World, q: str, searched: str, what: str
) -> None:
    request = (await ok(world.create(DRAIN, phone=DAUGHTER, **FOR_MOTHER)))["request"]
    found = await ok(world.operator.get("/requests", params={"q": q}))
    assert [one["id"] for one in found["items"]] == [request["id"]]
    assert (await ok(world.admin.get("/audit")))["items"][0]["data"] == {
        "why": "search", "searched": searched, "what": what,
    }  # fmt: skip
    for number in (f"#{request['number']}", f" ＃{request['number']}"):
        found = await ok(world.operator.get("/requests", params={"q": number}))
        assert [one["id"] for one in found["items"]] == [request["id"]]
    for nothing in ("", "  ", "\x00", "倒灌 窗台", "#1234"):
        assert (await ok(world.operator.get("/requests", params={"q": nothing})))["items"] == []


async def test_a_correction_can_name_the_person_helped(world: World) -> None:
    await ok(world.operator.put(f"/citizens/{MOTHER}/groups/aged_80", json={"source": "身份证"}))
    request = (await ok(world.create(DRAIN, phone=DAUGHTER)))["request"]
    helped = {"helped": {"name": "陈老太", "phone": MOTHER}}
    after = decoded(await correct(world, request["id"], world.operator, **helped))
    assert (after["priority_group"], after["helped_name"]) == ("aged_80", "陈**")
    for phone in (MOTHER, DAUGHTER):
        assert [one["id"] for one in (await person(world, phone))["open_requests"]] == [request["id"]]
    decoded(await correct(world, request["id"], world.operator, phone=GUARD, callback={"phone": DAUGHTER}))
    full = await ok(world.operator.get(f"/requests/{request['id']}/personal-data"))
    assert (full["contact_phone"], full["callback_phone"]) == (GUARD, DAUGHTER)
    assert (await person(world, GUARD))["citizen_id"] is None


async def test_a_service_line_is_nobodys_own_number(world: World) -> None:
    wrong: list[dict[str, Any]] = [
        {"helped": {"phone": "12345"}},
        {"contact": {"phone": "110"}},
        {"callback": {"phone": "95588"}},
    ]
    for facts in wrong:
        problem = await refused(world.create(DRAIN, **facts), 422, "invalid_input")
        assert "service line" in str(problem["errors"])
    await refused(world.operator.patch("/citizens/12345", json={"note": "?"}), 422, "invalid_input")
