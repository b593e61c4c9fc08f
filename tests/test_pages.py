"""Every paged list, read page by page while rows are changed, added and removed. No unchanged row is missed or comes
twice."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient

from app.kit.db import Tx
from app.kit.ids import new_id
from tests.knowledge.articles import article, put_in_force
from tests.registry.applications import application
from tests.test_lists import DOCUMENT, InPaths
from tests.world import DOOR_LOCK, DRAIN, World, new_policy, ok

ROWS = 7


class Listed(NamedTuple):
    """A list: its caller, the table of its rows, what identifies a row in the answer and in the table, and how to move
    a row within a list whose order changes ($2: how far)."""

    role: str
    table: str
    told_by: Mapping[str, str] = MappingProxyType({"id": "id"})
    query: str = ""
    move: str = ""


RENAMED = "UPDATE providers SET name = substr(md5(name || $2::int), 1, 6)"
LISTS = {
    "/audit": Listed("admin", "audit_entries"),
    "/requests": Listed("operator", "requests"),
    "/applications": Listed("registrar", "applications"),
    "/requests/{request_id}/timeline": Listed("operator", "events"),
    "/requests/{request_id}/decisions": Listed("supervisor", "decisions", {"at": "at"}),
    "/policies": Listed("supervisor", "policies", {"version": "version"}),
    "/surges": Listed("supervisor", "surges", query="all=true"),
    "/provider/jobs/history": Listed("provider", "jobs"),
    "/complaints": Listed("supervisor", "complaints"),
    "/provider/complaints": Listed("provider", "complaints"),
    "/callbacks": Listed(
        "operator",
        "callbacks",
        move="UPDATE callbacks SET due_at = due_at + $2::int * interval '1 hour'",
    ),
    "/supervision/queue": Listed(
        "supervisor",
        "requests",
        {"request_id": "id"},
        move="UPDATE requests SET urgency_rank = 1 + $2::int % 3",
    ),
    "/supervision/silent-providers": Listed(
        "supervisor",
        "providers",
        move="UPDATE providers SET unreachable_at = unreachable_at + $2::int * interval '1 hour'",
    ),
    "/places": Listed("registrar", "places"),
    "/knowledge/articles": Listed("operator", "articles", {"slug": "slug"}),
    "/knowledge/reviews": Listed(
        "registrar",
        "articles",
        {"slug": "slug"},
        "within_days=400",
        "UPDATE articles SET review_on = review_on + $2::int",
    ),
    "/providers": Listed("registrar", "providers", move=RENAMED),
    "/papers/expiring": Listed(
        "registrar",
        "provider_papers",
        {"provider_id": "provider_id", "paper_code": "paper_code"},
        "within_days=400",
        "UPDATE provider_papers SET expires_on = expires_on + $2::int",
    ),
    "/provider/notices": Listed("provider", "provider_notices"),
    "/providers/{provider_id}/notices": Listed("operator", "provider_notices"),
    "/provider/months": Listed("provider", "provider_months", {"month": "month"}),
    "/months/{month}": Listed("registrar", "providers", {"provider_id": "id"}, move=RENAMED),
    "/credit/rules/versions": Listed("supervisor", "credit_rules", {"loaded_at": "loaded_at"}),
    "/provider/credit": Listed("provider", "credit_entries"),
    "/credit/entries": Listed("supervisor", "credit_entries"),
    "/providers/{provider_id}/credit": Listed("supervisor", "credit_entries"),
    "/providers/{provider_id}/statement-links": Listed("operator", "statement_links"),
    "/provider/decisions": Listed("provider", "decisions", {"at": "at"}),
    "/providers/{provider_id}/decisions": Listed("supervisor", "decisions", {"at": "at"}),
    "/provider/no-shows": Listed("provider", "jobs", {"job_id": "id"}),
    "/providers/{provider_id}/no-shows": Listed("registrar", "jobs", {"job_id": "id"}),
    "/no-shows": Listed("operator", "jobs", {"job_id": "id"}, "citizen_id={citizen_id}"),
    "/citizens/{citizen_id}/reveals": Listed("supervisor", "audit_entries"),
    "/citizens/{phone}/no-shows": Listed("operator", "jobs", {"job_id": "id"}),
    "/metrics/turnover": Listed(
        "manager",
        "providers",
        {"provider_id": "id"},
        "month=2026-11",
        "UPDATE provider_days SET turnover_fen = turnover_fen + 1000 * $2::int",
    ),
    "/webhooks/{webhook_id}/deliveries": Listed("admin", "webhook_deliveries"),
    "/deferrals": Listed("operator", "requests"),
    "/calls": Listed("supervisor", "calls"),
}


def paged() -> Iterator[tuple[str, str]]:
    """Yield the document's lists with their descriptions."""
    for path, operations in DOCUMENT["paths"].items():
        operation = operations.get("get", {})
        if "cursor" in {one["name"] for one in operation.get("parameters", ())}:
            yield path.removeprefix("/api/v1"), operation["description"]


def test_every_paged_list_is_walked_and_says_whether_its_order_changes() -> None:
    described = dict(paged())
    assert described.keys() == LISTS.keys()
    for path, description in described.items():
        assert ("while you page" in description) == bool(LISTS[path].move), path


