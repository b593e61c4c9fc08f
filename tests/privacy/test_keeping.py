"""What is kept long enough is blanked or deleted, not sooner, and no figure changes."""

from datetime import timedelta
from typing import Any

import pytest

from app.privacy import queries
from app.privacy.keeping import keep_table, keep_to_schedule, report
from app.privacy.schedule import BY_TABLE, REQUESTS, THREE_YEARS, TWENTY_FIVE_MONTHS, TWO_YEARS
from tests.aftercare.calls import complete
from tests.calls.test_calls import begin, end
from tests.hot_paths.measure import INFO
from tests.metrics.test_one_truth import the_same_again
from tests.world import CHENGLANG, CLEANING, DRAIN, World, ok

CALL = {"phone": "13957412345", "purpose": "progress", "note": "王阿姨催"}
BLANK = {"description": "", "address": None, "contact_name": None, "contact_phone": None, "answer": None}


@pytest.fixture(autouse=True)
async def signed_in_for_years(world: World) -> None:
    await rows(world, "UPDATE staff_sessions SET expires_at = '2040-01-01'")


async def kept(world: World) -> None:
    while await keep_to_schedule(world.context):
        pass


async def rows(world: World, query: str) -> list[dict[str, Any]]:
    async with world.context.db.begin() as tx:
        return [dict(row) for row in await tx.driver.fetch(query)]


async def answered(world: World) -> dict[str, Any]:
    """Take down a request and answer it in the call."""
    made = await ok(world.create(INFO, answer="窗口周一至周五开放，带身份证即可。"))
    return dict(made["request"])


async def test_a_request_is_blanked_two_years_after_its_end(world: World) -> None:
    firm = await world.add_provider(DRAIN)
    job = await complete(world, firm)
    open_one = await world.dispatch(DRAIN, phone="13805741604")
    await world.work()
    request_id = job["id"]
    await ok(world.operator.post(f"/requests/{request_id}/contacts", json=CALL))
    await rows(world, "UPDATE requests SET status = 'closed', closed_at = completed_at, close_reason = 'solved',"
               " completed_at = NULL WHERE status = 'completed'")  # fmt: skip
    world.advance(days=TWO_YEARS.days - 1)
    await kept(world)
    [row] = await rows(world, f"SELECT * FROM requests WHERE id = '{request_id}'")
    assert (row["contact_name"], row["blanked_at"]) == ("王阿姨", None)
    world.advance(days=1, seconds=1)
    await kept(world)
    [row] = await rows(world, f"SELECT * FROM requests WHERE id = '{request_id}'")
    assert {name: row[name] for name in BLANK} == BLANK
    assert row["blanked_at"] == world.clock.now()
    assert (row["citizen_id"], row["community_code"]) == (None, CHENGLANG)
    for table in ("contacts", "jobs", "callbacks"):
        for line in await rows(world, f"SELECT * FROM {table} WHERE request_id = '{request_id}'"):
            assert all(line[column] in (None, "") for column in BY_TABLE[table].blanks), table
    [row] = await rows(world, f"SELECT * FROM requests WHERE id = '{open_one['request']['id']}'")
    assert (row["contact_phone"], row["blanked_at"]) == ("13805741604", None)
    assert [one["phone"] for one in await rows(world, "SELECT phone FROM citizens")] == ["13805741604"]


async def test_no_figure_changes(world: World) -> None:
    firm = await world.add_provider(DRAIN, CLEANING)
    await complete(world, firm)
    await answered(world)
    await world.work()
    day = world.clock.now().date()
    asked = {"from": str(day), "to": str(day), "by": ["tier", "township"]}
    before = await ok(world.manager.get("/metrics/volumes", params=asked))
    month = await ok(firm.client.get(f"/provider/statement/{day:%Y-%m}"))
    assert before["total"]["completed"] == 1
    assert before["total"]["requests"] == 2
    async with world.context.db.begin() as tx:
        ids = [row["id"] for row in await tx.driver.fetch("SELECT id FROM requests")]
        await queries.blank_requests(tx, ids, world.clock.now())
    assert await ok(world.manager.get("/metrics/volumes", params=asked)) == before
    assert await ok(firm.client.get(f"/provider/statement/{day:%Y-%m}")) == month
    await the_same_again(world, day, day)


