"""API schemas for the manager's figures: counts, rates, clocks and turnover. They hold no personal data."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.catalog.models import Kind, Tier
from app.intake.models import Channel
from app.kit.fields import ClockTime, Code, Day, Month
from app.kit.pages import Page, Paging
from app.kit.quantity import Sum
from app.kit.terms import Term
from app.registry.models import ProviderKind
from app.registry.schemas import Growth


class Dimension(Term):
    """A dimension by which figures are counted."""

    DAY = "day", "日期", "day", "The day of the event."
    HOUR = "hour", "时段", "hour", "The hour of the event."
    KIND = "kind", "类型", "kind", "The kind of service that the request asks for."
    CATEGORY = "category", "服务类别", "category", "The category of the item."
    TOWNSHIP = "township", "街道、乡镇", "township", "Where the request is."
    TIER = "tier", "档次", "tier", "What the citizen pays."
    CHANNEL = "channel", "渠道", "channel", "How the request reached the centre."

    @property
    def column(self) -> str:
        """The dimension's column on requests and on daily volumes."""
        return f"{self}_code" if self in (Dimension.CATEGORY, Dimension.TOWNSHIP) else str(self)


class Filters(BaseModel):
    """Which requests to count. Without filters, all of them."""

    model_config = ConfigDict(extra="forbid")  # a misspelt filter would return other figures than requested

    kind: Kind | None = None
    category: Code | None = Field(default=None, description="a category's code")
    township: Code | None = Field(default=None, description="a township's code")
    tier: Tier | None = None
    channel: Channel | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The filter values by column."""
        values = {
            "kind": self.kind,
            "category_code": self.category,
            "township_code": self.township,
            "tier": self.tier,
            "channel": self.channel,
        }
        return {column: value for column, value in values.items() if value is not None}


class Selection(Filters):
    """The first and the last day, in the centre's zone, and which requests to count."""

    from_: Day = Field(alias="from")
    to: Day


class VolumesAsked(Selection):
    """Which volumes to count, and by which dimensions."""

    by: list[Dimension] = Field(default=[Dimension.DAY], max_length=2, description="one or two dimensions")
    format: Literal["json", "csv"] | None = Field(
        default=None, description="csv can also be requested with Accept: text/csv"
    )


class Counts(BaseModel):
    """What happened.

    By hour, only `requests` and `answered_in_call` are known, for the requests received in that hour.
    """

    requests: int
    answered_in_call: int
    answered_by_article: int | None = Field(default=None, description="requests answered in the call from an article")
    answered: int | None = None
    relayed: int | None = None
    dispatched: int | None = None
    unmatched: int | None = None
    offered: int | None = None
    accepted: int | None = None
    declined: int | None = None
    expired: int | None = None
    returned: int | None = None
    completed: int | None = None
    on_time: int | None = Field(default=None, description="jobs completed on time")
    closed: int | None = None
    cancelled: int | None = None
    callbacks: int | None = Field(
        default=None, description="callbacks that have ended, whether or not the citizen was reached"
    )
    reached: int | None = None
    solved: int | None = None
    rated: int | None = Field(default=None, description="citizens reached who gave a rating")
    satisfied: int | None = None
    turnover_fen: int | None = None


class VolumeRow(Counts):
    """Counts for one value of each requested dimension. The other dimensions are left out."""

    day: date | None = None
    hour: int | None = Field(default=None, description="0 to 23, in the centre's zone")
    kind: Kind | None = None
    category: str | None = None
    township: str | None = None
    tier: Tier | None = None
    channel: Channel | None = None


class Volumes(BaseModel):
    """Volumes.

    An event counts on the day it happened, by what its request was then: tier, item and place may change later.
    """

    rows: list[VolumeRow]
    total: Counts


class Rate(BaseModel):
    """A rate with its counts. `rate` is null if the denominator is 0."""

    numerator: int
    denominator: int
    rate: float | None


class Clock(BaseModel):
    """How long a step took, in seconds, for those that completed it."""

    count: int
    median_seconds: int | None
    p90_seconds: int | None


class Funnel(BaseModel):
    """How often each step happened in the range.

    Every offer and dispatch counts, so a request may count more than once.
    """

    created: int
    dispatched: int
    offered: int
    accepted: int
    completed: int
    closed: int


