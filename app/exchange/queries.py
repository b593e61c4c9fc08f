"""SQL that reads the whole registry at once and writes an import in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, literal_column
from sqlalchemy.orm import aliased

from app.exchange.plan import Known
from app.kit.db import Row, Tx
from app.kit.orm import as_text
from app.registry.models import ProviderItem, has_not_ended

PROVIDERS = """
SELECT id, version, number, name, kind, uscc, contact_name, phone, township_code AS township,
  community_code AS community, lat, lon, rung, reached_by, capacity, standing, joined_on
FROM providers ORDER BY number
"""
PRICES = f"""
SELECT line.id, line.provider_id, line.item_code AS item, line.tier, line.price_kind, line.price_fen AS price,
  line.valid_from, line.valid_to, line.approved_at IS NOT NULL AS approved
FROM provider_items line JOIN providers p ON p.id = line.provider_id
WHERE {as_text(has_not_ended(aliased(ProviderItem, name="line"), literal_column("$1", Date)))}
ORDER BY p.number, line.item_code, line.tier, line.valid_from, approved DESC
"""
PARTS = {
    "papers": "SELECT provider_id, paper_code, number, issued_on, expires_on FROM provider_papers"
    " ORDER BY provider_id, paper_code, issued_on",
    "coverage": "SELECT provider_id, township_code FROM provider_coverage ORDER BY provider_id, township_code",
    "hours": "SELECT provider_id, weekday, opens, closes FROM provider_hours ORDER BY provider_id, weekday, opens",
    "exceptions": "SELECT provider_id, day, opens, closes FROM provider_exceptions WHERE day >= $1"
    " ORDER BY provider_id, day, opens",
}
TABLES = {
    "papers": ("provider_papers", ("paper_code", "number", "issued_on", "expires_on")),
    "coverage": ("provider_coverage", ("township_code",)),
    "hours": ("provider_hours", ("weekday", "opens", "closes")),
    "exceptions": ("provider_exceptions", ("day", "opens", "closes")),
}
FACTS = {
    "name": "name", "kind": "kind", "uscc": "uscc", "contact_name": "contact_name", "phone": "phone",
    "township": "township_code", "community": "community_code", "lat": "lat", "lon": "lon", "rung": "rung",
    "reached_by": "reached_by", "capacity": "capacity",
}  # fmt: skip
"""The facts that an import writes, and their columns."""


class Registry(NamedTuple):
    """All rows of the registry. Price lines and exceptional days that are over are left out."""

    providers: Sequence[Row]
    prices: Sequence[Row]
    parts: Mapping[str, Sequence[Row]]

    def known(self) -> list[Known]:
        """Return the providers with their prices and parts, in the order of their numbers."""
        known = {}
        for row in self.providers:
            facts = dict(row)
            provider_id, version = facts.pop("id"), facts.pop("version")
            known[provider_id] = Known(provider_id, version, facts)
        for row in self.prices:
            if row["provider_id"] in known:
                known[row["provider_id"]].prices.append(dict(row))
        for part, rows in self.parts.items():
            for provider_id, *values in rows:
                if provider_id in known:
                    known[provider_id].parts.setdefault(part, set()).add(tuple(values))
        return list(known.values())


async def read_registry(tx: Tx, today: date) -> Registry:
    """Return the whole registry. Versions are read first, so that `lock_versions` notices every later edit."""
    providers, prices = await tx.driver.fetch(PROVIDERS), await tx.driver.fetch(PRICES, today)
    parts = {part: await tx.driver.fetch(query, *([today] if "$1" in query else [])) for part, query in PARTS.items()}
    return Registry(providers, prices, parts)


async def lock_versions(tx: Tx, provider_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the present versions of these providers, locked until the transaction ends."""
    query = "SELECT id, version FROM providers WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
    return {row["id"]: row["version"] for row in await tx.driver.fetch(query, provider_ids)}


async def copy(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert the rows by COPY."""
    await tx.driver.copy_records_to_table(table, records=list(rows), columns=list(columns))


async def update_facts(tx: Tx, rows: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Write the facts of existing providers."""
    columns = ", ".join(FACTS.values())
    await tx.driver.execute(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT id, {columns} FROM providers LIMIT 0")
    await copy(tx, "fresh", ("id", *FACTS.values()), ([key, *(facts[name] for name in FACTS)] for key, facts in rows))
    changes = ", ".join(f"{column} = fresh.{column}" for column in FACTS.values())
    await tx.driver.execute(f"UPDATE providers p SET {changes} FROM fresh WHERE p.id = fresh.id")


async def raise_versions(tx: Tx, provider_ids: Sequence[UUID]) -> None:
    """Raise the versions of these providers, because their documents have changed."""
    await tx.driver.execute("UPDATE providers SET version = version + 1 WHERE id = ANY($1)", provider_ids)


async def clear_part(tx: Tx, part: str, provider_ids: Sequence[UUID], today: date) -> None:
    """Delete the providers' rows of the part. Past days stay."""
    table, _ = TABLES[part]
    gone = f"DELETE FROM {table} WHERE provider_id = ANY($1)"
    if part == "exceptions":
        await tx.driver.execute(f"{gone} AND day >= $2", provider_ids, today)
    else:
        await tx.driver.execute(gone, provider_ids)


async def change_prices(tx: Tx, dropped: Sequence[UUID], ended: Sequence[tuple[UUID, date | None]]) -> None:
    """Delete the lines `dropped` from price cards, and set the last days of the lines `ended` (None: no last day)."""
    await tx.driver.execute("DELETE FROM provider_items WHERE id = ANY($1)", dropped)
    await tx.driver.execute(
        "UPDATE provider_items line SET valid_to = ending.day FROM unnest($1::uuid[], $2::date[]) AS ending (id, day)"
        " WHERE line.id = ending.id",
        [line for line, _ in ended],
        [last for _, last in ended],
    )
