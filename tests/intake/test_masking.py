"""Who reads phone numbers, identity-card numbers and names that were typed into free text."""

import types
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, PlainSerializer

from tests.test_routes import ROUTES
from tests.world import DRAIN, World, ok

TOLD = "厨房堵了，王阿姨电话13957412345，身份证33020319800101116X，钥匙在秀英处"
MASKED = "厨房堵了，王**电话139****2345，身份证33****6X，钥匙在秀英处"
CALLER: dict[str, Any] = {"description": TOLD, "contact_name": "王阿姨"}


async def test_a_manager_reads_masked_what_an_operator_reads_in_full(world: World) -> None:
    answer = "请拨打0574-87123456找李先生，或12345"
    request_id = (await ok(world.create("GV01", answer=answer, **CALLER)))["request"]["id"]
    for client, description, said in (
        (world.operator, TOLD, answer),
        (world.supervisor, TOLD, answer),
        (world.manager, MASKED, "请拨打057****3456找李**，或12345"),
    ):
        one = await ok(client.get(f"/requests/{request_id}"))
        assert (one["description"], one["answer"]) == (description, said)
        [listed] = (await ok(client.get("/requests")))["items"]
        assert listed["description"] == description


async def test_a_manager_reads_no_name_in_events_jobs_and_details(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, **CALLER, details=[{"ask": "blocked", "answer": "问13957412345"}])
    job = await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    times = {"appointment_from": "2026-11-24T03:00:00Z", "appointment_to": "2026-11-24T05:00:00Z"}
    moved = times | {"agreed_with_citizen": True, "agreed_by": "陈老太", "agreed_how": "by_phone"}
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/appointment", json=moved))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/start"))
    await ok(firm.client.put(f"/provider/jobs/{job['id']}/failure", json={"note": "打13957412345没人"}))
    path = f"/requests/{created['request']['id']}"
    note = {"fault": "nobody", "note": "问过李先生13957412345"}
    await ok(world.supervisor.put(f"/jobs/{job['id']}/arbitration", json=note))
    [shown] = await ok(world.manager.get(f"{path}/jobs"))
    assert (shown["description"], shown["result"]) == (MASKED, "打139****2345没人")
    assert [one["answer"] for one in shown["details"]] == ["问139****2345"]
    seen = {event["kind"]: event["data"] for event in await ok(world.manager.get(f"{path}/events"))}
    assert "note" not in seen["job.arbitrated"]
    assert "agreed_by" not in seen["job.appointment_moved"]
    [full] = await ok(world.operator.get(f"{path}/jobs"))
    assert (full["description"], full["result"]) == (TOLD, "打13957412345没人")


async def test_a_provider_reads_in_full_what_it_accepted_until_the_contact_window_ends(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, **CALLER)
    [offer] = await ok(firm.client.get("/provider/offers"))
    assert offer["description"] == MASKED
    job = await world.complete(firm, offer["id"])
    assert job["description"] == TOLD
    assert (await ok(firm.client.get(f"/provider/jobs/{job['id']}")))["description"] == TOLD

    async def history() -> dict[str, Any]:
        past: dict[str, Any] = (await ok(firm.client.get("/provider/jobs/history")))["items"][0]
        return past

    assert (await history())["description"] == TOLD
    world.advance(days=world.context.settings.reopen_days, seconds=-1)
    assert (await history())["description"] == TOLD
    world.advance(seconds=1)
    assert (await history())["description"] == MASKED
    assert (await ok(world.operator.get(f"/requests/{created['request']['id']}/jobs")))[0]["description"] == TOLD


