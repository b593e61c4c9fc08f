"""The registry of providers: who they are, what they offer, where, when and at what price."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Sequence,
    column,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.catalog.models import Tier
from app.kit.orm import Id, Model, as_text, not_negative, one_of, word
from app.kit.terms import Term


class ProviderKind(Term):
    """The kind of organisation that a provider is."""

    COMPANY = "company", "企业", "company", "A company that has joined the network."
    PUBLIC_BODY = "public_body", "公共机构", "public body", "A government office or public institution."
    WELFARE = "welfare", "公益组织", "welfare organisation", "A charitable organisation."
    VOLUNTEER_TEAM = "volunteer_team", "志愿队", "volunteer team", "A team of volunteers."


Day = date | ColumnElement[date] | InstrumentedAttribute[date | None]


class Standing(Term):
    """A provider's status in the registry. Those in ACTIVE_STANDINGS are offered work."""

    APPLIED = "applied", "申请中", "applied", "Its licences are being checked."
    TRIAL = "trial", "试用", "on trial", "Offered work for a trial period."
    ACTIVE = "active", "在营", "active", "Offered work."
    WATCH = "watch", "观察", "on watch", "Offered work, with little credit left."
    SUSPENDED = "suspended", "暂停", "suspended", "Offered nothing until it is released."
    LEFT = "left", "已退出", "left", "It left of its own accord."
    EXPELLED = "expelled", "已除名", "expelled", "The centre removed it."


class Rung(Term):
    """The steps of the network that are asked for free help, in the founding document's order (docs/ranking.md)."""

    COMMUNITY_STATION = "community_station", "社区站", "community station", "The lowest level of the network."
    STREET_CENTRE = "street_centre", "街道中心", "street centre", "The middle level of the network."
    DISTRICT_CENTRE = "district_centre", "区中心", "district centre", "The top level of the network."
    VOLUNTEERS = "volunteers", "志愿者", "volunteers", "Volunteer teams."
    PLEDGED_COMPANIES = "pledged_companies", "承诺企业", "pledged companies", "Companies that pledged free work."


class Unreachable(Term):
    """Why a provider takes no offers: it paused them itself, or it let offer after offer expire."""

    OWN_WISH = "own_wish", "已自行暂停接单", "paused by the provider", "The provider has paused offers."
    SILENT = "silent", "多次未应答", "silent", "It let several offers in a row expire."


DEFAULT_RUNGS = {
    ProviderKind.PUBLIC_BODY: Rung.DISTRICT_CENTRE,
    ProviderKind.WELFARE: Rung.VOLUNTEERS,
    ProviderKind.VOLUNTEER_TEAM: Rung.VOLUNTEERS,
    ProviderKind.COMPANY: Rung.PLEDGED_COMPANIES,
}
"""The step in the network for each kind of provider, unless the registrar sets another."""

WINDOW_DAYS = 28
"""How many days the rolling window of counts covers, including today."""

WINDOW_COUNTS = ("accepted", "declined", "expired", "counted", "completed", "returned")
"""The daily counts that the window sums."""

FULL_CREDIT = 100
"""The credit a provider begins with and can't exceed. At 0 it can't fall further."""

ACTIVE_STANDINGS = (Standing.TRIAL, Standing.ACTIVE, Standing.WATCH)
_ACTIVE = [word(standing) for standing in ACTIVE_STANDINGS]
FORMER_STANDINGS = (Standing.LEFT, Standing.EXPELLED)
"""The keys of these providers no longer open the queue. app.auth.queries names these standings too."""


class ReachedBy(Term):
    """How offers reach the provider: it polls its queue, or an operator phones it."""

    QUEUE = "queue", "平台", "queue", "It polls its queue."
    PHONE = "phone", "电话", "phone", "An operator phones it."


class PriceKind(Term):
    """How a price is set. With a quote, `price_fen` is the call-out or starting price."""

    FREE = "free", "免费", "free of charge", "The citizen pays nothing."
    FIXED = "fixed", "定价", "fixed price", "A fixed price per unit."
    QUOTE = "quote", "报价", "quote", "A quote on site; the price card gives the starting price."


