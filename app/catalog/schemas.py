"""Requests and responses of the catalogue and the gazetteer."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.catalog.gazetteer import Known
from app.catalog.models import Kind, Tier, Urgency
from app.kit.fields import MOST_FEN, Body, Code
from app.kit.free_text import FreeText

Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9-]{1,18}[0-9]$")]


class Texts(Body):
    """A text in Chinese and English."""

    zh: Words
    en: Words


class Line(Texts):
    """A line to connect the caller to. If `number` is null, the line is the centre's own and its number is missing."""

    number: Number | None


class Ask(Texts):
    """A question of the call guide. `choices` are usual answers; any other answer is possible."""

    code: Annotated[str, StringConstraints(pattern="^[a-z][a-z_]{0,29}$")]
    choices: list[Texts] = Field(default=[], max_length=12)


Asks = Annotated[list[Ask], Field(max_length=12)]
Lines = Annotated[list[Line], Field(max_length=8)]


def _none_yet(kept: Any) -> Any:
    return kept or []


class ItemOut(BaseModel):
    """A service item. `tiers[0]` is open to everybody; `rule` is what operators must observe, in Chinese."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    category_code: str
    zh: str
    en: str
    keywords: list[str]
    kind: Kind
    tiers: list[Tier]
    urgency: Urgency
    unit: str | None
    papers: list[str]
    rule: str | None
    rule_en: str | None
    asks: Annotated[list[Ask], BeforeValidator(_none_yet)] = Field(
        description="questions that the operator asks about it"
    )
    lines: Annotated[list[Line], BeforeValidator(_none_yet)] = Field(
        description="lines to connect the caller to, first choice first"
    )
    cap_fen: int | None
    pays_citizen: bool
    dispatchable: bool


class ItemEdit(Body):
    """The fields of an item that a registrar may change."""

    keywords: list[Keyword] = Field(default=[], max_length=30)
    rule: str | None = Field(default=None, max_length=500)
    rule_en: str | None = Field(default=None, max_length=500, description="cleared when `rule` changes without it")
    asks: Asks = Field(default=[])
    lines: Lines = Field(default=[])
    cap_fen: int | None = Field(default=None, gt=0, le=MOST_FEN)


class CategoryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str


class TownshipOut(BaseModel):
    """A 街道, 镇 or 乡. The point is in WGS-84."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str
    type: str
    urban: bool
    lat: float
    lon: float


class CommunityOut(BaseModel):
    """A community or village. The point is in WGS-84, or null if only the township's is known."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    township_code: str
    zh: str
    kind: str
    pinyin: str
    initials: str
    lat: float | None
    lon: float | None


class PlaceSearch(Body):
    """What somebody says about where they are."""

    words: FreeText = Field(description="a name, pinyin, initials, English, an address or a sentence")
    area: Code | None = Field(default=None, description="the chosen township or community, to compare the words with")
    limit: int = Field(default=9, ge=1, le=50)


class Elsewhere(BaseModel):
    """Words that name a place outside the chosen area, or another district or city (`outside`, with its national code).

    The operator should check with the caller; it is never a reason to refuse.
    """

    words: str
    kind: Known
    code: str
    zh: str
    en: str


class PlaceFound(BaseModel):
    """A community, township or place that may be meant, with the confidence (0 to 1) and its point.

    `point_of` says whose point (WGS-84) it is: a community without one has its township's.
    """

    kind: Known
    code: str = Field(description="code of the township or community, or id of the place")
    zh: str
    en: str
    township_code: str
    community_code: str | None
    lat: float
    lon: float
    point_of: Known
    confidence: float
    sure: bool = Field(description="true: the place was named; false: it is a guess to check with the caller")
    found_in: str = Field(description="the part of the words that names the place")
    left_over: str = Field(
        description="the words that remain without the place and its township, such as a house number; keep them"
    )
    sample: bool = Field(description="a place that came with the software; the centre has not checked it")


class PlacesFound(BaseModel):
    """The results, likeliest first; empty if the words name no place."""

    found: list[PlaceFound]
    elsewhere: list[Elsewhere] = Field(description="places that the words name outside `area`")


class GroupOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str


class PaperKindOut(BaseModel):
    """A licence or certificate. `whole_firm`: its expiry suspends the whole provider, not only some items."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str
    whole_firm: bool


class EntitlementOut(BaseModel):
    """Members of the group get this tier, up to `quota_per_month`. `sample`: the rule came with the software."""

    model_config = ConfigDict(from_attributes=True)

    item_code: str | None
    category_code: str | None
    group_code: str
    tier: Tier
    quota_per_month: int | None
    proof: str | None
    sample: bool
