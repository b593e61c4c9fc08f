"""Applications by companies: what the applicant is told, how it follows the application, limits on strangers, the
decision."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from app.admission import actions
from app.privacy.keeping import keep_to_schedule
from tests.registry.applications import LOCK_PAPER, UNLOCKING, application
from tests.world import DRAIN, World, credit_code, ok, refused

URL = "/public/applications"


def form(number: int = 1, **facts: Any) -> dict[str, Any]:
    """Return the application form of a locksmith's company."""
    return application(number) | {"note": "老板姓周，在城隍庙边上"} | facts


async def follow(world: World, filed: dict[str, Any], code: str | None = None) -> Response:
    headers = {"Query-Code": code or filed["query_code"]}
    return await world.anonymous.get(f"{URL}/{filed['number']}", headers=headers)


async def waiting(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await ok(world.registrar.get("/applications")))["items"]
    return items


async def test_an_application_is_filed_followed_and_entered_up_to_the_trial(world: World) -> None:
    filed = await ok(world.anonymous.post(URL, json=form()))
    assert (await follow(world, filed)).json()["status"] == "filed"
    assert (await ok(world.registrar.get("/providers")))["items"] == []
    [row] = await waiting(world)
    assert (row["number"], row["form"]["papers"][0]["number"]) == (filed["number"], LOCK_PAPER["number"])
    url = f"/applications/{row['id']}"
    entered = await ok(world.registrar.put(f"{url}/entry", json={}))
    assert await ok(world.registrar.put(f"{url}/entry", json={})) == entered
    document = await ok(world.registrar.get(f"/providers/{entered['provider_id']}"))
    assert (document["standing"], document["papers"]) == ("applied", [LOCK_PAPER])
    assert [(line["item_code"], line["approved_at"]) for line in document["items"]] == [("LS01", None)]
    price = f"/providers/{document['id']}/items/LS01/paid/approval"
    await ok(world.registrar.put(price))
    admission = {"standing": "trial", "reason": "证照齐全，现场核验通过"}
    await ok(world.registrar.put(f"/providers/{document['id']}/standing", json=admission, headers={"If-Match": '"2"'}))
    state = (await follow(world, filed)).json()
    assert (state["status"], state["standing"], state["provider_number"]) == ("entered", "trial", document["number"])
    actions_logged = [entry["action"] for entry in (await ok(world.admin.get("/audit")))["items"]]
    assert "application.entered" in actions_logged


async def test_a_refusal_is_read_with_its_reason_and_a_provider_may_apply_again(world: World) -> None:
    filed = await ok(world.anonymous.post(URL, json=form()))
    [row] = await waiting(world)
    refusal = {"reason": "开锁备案证明已过期，换证后请再申请"}
    await ok(world.registrar.put(f"/applications/{row['id']}/refusal", json=refusal))
    state = (await follow(world, filed)).json()
    assert (state["status"], state["reason"]) == ("refused", refusal["reason"])
    await refused(world.registrar.put(f"/applications/{row['id']}/entry", json={}), 409, "status_conflict")
    await ok(world.anonymous.post(URL, json=form()))
    assert len(await waiting(world)) == 1


async def test_only_the_query_code_opens_an_application(world: World) -> None:
    filed = await ok(world.anonymous.post(URL, json=form()))
    for code in ("AAAAA-AAAAA", " "):
        answer = await follow(world, filed, code)
        assert (answer.status_code, answer.json()["code"]) == (404, "application_unknown")
    spoken = filed["query_code"].replace("-", " ").lower()
    assert (await follow(world, filed, spoken)).is_success
    headers = {"Query-Code": filed["query_code"]}
    for _ in range(2):
        gone = await ok(world.anonymous.put(f"{URL}/{filed['number']}/withdrawal", headers=headers))
        assert gone["status"] == "withdrawn"
    assert await waiting(world) == []


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"uscc": credit_code(900_001)}, "credit code"),
        ({"name": form(1)["name"]}, "name"),
        ({"phone": form(1)["phone"]}, "phone number"),
    ],
)
async def test_a_known_applicant_is_refused_without_naming_the_provider(
    world: World, change: dict[str, str], same: str
) -> None:
    filed = await ok(world.anonymous.post(URL, json=form(1)))
    problem = await refused(world.anonymous.post(URL, json=form(2, **change)), 409, "provider_known")
    assert (problem["same"], str(filed["number"]) in str(problem)) == (same, False)
    [row] = await waiting(world)
    await ok(world.registrar.put(f"/applications/{row['id']}/entry", json={}))
    problem = await refused(world.anonymous.post(URL, json=form(2, **change)), 409, "provider_known")
    assert "applied" not in str(problem["title"]).replace("has already applied", "")


