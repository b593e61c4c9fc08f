"""Creating providers, reading them, and editing their facts."""

from typing import Any

from sqlalchemy import select

from app.events.models import Event
from app.registry.models import ProviderKind, ReachedBy
from tests.registry.applications import JIANGXIA, LOCK_PAPER, UNLOCKING, application, apply
from tests.world import CHENGLANG, CLEANING, DOOR_LOCK, DRAIN, NANMEN, World, credit_code, ok, refused

GOOD_CODE = credit_code(900_001)
WRONG_CODE = GOOD_CODE[:-1] + ("0" if GOOD_CODE[-1] != "0" else "1")
MONDAY = {"weekday": 1, "opens": "08:00", "closes": "12:00"}


def price(item: str, tier: str, kind: str, fen: int, **dates: str) -> dict[str, Any]:
    return {"items": [{"item_code": item, "tier": tier, "price_kind": kind, "price_fen": fen} | dates]}


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"uscc": WRONG_CODE}, 422, "invalid_uscc"),
    ({"uscc": None}, 422, "uscc_missing"),
    ({"phone": "12345678901"}, 422, "invalid_input"),
    ({"area": "330203999"}, 422, "unknown_area"),
    ({"coverage": [NANMEN, CHENGLANG]}, 422, "unknown_area"),
    ({"hours": [{"weekday": 1, "opens": "18:00", "closes": "08:00"}]}, 422, "hours_invalid"),
    ({"hours": [MONDAY, {"weekday": 1, "opens": "11:30", "closes": "17:00"}]}, 422, "hours_invalid"),
    (
        {"hours": [MONDAY | {"closes": "00:00"}, {"weekday": 1, "opens": "13:00", "closes": "17:00"}]},
        422,
        "hours_invalid",
    ),
    ({"hours": [MONDAY | {"opens": "08:00+08:00"}]}, 422, "invalid_input"),
    ({"papers": [LOCK_PAPER | {"paper_code": "pilot"}]}, 422, "unknown_paper"),
    ({"papers": [LOCK_PAPER | {"expires_on": "2024-04-30"}]}, 422, "validity_invalid"),
    ({"papers": [LOCK_PAPER, LOCK_PAPER | {"number": "甬公锁备2024-0318"}]}, 422, "given_twice"),
    ({"items": [UNLOCKING, UNLOCKING | {"price_fen": 9_000}]}, 422, "given_twice"),
    ({"papers": []}, 409, "item_without_papers"),
    ({"papers": [LOCK_PAPER | {"expires_on": "2026-11-23"}]}, 409, "item_without_papers"),
    ({"papers": [LOCK_PAPER | {"issued_on": "2026-11-25"}]}, 409, "item_without_papers"),
    (price("XX99", "paid", "fixed", 100), 422, "unknown_item"),
    (price(DOOR_LOCK, "free", "free", 0), 422, "tier_not_allowed"),
    (price(DRAIN, "low_fee", "fixed", 8_001), 422, "price_above_cap"),
    (price(DRAIN, "low_fee", "quote", 8_001), 422, "price_above_cap"),
    (price(DRAIN, "low_fee", "free", 0), 422, "price_not_allowed"),
    (price(DRAIN, "free", "free", 100), 422, "price_not_allowed"),
    (price(DRAIN, "free", "fixed", 0), 422, "price_not_allowed"),
    (price(DRAIN, "paid", "fixed", -1), 422, "invalid_input"),
    (price(DRAIN, "paid", "fixed", 100, valid_from="2026-11-23"), 422, "validity_invalid"),
    (price(DRAIN, "paid", "fixed", 100, valid_to="2026-11-23"), 422, "validity_invalid"),
    (price("UT03", "free", "free", 0), 422, "item_not_dispatched"),
]


async def test_an_application_is_entered_whole(world: World) -> None:
    response = await world.registrar.post("/providers", json=application())
    assert response.status_code == 201
    assert response.headers["etag"] == '"1"'
    document = response.json()
    asked = application()
    for name in ("name", "uscc", "contact_name", "phone", "reached_by", "capacity", "coverage", "hours", "papers"):
        assert document[name] == asked[name]
    place = world.catalog.spot(CHENGLANG)
    assert (document["township_code"], document["lat"], document["lon"]) == (NANMEN, place.lat, place.lon)
    assert (document["standing"], document["joined_on"], document["open_jobs"]) == ("applied", None, 0)
    [line] = document["items"]
    assert line.items() >= (UNLOCKING | {"valid_from": "2026-11-24", "valid_to": None}).items()
    assert line["approved_at"] is not None
    assert await ok(world.operator.get(f"/providers/{document['id']}")) == document
    audit = await ok(world.admin.get("/audit"))
    assert [(entry["action"], entry["subject"]) for entry in audit["items"]] == [
        ("provider.added", f"provider:{document['id']}")
    ]
    async with world.context.db.begin() as tx:
        events = (await tx.session.execute(select(Event.kind, Event.provider_id, Event.request_id))).all()
    assert [(kind, str(provider), request) for kind, provider, request in events] == [
        ("provider.applied", document["id"], None)
    ]