class Figure(Term):
    """A share, named like its field in Rates. Its meaning names the whole."""

    ANSWERED_IN_CALL = (
        "answered_in_call",
        "当场办结",
        "answered in call",
        "Requests answered in the call, of the requests created.",
    )
    ANSWERED_BY_ARTICLE = (
        "answered_by_article",
        "按知识库答复",
        "answered from an article",
        "Requests answered from an article, of those answered in the call.",
    )
    ON_TIME = "on_time", "按时完工", "completed on time", "Work completed by the deadline, of the work due."
    ON_TIME_BY_ORIGINAL = (
        "on_time_by_original",
        "按原期限完工",
        "on time by the original deadline",
        "Work completed by the deadline before any extension or moved appointment, of the work due.",
    )
    RETURNED = "returned", "退单", "returned", "Jobs given back, of the offers accepted."
    NO_RESPONSE = "no_response", "派单无应答", "no response", "Offers expired, of the offers made."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "Requests without a provider, of all dispatches."
    REACHED = "reached", "回访接通", "reached", "Citizens reached, of the callbacks ended."
    SOLVED = "solved", "问题解决", "solved", "Problems solved, of the citizens reached."
    SATISFIED = "satisfied", "满意", "satisfied", "Ratings in the best three steps of five, of all ratings."


class Rates(BaseModel):
    """Rates, each with its numerator and denominator."""

    answered_in_call: Rate = Field(description="requests answered in the call, of requests created")
    answered_by_article: Rate = Field(description="requests answered from an article, of those answered in the call")
    on_time: Rate = Field(
        description="rounds completed by the deadline, of those due by now, for requests received in the range"
    )
    on_time_by_original: Rate = Field(description="the same, by the deadline before any extension or moved appointment")
    returned: Rate = Field(description="jobs given back, of offers accepted")
    no_response: Rate = Field(description="offers expired, of offers made")
    unmatched: Rate = Field(description="requests without a provider, of all dispatches")
    reached: Rate = Field(description="citizens reached, of callbacks that have ended")
    solved: Rate = Field(description="problems solved, of citizens reached")
    satisfied: Rate = Field(description="ratings in the best three steps of five, of all ratings")


class Clocks(BaseModel):
    """Times of the requests received in the range.

    `dispatch` runs from receipt to the first dispatch. The others run from the dispatch of each round, on the
    deadline's own calendar and without the time for which the citizen put the request on hold.
    """

    dispatch: Clock
    accept: Clock
    arrive: Clock
    complete: Clock


class Fulfilment(BaseModel):
    """How much was done, how well and how fast."""

    funnel: Funnel
    rates: Rates
    clocks: Clocks
    wait: Clock = Field(
        description="the citizen's wait, from the first call until the work was finally done, in elapsed time"
    )


class WorkRow(BaseModel):
    """The work done for an item. `quantity` is in the item's unit, and null if the item has none that is counted."""

    item: str
    zh: str
    en: str
    unit: str | None
    completed: int
    quantity: Sum | None
    turnover_fen: int


class Work(BaseModel):
    """The jobs completed for the requests received in the range, by item in the catalogue's order.

    Work redone at no charge does not count again.
    """

    rows: list[WorkRow]


class DayAsked(Filters):
    """A day, perhaps only up to a time, and which requests to count."""

    day: Day
    until: ClockTime | None = Field(
        default=None,
        description="a time of that day in the centre's zone, such as 10:35; rates, clocks and totals are as of then",
    )


class Received(BaseModel):
    """Requests received on the day, and how many of them before `until`, for comparison with an unfinished day."""

    requests: int
    answered_in_call: int
    requests_until: int
    answered_in_call_until: int


class ReceivedRow(Received):
    """Requests received for one value of a dimension."""

    key: str = Field(description="the value of the dimension; hours are 0 to 23")


class DayOut(Fulfilment):
    """One day: the requests received, in total and by dimension, and what happened.

    The figures are defined as everywhere else.
    """

    day: date
    until: ClockTime | None
    received: Received
    cuts: dict[Dimension, list[ReceivedRow]] = Field(description="values without requests are left out")
    total: Counts


class TurnoverAsked(Paging):
    month: Month


class TotalGrowth(Growth):
    """The growth over all providers that have both figures."""

    providers: int


class ProviderTurnover(BaseModel):
    """A provider's turnover through the hotline and its declared figures, compared with its baseline month.

    Declared figures are those that a registrar has reviewed and locked.
    """

    provider_id: UUID
    name: str
    kind: ProviderKind
    completed: int
    baseline_month: date | None
    hotline: Growth
    declared_turnover: Growth | None
    declared_profit_tax: Growth | None


class TurnoverTotal(BaseModel):
    """The turnover of all providers in the month, and its growth."""

    providers: int
    with_baseline: int
    declared: int
    completed: int
    turnover_fen: int = Field(description="total of all providers, with or without a baseline")
    hotline: TotalGrowth
    declared_turnover: TotalGrowth
    declared_profit_tax: TotalGrowth


class Turnover(Page[ProviderTurnover]):
    """Providers by turnover, the largest first."""

    month: date
    total: TurnoverTotal


class NowOut(BaseModel):
    """What is open and waiting now, and today's counts so far."""

    at: datetime
    requests: dict[str, int] = Field(description="requests that are not closed, by status")
    oldest_open_received_at: datetime | None = Field(description="receipt of the oldest request that still needs work")
    offers_waiting: int
    callbacks_due: int
    today: Counts
