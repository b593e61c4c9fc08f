"""The application's role can do its work and no more: every other statement is tried, and refused by PostgreSQL."""

import asyncio
import contextlib
from dataclasses import replace

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.events.models import Event
from app.kit.command_line import Unusable, application_role, owner_url
from app.kit.context import open_context
from app.kit.migrate import migrate
from app.schema import METADATA
from app.settings import Settings
from tests.roles import APPLICATION, OWNER, as_role, connected, create_roles, owned_database
from tests.servers import serving, working
from tests.world import DRAIN, World, decoded, ok


@pytest.fixture(scope="module")
def owned(server: str) -> Settings:
    """Return settings for a database that an ordinary role owns and another one uses, with one event and one entry."""

    async def prepare() -> Settings:
        settings = await owned_database(server, "roles")
        await migrate(owner_url(settings), application=application_role(settings))
        async with connected(str(settings.database_url)) as application:
            await application.execute(
                "INSERT INTO events (at, kind, actor_kind) VALUES ('2026-11-24Z', 'request.created', 'system');"
                "INSERT INTO audit_entries (at, actor_kind, action, subject)"
                " VALUES ('2026-11-24Z', 'staff', 'a', 'b');"
                "UPDATE events SET seq = 1"
            )
        return settings

    return asyncio.run(prepare())


READ = ("events", "audit_entries", "alembic_version")
FORBIDDEN = [
    *[f"UPDATE events SET {column.name} = {column.name}" for column in Event.__table__.c if column.name != "seq"],
    *[f"UPDATE audit_entries SET {column.name} = {column.name}" for column in METADATA.tables["audit_entries"].c],
    "UPDATE alembic_version SET version_num = '0001'",
    "INSERT INTO alembic_version VALUES ('0001')",
    *[f"DELETE FROM {table}" for table in READ],
    *[f"TRUNCATE {table}" for table in READ],
    *[f"DROP TABLE {table}" for table in READ],
    *[f"ALTER TABLE {table} ADD COLUMN more text" for table in READ],
    *[f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in READ],
    *[f"ALTER TABLE {table} OWNER TO <application>" for table in READ],
    *[f"ALTER TABLE {table} RENAME TO other" for table in READ],
    *[f"CREATE INDEX more ON {table} ((1))" for table in READ],
    *[f"CREATE RULE more AS ON INSERT TO {table} DO INSTEAD NOTHING" for table in READ],
    *[f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE" for table in ("audit_entries", "alembic_version")],
    "SELECT FROM audit_entries FOR UPDATE",
    "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (id) DO UPDATE SET subject = ''",
    "INSERT INTO events SELECT * FROM events ON CONFLICT (id) DO UPDATE SET data = '{}'",
    "MERGE INTO audit_entries a USING audit_entries b ON a.id = b.id WHEN MATCHED THEN DELETE",
    "MERGE INTO events a USING events b ON a.id = b.id WHEN MATCHED THEN UPDATE SET kind = ''",
    "CREATE TRIGGER more BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_new_number()",
    "DROP TRIGGER numbered_once ON events",
    "CREATE OR REPLACE FUNCTION refuse_new_number() RETURNS trigger LANGUAGE sql AS ''",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE EXTENSION hstore",
    "SET session_replication_role = replica",
    "SET ROLE <owner>",
    "SET SESSION AUTHORIZATION <owner>",
    "ALTER ROLE <application> SUPERUSER",
    "GRANT <owner> TO <application>",
    "ALTER DATABASE template1 RENAME TO other",
    "REASSIGN OWNED BY <owner> TO <application>",
    "SELECT setval('request_number', 1)",
    "ALTER SEQUENCE request_number RESTART",
    "COPY events TO '/tmp/events'",
    "COPY events TO PROGRAM 'cat'",
    "SELECT pg_read_file('PG_VERSION')",
    "DELETE FROM pg_class",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_whatever_is_not_the_applications_work_is_refused(owned: Settings, statement: str) -> None:
    async with connected(str(owned.database_url)) as application:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement.replace("<owner>", OWNER).replace("<application>", APPLICATION))


@pytest.mark.parametrize("number", ["2", "NULL", "seq"])
async def test_an_event_keeps_its_number(owned: Settings, number: str) -> None:
    for url in (owned.database_url, owned.database_owner_url):
        async with connected(str(url)) as connection:
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(f"UPDATE events SET seq = {number}")


async def test_what_is_its_work_is_allowed(owned: Settings) -> None:
    """Every table can be read, and every one but the records of who did what can be changed; by way of no partition."""
    async with connected(str(owned.database_url)) as application:
        for table in METADATA.sorted_tables:
            await application.execute(f"SELECT FROM {table.name} LIMIT 1")
            if table.name not in READ:
                await application.execute(f"DELETE FROM {table.name}")
        partitions = await application.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits i JOIN pg_class c "
            "ON c.oid = inhrelid AND c.relkind IN ('r', 'p')"
        )
        for [partition] in partitions:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute(f"DELETE FROM {partition}")


