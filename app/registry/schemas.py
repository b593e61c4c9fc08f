"""Providers in the API: what the registrar enters, what a provider sets itself, and the whole document."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.catalog.models import Tier
from app.kit.errors import InvalidField
from app.kit.fields import Body, ClockTime, Day, Fen, Moment
from app.kit.pages import Paging
from app.kit.personal import mask_name, mask_phone
from app.kit.phones import ProviderPhone
from app.kit.terms import Term
from app.registry.models import MonthStatus, PriceKind, ProviderKind, ReachedBy, Rung, Standing, Unreachable
from app.registry.uscc import bare

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
MOST_TYPED = 40
"""The longest credit code accepted as typed, with spaces and hyphens."""


def _bare(code: str) -> str:
    if isinstance(code, str) and len(code) > MOST_TYPED:
        raise InvalidField(f"a credit code has at most {MOST_TYPED} characters", f"信用代码最多 {MOST_TYPED} 个字符")
    return bare(code) if isinstance(code, str) else code


Uscc = Annotated[
    str, BeforeValidator(_bare), StringConstraints(max_length=18), Field(json_schema_extra={"maxLength": MOST_TYPED})
]
Code = Annotated[str, StringConstraints(max_length=20)]
Capacity = Annotated[int, Field(ge=1, le=1000, description="how many unfinished jobs it takes at a time")]
Townships = Annotated[list[Code], Field(min_length=1, max_length=200, description="codes of the townships served")]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[\w.-]{1,40}$"),
    Field(json_schema_extra={"pattern": "^[0-9A-Za-z_\u4e00-\u9fff.-]{1,40}$"}),  # outside Python \w is ASCII
]


class Filed(Body):
    """A request body that can also be built from database rows, to show what was sent."""

    model_config = ConfigDict(from_attributes=True)


class Shown(BaseModel):
    """A response that is built from database rows."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Hours(Filed):
    """Opening hours on a weekday (1 = Monday). Midnight as closing time is 00:00."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    opens: ClockTime
    closes: ClockTime


class Span(Filed):
    """Opening hours on one day. Midnight as closing time is 00:00."""

    opens: ClockTime
    closes: ClockTime


class ExceptionIn(Filed):
    """One day's special hours, replacing its weekday's. An empty list closes the day."""

    hours: list[Span] = Field(max_length=10)


class ExceptionDay(ExceptionIn):
    day: Day


class Paper(Filed):
    """A licence or certificate, valid up to and including `expires_on`."""

    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    issued_on: Day
    expires_on: Day | None = None


class HeldPaper(Paper):
    paper_code: Code


class Price(Filed):
    """A price in force from `valid_from` (default today) up to and including `valid_to`.

    With a quote, `price_fen` is the starting price.
    """

    price_kind: PriceKind
    price_fen: Fen = 0
    valid_from: Day | None = None
    valid_to: Day | None = None


class PriceLine(Price):
    item_code: Code
    tier: Tier


class PriceLineOut(PriceLine):
    """A line of the price card that has not ended. While `approved_at` is null it is a proposal."""

    valid_from: date
    approved_at: datetime | None
    lacks: list[str] = Field(
        description="licences that the item needs and the provider lacks today; until then the line is suspended"
    )


class ProviderIn(Body):
    """An application. `area` is the code of the township or community where the provider is based."""

    name: Name
    kind: ProviderKind
    uscc: Uscc | None = Field(default=None, description="Unified Social Credit Code; a company must have one")
    contact_name: Name
    phone: ProviderPhone
    area: Code
    reached_by: ReachedBy
    rung: Rung | None = Field(default=None, description="its step in the network of free help; default: by kind")
    own_community_only: bool = Field(default=False, description="serves only the community in `area`, as stations do")
    distinct: bool = Field(
        default=False, description="confirms that this is not the provider with the same name or phone"
    )
    capacity: Capacity
    coverage: Townships
    hours: list[Hours] = Field(min_length=1, max_length=50)
    papers: list[HeldPaper] = Field(default=[], max_length=50)
    items: list[PriceLine] = Field(default=[], max_length=600)


class ProviderEdit(Body):
    """The facts to change. `coverage` and `hours` are replaced whole; facts left out or null stay as they are."""

    name: Name | None = None
    contact_name: Name | None = None
    phone: ProviderPhone | None = None
    area: Code | None = None
    reached_by: ReachedBy | None = None
    rung: Rung | None = None
    keeps_holidays: bool | None = Field(
        default=None, description="closes on public holidays, opens on make-up days; public bodies do by default"
    )
    capacity: Capacity | None = None
    coverage: Townships | None = None
    hours: list[Hours] | None = Field(default=None, min_length=1, max_length=50)
    distinct: bool = Field(
        default=False, description="confirms that this is not the provider with the same name or phone"
    )


class StandingIn(Body):
    standing: Standing
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Availability(Body):
    """Whether the provider takes offers now, and how many unfinished jobs at a time."""

    reachable: bool
    capacity: Capacity | None = None


class Declared(Filed):
    """What the provider declares for a month. Profit-and-tax is negative in a month of loss."""

    turnover_fen: Annotated[int, Field(ge=0, le=10**13)]
    profit_tax_fen: Annotated[int, Field(ge=-(10**13), le=10**13)]


class MonthIn(Declared):
    """A monthly return from paper. `baseline` makes it the month that growth is measured against."""

    baseline: bool = False


class MonthOut(MonthIn):
    month: date


class Growth(Shown):
    """A month compared with the baseline month. Sevenfold is a `ratio` of 7.0 and a `growth` of 6.0.

    Both are null without a baseline above zero.
    """

    month_fen: int
    baseline_fen: int | None
    ratio: float | None
    growth: float | None

    @classmethod
    def of(cls, month_fen: int, baseline_fen: int | None, **more: int) -> Self:
        """Compare the month's sum with the baseline's, both in fen."""
        ratio = month_fen / baseline_fen if baseline_fen and baseline_fen > 0 else None
        growth = None if ratio is None else ratio - 1
        return cls(month_fen=month_fen, baseline_fen=baseline_fen, ratio=ratio, growth=growth, **more)


class MonthReturn(Declared):
    """A monthly return. `on_paper` means that a registrar entered it. Only locked returns count in the centre's
    figures."""

    month: date
    baseline: bool
    status: MonthStatus
    filed_at: datetime | None
    on_paper: bool
    locked_at: datetime | None
    reopened_why: str | None
    turnover: Growth
    profit_tax: Growth


class Reopening(Body):
    """Why a locked return is reopened."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MonthState(Term):
    """The state of a month's return, including that none was filed."""

    MISSING = "missing", "未提交", "missing", "Nothing has been filed."
    FILED = "filed", "已提交", "filed", "The provider has filed it; it can still be changed."
    LOCKED = "locked", "已审定", "locked", "Reviewed; it counts in the figures."


