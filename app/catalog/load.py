"""Loads the catalogue and the gazetteer from app/catalog/data. Loading again changes only what changed in the files.

What registrars edit (keywords, operator rule, questions, lines, cap) is set on the first load and not changed
afterwards. The English of a rule follows the file as long as the rule is still the file's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_OID, uuid5

import yaml
from sqlalchemy import Table, and_, case, func, or_
from sqlalchemy.dialects.postgresql import insert

from app.catalog import queries
from app.catalog.models import (
    ArriveRule,
    Category,
    Community,
    District,
    Entitlement,
    Group,
    Item,
    Kind,
    PaperKind,
    Place,
    Township,
    Urgency,
    UrgencyTimes,
)
from app.catalog.snapshot import CATALOG_TOPIC
from app.kit.db import Tx
from app.kit.orm import Model

Row = Mapping[str, Any]
DATA = Path(__file__).parent / "data"
EDITED_BY_REGISTRAR = {"keywords", "rule", "cap_fen"}


def read_data(name: str) -> dict[str, Any]:
    """Return one of the data files, parsed."""
    return cast(dict[str, Any], yaml.safe_load((DATA / name).read_text(encoding="utf-8")))


async def load_reference_data(tx: Tx) -> None:
    """Load every reference table, in the order of their foreign keys."""
    catalogue, gazetteer = read_data("catalog.yaml"), read_data("haishu.yaml")
    caps, rules, guide = read_data("caps.yaml")["caps"], read_data("entitlements.yaml"), read_data("guide.yaml")
    await _upsert(tx, UrgencyTimes, (_urgency(code, row) for code, row in catalogue["urgency"].items()))
    await _upsert(tx, PaperKind, _paper_kinds(catalogue["licences"], read_data("papers.yaml")))
    await _upsert(tx, Category, map(_category, catalogue["categories"]))
    rows = enumerate((category["code"], row) for category in catalogue["categories"] for row in category["items"])
    await _upsert(tx, Item, (_item(code, row, caps, n) | _guided(code, row, guide) for n, (code, row) in rows))
    groups = enumerate(rules["groups"])
    await _upsert(tx, Group, ({key: row[key] for key in ("code", "zh", "en")} | {"position": n} for n, row in groups))
    await _upsert(tx, Entitlement, (_entitlement(row, bool(rules["sample"])) for row in rules["entitlements"]))
    district = gazetteer["district"]
    bounds = {"bounds": district["bbox_wgs84_approx"]}
    await _upsert(tx, District, [{key: district[key] for key in ("code", "zh", "en")} | bounds])
    await _upsert(tx, Township, (_township(district["code"], row) for row in gazetteer["townships"]))
    await _upsert(
        tx, Community, (_community(row["code"], unit) for row in gazetteer["townships"] for unit in row["communities"])
    )
    tx.publish(CATALOG_TOPIC)


async def load_sample_places(tx: Tx, now: datetime) -> int:
    """Load the landmarks as places, each marked as a sample. Return how many are new or changed.

    It leaves alone a place that somebody has edited or ended, and one whose name another place has.
    """
    taken = {(place.zh, place.kind, place.township_code): place.id for place in await queries.list_places(tx)}
    rows = [_place(row, now) for row in read_data("haishu.yaml")["landmarks"]]
    rows = [row for row in rows if taken.get((row["zh"], row["kind"], row["township_code"]), row["id"]) == row["id"]]
    statement = insert(Place).values(rows)
    facts = [column for column in rows[0] if column not in ("id", "changed_at")]
    differs = or_(*(getattr(Place, name).is_distinct_from(statement.excluded[name]) for name in facts))
    loaded = await tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in (*facts, "changed_at")},
            where=and_(Place.sample, Place.ended_at.is_(None), differs),
        ).returning(Place.id)
    )
    tx.publish(CATALOG_TOPIC)
    return len(loaded.all())


async def _upsert(tx: Tx, model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    table = cast(Table, model.__table__)
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(list(rows))
    kept = EDITED_BY_REGISTRAR if model is Item else set()
    changes: dict[str, Any] = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in kept and column.name not in keys
    }
    if model is Item:
        unchanged = table.c.rule == statement.excluded.rule
        changes["rule_en"] = case((unchanged, statement.excluded.rule_en), else_=table.c.rule_en)
        changes |= {name: func.coalesce(table.c[name], statement.excluded[name]) for name in ("asks", "lines")}
    await tx.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def _urgency(code: str, row: Row) -> dict[str, Any]:
    arrive = row["arrive"]
    rule = {"day_close": ArriveRule.DAY_CLOSE, "appointment": ArriveRule.APPOINTMENT, None: ArriveRule.NONE}
    return {
        "code": code,
        "rank": row["rank"],
        "zh": Urgency(code).zh,
        "accept_minutes": row["accept"],
        "arrive_minutes": arrive if isinstance(arrive, int) else None,
        "arrive_rule": ArriveRule.MINUTES if isinstance(arrive, int) else rule[arrive],
        "complete_minutes": row["done"] if isinstance(row["done"], int) else None,
        "calendar": row["clock"],
        "move_days": row["move_days"],
    }


def _paper_kinds(licences: dict[str, str], more: Row) -> Iterable[dict[str, Any]]:
    for code, zh in (licences | more["firm"]).items():
        yield {"code": code, "zh": zh, "en": more["en"][code], "whole_firm": code in more["firm"]}


def _category(row: Row) -> dict[str, Any]:
    return {"code": row["code"], "zh": row["zh"], "en": row["en"], "position": row["order"]}


def _item(category: str, row: Row, caps: Row, position: int) -> dict[str, Any]:
    return {
        "code": row["c"],
        "category_code": category,
        "zh": row["zh"],
        "en": row["en"],
        "keywords": row["kw"],
        "kind": row["kind"],
        "tiers": row["tiers"],
        "urgency": row["urg"],
        "unit": row["unit"],
        "papers": row["lic"],
        "rule": row.get("rule"),
        "rule_en": row.get("rule_en"),
        "cap_fen": caps.get(row["c"]),
        "pays_citizen": row.get("pays_citizen", False),
        "dispatchable": row["kind"] != Kind.INFO and row.get("dispatchable", True),
        "position": position,
    }


def _guided(category: str, row: Row, guide: Row) -> dict[str, Any]:
    """Return what operators ask about the item, and the lines to which they connect the caller.

    Nothing is asked about an item answered in the call.
    """
    own = guide["items"].get(row["c"], {})
    asks = own.get("ask", guide["categories"][category]) if row["kind"] != Kind.INFO else ()
    return {
        "asks": [{"code": code, "choices": []} | guide["questions"][code] for code in asks],
        "lines": [
            {"number": None if "number" in line else name, "zh": line.get("zh", name), "en": line["en"]}
            for name, line in ((name, guide["lines"][name]) for name in own.get("lines", ()))
        ],
    }


def _entitlement(row: Row, sample: bool) -> dict[str, Any]:
    target = row.get("item") or row["category"]
    return {
        "id": uuid5(NAMESPACE_OID, f"{target}/{row['group']}/{row['tier']}"),
        "item_code": row.get("item"),
        "category_code": row.get("category"),
        "group_code": row["group"],
        "tier": row["tier"],
        "quota_per_month": row["quota_per_month"],
        "proof": row.get("proof"),
        "sample": sample,
    }


def _township(district: str, row: Row) -> dict[str, Any]:
    kept = {key: row[key] for key in ("code", "zh", "en", "type", "urban")}
    return kept | {"district_code": district, "lat": row["centroid"]["lat"], "lon": row["centroid"]["lon"]}


def _community(township: str, unit: list[Any]) -> dict[str, Any]:
    code, zh, kind, pinyin, initials, *point = unit
    return {
        "code": code,
        "township_code": township,
        "zh": zh,
        "kind": kind,
        "pinyin": pinyin,
        "initials": initials,
        "lat": point[0]["lat"] if point else None,
        "lon": point[0]["lon"] if point else None,
    }


def _place(row: Row, now: datetime) -> dict[str, Any]:
    kept = {key: row[key] for key in ("kind", "zh", "en", "aliases", "pinyin", "lat", "lon")}
    area = {"township_code": row["township"], "community_code": row.get("community")}
    return kept | area | {"id": uuid5(NAMESPACE_OID, f"place/{row['zh']}"), "sample": True, "changed_at": now}
