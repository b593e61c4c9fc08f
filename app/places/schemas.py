"""API schemas for the centre's own places."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from app.catalog.gazetteer import letters_of, spelt, syllables
from app.catalog.models import Guess, PlaceKind
from app.exchange.schemas import CellFault
from app.kit.errors import InvalidField
from app.kit.fields import Body, Code
from app.kit.geo import Crs
from app.kit.names import tidy
from app.kit.pages import Paging

MOST_ALIASES = 20
Lat = Annotated[float, Field(ge=-90, le=90, description="degrees")]
Lon = Annotated[float, Field(ge=-180, le=180, description="degrees")]


def _named(name: str) -> str:
    """Return the name in half width. Raises InvalidField if it has no letter or character to search for."""
    name = tidy(name)
    if not any(letter.isalnum() for letter in name):
        raise InvalidField("a name must have letters or characters", "名称须含文字")
    return name


Name = Annotated[str, StringConstraints(max_length=60)]


class Point(Body):
    """A point in the named coordinate system."""

    lat: Lat
    lon: Lon
    crs: Crs = Crs.WGS84


class PlaceEdit(Body):
    """The fields of a place to change. A point needs both latitude and longitude.

    Without a community, the place gets that of the nearest known point within a kilometre; without a township, that of
    the nearest known point. `guessed` says which.
    """

    kind: PlaceKind | None = None
    zh: Name | None = None
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    aliases: list[Name] = Field(default=[], max_length=MOST_ALIASES, description="other names that people use")
    pinyin: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="the local reading; derived from the name if left out"
    )
    township_code: Code | None = None
    community_code: Code | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = Field(
        default=Crs.WGS84, description="the coordinate system of the given point; the point is stored in WGS-84"
    )

    @field_validator("zh")
    @classmethod
    def _has_name(cls, name: str | None) -> str | None:
        return name if name is None else _named(name)

    @field_validator("aliases")
    @classmethod
    def _have_names(cls, names: list[str]) -> list[str]:
        return list(dict.fromkeys(map(_named, names)))

    @field_validator("pinyin")
    @classmethod
    def _is_read(cls, pinyin: str | None) -> str | None:
        return spelled(pinyin) if pinyin else None

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise InvalidField("give both latitude and longitude, or neither", "经度和纬度须同时填写")
        return self


class PlaceIn(PlaceEdit):
    """A new place. It needs at least a kind, a name, and a point, community or township."""

    kind: PlaceKind
    zh: Name


def spelled(pinyin: str) -> str:
    """Return pinyin as it is stored: one word, without tones. Raises InvalidField if the text is not pinyin."""
    words = pinyin.replace("’", " ").replace("'", " ").split()
    read = [syllable for word in words for syllable in syllables(letters_of(word))]
    if "".join(read) != letters_of(pinyin) or not read:
        raise InvalidField("is not pinyin", "不是拼音")
    return spelt(read)


class PlaceOut(BaseModel):
    """One of the centre's own places, with its point in WGS-84.

    `guessed`: the part of its area that was taken from the nearest known point. `sample`: it came with the software,
    and nobody has edited it.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: PlaceKind
    zh: str
    en: str | None
    aliases: list[str]
    pinyin: str
    township_code: str
    community_code: str | None
    guessed: Guess | None
    lat: float | None
    lon: float | None
    sample: bool
    changed_at: datetime
    ended_at: datetime | None


class PlacesAsked(Paging):
    """Which places to list. By default, all that have not ended."""

    township: Annotated[Code | None, Query()] = None
    kind: Annotated[PlaceKind | None, Query()] = None
    sample: Annotated[bool | None, Query()] = None
    ended: Annotated[bool, Query(description="list the places that have ended instead")] = False


class NearestAsked(Point):
    """A point, and how many communities and townships to return."""

    limit: int = Field(default=3, ge=1, le=20)


class NearOut(BaseModel):
    """A community or township and the distance to its point, in metres.

    Points of communities are accurate to half a kilometre.
    """

    code: str
    zh: str
    en: str
    township_code: str
    distance_m: int


class NearestOut(BaseModel):
    """The nearest communities that have a point of their own, and the nearest townships."""

    communities: list[NearOut]
    townships: list[NearOut]
    inside: bool | None = Field(
        description="whether the point is within the bounds of the district; null if they are unknown"
    )


class ImportOut(BaseModel):
    """What the file changed, or would change with `dry_run`. Places that the file leaves out stay unchanged."""

    dry_run: bool
    read: int
    added: int
    changed: int
    unchanged: int
    warned: int = Field(description="the number of warnings")
    warnings: list[CellFault] = Field(description="the first 500 warnings; rows with warnings are still imported")


Facts = dict[str, Any]
