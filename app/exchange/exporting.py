"""Turns the registry into the lines of a file, and makes the template."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from typing import Any

import orjson

from app.auth.models import Role
from app.auth.queries import add_audit
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.exchange import queries
from app.exchange.cells import yuan
from app.exchange.plan import PARTS, Known
from app.exchange.schemas import FileAsked
from app.exchange.sheets import Column, Sheet, sheets
from app.kit.db import Tx
from app.kit.languages import say
from app.kit.personal import mask_name, mask_phone

NUMERIC = {"number", "capacity", "lat", "lon", "price"}
Names = dict[str, dict[str, str]]
"""The names of the codes in each column that has codes."""


async def export_registry(act: Act, tx: Tx, asked: FileAsked, catalog: Snapshot) -> bytes:
    """Return the lines of the whole registry. Past prices and exceptional days are left out, and only registrars see
    contacts unmasked.

    The export is recorded in the audit log.
    """
    masked = Role.REGISTRAR not in act.roles
    registry = await queries.read_registry(tx, act.today)
    await add_audit(
        act, tx, "registry.exported", "registry", providers=len(registry.providers), format=asked.format, masked=masked
    )

    def encode() -> bytes:
        return _encode(_lines(registry.known(), asked, catalog, masked=masked))

    return await asyncio.to_thread(encode)


def template(asked: FileAsked, catalog: Snapshot) -> bytes:
    """Return the lines of a file with headings only."""
    return _encode(_heading(sheet, asked) for sheet in sheets(catalog))


def _encode(lines: Iterable[Any]) -> bytes:
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def _heading(sheet: Sheet, asked: FileAsked) -> list[Any]:
    headings = [say(column, asked.lang) for column in sheet.columns]
    numeric = [column.key in NUMERIC for column in sheet.columns]
    return ["sheet", sheet.key, say(sheet, asked.lang), headings, numeric]


def _lines(known: Sequence[Known], asked: FileAsked, catalog: Snapshot, *, masked: bool) -> Iterator[list[Any]]:
    townships = {code: row.zh for code, row in catalog.townships.items()}
    names = {
        "area": townships,
        "township": townships,
        "community": {code: row.zh for code, row in catalog.communities.items()},
        "item": {code: row.zh for code, row in catalog.items.items()},
        "paper": {code: row.zh for code, row in catalog.paper_kinds.items()},
    }
    for sheet in sheets(catalog):
        yield _heading(sheet, asked)
        for provider in known:
            for values in _values(sheet.key, provider, masked=masked):
                yield ["row", [_cell(column, values[column.key], names, asked) for column in sheet.columns]]


def _values(sheet: str, provider: Known, *, masked: bool) -> Iterator[dict[str, Any]]:
    """Yield the provider's rows on the sheet, by column."""
    facts = provider.facts
    who = {"provider": facts["uscc"] or str(facts["number"])}
    if sheet == "providers":
        hidden = {"contact_name": mask_name(facts["contact_name"]), "phone": mask_phone(facts["phone"])}
        yield facts | {"area": facts["township"]} | (hidden if masked else {})
    elif sheet == "prices":
        yield from (line | who for line in provider.prices)
    else:
        for part in sorted(provider.parts.get(sheet, ()), key=str):
            values = dict(zip(PARTS[sheet], part, strict=True)) | who
            yield values | ({"opens": None} if sheet == "exceptions" and values["closes"] is None else {})


def _cell(column: Column, value: Any, names: Names, asked: FileAsked) -> str | int | float | None:
    """Return the value as the file shows it."""
    if value is None:
        return None
    if column.words:
        return say(column.words[value], asked.lang)
    if column.key in names:
        return f"{value} {names[column.key].get(value, '')}".strip()
    if column.key == "price":
        return float(yuan(value)) if value % 100 else int(value // 100)
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (int, float)) else str(value)