async def test_a_citizen_stays_while_something_about_them_is_in_clear(world: World) -> None:
    await answered(world)
    await ok(world.operator.patch("/citizens/13805741604", json={"name": "李大爷"}))
    world.advance(days=400)
    await ok(world.operator.put("/citizens/13805741604/groups/hardship", json={"source": "社区登记"}))
    world.advance(days=TWO_YEARS.days - 399)
    await kept(world)
    assert [one["phone"] for one in await rows(world, "SELECT phone FROM citizens")] == ["13805741604"]
    world.advance(days=400)
    await kept(world)
    assert await rows(world, "SELECT phone FROM citizens") == []
    assert await rows(world, "SELECT source FROM citizen_groups") == []


async def test_events_go_after_25_months_once_they_are_read(world: World) -> None:
    await answered(world)
    line = BY_TABLE["events"]
    world.advance(days=TWENTY_FIVE_MONTHS.days + 1)
    newest = await answered(world)
    assert await keep_table(world.context, line) == 0  # nothing has been numbered or counted yet
    await world.work()
    assert await keep_table(world.context, line) > 0
    left = await rows(world, "SELECT DISTINCT request_id FROM events WHERE request_id IS NOT NULL")
    assert [str(row["request_id"]) for row in left] == [newest["id"]]
    await the_same_again(world, world.clock.now().date() + timedelta(days=1), world.clock.now().date())


async def test_an_event_that_was_set_aside_stays(world: World) -> None:
    await answered(world)
    world.advance(days=TWENTY_FIVE_MONTHS.days + 1)
    await answered(world)
    await world.work()
    [first] = await rows(world, "SELECT min(id) AS id FROM events")
    await rows(world, "INSERT INTO step_troubles (step, subject_id, tries, since, last_at, error)"
               f" SELECT 'make_entries', lpad(to_hex({first['id']}), 32, '0')::uuid, 9, at, at, '' FROM events"
               f" WHERE id = {first['id']}")  # fmt: skip
    await keep_table(world.context, BY_TABLE["events"])
    assert (await rows(world, "SELECT min(id) AS id FROM events"))[0] == first


async def test_the_audit_log_is_kept_for_three_years(world: World) -> None:
    await ok(world.operator.patch("/citizens/13805741604", json={"name": "李大爷"}))
    line, count = BY_TABLE["audit_entries"], "SELECT count(*) AS n FROM audit_entries"
    world.advance(days=THREE_YEARS.days)
    await ok(world.operator.patch("/citizens/13805741604", json={"name": "李大爷"}))
    assert await keep_table(world.context, line) == 0
    world.advance(seconds=1)
    assert await keep_table(world.context, line) == 1
    assert (await rows(world, count))[0]["n"] == 1


async def test_calls_go_with_their_links(world: World) -> None:
    call = await begin(world)
    made = await answered(world)
    await end(world, call, request_ids=[made["id"]])
    assert len(await rows(world, "SELECT call_id FROM call_requests")) == 1
    world.advance(days=TWO_YEARS.days + 1)
    assert await keep_table(world.context, BY_TABLE["calls"]) == 1
    assert await rows(world, "SELECT call_id FROM call_requests") == []


async def test_a_batch_is_bounded_and_the_report_says_what_is_left(world: World) -> None:
    for _ in range(3):
        await answered(world)
    world.advance(days=TWO_YEARS.days + 1)
    standing = {line.table: found for line, found in await report(world.context)}
    assert (standing["requests"].rows, standing["requests"].due) == (3, 3)
    oldest = standing["requests"].oldest
    assert oldest is not None
    assert oldest < world.clock.now() - TWO_YEARS
    async with world.context.db.begin() as tx:
        assert len(await queries.choose_requests(tx, world.clock.now() - TWO_YEARS, 2)) == 2
    assert (await rows(world, "SELECT count(*) AS n FROM requests WHERE blanked_at IS NOT NULL"))[0]["n"] == 0
    await keep_table(world.context, REQUESTS)
    standing = {line.table: found for line, found in await report(world.context)}
    assert (standing["requests"].rows, standing["requests"].due, standing["requests"].oldest) == (3, 0, None)
