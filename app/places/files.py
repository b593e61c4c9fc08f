"""The sheet of places: its columns, and how their cells are read and written."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.catalog.models import PlaceKind
from app.catalog.snapshot import Snapshot
from app.exchange import cells
from app.exchange.faults import WrongCell
from app.exchange.sheets import Column, Sheet, Words, worded, words_of
from app.kit.errors import InvalidField
from app.kit.geo import Crs
from app.kit.languages import Wording
from app.kit.names import tidy
from app.kit.spreadsheet import csv_text
from app.places.schemas import MOST_ALIASES, PlaceOut, spelled

KINDS_TOO = {
    "路": PlaceKind.ROAD, "街": PlaceKind.ROAD, "街巷": PlaceKind.ROAD, "street": PlaceKind.ROAD,
    "住宅小区": PlaceKind.ESTATE, "居民区": PlaceKind.ESTATE, "新村": PlaceKind.ESTATE, "compound": PlaceKind.ESTATE,
    "景点": PlaceKind.LANDMARK, "公园": PlaceKind.LANDMARK, "大厦": PlaceKind.BUILDING, "大楼": PlaceKind.BUILDING,
    "楼": PlaceKind.BUILDING,
}  # fmt: skip
SYSTEMS: Words = {
    Crs.WGS84: Wording("WGS-84", "WGS-84"),
    Crs.GCJ02: Wording("GCJ-02", "GCJ-02"),
    Crs.BD09: Wording("BD-09", "BD-09"),
}
SYSTEMS_TOO = {
    "wgs": Crs.WGS84, "gps": Crs.WGS84, "epsg:4326": Crs.WGS84, "天地图": Crs.WGS84, "osm": Crs.WGS84,
    "gcj": Crs.GCJ02, "高德": Crs.GCJ02, "腾讯": Crs.GCJ02, "火星坐标": Crs.GCJ02, "amap": Crs.GCJ02,
    "bd": Crs.BD09, "bd09ll": Crs.BD09, "百度": Crs.BD09, "baidu": Crs.BD09,
}  # fmt: skip
_PARTING = str.maketrans("、；，;,|｜/／", "\n" * 9)


def sheet(catalog: Snapshot) -> Sheet:
    """Return the only sheet, with this centre's townships and communities."""
    townships = [(code, row.zh) for code, row in catalog.townships.items()]
    communities = [(code, row.zh) for code, row in catalog.communities.items()]
    return Sheet("places", "地点", "Places", (
        Column("id", "编号", "Id", _id),
        worded("kind", "类别", "Kind", words_of(PlaceKind), required=True, too=KINDS_TOO),
        Column("zh", "名称", "Name", _name, required=True),
        Column("en", "英文名称", "English name", cells.text(100)),
        Column("aliases", "别名", "Also called", _aliases),
        Column("pinyin", "拼音", "Pinyin", _pinyin),
        Column("township", "街道（乡镇）", "Township",
               cells.code_of(townships, "街道（乡镇）代码或名称 / the code or name of a township")),
        Column("community", "社区", "Community",
               cells.code_of(communities, "社区代码或名称 / the code or name of a community")),
        Column("lat", "纬度", "Latitude", cells.coordinate),
        Column("lon", "经度", "Longitude", cells.coordinate),
        worded("crs", "坐标系", "Coordinates", SYSTEMS, too=SYSTEMS_TOO),
    ))  # fmt: skip


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise WrongCell("place_unknown") from None


def _name(value: str) -> str:
    name: str = cells.text(60)(tidy(value))
    if not any(letter.isalnum() for letter in name):
        raise WrongCell("missing")
    return name


def _aliases(value: str) -> list[str]:
    parts = (part for part in value.translate(_PARTING).splitlines() if part.strip())
    names = list(dict.fromkeys(map(_name, parts)))
    if len(names) > MOST_ALIASES:
        raise WrongCell("too_many_aliases", most=MOST_ALIASES)
    return names


def _pinyin(value: str) -> str:
    try:
        return spelled(cells.text(200)(value))
    except (InvalidField, ValidationError):
        raise WrongCell("pinyin") from None


def write(places: Iterable[PlaceOut], catalog: Snapshot) -> str:
    """Return the places as a CSV that the import accepts. Guessed areas are left empty."""
    columns = sheet(catalog).columns
    return csv_text([column.zh for column in columns], (_cells(place, catalog) for place in places))


def _cells(place: PlaceOut, catalog: Snapshot) -> list[Any]:
    township = "" if place.guessed == "township" else place.township_code
    community = "" if place.guessed else place.community_code
    row = [
        str(place.id),
        PlaceKind(place.kind).zh,
        place.zh,
        place.en or "",
        "、".join(place.aliases),
        place.pinyin,
        f"{township} {catalog.townships[township].zh}" if township else "",
        f"{community} {catalog.communities[community].zh}" if community else "",
    ]
    point = ["", "", ""] if place.lat is None else [place.lat, place.lon, SYSTEMS[Crs.WGS84][0]]
    return [*row, *point]
