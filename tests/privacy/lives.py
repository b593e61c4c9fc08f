"""A citizen's life with the centre, in which everything is said that can be said, in words found nowhere else."""

from typing import Any

from tests.aftercare.calls import record, take
from tests.calls.test_calls import begin, end
from tests.complaints.test_cases import decide
from tests.hot_paths.measure import INFO
from tests.world import CHENGLANG, DRAIN, SampleProvider, World, ok

PHONE, LANDLINE = "13757418899", "057487651188"
NAME, STREET, SECRET = "欧阳思齐", "竹林巷七十七号", "紫水晶"
"""Each word that is typed about the citizen contains SECRET, NAME, STREET or PHONE."""
TRACES = (PHONE, NAME, STREET, SECRET)


async def rows(world: World, query: str, *values: object) -> list[dict[str, Any]]:
    async with world.context.db.begin() as tx:
        return [dict(row) for row in await tx.driver.fetch(query, *values)]


async def live(world: World, provider: SampleProvider) -> str:
    """Live it, until nothing is open. Return the citizen's key."""
    desk = world.operator
    about: dict[str, Any] = {"phone": PHONE, "contact_name": NAME, "address": STREET, "area": CHENGLANG}
    await ok(desk.patch(f"/citizens/{PHONE}", json={"name": NAME, "address": STREET, "note": f"{SECRET}备注"}))
    await ok(desk.put(f"/citizens/{PHONE}/groups/hardship", json={"source": f"{SECRET}证明"}))
    barred = await world.add_provider(DRAIN, tiers=())
    await ok(desk.put(f"/citizens/{PHONE}/bars/{barred.id}", json={"reason": f"{SECRET}不满"}))
    call = await begin(world, phone=PHONE)
    answered = await ok(
        world.create(INFO, **about, description=f"{SECRET}补贴", answer=f"{SECRET}窗口", key="k1", asked={
            "words": f"{SECRET}补贴", "suggested": [INFO]}))  # fmt: skip
    await end(world, call, request_ids=[answered["request"]["id"]])
    made = await world.dispatch(DRAIN, **about, description=f"{SECRET}下水道堵了", key="k2")
    request_id, offer_id = made["request"]["id"], made["offers"][0]["id"]
    call_back = {"phone": PHONE, "purpose": "progress", "note": f"{SECRET}催"}
    await ok(desk.post(f"/requests/{request_id}/contacts", json=call_back, headers={"Idempotency-Key": "k3"}))
    job = await ok(provider.client.put(f"/provider/offers/{offer_id}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    quote = {"amount_fen": 8_000, "agreed_on_site": True, "note": f"{SECRET}报价"}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/quote", json=quote))
    done = {"result": f"{SECRET}修好", "amount_fen": 8_000}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done))
    less = {"amount_fen": 7_000, "was_fen": 8_000, "reason": f"{SECRET}多收"}
    await ok(world.supervisor.put(f"/jobs/{job['id']}/amount", json=less))
    await world.work()
    world.advance(days=1)
    await world.work()
    callback = await take(world)
    said = {"reached": True, "solved": True, "satisfaction": "dissatisfied", "remark": f"{SECRET}不快"}
    assert (await record(world, callback, **said)).is_success
    await world.work()
    [case] = await rows(world, "SELECT id FROM complaints")
    await ok(provider.client.put(f"/provider/complaints/{case['id']}/reply", json={"text": f"{SECRET}回复"}))
    await decide(world, case, decision=f"{SECRET}属实")
    told = "UPDATE complaints SET status = 'answered', answered_at = $1, answer_note = $2, answer_at = NULL"
    await rows(world, told, world.clock.now(), f"{SECRET}已告知")
    again = {"reason": f"{SECRET}又堵"}
    await ok(desk.put(f"/requests/{request_id}/reopening", json=again))
    [offer] = await rows(world, "SELECT id FROM offers WHERE status = 'pending'")
    await ok(desk.put(f"/offers/{offer['id']}/withdrawal", json={"reason": f"{SECRET}撤回"}))
    await ok(desk.put(f"/requests/{request_id}/cancellation", json={"reason": f"{SECRET}不要了"}))
    other = await ok(world.create(INFO, phone=LANDLINE, contact={"phone": PHONE, "name": NAME}, answer="已答复"))
    await ok(desk.post(f"/requests/{other['request']['id']}/contacts", json=call_back))
    await world.work()
    [citizen] = await rows(world, "SELECT id FROM citizens WHERE phone = $1", PHONE)
    return str(citizen["id"])


async def traces(world: World) -> list[str]:
    """Return where the database still has a trace of the citizen, in any column of any table."""
    found = []
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    for table in await rows(world, tables):
        for row in await rows(world, f"SELECT * FROM {table['relname']}"):
            for column, value in row.items():
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                found += [f"{table['relname']}.{column}: {trace}" for trace in TRACES if trace in text]
    return found
