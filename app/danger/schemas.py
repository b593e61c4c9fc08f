"""Requests and responses for dangers and their guides."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.catalog.schemas import Line, Texts
from app.danger.kinds import DangerKind, InDanger
from app.danger.models import GuideStatus
from app.danger.words import parse
from app.kit.errors import InvalidField
from app.kit.fields import Body

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _pattern(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        raise InvalidField(
            f"{error}; write a phrase, or join phrases with + (all must occur) and / (any one is enough)",
            "格式不对：写一个词语，或用 + 连接须同时出现的词、用 / 连接任选其一的词，单独一个字不够",
        ) from error
    return text


Pattern = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_pattern)
]


class EmergencyLine(Line):
    """A line to connect the caller to. Its name may say when to use it."""


class Words(Body):
    """The patterns that reveal the danger, and those of harmless phrases that sound like it."""

    recognise: list[Pattern] = Field(min_length=1, max_length=500)
    take_back: list[Pattern] = Field(default=[], max_length=500)


class Said(Texts):
    """A sentence of a script. With `who`, it is said only if that person is in danger."""

    who: InDanger | None = None


def _fits_both(say: list[Said]) -> list[Said]:
    if any(all(said.who not in (None, who) for said in say) for who in InDanger):
        raise InvalidField(
            "nothing is left to say if the caller, or somebody else, is in danger; add a sentence for them or for both",
            "来电人自己有危险、别人有危险，两种情形都要至少有一句可念",
        )
    return say


class Script(Body):
    """What the operator says, what they never say or do, and the lines to connect, first choice first."""

    zh: Name = Field(description="the danger's name")
    en: Name
    item: Annotated[str, StringConstraints(max_length=10)] = Field(
        description="the item of the request if the operator picked none"
    )
    who: InDanger = Field(
        default=InDanger.CALLER, description="who is presumed in danger if the caller's words name nobody, or both"
    )
    say: Annotated[list[Said], AfterValidator(_fits_both)] = Field(min_length=1, max_length=24)
    dont: list[Said] = Field(default=[], max_length=16)
    lines: list[EmergencyLine] = Field(min_length=1, max_length=8)


class Guide(Script):
    """All that is stored about a danger. Without `words`, those of the software apply, and improve with its updates."""

    words: Words | None = None


class GuideDraft(Guide):
    """A new version to write. `change` says what is new in it."""

    change: Note | None = None


class GuideVersionOut(BaseModel):
    """A version, which is never edited. `written_by` is null if it came with the software."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    status: GuideStatus
    content: Guide
    change: str | None
    written_at: datetime
    written_by: UUID | None
    decided_at: datetime | None
    decided_by: UUID | None
    ended_at: datetime | None
    note: str | None


class DangerOut(BaseModel):
    """A danger: the version in force, the draft awaiting a decision, and the words that reveal it now."""

    kind: DangerKind
    newest: int = Field(description="the latest version, draft or not; this is the ETag")
    approved: GuideVersionOut
    draft: GuideVersionOut | None
    words: Words


class HeardOut(Script):
    """A danger recognised in the text, and what to do about it."""

    kind: DangerKind
    who: InDanger = Field(description="who is in danger: as the words say, otherwise as the guide presumes")
    confidence: float = Field(description="0 to 1")
    sample: bool = Field(description="the guide came with the software; the centre has not written its own")


class Noted(Body):
    note: Note