PROVIDER_NUMBER = Sequence("provider_number", start=1001, metadata=Model.metadata)


class Provider(Model):
    """A provider. People read out its `number`; `capacity` limits its `open_jobs`; `version` is the ETag."""

    __tablename__ = "providers"

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(
        BigInteger, PROVIDER_NUMBER, server_default=PROVIDER_NUMBER.next_value(), unique=True
    )
    name: Mapped[str]
    kind: Mapped[str]
    uscc: Mapped[str | None]
    """Unified Social Credit Code, GB 32100-2015."""
    contact_name: Mapped[str]
    phone: Mapped[str]
    township_code: Mapped[str] = mapped_column(ForeignKey("townships.code"))
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    """The only community it serves. None: every community of the townships it covers."""
    lat: Mapped[float]
    lon: Mapped[float]
    rung: Mapped[str]
    """Its step in the network of free help."""
    standing: Mapped[str]
    former_standing: Mapped[str | None]
    """The standing a suspended provider returns to when released."""
    papers_lapsed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Suspended because one of its own licences has expired. Renewing that licence releases it automatically."""
    reached_by: Mapped[str]
    reachable: Mapped[bool] = mapped_column(server_default=text("true"))
    unreachable_why: Mapped[str | None]
    unreachable_at: Mapped[datetime | None]
    silent_offers: Mapped[int] = mapped_column(server_default=text("0"))
    """How many offers in a row it has let expire."""
    keeps_holidays: Mapped[bool | None]
    """Whether it closes on public holidays and opens on make-up working days. NULL: only if it is a public body."""
    capacity: Mapped[int]
    open_jobs: Mapped[int] = mapped_column(server_default=text("0"))
    credit: Mapped[int] = mapped_column(server_default=text("100"))
    """FULL_CREDIT plus the effects of its ledger (app.credit). It changes only together with a ledger entry."""
    joined_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    facts_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """A random number that the database draws anew with each change of its price card, licences or hours."""

    __table_args__ = (
        one_of("kind", ProviderKind),
        one_of("standing", Standing),
        CheckConstraint(as_text(column("former_standing").in_(_ACTIVE)), name="former_standing"),
        CheckConstraint("(standing = 'suspended') = (former_standing IS NOT NULL)", name="suspended_from"),
        CheckConstraint("standing = 'suspended' OR NOT papers_lapsed", name="suspended_for_papers"),
        one_of("reached_by", ReachedBy),
        one_of("rung", Rung),
        one_of("unreachable_why", Unreachable),
        Index("ix_providers_same_form", text("same_form(name)")),
        CheckConstraint("reachable = (unreachable_why IS NULL)", name="unreachable_why_known"),
        CheckConstraint("reachable = (unreachable_at IS NULL)", name="unreachable_at"),
        not_negative("capacity", "open_jobs", "credit"),
        CheckConstraint("silent_offers >= 0", name="silent_offers"),
        CheckConstraint("kind NOT IN ('company') OR uscc IS NOT NULL", name="company_has_uscc"),
        Index(None, "uscc", unique=True, postgresql_where=text("uscc IS NOT NULL")),
        Index(None, "name", "id"),
        {"postgresql_with": {"fillfactor": 80}},
    )


def is_active(provider: type[Provider] = Provider) -> ColumnElement[bool]:
    """Return the condition that the provider's standing allows it to be offered work."""
    return provider.standing.in_(_ACTIVE)