async def test_an_invalid_application_is_refused_and_not_kept(world: World) -> None:
    for facts, status, code in WRONG:
        await refused(world.registrar.post("/providers", json=application(**facts)), status, code)
    assert (await ok(world.registrar.get("/providers")))["items"] == []


async def test_the_low_fee_price_may_be_the_cap(world: World) -> None:
    document = await apply(world, **price(DRAIN, "low_fee", "fixed", 8_000), papers=[])
    assert [line["price_fen"] for line in document["items"]] == [8_000]


async def test_open_until_midnight_and_in_two_spans(world: World) -> None:
    hours = [{"weekday": 1, "opens": "00:00:00", "closes": "00:00:00"}]
    hours += [
        {"weekday": 2, "opens": opens, "closes": closes}
        for opens, closes in [("08:00:00", "12:00:00"), ("12:00:00", "00:00:00")]
    ]
    assert (await apply(world, hours=hours[::-1]))["hours"] == hours


async def test_a_provider_is_entered_once(world: World) -> None:
    first = await apply(world)
    problem = await refused(
        world.registrar.post("/providers", json=application(2, uscc=first["uscc"])), 409, "provider_exists"
    )
    assert (problem["id"], problem["standing"]) == (first["id"], "applied")
    team = application(3, kind="volunteer_team", uscc=None)
    await ok(world.registrar.post("/providers", json=team))
    await refused(world.registrar.post("/providers", json=team), 409, "provider_exists")


async def test_a_repeated_application_gets_the_first_answer(world: World) -> None:
    key = {"Idempotency-Key": "admission-2026-0311"}
    first, again = [await world.registrar.post("/providers", json=application(), headers=key) for _ in range(2)]
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    await refused(world.registrar.post("/providers", json=application(2), headers=key), 422, "key_reused")
    assert len((await ok(world.registrar.get("/providers")))["items"]) == 1


async def test_an_edit_needs_the_current_version(world: World) -> None:
    url = f"/providers/{(await apply(world))['id']}"
    await refused(world.registrar.patch(url, json={"capacity": 9}), 428, "version_required")
    response = await world.registrar.patch(url, json={"capacity": 9, "phone": None}, headers={"If-Match": '"1"'})
    assert response.headers["etag"] == '"2"'
    assert (response.json()["capacity"], response.json()["phone"]) == (9, "13805741234")
    problem = await refused(
        world.registrar.patch(url, json={"capacity": 2}, headers={"If-Match": '"1"'}), 412, "version_stale"
    )
    assert problem["current"] == 2
    assert (await ok(world.registrar.get(url)))["capacity"] == 9


async def test_an_edit_makes_no_second_provider_of_the_same_name_or_phone(world: World) -> None:
    first, second = await apply(world), await apply(world, 2)
    url, version = f"/providers/{second['id']}", {"If-Match": '"1"'}
    for fact in ("name", "phone"):
        taken = {"capacity": 9, fact: first[fact]}
        problem = await refused(world.registrar.patch(url, json=taken, headers=version), 409, "provider_exists")
        assert (problem["id"], problem["same"]) == (first["id"], [fact])
    assert await ok(world.registrar.get(url)) == second
    shared = {"phone": first["phone"], "distinct": True}
    assert (await ok(world.registrar.patch(url, json=shared, headers=version)))["phone"] == first["phone"]
    again = {"name": "宁波海曙顺达开锁服务有限公司", "phone": first["phone"]}  # decided before
    assert (await ok(world.registrar.patch(url, json=again, headers={"If-Match": '"2"'})))["name"] == again["name"]


async def test_coverage_and_hours_are_replaced_whole(world: World) -> None:
    url = f"/providers/{(await apply(world))['id']}"
    hours = [{"weekday": 6, "opens": "09:00:00", "closes": "17:00:00"}]
    change = {"coverage": [JIANGXIA, "330203003"], "hours": hours, "area": "330203003"}
    document = await ok(world.registrar.patch(url, json=change, headers={"If-Match": '"1"'}))
    assert (document["coverage"], document["hours"]) == ([JIANGXIA, "330203003"], hours)
    place = world.catalog.spot("330203003")
    assert (document["township_code"], document["lat"], document["lon"]) == ("330203003", place.lat, place.lon)
    wrong = {"capacity": 1, "coverage": ["330212001"]}
    await refused(world.registrar.patch(url, json=wrong, headers={"If-Match": '"2"'}), 422, "unknown_area")
    assert await ok(world.registrar.get(url)) == document


async def test_a_paper_replaces_the_former_of_its_kind(world: World) -> None:
    url = f"/providers/{(await apply(world))['id']}/papers/lock"
    renewed = {"number": "甬公锁备2026-0102", "issued_on": "2026-11-01", "expires_on": None}
    document = await ok(world.registrar.put(url, json=renewed))
    assert document["papers"] == [renewed | {"paper_code": "lock"}]
    assert document["version"] == 2
    assert (await ok(world.registrar.delete(url)))["papers"] == []
    await refused(world.registrar.delete(url), 404, "not_found")