async def test_a_provider_that_gave_the_work_back_reads_it_masked(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, **CALLER)
    job = await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    [live] = await ok(firm.client.get("/provider/jobs"))
    assert (job["description"], live["description"]) == (TOLD, TOLD)
    returned = await ok(firm.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    assert returned["description"] == MASKED


async def test_a_declined_offer_and_a_complaint_name_nobody(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN, **CALLER)
    job = await world.complete(firm, created["offers"][0]["id"])
    said = {"purpose": "complaint", "phone": "13957412345", "note": "我是李建国，回我13800000009"}
    await ok(world.operator.post(f"/requests/{created['request']['id']}/contacts", json=said))
    [case] = (await ok(firm.client.get("/provider/complaints")))["items"]
    assert (case["job_id"], case["words"]) == (job["id"], "我是李**，回我138****0009")
    [full] = (await ok(world.supervisor.get("/complaints")))["items"]
    assert full["words"] == said["note"]


async def test_recorded_names_are_hidden_wherever_they_stand(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    text = "水管漏了，秀英在家"
    created = await world.dispatch(DRAIN, description=text, contact_name="王秀英", helped={"name": "周秀"})
    request_id = created["request"]["id"]
    assert (await ok(world.manager.get(f"/requests/{request_id}")))["description"] == text
    change = {"description": "水管漏了，王秀英在家，周秀卧床", "reason": "补充"}
    tag = {"If-Match": f'"{created["request"]["version"]}"'}
    await ok(world.operator.patch(f"/requests/{request_id}", json=change, headers=tag))
    hidden = "水管漏了，王**在家，周*卧床"
    assert (await ok(world.manager.get(f"/requests/{request_id}")))["description"] == hidden
    assert [offer["description"] for offer in await ok(firm.client.get("/provider/offers"))] == [hidden]


async def test_the_answer_names_what_was_found(world: World) -> None:
    made = (await ok(world.create(DRAIN, **CALLER)))["request"]
    found = [(one["field"], one["kind"], TOLD[one["start"] : one["end"]]) for one in made["personal_words"]]
    assert found == [
        ("description", "name", "王阿姨"),
        ("description", "phone", "13957412345"),
        ("description", "id_number", "33020319800101116X"),
    ]
    assert (await ok(world.operator.get(f"/requests/{made['id']}")))["personal_words"] is None
    path = f"/requests/{made['id']}"
    hold = {"cause": "citizen", "reason": "等13800000009回电", "until": "2026-11-25T02:00:00Z"}
    held = await ok(world.operator.put(f"{path}/hold", json=hold))
    assert [one["field"] for one in held["personal_words"]] == ["description"] * 3 + ["hold_reason"]
    later = {"purpose": "progress", "phone": None, "note": "回电13800000009"}
    noted = await ok(world.operator.post(f"{path}/contacts", json=later))
    assert noted["personal_words"] == [{"field": "note", "kind": "phone", "start": 2, "end": 13}]
    cancelled = await ok(world.operator.put(f"{path}/cancellation", json={"reason": "李先生不要了"}))
    assert "cancel_reason" in [one["field"] for one in cancelled["personal_words"]]


async def test_the_desk_asks_while_somebody_types(world: World) -> None:
    found = await ok(world.operator.post("/desk/personal-words", json={"text": "回电13957412345"}))
    assert found == [{"kind": "phone", "start": 2, "end": 13}]


async def test_the_audit_log_names_nobody_in_its_texts(world: World) -> None:
    made = (await ok(world.create(DRAIN)))["request"]
    change = {"description": "打13957412345找李先生", "reason": "李先生更正"}
    await ok(world.operator.patch(f"/requests/{made['id']}", json=change, headers={"If-Match": f'"{made["version"]}"'}))
    entry = (await ok(world.admin.get("/audit", params={"subject": f"request:{made['id']}"})))["items"][0]
    assert "reason" not in entry["data"]
    assert entry["data"]["changes"]["description"] == ["***", "***"]


SAID = {
    "description", "answer", "result", "note", "words", "reason", "reply", "remark", "decision", "decision_note",
    "appeal", "appeal_note", "answer_note", "hold_reason", "cancel_reason", "withdraw_reason",
}  # fmt: skip
ELSE = {
    "ApplicationDetail.reason", "ApplicationOut.reason", "ApplicationState.reason", "Content.words",
    "DeliveryOut.answer", "GuideVersionOut.note", "PolicyOut.note", "SpecialDay.note", "VersionOut.note",
    "BarOut.reason", "CallerOut.note", "CitizenEdit.note", "CitizenOut.note", "Elsewhere.words",
    "CitizenCopy.note", "KnownBar.reason", "KnownRequest.description",
}  # fmt: skip
"""Such fields about firms, articles, policies and days, those of the card that only operators read,
and those of a citizen's own copy."""


def test_every_field_for_what_people_said_is_masked_unless_the_reader_may_read_it() -> None:
    """A new answer with such a field is masked from its first day."""
    models: set[type[BaseModel]] = set()
    for route in ROUTES:
        models |= set(_models(route.response_model))
    plain = {
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if name in SAID and str in _parts(field.annotation) and not _is_masked(field)
    }
    assert plain == ELSE


def _is_masked(field: Any) -> bool:
    marks = [
        *field.metadata,
        *(mark for part in get_args(field.annotation) for mark in getattr(part, "__metadata__", ())),
    ]
    return any(isinstance(mark, PlainSerializer) for mark in marks)


def _parts(annotation: Any) -> Iterator[Any]:
    yield getattr(annotation, "__origin__", annotation) if not isinstance(annotation, types.UnionType) else annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part
            for field in part.model_fields.values():
                yield from _models(field.annotation)
