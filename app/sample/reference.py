"""What samples are generated from: the catalogue, the gazetteer and this package's data files, each read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, cast

import yaml

from app.catalog.load import read_data
from app.catalog.models import Kind, Tier

SEED = 81890
"""The default seed of everything generated."""

KM_PER_DEGREE = 111.32
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class SampleItem:
    """A service item, as the generators need it. `cap_fen` limits the low-fee price per `unit`; 0 means no low fee."""

    code: str
    category: str
    kind: Kind
    tiers: tuple[Tier, ...]
    urgency: str
    unit: str | None
    papers: tuple[str, ...]
    cap_fen: int


@dataclass(frozen=True, slots=True)
class SampleCommunity:
    """A 社区, 居委会 or 村."""

    code: str
    zh: str
    kind: str


@dataclass(frozen=True, slots=True)
class SampleTownship:
    """A township with its WGS-84 point, which may be off by `err_km`."""

    code: str
    zh: str
    urban: bool
    street: bool
    lat: float
    lon: float
    err_km: float
    communities: tuple[SampleCommunity, ...]

    def km_to(self, other: "SampleTownship") -> float:
        """Return the distance between the two points in kilometres."""
        east = (other.lon - self.lon) * cos(radians(self.lat))
        return KM_PER_DEGREE * hypot(other.lat - self.lat, east)


@cache
def sample_data(name: str) -> Mapping[str, Any]:
    """Return one of this package's data files, parsed."""
    return cast(Mapping[str, Any], yaml.safe_load((DATA / name).read_text(encoding="utf-8")))


@cache
def sample_items() -> Mapping[str, SampleItem]:
    """Return every item of the catalogue by code, in the catalogue's order."""
    caps = read_data("caps.yaml")["caps"]
    return {
        row["c"]: SampleItem(
            code=row["c"],
            category=category["code"],
            kind=Kind(row["kind"]),
            tiers=tuple(map(Tier, row["tiers"])),
            urgency=row["urg"],
            unit=row["unit"],
            papers=tuple(row["lic"]),
            cap_fen=caps.get(row["c"], 0),
        )
        for category in read_data("catalog.yaml")["categories"]
        for row in category["items"]
    }


@cache
def sample_townships() -> Mapping[str, SampleTownship]:
    """Return every township of the gazetteer by code."""
    return {
        row["code"]: SampleTownship(
            code=row["code"],
            zh=row["zh"],
            urban=row["urban"],
            street=row["type"] == "街道",
            lat=row["centroid"]["lat"],
            lon=row["centroid"]["lon"],
            err_km=row["centroid"]["err_km"],
            communities=tuple(SampleCommunity(code, zh, kind) for code, zh, kind, *_ in row["communities"]),
        )
        for row in read_data("haishu.yaml")["townships"]
    }


@cache
def nearest_townships(code: str) -> tuple[str, ...]:
    """Return the codes of all townships, nearest first, beginning with this one."""
    townships = sample_townships()
    return tuple(sorted(townships, key=lambda other: townships[code].km_to(townships[other])))
