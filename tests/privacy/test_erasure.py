"""A citizen who is erased is found nowhere, and one who asks gets all that is kept."""

import logging

import pytest

from app.privacy.schedule import CITIZENS, REQUESTS, WITH_REQUEST
from tests.intake.test_entitlement import member
from tests.privacy.lives import LANDLINE, NAME, PHONE, SECRET, STREET, live, rows, traces
from tests.world import DRAIN, World, ok, refused

ASKED = {"asked": "in_person"}
BLANKS = [f"{line.table}.{column}" for line in (REQUESTS, CITIZENS, *WITH_REQUEST) for column in line.blanks]
BLANKS += ["citizen_groups.source", "citizen_bars.reason"]


async def test_an_erased_citizen_is_found_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "app")
    caplog.set_level(logging.WARNING, "httpx")  # the test's own client, which names addresses
    citizen = await live(world, await world.add_provider(DRAIN))
    assert len(await traces(world)) > 30
    done = await ok(world.supervisor.post(f"/personal-data/citizens/{citizen}/erasure", json=ASKED))
    assert done["requests"] == 2
    assert await traces(world) == []
    assert not [
        record for record in caplog.records if any(word in record.getMessage() for word in (PHONE, NAME, SECRET))
    ]
    assert [row["phone"] for row in await rows(world, "SELECT phone FROM citizens")] == [LANDLINE]
    [kept] = await rows(world, "SELECT subject, data::text FROM audit_entries WHERE action = 'citizen.erased'")
    assert kept["subject"] == f"citizen:{citizen}"
    await refused(world.supervisor.get(f"/personal-data/citizens/{citizen}"), 404, "not_found")


async def test_who_still_waits_is_not_erased(world: World) -> None:
    made = await world.dispatch(DRAIN, phone=PHONE)
    [citizen] = await rows(world, "SELECT id FROM citizens")
    url = f"/personal-data/citizens/{citizen['id']}/erasure"
    problem = await refused(world.supervisor.post(url, json=ASKED), 409, "still_open")
    assert problem["numbers"] == [made["request"]["number"]]
    await ok(world.operator.put(f"/requests/{made['request']['id']}/cancellation", json={"reason": "不用了"}))
    again = {"Idempotency-Key": "once"}
    first = await ok(world.supervisor.post(url, json=ASKED, headers=again))
    assert await ok(world.supervisor.post(url, json=ASKED, headers=again)) == first
    await refused(world.supervisor.post(url, json=ASKED), 404, "not_found")


async def test_a_number_that_was_erased_begins_anew(world: World) -> None:
    citizen = await live(world, await world.add_provider(DRAIN))
    await ok(world.supervisor.post(f"/personal-data/citizens/{citizen}/erasure", json=ASKED))
    await member(world, "hardship", PHONE)
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    assert (card["name"], card["past_requests"], card["citizen_id"] != citizen) == (None, [], True)


async def test_nothing_is_added_to_a_request_that_was_erased(world: World) -> None:
    citizen = await live(world, await world.add_provider(DRAIN))
    await ok(world.supervisor.post(f"/personal-data/citizens/{citizen}/erasure", json=ASKED))
    [request, *_] = await rows(world, "SELECT id FROM requests WHERE blanked_at IS NOT NULL")
    call = {"phone": PHONE, "purpose": "progress", "note": "再问"}
    await refused(world.operator.post(f"/requests/{request['id']}/contacts", json=call), 409, "request_blanked")
    shown = await ok(world.operator.get(f"/requests/{request['id']}"))
    assert shown["blanked_at"] is not None


async def test_a_copy_has_all_that_is_kept(world: World) -> None:
    citizen = await live(world, await world.add_provider(DRAIN))
    url = f"/personal-data/citizens/{citizen}"
    copy = await ok(world.supervisor.get(url))
    assert (copy["phone"], copy["name"], copy["address"], len(copy["requests"])) == (PHONE, NAME, STREET, 2)
    text = str(copy)
    for column in BLANKS:
        table, _, name = column.partition(".")
        kept = [row[name] for row in await rows(world, f"SELECT {name} FROM {table}") if SECRET in str(row[name])]
        assert all(str(words) in text for words in kept), column
    for lang, title in (("zh", "本中心保存的您的个人信息"), ("en", "What this centre keeps about you")):
        page = await world.supervisor.get(f"{url}/page", params={"lang": lang})
        assert title in page.text
        assert NAME in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    seen = await rows(world, "SELECT subject FROM audit_entries WHERE data ->> 'why' = 'copy'")
    assert [row["subject"] for row in seen] == [f"citizen:{citizen}"] * 3


async def test_only_a_supervisor_may(world: World) -> None:
    await world.create()
    [citizen] = await rows(world, "SELECT id FROM citizens")
    url = f"/personal-data/citizens/{citizen['id']}"
    for client in (world.operator, world.registrar, world.manager, world.admin):
        await refused(client.get(url), 403, "not_allowed")
        await refused(client.post(f"{url}/erasure", json=ASKED), 403, "not_allowed")
