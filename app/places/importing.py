"""Importing places from a file, all or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.auth.queries import add_audit
from app.catalog.gazetteer import reading_of
from app.catalog.models import Place
from app.catalog.snapshot import CATALOG_TOPIC, Snapshot
from app.events.act import Act
from app.exchange.errors import ImportInvalid
from app.exchange.faults import Fault
from app.exchange.plan import Plan, Row
from app.exchange.rows import read_rows
from app.exchange.showing import show_faults
from app.kit.db import Tx
from app.kit.geo import Crs, to_wgs84
from app.kit.ids import new_id
from app.kit.languages import Language
from app.kit.names import same_form
from app.places import files, queries
from app.places.areas import FAR_KM, area_of, away_km, is_inside
from app.places.schemas import Facts, ImportOut

CHANGING = ("kind", "zh", "en", "aliases", "pinyin", "township_code", "community_code", "guessed", "lat", "lon")
MOST_AT_ONCE = 1_000
"""The number of rows per statement."""


async def import_places(
    act: Act, tx: Tx, content: bytes, crs: Crs | None, catalog: Snapshot, *, dry_run: bool, language: Language
) -> ImportOut:
    """Import what `app.exchange.process` has read. Importing the same file again changes nothing.

    `crs` is the coordinate system of rows that do not name one. Raises ImportInvalid with every fault; nothing is
    changed then.
    """
    await queries.lock_edits(tx)
    known = await queries.list_all(tx)
    plan = Plan()
    present, rows = await asyncio.to_thread(_read, act, content, crs, known, catalog, plan, language)
    by_key = {"places": files.sheet(catalog)}
    if plan.faults:
        errors = [fault.model_dump() for fault in show_faults(plan.faults, by_key, language)]
        raise ImportInvalid(total=len(plan.faults), errors=errors)
    added = [row for row in rows if row["id"] not in present]
    changed = [row for row in rows if row["id"] in present and _differs(row, present[row["id"]])]
    if not dry_run and (added or changed):
        for start in range(0, len(added) + len(changed), MOST_AT_ONCE):
            await queries.put_places(tx, [*added, *changed][start : start + MOST_AT_ONCE])
        await add_audit(act, tx, "places.imported", "places", added=len(added), changed=len(changed))
        tx.publish(CATALOG_TOPIC)
    return ImportOut(
        dry_run=dry_run,
        read=len(rows),
        added=len(added),
        changed=len(changed),
        unchanged=len(rows) - len(added) - len(changed),
        warned=len(plan.warnings),
        warnings=list(show_faults(plan.warnings, by_key, language)),
    )


def _differs(row: Facts, place: Place) -> bool:
    return any(row[name] != getattr(place, name) for name in CHANGING)


def _read(
    act: Act, content: bytes, crs: Crs | None, known: Sequence[Place], catalog: Snapshot, plan: Plan, language: Language
) -> tuple[Mapping[UUID, Place], list[Facts]]:
    """Return the existing places by id, and the rows to store."""
    lines = map(orjson.loads, content.splitlines())
    rows = read_rows(lines, [files.sheet(catalog)], plan, language)
    present = {place.id: place for place in known}
    by_name = {_key(place.zh, place.kind, place.township_code): place.id for place in known}
    taken: dict[Any, int] = {}
    read: list[Facts] = []
    for row in rows:
        faults: list[Fault] = []
        facts = _facts(row, crs, catalog, faults, plan.warnings)
        plan.faults += faults
        if facts is None:
            continue
        key = _key(facts["zh"], facts["kind"], facts["township_code"])
        place_id = row.values["id"]
        if place_id and place_id not in present:
            plan.faults.append(Fault("places", row.number, "id", str(place_id), "place_unknown", {}))
            continue
        owner = by_name.get(key)
        if place_id and owner not in (None, place_id):
            name = {"name": facts["zh"], "number": str(owner)}
            plan.faults.append(Fault("places", row.number, "zh", facts["zh"], "taken", name))
        place_id = place_id or owner or new_id(act.now)
        for same in (key, place_id):
            if same in taken:
                plan.faults.append(Fault("places", row.number, "zh", facts["zh"], "same_row", {"row": taken[same]}))
                break
            taken[same] = row.number
        read.append(facts | {"id": place_id, "sample": False, "changed_at": act.now})
    return present, read


def _key(zh: str, kind: str, township: str) -> tuple[str, str, str]:
    return same_form(zh), str(kind), township


def _facts(row: Row, crs: Crs | None, catalog: Snapshot, faults: list[Fault], warnings: list[Fault]) -> Facts | None:
    """Return the columns of a row, or None if it has a fault."""
    values = row.values
    lat, lon, township, community = (values[name] for name in ("lat", "lon", "township", "community"))

    def wrong(column: str, code: str, **facts: Any) -> None:
        faults.append(Fault("places", row.number, column, str(values.get(column) or ""), code, facts))

    def warn(column: str, code: str, **facts: Any) -> None:
        warnings.append(Fault("places", row.number, column, str(values.get(column) or ""), code, facts))

    if community and township and catalog.communities[community].township_code != township:
        wrong("community", "outside_township")
    if (lat is None) != (lon is None):
        wrong("lat" if lat is None else "lon", "coordinate")
    elif lat is not None:
        system = values["crs"] or crs
        if system is None:
            wrong("crs", "crs_missing")
        elif abs(lat) > 90:
            wrong("lat", "swapped" if away_km(lon, lat, catalog) < FAR_KM else "coordinate")
        else:
            lat, lon = (round(degrees, 6) for degrees in to_wgs84(lat, lon, system))
            away = away_km(lat, lon, catalog)
            if away > FAR_KM:
                wrong("lat", "too_far", km=round(away))
            elif is_inside(lat, lon, catalog) is False:
                warn("lat", "outside_district")
    elif not community and not township:
        wrong("township", "nowhere")
    if faults:
        return None
    area = area_of(township, community, lat, lon, catalog)
    assert area is not None, "it has a point, a community or a township"
    if area.guessed:
        guess = catalog.communities[area.community].zh if area.community else catalog.townships[area.township].zh
        warn("community" if area.community else "township", "area_guessed", area=guess)
    return {
        "kind": values["kind"],
        "zh": values["zh"],
        "en": values["en"],
        "aliases": values["aliases"] or [],
        "pinyin": values["pinyin"] or reading_of(values["zh"], catalog.communities.values()),
        "township_code": area.township,
        "community_code": area.community,
        "guessed": area.guessed,
        "lat": lat,
        "lon": lon,
        "ended_at": None,
    }