async def columns_of(tx: Tx, table: str) -> list[tuple[str, bool]]:
    """Return the writable columns, each with whether the database numbers it."""
    query = (
        "SELECT column_name, is_identity = 'YES' FROM information_schema.columns"
        " WHERE table_name = $1 AND is_generated = 'NEVER'"
    )
    return [(row[0], row[1]) for row in await tx.driver.fetch(query, table)]


async def put(tx: Tx, table: str, row: dict[str, Any], columns: list[str]) -> None:
    names = ", ".join(columns)
    await tx.driver.execute(
        f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {names} FROM jsonb_populate_record(NULL::{table}, $1::text::jsonb)",
        json.dumps(row),
    )


async def multiply(world: World, table: str, **fresh: Callable[[int], Any]) -> None:
    """Add copies of the table's first row, each with these values of its own."""
    async with world.context.db.begin() as tx:
        await tx.driver.execute("SET LOCAL session_replication_role = replica")
        columns = [name for name, numbered in await columns_of(tx, table) if not numbered]
        row = json.loads((await tx.driver.fetch(f"SELECT to_jsonb(t)::text FROM {table} t LIMIT 1"))[0][0])
        for number in range(1, ROWS):
            await put(tx, table, row | {name: value(number) for name, value in fresh.items()}, columns)


@pytest.fixture
async def places(world: World) -> tuple[InPaths, AsyncClient]:
    """Create some rows in every list. Return the path parameters and the client of the provider concerned."""
    provider = await world.add_provider(DRAIN, capacity=50)

    def fresh(_: int) -> str:
        return str(new_id(world.clock.now()))

    await ok(world.admin.post("/webhooks", json={"url": "https://93.184.216.34/", "label": "x"}))
    requests = []
    for number in range(2 * ROWS):
        made = await world.dispatch(phone=f"1380000{number % ROWS:04}" if number < ROWS else "13957412345")
        requests.append(made["request"]["id"])
        [offer] = made["offers"]
        if number < ROWS:
            await world.complete(provider, offer["id"])
            complaint = {"purpose": "complaint", "phone": f"1380000{number:04}", "note": "没修好"}
            await ok(world.operator.post(f"/requests/{requests[-1]}/contacts", json=complaint))
        else:
            job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
            absent = {"reason": "citizen_absent", "note": "家里没人"}
            await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json=absent))
            await world.work()
        world.advance(seconds=20)
    for number in range(ROWS):
        await world.add_provider(DOOR_LOCK, reachable=False, unreachable_why="silent", unreachable_at=world.clock.now())
        await put_in_force(world, article(slug=f"article-{number}"))
        await new_policy(world)
    await world.work()
    complaints = (await ok(world.supervisor.get("/complaints")))["items"]
    decision = {"upheld": True, "decision": "返工不及时"}
    await ok(world.supervisor.put(f"/complaints/{complaints[0]['id']}/decision", json=decision))
    await ok(world.supervisor.post("/surges", json={"category_code": "PE", "reason": "台风"}))
    await ok(world.operator.post(f"/providers/{provider.id}/statement-links", json={"month": "2026-11"}))
    await ok(world.anonymous.post("/public/applications", json=application(1)))
    await world.work()
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE decisions SET at = at + id * interval '1 ms'")
        await tx.driver.execute("UPDATE surges SET ended_at = began_at")
        await tx.driver.execute("UPDATE provider_papers SET expires_on = '2026-12-01'")
        await tx.driver.execute("UPDATE providers SET name = repeat('𠮷', 90) || name")
        await tx.driver.execute(
            "INSERT INTO provider_months (provider_id, month, turnover_fen, profit_tax_fen)"
            " VALUES ($1, '2020-01-01', 1, 1)",
            provider.id,
        )
    for _ in range(ROWS):
        began = {"phone": "13957412345", "began_at": world.clock.now().isoformat()}
        await ok(world.operator.put(f"/calls/{fresh(0)}", json=began))
    await multiply(world, "audit_entries")
    await multiply(world, "surges", id=fresh)
    await multiply(world, "statement_links", id=fresh, token_hash=lambda n: f"\\x{n:02}")
    await multiply(
        world, "applications", id=fresh, number=lambda n: n, uscc=lambda _: None, name=str, phone=lambda n: f"{n}"
    )
    await ok(world.registrar.post("/places", json={"kind": "road", "zh": "长街", "township_code": "330203001"}))
    await multiply(world, "places", id=fresh, zh=str)
    await multiply(world, "credit_entries", id=fresh, cause=str)
    await multiply(world, "provider_notices", id=fresh, subject=str)
    await multiply(world, "provider_months", id=fresh, month=lambda n: f"2020-{n + 1:02}-01")
    await multiply(world, "credit_rules", version=str, loaded_at=lambda n: f"2026-11-20T0{n}:00:00Z")
    await multiply(world, "webhook_deliveries")
    await multiply(world, "decisions", at=lambda n: f"2026-11-24T02:59:{n:02}Z")
    async with world.context.db.begin() as tx:
        first = (await tx.driver.fetch("SELECT request_id FROM decisions GROUP BY 1 ORDER BY count(*) DESC"))[0][0]
        hook = (await tx.driver.fetch("SELECT id FROM webhook_endpoints"))[0][0]
    for _ in range(ROWS):
        card = await ok(world.operator.post("/citizens/searches", json={"phone": "13957412345"}))
    there = {"request_id": str(first), "provider_id": str(provider.id), "webhook_id": str(hook)}
    there |= {"citizen_id": card["citizen_id"]}
    return InPaths(there | {"phone": "13957412345", "month": "2026-11"}), provider.client


