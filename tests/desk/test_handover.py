"""Open work of staff who have left is listed, and passes to a colleague."""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import select

from app.auth.models import Role
from app.events.models import Event
from app.registry.models import ReachedBy
from tests.auth.accounts import audit_of
from tests.world import DRAIN, World, ok, refused


async def test_a_handover_passes_on_open_requests_and_taken_queues(world: World) -> None:
    """The requests of staff who had left used to be on nobody's screen."""
    await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    mine = (await world.dispatch(DRAIN))["request"]
    second = (await ok(world.create(DRAIN)))["request"]
    await ok(world.create("GV01", answer="带身份证到街道便民服务中心补办医保卡，当场可取。"))
    taken = await ok(world.operator.post("/offers/to-phone/next"))
    leaver, colleague = world.staff_ids[Role.OPERATOR], world.staff_ids[Role.SUPERVISOR]
    await ok(world.admin.put(f"/staff/{leaver}/deactivation"))
    work = await ok(world.admin.get(f"/staff/{leaver}/open-work"))
    numbers = [request["number"] for request in work["requests"]]
    assert {mine["number"], second["number"]} <= set(numbers)
    assert work["providers_being_phoned"] == 1
    url = f"/staff/{leaver}/open-work/handover"
    some = {"to": str(colleague), "request_ids": [second["id"]]}
    left = await ok(world.supervisor.put(url, json=some))
    assert [request["number"] for request in left["requests"]] == [n for n in numbers if n != second["number"]]
    assert left["providers_being_phoned"] == 1
    for _ in range(2):
        left = await ok(world.supervisor.put(url, json={"to": str(colleague)}))
        assert left == {"requests": [], "complaints": [], "providers_being_phoned": 0, "citizens_being_called": 0}
    assert (await ok(world.supervisor.post("/offers/to-phone/next")))["id"] == taken["id"]
    theirs = await ok(world.supervisor.get("/desk/requests"))
    assert {one["request"]["number"] for one in theirs} == set(numbers)
    handed = [data for action, data in await audit_of(world, "user:t.operator") if action == "staff.work_handed_over"]
    assert [data["requests"] for data in handed] == [1, len(numbers) - 1]
    async with world.context.db.begin() as tx:
        query = select(Event).where(Event.kind == "request.handed_over", Event.request_id == UUID(mine["id"]))
        [event] = (await tx.session.scalars(query)).all()
    assert event.data == {"former": str(leaver), "to": str(colleague)}


async def complain(world: World, count: int) -> None:
    for _ in range(count):
        request = (await ok(world.create(DRAIN)))["request"]
        contact = {"purpose": "complaint", "phone": "13957412345", "note": "没人理"}
        await ok(world.operator.post(f"/requests/{request['id']}/contacts", json=contact))


async def add_supervisor(world: World, username: str) -> str:
    staff = {"username": username, "name": "陈立", "password": "请换一个长一点的口令", "roles": ["supervisor"]}
    return str((await ok(world.admin.post("/staff", json=staff)))["id"])


@pytest.mark.parametrize("to", [Role.OPERATOR, "named"])
async def test_complaints_of_a_supervisor_who_left_pass_on(world: World, to: str) -> None:
    """Handed over to an operator, they used to stay with an account that nobody signs in to."""
    leaver = world.staff_ids[Role.SUPERVISOR]
    await complain(world, 4)
    busy, idle = await add_supervisor(world, "chen.l"), await add_supervisor(world, "wang.j")
    [first, *_] = (await ok(world.supervisor.get("/complaints")))["items"]
    await ok(world.supervisor.put(f"/complaints/{first['id']}/owner", json={"staff_id": busy}))
    url = f"/staff/{leaver}/open-work"
    operator = {"to": str(world.staff_ids[Role.OPERATOR])}
    assert len((await ok(world.admin.put(f"{url}/handover", json=operator)))["complaints"]) == 3  # still there
    await ok(world.admin.put(f"/staff/{leaver}/deactivation"))
    assert len((await ok(world.admin.get(url)))["complaints"]) == 3
    body = operator if to == Role.OPERATOR else {"to": busy}
    assert (await ok(world.admin.put(f"{url}/handover", json=body)))["complaints"] == []
    owners = Counter(one["owner_id"] for one in (await ok(world.operator.get("/complaints")))["items"])
    assert owners == ({busy: 2, idle: 2} if to == Role.OPERATOR else {busy: 4})
    taken = [
        data["complaints"] for action, data in await audit_of(world, "user:t.supervisor") if "handed_over" in action
    ]
    assert taken == [3]


async def test_a_handover_needs_an_active_successor_at_the_desk(world: World) -> None:
    leaver = world.staff_ids[Role.OPERATOR]
    url = f"/staff/{leaver}/open-work/handover"
    to_manager = {"to": str(world.staff_ids[Role.MANAGER])}
    await refused(world.admin.put(url, json=to_manager), 409, "not_at_the_desk")
    await refused(world.admin.put(url, json={"to": str(UUID(int=0))}), 404, "not_found")
    await ok(world.admin.put(f"/staff/{world.staff_ids[Role.SUPERVISOR]}/deactivation"))
    await refused(world.admin.put(url, json={"to": str(world.staff_ids[Role.SUPERVISOR])}), 409, "staff_inactive")
    await refused(world.operator.get(f"/staff/{leaver}/open-work"), 403, "not_allowed")
