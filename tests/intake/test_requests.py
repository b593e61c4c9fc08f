"""Requests as staff see them: masked, revealed with an audit entry, listed; the caller card and later contacts."""

from tests.world import DRAIN, World, ok, refused


async def test_each_reveal_of_personal_data_is_on_the_audit_log(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    request_id = created["request"]["id"]
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    for client in (world.operator, world.supervisor, world.manager):
        shown = await ok(client.get(f"/requests/{request_id}"))
        assert (shown["contact_phone"], shown["contact_name"]) == ("139****2345", "王**")
        assert "address" not in shown
    await refused(world.manager.get(f"/requests/{request_id}/personal-data"), 403, "not_allowed")
    full = await ok(world.operator.get(f"/requests/{request_id}/personal-data"))
    known = {"contact_name": "王阿姨", "contact_phone": "13957412345", "address": "澄浪路88弄12号302室"}
    assert full == known | dict.fromkeys(("helped_name", "callback_name", "callback_phone"))
    await ok(provider.client.get(f"/provider/jobs/{job['id']}"))
    audit = await ok(world.admin.get("/audit"))
    reveals = [
        (row["actor_id"], row["data"]["why"]) for row in audit["items"] if row["action"] == "personal_data.revealed"
    ]
    assert (str(provider.id), "job") in reveals
    assert "request" in [why for _, why in reveals]
    await refused(world.operator.get("/audit"), 403, "not_allowed")


async def test_the_caller_card_shows_open_and_past_requests_and_likely_duplicates(world: World) -> None:
    empty = await ok(world.operator.get("/citizens/13957412345"))
    assert (empty["citizen_id"], empty["open_requests"]) == (None, [])
    await ok(world.create(DRAIN))
    await ok(world.create("GV01", answer="带身份证到街道办理。"))
    neighbour = (await ok(world.create(DRAIN, phone="13800000009")))["request"]["id"]
    edit = {"name": "王秀英", "area": "330203001001", "address": "澄浪路88弄12号302室", "note": "耳背，请大声"}
    await ok(world.operator.patch("/citizens/13957412345", json=edit))
    card = await ok(world.operator.get("/citizens/13957412345"))
    assert (card["name"], card["note"], card["community_code"]) == ("王秀英", "耳背，请大声", "330203001001")
    assert (len(card["open_requests"]), len(card["past_requests"])) == (1, 1)
    assert card["likely_duplicates"] == [neighbour]


async def test_a_later_call_is_a_contact_and_not_a_request(world: World) -> None:
    request_id = (await ok(world.create(DRAIN)))["request"]["id"]
    later = {"purpose": "progress", "phone": "13957412345", "note": "问师傅几点到"}
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=later))
    contacts = await ok(world.operator.get(f"/requests/{request_id}/contacts"))
    assert [contact["purpose"] for contact in contacts] == ["request", "progress"]
    assert len((await ok(world.operator.get("/requests")))["items"]) == 1


async def test_the_list_is_paged_by_cursor_and_filtered(world: World) -> None:
    for n in range(5):
        world.advance(seconds=1)
        await ok(world.create(DRAIN if n % 2 else "GV01", phone=f"1380000000{n}"))
    seen, params = [], {"limit": "2"}
    while True:
        response = await world.operator.get("/requests", params=params)
        body = response.json()
        seen += [request["number"] for request in body["items"]]
        if body["next"] is None:
            assert "Link" not in response.headers
            break
        assert body["next"] in response.headers["Link"] or 'rel="next"' in response.headers["Link"]
        params = {"limit": "2", "cursor": body["next"]}
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5
    info = await ok(world.manager.get("/requests", params={"kind": "info", "open": "true"}))
    assert len(info["items"]) == 3
