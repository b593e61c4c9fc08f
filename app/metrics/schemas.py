"""The manager's figures in the API: counts, rates with their denominators, clocks, turnover. No personal data."""

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
    """By what figures are told apart."""

    DAY = "day", "日期", "day", "The day of the event."
    HOUR = "hour", "时段", "hour", "The hour of the event."
    KIND = "kind", "类型", "kind", "What becomes of the request."
    CATEGORY = "category", "服务类别", "category", "The category of the item."
    TOWNSHIP = "township", "街道、乡镇", "township", "Where it is."
    TIER = "tier", "档次", "tier", "What the citizen pays."
    CHANNEL = "channel", "渠道", "channel", "How it reached the centre."

    @property
    def column(self) -> str:
        """Its column on requests and on daily volumes."""
        return f"{self}_code" if self in (Dimension.CATEGORY, Dimension.TOWNSHIP) else str(self)


class Filters(BaseModel):
    """Which requests; all of them without any."""

    model_config = ConfigDict(extra="forbid")  # a misspelt filter would give other figures than were asked for

    kind: Kind | None = None
    category: Code | None = Field(default=None, description="a category's code")
    township: Code | None = Field(default=None, description="a township's code")
    tier: Tier | None = None
    channel: Channel | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The values asked for, by column."""
        values = {
            "kind": self.kind,
            "category_code": self.category,
            "township_code": self.township,
            "tier": self.tier,
            "channel": self.channel,
        }
        return {column: value for column, value in values.items() if value is not None}


class Selection(Filters):
    """Days of the centre's zone, both included, and which requests."""

    from_: Day = Field(alias="from")
    to: Day


class VolumesAsked(Selection):
    by: list[Dimension] = Field(default=[Dimension.DAY], max_length=2, description="one or two dimensions")
    format: Literal["json", "csv"] | None = Field(default=None, description="csv as well by Accept: text/csv")


class Counts(BaseModel):
    """What happened. By hour only the first two are known, for the requests received in that hour."""

    requests: int
    answered_in_call: int
    answered_by_article: int | None = Field(default=None, description="of those answered in the call")
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
    on_time: int | None = Field(default=None, description="of the completed")
    closed: int | None = None
    cancelled: int | None = None
    callbacks: int | None = Field(default=None, description="ended, the citizen reached or not")
    reached: int | None = None
    solved: int | None = None
    rated: int | None = Field(default=None, description="of the reached, those who rated")
    satisfied: int | None = None
    turnover_fen: int | None = None


class VolumeRow(Counts):
    """Counts of one value of each dimension asked for; the other dimensions are left out."""

    day: date | None = None
    hour: int | None = Field(default=None, description="0 to 23, in the centre's zone")
    kind: Kind | None = None
    category: str | None = None
    township: str | None = None
    tier: Tier | None = None
    channel: Channel | None = None


class Volumes(BaseModel):
    """An event counts on the day it happened, by what its request was then: its tier, item and place may change."""

    rows: list[VolumeRow]
    total: Counts


class Rate(BaseModel):
    """`rate` is null where nothing could have counted."""

    numerator: int
    denominator: int
    rate: float | None


class Clock(BaseModel):
    """How long it took those that got so far, in seconds."""

    count: int
    median_seconds: int | None
    p90_seconds: int | None


class Funnel(BaseModel):
    """How many in the range; offers and dispatches each count, so a request may count more than once."""

    created: int
    dispatched: int
    offered: int
    accepted: int
    completed: int
    closed: int


class Figure(Term):
    """A share of what was done, by the name it has among the rates; each is said with what it is of."""

    ANSWERED_IN_CALL = "answered_in_call", "当场办结", "answered in call", "Of the requests created."
    ANSWERED_BY_ARTICLE = (
        "answered_by_article",
        "按知识库答复",
        "answered from an article",
        "Of those answered in the call.",
    )
    ON_TIME = "on_time", "按时完工", "completed on time", "Completed by the deadline, of those due."
    ON_TIME_BY_ORIGINAL = (
        "on_time_by_original",
        "按原期限完工",
        "on time by the original deadline",
        "The same by the deadline before an extension or a moved appointment.",
    )
    RETURNED = "returned", "退单", "returned", "Jobs given back, of the offers accepted."
    NO_RESPONSE = "no_response", "派单无应答", "no response", "Offers expired, of the offers made."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "Requests without a provider, of the dispatches."
    REACHED = "reached", "回访接通", "reached", "Citizens reached, of the callbacks ended."
    SOLVED = "solved", "问题解决", "solved", "Of the citizens reached."
    SATISFIED = "satisfied", "满意", "satisfied", "The best three steps of five, of the citizens reached who rated."