async def test_the_registrar_sees_similar_providers_and_enters_a_distinct_one(world: World) -> None:
    await ok(world.anonymous.post(URL, json=form(1)))
    twin = await ok(world.registrar.post("/providers", json=application(2, phone=form(1)["phone"])))
    [row] = await waiting(world)
    url = f"/applications/{row['id']}"
    assert [other["id"] for other in (await ok(world.registrar.get(url)))["similar"]] == [twin["id"]]
    problem = await refused(world.registrar.put(f"{url}/entry", json={}), 409, "provider_exists")
    assert (problem["same"], problem["number"]) == (["phone"], twin["number"])
    assert (await ok(world.registrar.put(f"{url}/entry", json={"distinct": True})))["status"] == "entered"


async def test_invalid_applications_are_refused_and_not_kept(world: World) -> None:
    wrong = form()["uscc"][:-1] + ("0" if form()["uscc"][-1] != "0" else "1")
    for facts, status, code in (
        ({"uscc": wrong}, 422, "invalid_uscc"),
        ({"uscc": None}, 422, "uscc_missing"),
        ({"papers": [LOCK_PAPER | {"paper_code": "pilot"}]}, 422, "unknown_paper"),
        ({"items": [UNLOCKING | {"item_code": "XX99"}]}, 422, "unknown_item"),
        ({"area": "110101001"}, 422, "unknown_area"),
        ({"standing": "active"}, 422, "invalid_input"),
        ({"items": [UNLOCKING] * 101}, 422, "invalid_input"),
    ):
        await refused(world.anonymous.post(URL, json=form(**facts)), status, code)
    assert await waiting(world) == []


async def test_a_repeated_key_gives_the_same_application(world: World) -> None:
    key = {"Idempotency-Key": "apply-2026-1124"}
    first, again = [await ok(world.anonymous.post(URL, json=form(), headers=key)) for _ in range(2)]
    assert first == again


async def test_strangers_are_rate_limited_and_told_when_to_retry(world: World) -> None:
    answers = [await world.anonymous.post(URL, json={}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    problem = answers[-1].json()
    assert (problem["code"], answers[-1].headers["retry-after"]) == ("too_many_calls", "3600")
    assert answers[-1].headers["ratelimit"] == '"apply";r=0;t=3600'
    world.advance(hours=1)
    await ok(world.anonymous.post(URL, json=form()))


async def test_the_number_of_waiting_applications_is_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_WAITING", 1)
    await ok(world.anonymous.post(URL, json=form(1)))
    await refused(world.anonymous.post(URL, json=form(2)), 429, "too_many_applications")


async def test_concurrent_applications_of_one_applicant_are_filed_once(world: World) -> None:
    answers = await asyncio.gather(*(world.anonymous.post(URL, json=form()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_only_registrars_see_and_enter_applications(world: World) -> None:
    await ok(world.anonymous.post(URL, json=form()))
    [row] = await waiting(world)
    provider = await world.add_provider(DRAIN)
    for client in (world.operator, world.supervisor, world.manager, world.admin, provider.client):
        await refused(client.get("/applications"), 403, "not_allowed")
        await refused(client.put(f"/applications/{row['id']}/entry", json={}), 403, "not_allowed")


async def test_a_refused_application_is_deleted_after_180_days(world: World) -> None:
    filed = await ok(world.anonymous.post(URL, json=form()))
    [row] = await waiting(world)
    await ok(world.registrar.put(f"/applications/{row['id']}/refusal", json={"reason": "资料不实"}))
    world.advance(days=179)
    await keep_to_schedule(world.context)
    assert (await follow(world, filed)).is_success
    world.advance(days=2)
    await keep_to_schedule(world.context)
    assert (await follow(world, filed)).status_code == 404