class Walk:
    """A list that is read page by page while it changes. `gone` are the rows that were removed or moved."""

    def __init__(self, world: World, client: AsyncClient, listed: Listed, url: str, rng: Random) -> None:
        self.world, self.client, self.listed, self.url, self.rng = world, client, listed, url, rng
        self.removed: list[dict[str, Any]] = []
        self.spare: list[dict[str, Any]] = []
        self.gone: set[str] = set()
        names = ", ".join(listed.told_by.values())
        self.row = f"(SELECT {names} FROM jsonb_populate_record(NULL::{listed.table}, $1::text::jsonb))"
        self.where = f"WHERE ({names}) = {self.row}"

    async def read(self, limit: int, cursor: str | None = None) -> tuple[list[str], str | None]:
        """Return what identifies the page's rows, as JSON by columns, and where the next page begins."""
        params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        params |= dict(part.split("=") for part in self.listed.query.split("&") if part)
        answer = await ok(self.client.get(self.url, params=params))
        told = self.listed.told_by.items()
        return [json.dumps({column: item[name] for name, column in told}) for item in answer["items"]], answer["next"]

    async def remove(self, told: str) -> dict[str, Any]:
        """Remove the row and return it."""
        async with self.world.context.db.begin() as tx:
            await tx.driver.execute("SET LOCAL session_replication_role = replica")
            deleted = f"DELETE FROM {self.listed.table} {self.where} RETURNING to_jsonb({self.listed.table}.*)::text"
            [row] = await tx.driver.fetch(deleted, told)
        gone: dict[str, Any] = json.loads(row[0])
        return gone

    async def add(self, row: dict[str, Any]) -> None:
        """Put a removed row back."""
        async with self.world.context.db.begin() as tx:
            await tx.driver.execute("SET LOCAL session_replication_role = replica")
            columns = [name for name, _ in await columns_of(tx, self.listed.table)]
            await put(tx, self.listed.table, row, columns)

    async def change(self, rows: list[str]) -> None:
        """Change the list between two pages."""
        there = [row for row in rows if row not in self.gone]
        column = next(iter(self.listed.told_by.values()))
        match self.rng.choice(("add", "remove", "touch", "move")):
            case "add" if self.spare:
                await self.add(self.spare.pop())
            case "remove" if there:
                self.gone.add(told := self.rng.choice(there))
                self.removed.append(await self.remove(told))
            case "move" if there and (move := self.listed.move):
                self.gone.add(told := self.rng.choice(there))
                where = f"WHERE provider_id = {self.row}" if "provider_days" in move else self.where
                async with self.world.context.db.begin() as tx:
                    await tx.driver.execute(f"{move} {where}", told, self.rng.randint(-9, 9))
            case _ if there:
                async with self.world.context.db.begin() as tx:
                    touched = f"UPDATE {self.listed.table} SET {column} = {column} {self.where}"
                    await tx.driver.execute(touched, self.rng.choice(there))

    async def go(self) -> None:
        """Read the whole list once. Raises AssertionError if an unchanged row was missed or came twice."""
        everything, _ = await self.read(200)
        assert len(everything) >= ROWS - 2, f"{self.url} has {len(everything)} rows"
        self.spare = [await self.remove(told) for told in self.rng.sample(everything, 2)]
        before, _ = await self.read(200)
        seen, cursor = Counter[str](), None
        while True:
            page, cursor = await self.read(2, cursor)
            seen.update(page)
            if cursor is None:
                break
            for _ in range(2):
                await self.change(before)
        assert {told: seen[told] for told in before if told not in self.gone and seen[told] != 1} == {}, self.url
        assert {told for told, times in seen.items() if times > 1} <= self.gone, self.url
        for row in self.removed + self.spare:
            await self.add(row)


async def test_a_row_that_stays_where_it_is_comes_once_whatever_happens_to_the_others(
    world: World, places: tuple[InPaths, AsyncClient]
) -> None:
    paths, provider = places
    for path, listed in LISTS.items():
        client = provider if listed.role == "provider" else getattr(world, listed.role)
        if path == "/deferrals":
            async with world.context.db.begin() as tx:
                await tx.driver.execute(
                    "SET LOCAL session_replication_role = replica; UPDATE requests SET status = 'dispatching',"
                    " deferred_until = '2027-01-01', unmatched_at = NULL, unmatched_reason = NULL"
                )
        asked = listed._replace(query=listed.query.format_map(paths))
        await Walk(world, client, asked, path.format_map(paths), Random(path)).go()