class ProviderItem(Model):
    """A line of the price card: an item at a tier, its price in fen per unit, and the days it is in force.

    It is a proposal until approved; there is at most one proposal per item and tier. Matching uses approved lines only.
    """

    __tablename__ = "provider_items"

    id: Mapped[Id]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    item_code: Mapped[str] = mapped_column(ForeignKey("items.code"))
    tier: Mapped[str]
    price_kind: Mapped[str]
    price_fen: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The last day on which the line is in force. None: no end."""
    approved_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("tier", Tier),
        one_of("price_kind", PriceKind),
        not_negative("price_fen"),
        CheckConstraint("(tier = 'free') = (price_kind = 'free')", name="free_tier_has_no_price"),
        CheckConstraint("price_kind <> 'free' OR price_fen = 0", name="free_costs_nothing"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        Index(
            "uq_provider_items_approved",
            "provider_id",
            "item_code",
            "tier",
            "valid_from",
            unique=True,
            postgresql_where=text("approved_at IS NOT NULL"),
        ),
        Index(
            "uq_provider_items_proposed",
            "provider_id",
            "item_code",
            "tier",
            unique=True,
            postgresql_where=text("approved_at IS NULL"),
        ),
        Index(None, "item_code", "tier", "provider_id"),
    )


def has_not_ended(line: type[ProviderItem], day: Day) -> ColumnElement[bool]:
    """Return the condition that the line is in force on the day or begins later."""
    return line.valid_to.is_(None) | (line.valid_to >= day)


def line_is_in_force(line: type[ProviderItem], day: Day) -> ColumnElement[bool]:
    """Return the condition that the line is approved and in force on the day."""
    return line.approved_at.is_not(None) & (line.valid_from <= day) & has_not_ended(line, day)


class ProviderPaper(Model):
    """A licence or certificate of the provider, valid up to and including `expires_on`.

    The provider has at most one current licence of each kind, and possibly a renewed one that begins later.
    """

    __tablename__ = "provider_papers"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    paper_code: Mapped[str] = mapped_column(ForeignKey("paper_kinds.code"), primary_key=True)
    issued_on: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[str]
    expires_on: Mapped[date | None]
    look_on: Mapped[date | None] = mapped_column(server_default=text("'2000-01-01'"))
    """When the worker checks it next, to warn, suspend or release. A new licence is checked at once."""

    __table_args__ = (
        CheckConstraint("expires_on >= issued_on", name="validity"),
        Index("ix_provider_papers_look", "look_on", postgresql_where=text("look_on IS NOT NULL")),
        Index("ix_provider_papers_expiry", "expires_on", "provider_id", "paper_code"),
    )


def has_not_expired(paper: type[ProviderPaper], day: Day) -> ColumnElement[bool]:
    """Return the condition that the licence is valid on the day, or will be once it begins."""
    return paper.expires_on.is_(None) | (paper.expires_on >= day)


def is_valid(paper: type[ProviderPaper], day: Day) -> ColumnElement[bool]:
    """Return the condition that the licence is valid on the day."""
    return (paper.issued_on <= day) & has_not_expired(paper, day)


class ProviderCoverage(Model):
    """A township that the provider serves."""

    __tablename__ = "provider_coverage"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    township_code: Mapped[str] = mapped_column(ForeignKey("townships.code"), primary_key=True)

    __table_args__ = (Index(None, "township_code", "provider_id"),)


class ProviderReach(Model):
    """Which providers offer an item at a tier in a township by an approved line, and where they are.

    Matching starts here and reads one index range, no matter how many providers offer the item elsewhere or other items
    here. The database maintains it (migration 0006): writing lines, coverage or points updates it in the same
    statement.
    """

    __tablename__ = "provider_reach"

    township_code: Mapped[str]
    item_code: Mapped[str]
    tier: Mapped[str]
    provider_id: Mapped[UUID]
    lat: Mapped[float]
    lon: Mapped[float]

    __table_args__ = (
        PrimaryKeyConstraint("township_code", "item_code", "tier", "provider_id", postgresql_include=["lat", "lon"]),
    )


class ProviderHours(Model):
    """Opening hours on one weekday (1 = Monday) in the centre's time zone. The whole day is 00:00 to 00:00."""

    __tablename__ = "provider_hours"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("closes > opens OR closes = '00:00'", name="order"),
    )


class ProviderException(Model):
    """A day with hours other than its weekday's. Closed all day when `closes` is NULL."""

    __tablename__ = "provider_exceptions"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time | None]

    __table_args__ = (
        CheckConstraint("closes > opens OR closes = '00:00'", name="order"),
        CheckConstraint("closes IS NOT NULL OR opens = '00:00'", name="closed_all_day"),
    )


