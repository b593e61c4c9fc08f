"""Every documented filter of a list has an index or a bound, checked on the OpenAPI document by EXPLAIN."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient
from sqlalchemy import event

from app.kit import pages
from tests.test_routes import APP, ROUTES, roles_of
from tests.world import DRAIN, World, ok

HISTORY = {
    "requests", "offers", "jobs", "events", "contacts", "decisions", "callbacks", "complaints", "credit_entries",
    "webhook_deliveries", "audit_entries", "provider_notices", "statement_links", "idempotency_keys",
}  # fmt: skip
"""Tables that grow every day, unlike the registry and the catalogue."""
DOCUMENT = APP.openapi()
SAMPLES = {
    "item": "PE02", "category": "PE", "township": "330203001", "month": "2026-10", "from": "2026-10", "to": "2026-11",
    "q": "服务", "citizen_phone": "13957412345",
}  # fmt: skip


class Filtered(NamedTuple):
    """A list with one of its filters set. `route` is the list's route."""

    path: str
    name: str
    value: str
    required: dict[str, str]


def value_of(name: str, schema: dict[str, Any]) -> str:
    """Return a value that the filter accepts and that hardly any row matches."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            return value_of(name, part)
    match schema:
        case {"enum": [*values]}:
            return str(values[-1])
        case {"const": value}:
            return str(value)
        case {"type": "array", "items": items}:
            return value_of(name, items)
        case {"type": "boolean"}:
            return "true"
        case {"type": "integer"}:
            return str(schema.get("minimum", 1) or 1)
        case {"format": "uuid"}:
            return "00000000-0000-7000-8000-000000000000"
        case {"format": "date"}:
            return "2026-11-24"
        case {"format": "date-time"}:
            return "2026-11-24T00:00:00Z"
    return SAMPLES.get(name, "nope")


def filters() -> Iterator[Filtered]:
    for path, operations in DOCUMENT["paths"].items():
        operation = operations.get("get", {})
        asked = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
        if "cursor" not in asked:
            continue
        required = {name: value_of(name, one["schema"]) for name, one in asked.items() if one.get("required")}
        for name, one in asked.items():
            if name not in ("cursor", "limit"):
                yield Filtered(path, name, value_of(name, one["schema"]), required)


class InPaths(dict[str, str]):
    """Path parameters by name. For a missing name, an id that nothing has."""

    def __missing__(self, name: str) -> str:
        return "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def history(world: World) -> "InPaths":
    """Create a dozen requests and one row for each path. Return the path parameters."""
    provider = await world.add_provider(DRAIN, capacity=50)
    hook = await ok(world.admin.post("/webhooks", json={"url": "https://93.184.216.34/", "label": "x"}))
    for number in range(12):
        await world.dispatch(phone=f"138000000{number:02}")
        world.advance(minutes=1)
    await world.work()
    async with world.context.db.begin() as tx:
        await tx.driver.execute("ANALYZE")
    there = {"provider_id": str(provider.id), "webhook_id": hook["id"], "phone": "13957412345", "month": "2026-10"}
    return InPaths(there)


def clients_of(world: World) -> dict[str, AsyncClient]:
    return {str(role): getattr(world, str(role)) for role in world.staff_ids}


def bad_scans(plan: Any) -> Iterator[str]:
    """Yield sequential scans of a table that grows, and index scans of it that only filter."""
    table = plan.get("Relation Name")
    if table in HISTORY:
        unbounded = "Filter" in plan and "Index Cond" not in plan and "Recheck Cond" not in plan
        if plan["Node Type"] == "Seq Scan" or unbounded:
            yield f"{plan['Node Type']} on {table} where {plan.get('Filter')}"
    for part in plan.get("Plans", ()):
        yield from bad_scans(part)


async def test_every_filter_has_an_index_or_a_bound(
    world: World, history: InPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LOOKED_AT", 5)
    seen: list[tuple[str, Any]] = []

    def note(record: Any) -> None:
        if record.query.lstrip().upper().startswith(("SELECT", "WITH")) and "pg_" not in record.query:
            seen.append((record.query, record.args))

    def listen(connection: Any, *_: Any) -> None:
        connection.driver_connection.remove_query_logger(note)
        connection.driver_connection.add_query_logger(note)

    provider = (await ok(world.registrar.post(f"/providers/{history['provider_id']}/keys", json={"label": "x"})))["key"]
    clients = clients_of(world) | {"provider": await world.client(provider)}
    roles = {str(route.path_format): roles_of(route) for route in ROUTES if "GET" in (route.methods or ())}
    pool, found, walked = world.context.db.engine.sync_engine, set[str](), 0
    for one in filters():
        client = clients[min({str(role) for role in roles[one.path] or ()} & clients.keys())]
        path = one.path.format_map(history)
        seen.clear()
        event.listen(pool, "checkout", listen)
        answer = await client.get(f"http://hotline{path}", params=one.required | {one.name: one.value})
        event.remove(pool, "checkout", listen)
        assert answer.status_code in (200, 403, 404), f"{one}: {answer.text}"
        walked += answer.status_code == 200
        async with world.context.db.begin() as tx:
            await tx.driver.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            for query, args in list(seen):
                [row] = await tx.driver.fetch(f"EXPLAIN (FORMAT JSON) {query}", *args)
                for scan in bad_scans((row[0] if isinstance(row[0], list) else json.loads(row[0]))[0]["Plan"]):
                    found.add(f"{one.path} ?{one.name}: {scan}")
    assert not found
    assert walked > 30


async def test_a_filter_that_hardly_anything_fits_pages_through_history_in_bounded_steps(
    world: World, history: InPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = (await ok(world.operator.get("/requests?limit=20")))["items"][-1]
    made = await ok(world.create("GV01", answer="带身份证办理。", phone="13900000001"))
    monkeypatch.setattr(pages, "LOOKED_AT", 5)
    url, lengths, numbers = f"/requests?item={DRAIN}&limit=3", [], []
    while url:
        answer = await world.operator.get(url)
        lengths.append(len(answer.json()["items"]))
        numbers += [item["number"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "").removeprefix("/api/v1")
    assert len(numbers) == len(set(numbers)) == 12
    assert numbers[-1] == oldest["number"]
    nothing = await ok(world.operator.get("/requests?item=nope"))
    assert (nothing["items"], nothing["next"] is None) == ([], False)
    while nothing["next"]:
        nothing = await ok(world.operator.get(f"/requests?item=nope&cursor={nothing['next']}"))
        assert nothing["items"] == []
    assert (await ok(world.operator.get("/requests?open=true&limit=20")))["next"] is None
    assert made["request"]["number"] not in numbers