class MonthsAsked(Paging):
    state: MonthState | None = None


class MonthOfProvider(Shown):
    """A company that must file for the month, and what it filed."""

    provider_id: UUID
    number: int
    name: str
    reached_by: ReachedBy
    standing: Standing
    state: MonthState
    filed: MonthReturn | None


class KeyIn(Body):
    label: Label
    expires_at: Moment | None = Field(
        default=None, description="the key is refused from then on; null: it never expires"
    )


class KeyRotation(Body):
    """How long the former key stays valid beside the new one. Use 0 when it has leaked."""

    former_valid_hours: Annotated[int, Field(ge=0, le=720)] = 24
    expires_at: Moment | None = Field(default=None, description="when the new key expires; null: never")


class KeyOut(Shown):
    label: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="accurate to five minutes")


class NewKey(KeyOut):
    """A new key. Send `key` in `Authorization: Bearer …`; it is shown only this once."""

    key: str


class ProviderSummary(Shown):
    """A provider as lists show it."""

    id: UUID
    number: int
    name: str
    kind: ProviderKind
    contact_name: str
    phone: str
    township_code: str
    community_code: str | None
    standing: Standing
    reached_by: ReachedBy
    reachable: bool
    unreachable_why: Unreachable | None
    unreachable_at: datetime | None
    rung: Rung
    keeps_holidays: bool | None = Field(description="null: depends on its kind; public bodies keep them")
    capacity: int
    open_jobs: int
    credit: int

    def masked(self) -> Self:
        """Return a copy with the contact's name and number masked."""
        masked = {"contact_name": mask_name(self.contact_name), "phone": mask_phone(self.phone)}
        return self.model_copy(update=masked)


class Notice(Shown):
    """A notice to the provider, in both languages."""

    zh: str
    en: str


class NoticeOut(Notice):
    id: UUID
    kind: str
    at: datetime
    read_at: datetime | None


class ExpiringPaper(Shown):
    """A licence that expires soon or has expired. `days_left` is negative once it has expired.

    `whole_firm` means that its expiry suspends the whole provider.
    """

    provider_id: UUID
    number: int
    name: str
    standing: Standing
    reached_by: ReachedBy
    contact_name: str
    phone: str
    paper_code: Code
    paper_zh: str
    paper_en: str
    paper_number: str
    expires_on: date
    days_left: int
    whole_firm: bool


class ExpiringAsked(Paging):
    within_days: Annotated[
        int, Field(ge=0, le=400, description="how many days ahead to look; expired ones are always listed")
    ] = 30


NOTICES = {
    Unreachable.OWN_WISH: Notice(
        zh="贵单位已自行暂停接单；恢复接单前不再收到派单。",
        en="You have paused offers; none will reach you until you resume them.",
    ),
    Unreachable.SILENT: Notice(
        zh="连续多次派单到期未答复，已暂停向贵单位派单；能接单时请重新开启接单。",
        en="You did not answer several offers in a row, so no more are sent to you. "
        "Resume offers when you can take them.",
    ),
}
"""What a provider that takes no offers is shown, by reason."""


class ProviderOut(ProviderSummary):
    """A provider's whole document. `version` is its ETag; `silent_offers` counts offers in a row that it let expire."""

    silent_offers: int
    uscc: str | None
    lat: float
    lon: float
    former_standing: Standing | None
    papers_lapsed: bool = Field(description="suspended because one of its own licences has expired")
    joined_on: date | None
    version: int
    items: list[PriceLineOut]
    papers: list[HeldPaper]
    coverage: list[str]
    hours: list[Hours]
    exceptions: list[ExceptionDay]
    """Days from today with special hours."""
    baseline: MonthOut | None
    notice: Notice | None
    """Why it gets no offers, and what it can do about that; null while it takes offers."""


class ProviderFilter(Paging):
    """Which providers to list. `item` and `tier` match approved prices in force today; `township` matches coverage."""

    q: Annotated[
        str | None,
        Field(max_length=50, description="part of the name, a credit code, or a former code contained in it"),
    ] = None
    kind: ProviderKind | None = None
    standing: Standing | None = None
    reached_by: ReachedBy | None = None
    item: Code | None = None
    tier: Tier | None = None
    township: Code | None = None


class ProviderToPhone(Shown):
    """A provider reached by phone, with the notices to read out to it, oldest first."""

    provider_id: UUID
    provider_name: str
    provider_contact: str
    provider_phone: str
    notices: list[NoticeOut]
