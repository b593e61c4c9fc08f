"""API schemas for articles, searches and canned texts."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.catalog.schemas import ItemOut
from app.danger.schemas import HeardOut
from app.kit.errors import InvalidField
from app.kit.fields import Body, Day
from app.kit.free_text import FreeText
from app.kit.pages import Paging
from app.knowledge.models import ArticleStatus

MOST_QUESTION = 300
"""The maximum length of a question in characters."""


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _lines(text: object) -> object:
    """Normalise line ends, however they were typed."""
    return "\n".join(text.splitlines()) if isinstance(text, str) else text


Line = Annotated[str, StringConstraints(min_length=1, max_length=300), BeforeValidator(_one_line)]
Answer = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), BeforeValidator(_lines)
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=100), BeforeValidator(_one_line)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
SentSlug = Annotated[str, StringConstraints(max_length=80)]
"""An article's slug in a path. An unknown one is answered with 404."""
Code = Annotated[str, StringConstraints(max_length=20)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9-]{1,18}[0-9]$")]
TextName = Annotated[
    str,
    StringConstraints(pattern=r"^\w{1,20}$"),
    Field(json_schema_extra={"pattern": "^[0-9A-Za-z_\u4e00-\u9fff]{1,20}$"}),  # outside Python, \w is ASCII
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class BothTitle(Body):
    """A title in Chinese, and in English if there is a translation."""

    zh: Title
    en: Title | None = None


class BothAnswer(Body):
    """The answer in Chinese, and in English if there is a translation."""

    zh: Answer
    en: Answer | None = None


class Both(Body):
    """A line in Chinese, and in English if there is a translation."""

    zh: Line
    en: Line | None = None


class PlaceOf(Body):
    """A place to go to."""

    name: Both
    address: Both | None = None


class PhoneOf(Body):
    """A number to call, and what for."""

    model_config = ConfigDict(populate_by_name=True)

    number: Number
    purpose: Both | None = Field(default=None, alias="for")


class ArticleText(Body):
    """The content of an article that is shown, as plain text."""

    title: BothTitle
    answer: BothAnswer = Field(description="the text that the operator reads out")
    steps: list[Both] = Field(default=[], max_length=20)
    papers: list[Both] = Field(default=[], max_length=20, description="what to bring")
    fees: Both | None = None
    hours: Both | None = None
    places: list[PlaceOf] = Field(default=[], max_length=20)
    phones: list[PhoneOf] = Field(default=[], max_length=20)
    source: Both | None = None


class Content(ArticleText):
    """The content of an article, and the words by which it is found."""

    words: list[Line] = Field(
        default=[], max_length=200, description="how callers ask for it, in any language: words and whole sentences"
    )


class Draft(Content):
    """A version as the editor writes it. `change` says what is new in it."""

    items: list[Code] = Field(min_length=1, max_length=20)
    areas: list[Code] = Field(
        default=[], max_length=50, description="codes of townships and communities; empty: everywhere"
    )
    valid_from: Day | None = None
    valid_to: Day | None = Field(default=None, description="the last day on which it is valid")
    change: Note | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise InvalidField("the last day is before the first day", "截止日早于生效日")
        return self

    @property
    def content(self) -> Content:
        """The content without codes and dates."""
        return Content.model_validate(self.model_dump(include=set(Content.model_fields)))


class ArticleIn(Draft):
    """A new article."""

    slug: Slug = Field(description="permanent name in paths and files, such as lost-id-card")


class VersionOut(BaseModel):
    """A version with its content, who wrote it, and who approved or discarded it."""

    id: UUID
    number: int
    status: ArticleStatus
    items: list[str]
    areas: list[str]
    valid_from: date | None
    valid_to: date | None
    content: Content
    change: str | None
    written_at: datetime
    written_by: UUID | None
    decided_at: datetime | None
    decided_by: UUID | None
    ended_at: datetime | None
    note: str | None


class ArticleOut(BaseModel):
    """An article with the version in force and the waiting draft; each is null if there is none."""

    slug: str
    sample: bool = Field(description="the article came with the software, and the centre has not checked it")
    owner_id: UUID | None
    review_on: date
    reviewed_at: datetime | None
    reviewed_by: UUID | None
    newest: int = Field(description="the number of the newest version")
    approved: VersionOut | None
    draft: VersionOut | None


class ArticleLine(BaseModel):
    """An article in a list, with one of its versions."""

    slug: str
    number: int
    status: ArticleStatus
    title: BothTitle
    items: list[str]
    areas: list[str]
    valid_from: date | None
    valid_to: date | None
    sample: bool
    owner_id: UUID | None
    review_on: date


class ArticlesAsked(Paging):
    """Which articles to list. By default, all with a draft or an approved version."""

    status: Annotated[ArticleStatus | None, Query()] = None
    item: Annotated[Code | None, Query()] = None
    sample: Annotated[bool | None, Query()] = None


class ReviewsAsked(Paging):
    """Within how many days a review must be due."""

    within_days: Annotated[int, Query(ge=0, le=400)] = 30


class Noted(Body):
    """A reason."""

    note: Note


class ReviewIn(Body):
    """The result of a review that found the article correct: the next review date, and the new owner if it changes."""

    review_on: Day
    owner_id: UUID | None = None


class SearchIn(Body):
    """The caller's words, the item, or both.

    `typing` means that more is still being typed: an empty result is then not recorded.
    """

    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_QUESTION)] = ""
    item: Code | None = None
    area: Code | None = Field(default=None, description="a township's or community's code")
    limit: int = Field(default=5, ge=1, le=20)
    typing: bool = False


