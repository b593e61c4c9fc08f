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
from app.kit.quantity import Quantity
from app.matching.reasons import Reason
from app.registry.models import Standing


class Form(StrEnum):
    """A document for programs, for a spreadsheet, or to be printed."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"


class Share(BaseModel):
    """`rate` is null where nothing could have counted."""

    numerator: int
    denominator: int
    rate: float | None

    @classmethod
    def of(cls, numerator: int, denominator: int) -> "Share":
        """So many of so many."""
        return cls(numerator=numerator, denominator=denominator, rate=numerator / denominator if denominator else None)


class MonthFigures(BaseModel):
    """What a month came to. Satisfaction is of the callbacks about the jobs completed in the month."""

    month: date
    accepted: int
    declined: int
    expired: int
    completed: int
    returned: int
    no_shows: int = Field(description="jobs given back because the citizen was not there")
    acceptance: Share = Field(description="accepted, of the offers that were answered or expired")
    punctuality: Share = Field(description="done by the deadline, of the completed")
    solved: Share = Field(description="of the citizens reached")
    satisfaction: Share = Field(description="the best three steps of five, of the citizens who rated")
    turnover_fen: int
    payout_fen: int
    credit_change: int


class StatementOut(BaseModel):
    """Month by month, the latest last, beside the credit as it stands."""

    provider_id: UUID
    provider_number: int
    provider_name: str
    standing: Standing
    credit: int
    months: list[MonthFigures]


class JobLine(BaseModel):
    """A completed job and what it brought; `payout_fen` is what the firm paid the citizen, outside turnover."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    number: int
    item_code: str
    item_zh: str
    item_en: str
    quantity: Quantity
    unit: str | None = Field(description="by which the item is charged; null or `quote`: as a whole")
    tier: Tier
    redo: bool
    completed_at: datetime
    amount_fen: int
    payout_fen: int
    amount_corrected_at: datetime | None = Field(description="when the bill was put right, if it was")


class Total(BaseModel):
    jobs: int
    amount_fen: int
    payout_fen: int


class MonthStatement(BaseModel):
    """The amounts of a month, job by job, with its figures and the credit entries that were open or decided in it."""

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
    """Both included; left out, the last twelve months with the present one."""

    model_config = ConfigDict(extra="forbid")

    from_: Month | None = Field(default=None, alias="from")
    to: Month | None = None


class Presented(BaseModel):
    """How a month's statement is wanted."""

    model_config = ConfigDict(extra="forbid")

    format: Form = Form.JSON
    lang: Language = Language.ZH


class DecisionsAsked(Paging):
    day: Annotated[Day | None, Query(description="of the centre's zone; left out, today")] = None


class Best(BaseModel):
    """What the one who was asked first scored; who it is stays out of it."""

    scores: dict[str, float] = Field(description="per criterion, 0 to 1")
    total: float
    offered_by: OfferedBy = Field(description="`citizen` and `operator`: picked by name, whatever the ranking said")


class OwnDecision(BaseModel):
    """What was decided about the provider when somebody was wanted for a request.

    Ranked: at which place of how many, with which total. Not ranked: the reason. `asked`: it got an offer then, whose
    scores per criterion are `own`.
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
    best: Best | None = Field(description="null when nobody was asked, or this provider was the best itself")


class NoShow(BaseModel):
    """A job given back because the citizen was not there."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    request_id: UUID
    number: int
    item_code: str
    ended_at: datetime
    appointment_from: datetime | None
    appointment_to: datetime | None
    note: str | None
    fault: Fault | None = Field(description="what a supervisor found, if it came to that")


class NoShowOfCitizen(NoShow):
    provider_name: str


class LinkIn(Body):
    """A link that leads to the month's statement for so many days."""

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
    """`path` follows the address of this service; it is shown this once."""

    path: str
