"""A provider's statement in the API."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.catalog.models import Tier
from app.credit.schemas import EntryOut
from app.jobs.models import Fault, OfferedBy
from app.kit.fields import Body, Day, Month
from app.kit.languages import Language
from app.kit.pages import Paging
from app.kit.personal_words import Words
from app.kit.quantity import Quantity
from app.matching.reasons import Reason
from app.registry.models import Standing


class Form(StrEnum):
    """How a statement is presented: for programs, for a spreadsheet, or to print."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"


class Share(BaseModel):
    """A share with its counts. `rate` is null when the denominator is 0."""

    numerator: int
    denominator: int
    rate: float | None

    @classmethod
    def of(cls, numerator: int, denominator: int) -> "Share":
        """Return `numerator` of `denominator` as a share."""
        return cls(numerator=numerator, denominator=denominator, rate=numerator / denominator if denominator else None)


class MonthFigures(BaseModel):
    """A month's figures. Solved and satisfaction come from the callbacks about jobs completed in the month."""

    month: date
    accepted: int
    declined: int
    expired: int
    completed: int
    returned: int
    no_shows: int = Field(description="jobs given back because the citizen was absent")
    acceptance: Share = Field(description="accepted offers of those answered or expired")
    punctuality: Share = Field(description="jobs completed by the deadline, of those completed")
    solved: Share = Field(description="problems solved, of the citizens reached")
    satisfaction: Share = Field(description="ratings in the best three of five steps, of the citizens who rated")
    turnover_fen: int
    payout_fen: int
    credit_change: int


class StatementOut(BaseModel):
    """A provider's figures month by month, latest last, with its current credit."""

    provider_id: UUID
    provider_number: int
    provider_name: str
    standing: Standing
    credit: int
    months: list[MonthFigures]


class JobLine(BaseModel):
    """A completed job, with amounts in fen. `payout_fen` is what the provider paid the citizen; it is not turnover."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    number: int
    item_code: str
    item_zh: str
    item_en: str
    quantity: Quantity
    unit: str | None = Field(description="the unit the item is charged by; null or `quote`: charged as a whole")
    tier: Tier
    redo: bool
    completed_at: datetime
    amount_fen: int
    payout_fen: int
    amount_corrected_at: datetime | None = Field(description="when the bill was corrected, if it was")


class Total(BaseModel):
    jobs: int
    amount_fen: int
    payout_fen: int


class MonthStatement(BaseModel):
    """A month's amounts job by job, with its figures and the credit entries made, decided or reversed in it."""

    provider_id: UUID
    provider_number: int
    provider_name: str
    credit: int
    made_at: datetime
    figures: MonthFigures
    jobs: list[JobLine]
    by_tier: dict[Tier, Total]
    total: Total
    credit_entries: list[EntryOut]


class MonthsAsked(BaseModel):
    """The first and last month, both included. By default the last twelve months, including the current one."""

    model_config = ConfigDict(extra="forbid")

    from_: Month | None = Field(default=None, alias="from")
    to: Month | None = None


class Presented(BaseModel):
    """The form and language of a month's statement."""

    model_config = ConfigDict(extra="forbid")

    format: Form = Form.JSON
    lang: Language = Language.ZH


class DecisionsAsked(Paging):
    day: Annotated[Day | None, Query(description="a day in the centre's time zone; default today")] = None


class Best(BaseModel):
    """The scores of the provider that was asked first. Its identity is withheld."""

    scores: dict[str, float] = Field(description="score per criterion, 0 to 1")
    total: float
    offered_by: OfferedBy = Field(description="`citizen` and `operator`: chosen by name, regardless of the ranking")


class OwnDecision(BaseModel):
    """A matching decision about you for a request.

    If you were ranked, `place` (out of `ranked`) and `total` are your rank and score; if not, `reason` says why.
    `asked` means that you got an offer; `own` holds your scores per criterion.
    """

    at: datetime
    request_id: UUID
    number: int
    item_code: str
    township_code: str
    tier: Tier
    policy_version: int
    asked: bool
    place: int | None
    ranked: int
    total: float | None
    own: dict[str, float] | None
    reason: Reason | None
    zh: str | None
    en: str | None
    best: Best | None = Field(description="null if nobody was asked, or you were asked first")


class NoShow(BaseModel):
    """A job given back because the citizen was absent."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    request_id: UUID
    number: int
    item_code: str
    ended_at: datetime
    appointment_from: datetime | None
    appointment_to: datetime | None
    note: Words | None
    fault: Fault | None = Field(description="a supervisor's finding, if there is one")


class NoShowOfCitizen(NoShow):
    provider_name: str


class LinkIn(Body):
    """A link to the month's statement that is valid for `days` days."""

    month: Month
    days: Annotated[int, Field(ge=1, le=90)] = 30


class LinkOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    month: date
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    views: int


class NewLink(LinkOut):
    """A new link. Append `path` to this service's address; it is shown only this once."""

    path: str
