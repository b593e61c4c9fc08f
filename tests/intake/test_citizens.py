"""Citizens by id instead of by a number in the address, and who looked at them."""

from app.main import create_app
from app.settings import Settings
from tests.world import DRAIN, World, ok, refused

PHONE = "13957412345"


async def test_a_citizen_is_recorded_without_the_number_in_the_address(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    known = {
        "phone": PHONE, "name": "王秀英", "note": "耳背",
        "memberships": [{"group_code": "hardship", "source": "社区登记"}],
        "bars": [{"provider_id": str(firm.id), "reason": "乱收费"}],
    }  # fmt: skip
    made = await ok(world.operator.post("/citizens", json=known))
    assert await ok(world.operator.post("/citizens", json={"phone": PHONE, "note": "耳背，请大声"})) == made | {
        "note": "耳背，请大声"
    }
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    assert (card["citizen_id"], card["name"]) == (made["citizen_id"], "王秀英")
    assert ([one["group_code"] for one in card["groups"]], card["barred_provider_ids"]) == (
        ["hardship"],
        [str(firm.id)],
    )
    path = f"/citizens/{made['citizen_id']}"
    await ok(world.operator.delete(f"{path}/memberships/hardship"))
    await ok(world.operator.delete(f"{path}/barred-providers/{firm.id}"))
    card = await ok(world.operator.post("/citizens/searches", json={"citizen_id": made["citizen_id"]}))
    assert (card["groups"], card["bars"]) == ([], [])


async def test_a_recording_that_names_an_unknown_group_changes_nothing(world: World) -> None:
    wrong = {"phone": PHONE, "name": "王秀英", "memberships": [{"group_code": "nobles", "source": "?"}]}
    await refused(world.operator.post("/citizens", json=wrong), 404, "not_found")
    assert (await ok(world.operator.post("/citizens/searches", json={"phone": PHONE})))["citizen_id"] is None


async def test_lists_by_citizen_name_no_number(world: World) -> None:
    request = (await ok(world.create(DRAIN)))["request"]
    world.advance(seconds=1)
    await ok(world.create(DRAIN, phone="13800000009"))
    citizen = (await ok(world.operator.post("/citizens/searches", json={"phone": PHONE})))["citizen_id"]
    listed = await ok(world.operator.get("/requests", params={"citizen_id": citizen}))
    assert [one["id"] for one in listed["items"]] == [request["id"]]
    await refused(world.manager.get("/requests", params={"citizen_id": citizen}), 403, "not_allowed")
    found = await ok(world.operator.post("/requests/searches", json={"q": PHONE}))
    assert ([one["id"] for one in found["items"]], found["next"]) == ([request["id"]], None)
    await refused(world.operator.post("/requests/searches", json={"qq": PHONE}), 422, "invalid_input")
    first = await ok(world.operator.post("/requests/searches", json={"limit": 1}))
    rest = await ok(world.operator.post("/requests/searches", json={"limit": 1, "cursor": first["next"]}))
    assert [rest["items"][0]["id"], rest["next"]] == [request["id"], None]
    by_id = await ok(world.operator.post("/citizens/tiers", json={"citizen_id": citizen, "item": DRAIN}))
    assert by_id == await ok(world.operator.post("/citizens/tiers", json={"phone": PHONE, "item": DRAIN}))
    assert (await ok(world.operator.get("/no-shows", params={"citizen_id": citizen})))["items"] == []


def test_every_number_in_an_address_is_deprecated() -> None:
    paths = create_app(Settings(database_url="postgresql+asyncpg://nowhere/none")).openapi()["paths"]
    numbers = {
        (path, method)
        for path, operations in paths.items()
        for method, operation in operations.items()
        for one in operation.get("parameters", ())
        if "phone" in one["name"] and not (one["schema"].get("deprecated") or operation.get("deprecated"))
    }
    assert not numbers
    assert paths["/api/v1/citizens/{phone}"]["get"]["deprecated"]


async def test_a_citizen_can_be_told_who_looked_and_why(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    other = (await ok(world.create(DRAIN, phone="87123456")))["request"]
    citizen = (await ok(world.operator.post("/citizens/searches", json={"phone": PHONE})))["citizen_id"]
    job = await ok(firm.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    await ok(world.operator.get(f"/requests/{created['request']['id']}/personal-data"))
    await ok(world.operator.get(f"/requests/{other['id']}/personal-data"))
    await ok(firm.client.get(f"/provider/jobs/{job['id']}"))
    await ok(world.supervisor.post("/citizens/tiers", json={"phone": PHONE, "item": DRAIN}))
    for client in (world.supervisor, world.admin):
        seen = (await ok(client.get(f"/citizens/{citizen}/reveals")))["items"]
        assert [(one["why"], one["actor_kind"], one["number"]) for one in seen] == [
            ("tiers", "staff", None),
            ("job", "provider", created["request"]["number"]),
            ("request", "staff", created["request"]["number"]),
            ("caller", "staff", None),
        ]
        assert seen[1]["actor_name"] == firm.name
    for client in (world.operator, world.manager, firm.client):
        await refused(client.get(f"/citizens/{citizen}/reveals"), 403, "not_allowed")
    entries = (await ok(world.admin.get("/audit", params={"subject": f"citizen:{citizen}"})))["items"]
    assert [one["data"]["why"] for one in entries] == ["tiers", "caller"]


async def test_a_call_is_revealed_under_its_citizen(world: World) -> None:
    await ok(world.create(DRAIN))
    citizen = (await ok(world.operator.post("/citizens/searches", json={"phone": PHONE})))["citizen_id"]
    call = "01a20b48-0900-7000-8000-0000000000aa"
    began = {"phone": PHONE, "began_at": "2026-11-24T01:59:30Z"}
    await ok(world.operator.put(f"/calls/{call}", json=began))
    await ok(world.operator.get(f"/calls/{call}/personal-data"))
    seen = (await ok(world.admin.get(f"/citizens/{citizen}/reveals")))["items"]
    assert [one["why"] for one in seen] == ["call", "caller"]


async def test_nobody_known_is_looked_up_under_no_citizen(world: World) -> None:
    await ok(world.operator.post("/citizens/searches", json={"phone": "87123456"}))
    [entry] = (await ok(world.admin.get("/audit")))["items"]
    assert (entry["subject"], entry["data"]) == ("citizen:?", {"why": "caller", "phone": "057****3456"})