async def test_a_paper_to_come_leaves_the_one_in_force(world: World) -> None:
    url = f"/providers/{(await apply(world))['id']}/papers/lock"
    early = {"number": "甬公锁备2027-0021", "issued_on": "2027-05-01", "expires_on": "2030-04-30"}
    await ok(world.registrar.put(url, json=early | {"issued_on": "2027-04-28", "number": "甬公锁备2027-0012"}))
    document = await ok(world.registrar.put(url, json=early))  # corrected
    assert document["papers"] == [LOCK_PAPER, early | {"paper_code": "lock"}]
    assert document["items"][0]["lacks"] == []
    corrected = {"number": "甬公锁备2024-0371", "issued_on": "2024-05-02", "expires_on": "2027-04-30"}
    document = await ok(world.registrar.put(url, json=corrected))
    assert [paper["number"] for paper in document["papers"]] == ["甬公锁备2024-0371", "甬公锁备2027-0021"]
    assert (await ok(world.registrar.delete(url)))["papers"] == []


async def test_a_provider_has_one_baseline_month(world: World) -> None:
    url = f"/providers/{(await apply(world))['id']}/months"
    september = {"turnover_fen": 4_000_000_000, "profit_tax_fen": -250_000, "baseline": True}
    document = await ok(world.registrar.put(f"{url}/2026-09", json=september))
    assert document["baseline"] == september | {"month": "2026-09-01"}
    later = {"turnover_fen": 5_000_000, "profit_tax_fen": 400_000}
    assert (await ok(world.registrar.put(f"{url}/2026-10", json=later)))["baseline"]["month"] == "2026-09-01"
    document = await ok(world.registrar.put(f"{url}/2026-10", json=later | {"baseline": True}))
    assert (document["baseline"]["month"], document["version"]) == ("2026-10-01", 4)
    await refused(world.registrar.put(f"{url}/2026-13", json=later), 422, "invalid_input")


async def test_the_list_is_filtered(world: World) -> None:
    everywhere = await world.add_provider(CLEANING, tiers=("paid", "low_fee"), price_fen=2_000)
    team = await world.add_provider(
        DRAIN, tiers=("free",), kind=ProviderKind.VOLUNTEER_TEAM, townships=(NANMEN,), reached_by=ReachedBy.PHONE
    )
    applicant = await apply(world, name="宁波100%满意开锁服务有限公司")

    async def found(**filters: str) -> set[str]:
        return {row["id"] for row in (await ok(world.operator.get("/providers", params=filters)))["items"]}

    ids = {str(everywhere.id), str(team.id), applicant["id"]}
    assert await found() == ids
    assert await found(q="满意") == {applicant["id"]}
    assert await found(q="100%满") == {applicant["id"]}
    assert await found(q="1%满") == set()
    assert await found(kind="volunteer_team") == {str(team.id)}
    assert await found(standing="applied") == {applicant["id"]}
    assert await found(reached_by="queue") == {str(everywhere.id)}
    assert await found(township="330203003") == {str(everywhere.id)}
    assert await found(item=CLEANING) == {str(everywhere.id)}
    assert await found(tier="free") == {str(team.id)}
    assert await found(item=CLEANING, tier="free") == set()
    await refused(world.operator.get("/providers", params={"item": "XX99"}), 422, "unknown_item")
    await refused(world.operator.get("/providers", params={"township": CHENGLANG}), 422, "unknown_area")


async def test_the_list_is_walked_in_the_order_of_names(world: World) -> None:
    names = [(await apply(world, number))["name"] for number in (3, 1, 2)]
    walked: list[str] = []
    url: str | None = "/providers?limit=1"
    while url:
        response = await world.operator.get(url)
        walked += [row["name"] for row in response.json()["items"]]
        url = response.links["next"]["url"].removeprefix("/api/v1") if "next" in response.links else None
    assert walked == sorted(names)
    await refused(world.operator.get("/providers", params={"cursor": "WyJhIiwiYiJd"}), 422, "cursor_invalid")


async def test_roles_decide_who_reads_and_writes_providers(world: World) -> None:
    document = await apply(world)
    url = f"/providers/{document['id']}"
    shown = await ok(world.manager.get(url))
    assert (shown["contact_name"], shown["phone"]) == ("周**", "138****1234")
    assert shown | {"contact_name": "周师傅", "phone": "13805741234"} == document
    assert [row["phone"] for row in (await ok(world.manager.get("/providers")))["items"]] == ["138****1234"]
    assert (await ok(world.supervisor.get(url)))["phone"] == "13805741234"
    await refused(world.admin.get(url), 403, "not_allowed")
    for client in (world.operator, world.supervisor, world.manager):
        await refused(client.patch(url, json={"capacity": 9}, headers={"If-Match": '"1"'}), 403, "not_allowed")
        await refused(client.post("/providers", json=application(2)), 403, "not_allowed")
    unknown = "/providers/00000000-0000-7000-8000-000000000000"
    await refused(world.operator.get(unknown), 404, "not_found")
    await refused(world.registrar.patch(unknown, json={"capacity": 9}, headers={"If-Match": '"1"'}), 404, "not_found")