async def test_what_a_migration_adds_is_granted_with_it_and_what_was_granted_by_hand_is_taken_back(
    owned: Settings,
) -> None:
    async with connected(str(owned.database_owner_url)) as owner:
        await owner.execute(
            "CREATE TABLE added (id bigint GENERATED ALWAYS AS IDENTITY, word text);"
            f"GRANT ALL ON events TO {APPLICATION}; GRANT UPDATE (data) ON events TO PUBLIC"
        )
        await migrate(owner_url(owned), application=APPLICATION)
        async with connected(str(owned.database_url)) as application:
            await application.execute("INSERT INTO added (word) VALUES ('a'); UPDATE added SET word = 'b'")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute("UPDATE events SET data = '{}'")
        await owner.execute("DROP TABLE added")


async def test_a_role_that_is_missing_or_above_limits_is_refused(owned: Settings, server: str) -> None:
    administrator_role = str(make_url(server).username)
    async with connected(server) as administrator:
        await administrator.execute(f"GRANT {OWNER} TO {APPLICATION}")
        try:
            for role, why in (
                ("nobody_here", "does not exist"),
                (administrator_role, "superuser"),
                (APPLICATION, "member"),
            ):
                with pytest.raises(Unusable, match=why):
                    await migrate(owner_url(owned), application=role)
        finally:
            await administrator.execute(f"REVOKE {OWNER} FROM {APPLICATION}")


async def test_only_a_process_with_the_owners_url_can_do_the_owners_work(owned: Settings) -> None:
    blank = "UPDATE audit_entries SET subject = ''"
    async with open_context(owned) as worker, worker.owner.begin() as tx:
        assert await tx.driver.execute(blank) == "UPDATE 1"
    async with open_context(owned.model_copy(update={"database_owner_url": None})) as served:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with served.owner.begin() as tx:
                await tx.driver.execute(blank)


async def test_a_request_goes_its_whole_way_in_processes_that_have_this_role(world: World, server: str) -> None:
    """Over HTTP: the server needs no more, and the worker only where it asks for the owner."""
    url = str(world.context.settings.database_url)
    await create_roles(server, APPLICATION)
    await migrate(url, application=APPLICATION)
    settings = world.context.settings.model_copy(update={"database_url": as_role(url, APPLICATION)})
    limited = replace(world.context, settings=settings)
    owning = replace(world.context, settings=settings.model_copy(update={"database_owner_url": url}))
    firms = {str(firm.id): firm for firm in [await world.add_provider(DRAIN) for _ in range(2)]}
    with serving(limited) as process, working(owning):
        async with contextlib.AsyncExitStack() as clients:

            async def client(like: httpx.AsyncClient) -> httpx.AsyncClient:
                headers = {"Authorization": like.headers["Authorization"]}
                return await clients.enter_async_context(
                    httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60, trust_env=False)
                )

            operator, supervisor, admin = [await client(one) for one in (world.operator, world.supervisor, world.admin)]
            for firm in firms.values():
                firm.client = await client(firm.client)
            created = decoded(await world.create(client=operator, dispatch=True, key="call-1"))
            [offer] = created["offers"]
            refusing = firms.pop(offer["provider_id"])
            await ok(refusing.client.put(f"/provider/offers/{offer['id']}/refusal", json={"reason": "busy"}))
            [firm] = firms.values()
            none = await firm.client.get("/provider/offers")
            waiting = {"Prefer": "wait=30", "If-None-Match": none.headers["ETag"]} if none.json() == [] else {}
            [offer] = await ok(firm.client.get("/provider/offers", headers=waiting))
            job = await world.complete(firm, offer["id"])
            assert (await ok(firm.client.get(f"/provider/jobs/{job['id']}")))["contact_phone"] == "13957412345"
            request = await ok(operator.get(f"/requests/{created['request']['id']}"))
            assert request["status"] == "completed"
            audit = await ok(admin.get("/audit"))
            assert audit["items"], "the audit log has who read the number"

            steps = "SELECT * FROM worker_steps WHERE step <> 'centre'"
            still = "SELECT FROM events WHERE seq IS NULL"
            async with asyncio.timeout(60), connected(url) as observer:
                while (
                    await observer.fetch(still)
                    or not (tried := await observer.fetch(steps))
                    or [step for step in tried if not step["done_at"] and not step["failing_since"]]
                ):
                    await asyncio.sleep(0.1)
            assert [step["error"] for step in tried if step["failing_since"]] == []
            worker = await ok(supervisor.get("/supervision/worker"))
            assert worker["set_aside"] == []