class ProviderNotice(Model):
    """A notice to the provider, sent once per subject. app.registry.notices has the sentences.

    A provider reached by phone is told when the notice is read out (`read_at`). Deadlines that depend on it start then.
    """

    __tablename__ = "provider_notices"

    id: Mapped[Id]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    kind: Mapped[str]
    subject: Mapped[str]
    """What the notice is about, so that none is sent twice: a licence and its expiry, for example."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    phoned_until: Mapped[datetime | None]
    """An operator has taken the notice to read it out, until then."""

    __table_args__ = (
        Index(None, "provider_id", "id"),
        Index("ix_provider_notices_unread", "provider_id", "at", postgresql_where=text("read_at IS NULL")),
        Index("uq_provider_notices_once", "provider_id", "kind", "subject", unique=True),
    )


class MonthStatus(Term):
    """A monthly return is filed, then reviewed and locked. Only locked returns count in the figures."""

    FILED = "filed", "已提交", "filed", "The provider has filed it; it can still be changed."
    LOCKED = "locked", "已审定", "locked", "Reviewed; it counts in the figures."


class ProviderMonth(Model):
    """The monthly return: the turnover and profit-and-tax that the provider declares. One month is its baseline."""

    __tablename__ = "provider_months"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    turnover_fen: Mapped[int] = mapped_column(BigInteger)
    profit_tax_fen: Mapped[int] = mapped_column(BigInteger)
    """Negative in a month of loss."""
    baseline: Mapped[bool] = mapped_column(server_default=text("false"))
    status: Mapped[str] = mapped_column(server_default=text("'filed'"))
    filed_at: Mapped[datetime | None]
    on_paper: Mapped[bool] = mapped_column(server_default=text("false"))
    """A registrar entered it for the provider."""
    locked_at: Mapped[datetime | None]
    locked_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    reopened_why: Mapped[str | None]
    """Why it was last reopened for a correction."""

    __table_args__ = (
        not_negative("turnover_fen"),
        one_of("status", MonthStatus),
        CheckConstraint("(status = 'locked') = (locked_at IS NOT NULL)", name="locked_at"),
        CheckConstraint("extract(day FROM month) = 1", name="first_of_month"),
        Index("uq_provider_months_baseline", "provider_id", unique=True, postgresql_where=text("baseline")),
    )


class ProviderDay(Model):
    """A provider's counts of offers and jobs on one day. Each is counted as it ends, and never recounted."""

    __tablename__ = "provider_days"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    accepted: Mapped[int] = mapped_column(server_default=text("0"))
    declined: Mapped[int] = mapped_column(server_default=text("0"))
    expired: Mapped[int] = mapped_column(server_default=text("0"))
    counted: Mapped[int] = mapped_column(server_default=text("0"))
    """Offers that count for fairness: accepted, declined or expired, unless an operator or citizen chose the provider.
    """
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    on_time: Mapped[int] = mapped_column(server_default=text("0"))
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    turnover_fen: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ProviderWindow(Model):
    """A provider's counts of offers and jobs over the last 28 days, from `first_day`.

    Each is counted as it ends. A worker step subtracts the days that have passed (app.registry.tasks).
    """

    __tablename__ = "provider_windows"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    first_day: Mapped[date]
    accepted: Mapped[int] = mapped_column(server_default=text("0"))
    declined: Mapped[int] = mapped_column(server_default=text("0"))
    expired: Mapped[int] = mapped_column(server_default=text("0"))
    counted: Mapped[int] = mapped_column(server_default=text("0"))
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    returned: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (Index(None, "first_day"), {"postgresql_with": {"fillfactor": 70}})


class ProviderItemMonth(Model):
    """How many counted offers of an item a provider got in a month, for the fairness report."""

    __tablename__ = "provider_item_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    item_code: Mapped[str] = mapped_column(ForeignKey("items.code"), primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    counted: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (CheckConstraint("extract(day FROM month) = 1", name="first_of_month"),)