class SuggestionsIn(Body):
    """What the caller says, in any language, as far as it has been typed. For Chinese, pinyin or initials will do."""

    words: FreeText
    limit: int = Field(default=8, ge=1, le=20)


class SuggestionOut(ItemOut):
    """An item that may be meant. `confidence` is 0 to 1, and 0 if nothing but its name matches the typed text.

    An item that is not `sure` is possible, but it is more likely that no item fits.
    """

    confidence: float
    sure: bool


class SuggestionsOut(BaseModel):
    """The dangers that were recognised, most urgent first, with instructions; and the items that may be meant."""

    dangers: list[HeardOut]
    items: list[SuggestionOut]


class Mark(BaseModel):
    """A part of a text, from character (code point) `start` up to but not including `end`."""

    start: int
    end: int


class Marks(BaseModel):
    """Where the words of the question occur in a text."""

    zh: list[Mark]
    en: list[Mark]


class Found(BaseModel):
    """An approved article that fits. `relevance` is 0 to 1. Highlights are ranges, never markup."""

    slug: str
    version_id: UUID
    number: int
    sample: bool
    items: list[str]
    areas: list[str]
    valid_to: date | None
    relevance: float
    content: ArticleText
    marked_title: Marks
    marked_answer: Marks


class SearchOut(BaseModel):
    """The articles that fit, best first; empty if none fits.

    If `sure` is true, the first article answers the question. If not, it is only possible, as are all the others.
    """

    items: list[Found]
    sure: bool


class PresentAsked(BaseModel):
    """Ids of article versions."""

    version: Annotated[list[UUID], Query(min_length=1, max_length=20)]


class VersionStanding(BaseModel):
    """Whether a version used in an answer is still in force, and which version is in force now."""

    version_id: UUID
    slug: str
    status: ArticleStatus
    in_force: UUID | None = Field(description="the version in force now; null if there is none")


class TextIn(Body):
    """A canned text, in plain text."""

    zh: Answer
    en: Answer | None = None


class TextOut(BaseModel):
    """A text that `/name` inserts into an answer."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    zh: str
    en: str | None
    sample: bool
    changed_at: datetime


class FileFault(BaseModel):
    """An error in a file: the article or row, the field, and the reason."""

    row: int = Field(description="the row of the CSV or the line of the Markdown; 0 for the whole file")
    slug: str
    field: str
    value: str = Field(description="the first 60 characters of the value")
    code: str
    zh: str
    en: str


class ImportOut(BaseModel):
    """What the file changed, or would change with `dry_run`. Each change is a draft that awaits approval."""

    dry_run: bool
    read: int
    added: int
    changed: int
    unchanged: int
    slugs: list[str] = Field(description="the first 200 articles that are new or changed")
