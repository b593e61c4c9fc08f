"""The catalogue and the gazetteer in the API."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.catalog.gazetteer import Known
from app.catalog.models import Kind, Tier
from app.kit.fields import MOST_FEN, Body, Code
from app.kit.free_text import FreeText

Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9-]{1,18}[0-9]$")]


class Said(Body):
    """The same in both languages."""

    zh: Words
    en: Words


class Line(Said):
    """A line to connect; `number` null is one of the centre's own that it has still to fill in."""

    number: Number | None


class Ask(Said):
    """A question of the call guide; `choices` are usual answers, anything else may be said."""

    code: Annotated[str, StringConstraints(pattern="^[a-z][a-z_]{0,29}$")]
    choices: list[Said] = Field(default=[], max_length=12)


Asks = Annotated[list[Ask], Field(max_length=12)]
Lines = Annotated[list[Line], Field(max_length=8)]


def _none_yet(kept: Any) -> Any:
    return kept or []


class ItemOut(BaseModel):
    """A service item; `tiers[0]` is open to everybody, `rule` is what the operator must mind, in Chinese."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    category_code: str
    zh: str
    en: str
    keywords: list[str]
    kind: Kind
    tiers: list[Tier]
    urgency: str
    unit: str | None
    papers: list[str]
    rule: str | None
    rule_en: str | None
    asks: Annotated[list[Ask], BeforeValidator(_none_yet)] = Field(description="what the operator asks about it")
    lines: Annotated[list[Line], BeforeValidator(_none_yet)] = Field(description="whom they connect, the first first")
    cap_fen: int | None
    pays_citizen: bool
    dispatchable: bool


class ItemEdit(Body):
    """What a registrar may change of an item."""

    keywords: list[Keyword] = Field(default=[], max_length=30)
    rule: str | None = Field(default=None, max_length=500)
    rule_en: str | None = Field(default=None, max_length=500, description="gone when `rule` changes without it")
    asks: Asks = Field(default=[])
    lines: Lines = Field(default=[])
    cap_fen: int | None = Field(default=None, gt=0, le=MOST_FEN)


class CategoryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str


class TownshipOut(BaseModel):
    """A 街道, 镇 or 乡; the point is WGS-84."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str
    type: str
    urban: bool
    lat: float
    lon: float


class CommunityOut(BaseModel):
    """A community or village; the point is WGS-84, and null where only the township's is known."""

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
    """What somebody says of where they are."""

    words: FreeText = Field(description="a name, pinyin, initials, English, an address or a sentence")
    area: Code | None = Field(default=None, description="the township or community that was chosen, to compare with")
    limit: int = Field(default=9, ge=1, le=50)


class Elsewhere(BaseModel):
    """Words that name another place than the area that was chosen, or (`outside`) another district or city, with its
    national code: to be asked again, never a refusal."""

    words: str
    kind: Known
    code: str
    zh: str
    en: str


class PlaceFound(BaseModel):
    """A community, a township or a place of the centre's own that may be meant, how likely (0 to 1), and where it is.

    `point_of` says whose point (WGS-84) it is: the township's stands for a community that has none.
    """

    kind: Known
    code: str = Field(description="of the township or community; of a place its id")
    zh: str
    en: str
    township_code: str
    community_code: str | None
    lat: float
    lon: float
    point_of: Known
    confidence: float
    sure: bool = Field(description="it was named; else it is guessed, and to be asked back")
    found_in: str = Field(description="the part of the words that names it")
    left_over: str = Field(description="the words without it and its township: a house number, to be kept")


class PlacesFound(BaseModel):
    """The likeliest first; nothing where the words name no place."""

    found: list[PlaceFound]
    elsewhere: list[Elsewhere] = Field(description="what the words name outside `area`")


class GroupOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str


class PaperKindOut(BaseModel):
    """A licence or certificate; `whole_firm`: when it expires the whole firm is suspended, not only some items."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    zh: str
    en: str
    whole_firm: bool


class EntitlementOut(BaseModel):
    """Members of the group get this tier, so often a month; `sample` marks our own proposal."""

    model_config = ConfigDict(from_attributes=True)

    item_code: str | None
    category_code: str | None
    group_code: str
    tier: Tier
    quota_per_month: int | None
    proof: str | None
    sample: bool