class Rates(BaseModel):
    answered_in_call: Rate = Field(description="of requests created")
    answered_by_article: Rate = Field(description="from an article, of those answered in the call")
    on_time: Rate = Field(
        description="completed by the deadline, of rounds of requests received in the range and due by now"
    )
    on_time_by_original: Rate = Field(description="the same by the deadline before an extension or a moved appointment")
    returned: Rate = Field(description="jobs given back, of offers accepted")
    no_response: Rate = Field(description="offers expired, of offers made")
    unmatched: Rate = Field(description="requests without a provider, of dispatches")
    reached: Rate = Field(description="of callbacks ended")
    solved: Rate = Field(description="of callbacks that reached the citizen")
    satisfied: Rate = Field(description="the best three steps of five, of the citizens reached who rated")


class Clocks(BaseModel):
    """Of the requests received in the range: to the first dispatch from receipt, the others of each round from its
    dispatch, counted on the deadline's own calendar and without the time in which the citizen had them wait."""

    dispatch: Clock
    accept: Clock
    arrive: Clock
    complete: Clock


class Fulfilment(BaseModel):
    funnel: Funnel
    rates: Rates
    clocks: Clocks
    wait: Clock = Field(description="the citizen's: from the first call until it was done for good, in plain hours")


class WorkRow(BaseModel):
    """What was done of an item; `quantity` in its unit, null where it is not charged by one."""

    item: str
    zh: str
    en: str
    unit: str | None
    completed: int
    quantity: Sum | None
    turnover_fen: int


class Work(BaseModel):
    """By item, in the catalogue's order: the jobs completed for the requests received in the range.

    Work that was done again at no charge is not counted a second time.
    """

    rows: list[WorkRow]


class DayAsked(Filters):
    day: Day
    until: ClockTime | None = Field(
        default=None,
        description="a time of that day in the centre's zone, as 10:35: rates, clocks and totals as they stood then",
    )


class Received(BaseModel):
    """Requests received on the day, and how many of them before `until`: what compares with a day still going on."""

    requests: int
    answered_in_call: int
    requests_until: int
    answered_in_call_until: int


class ReceivedRow(Received):
    key: str = Field(description="the value of the dimension; an hour as 0 to 23")


class DayOut(Fulfilment):
    """One day: what was received, whole and in cuts, and what happened, by the same definitions as everywhere here."""

    day: date
    until: ClockTime | None
    received: Received
    cuts: dict[Dimension, list[ReceivedRow]] = Field(description="without the values of which nothing was received")
    total: Counts


class TurnoverAsked(Paging):
    month: Month


class TotalGrowth(Growth):
    """Of the providers that have both figures."""

    providers: int


class ProviderTurnover(BaseModel):
    """What a provider earned through the hotline, and what it declares itself, against its baseline month.

    Declared is what a registrar has reviewed and locked.
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
    providers: int
    with_baseline: int
    declared: int
    completed: int
    turnover_fen: int = Field(description="of all providers, with a baseline or not")
    hotline: TotalGrowth
    declared_turnover: TotalGrowth
    declared_profit_tax: TotalGrowth


class Turnover(Page[ProviderTurnover]):
    """The largest turnover first."""

    month: date
    total: TurnoverTotal


class NowOut(BaseModel):
    """How things stand at this moment."""

    at: datetime
    requests: dict[str, int] = Field(description="those not yet closed, by status")
    oldest_open_received_at: datetime | None = Field(description="of those on which work is still to be done")
    offers_waiting: int
    callbacks_due: int
    today: Counts
