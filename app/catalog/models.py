"""The catalogue and the gazetteer: what citizens can ask for, who gets it at which tier, how soon, and where."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class Kind(Term):
    """How a request for the item is handled."""

    INFO = "info", "咨询", "information", "The centre answers it during the call."
    SERVICE = "service", "上门服务", "service", "A provider comes."
    VOLUNTEER = "volunteer", "志愿服务", "volunteer help", "Volunteers or welfare organisations come."
    RELAY = "relay", "转接", "relay", "The caller is passed to an emergency line, a utility or another body."


class Tier(Term):
    """What the citizen pays, cheapest first."""

    FREE = "free", "无偿", "free", "The citizen pays nothing."
    LOW_FEE = "low_fee", "低偿", "low fee", "The citizen pays at most the item's cap."
    PAID = "paid", "有偿", "paid", "The citizen pays the market price."


class Calendar(Term):
    """Which time a clock counts (see app.catalog.calendar)."""

    ALWAYS = "always", "全天", "always", "Every minute counts."
    SERVICE_HOURS = "service_hours", "服务时间", "service hours", "Only the centre's service hours count."
    WORKING_DAYS = (
        "working_days",
        "工作日",
        "working days",
        "Only working days count, including make-up days and excluding holidays.",
    )


class ArriveRule(Term):
    """How arrive_by is determined: by minutes, by the day's close, or by the appointment."""

    MINUTES = "minutes", "分钟", "minutes", "A number of minutes from dispatch."
    DAY_CLOSE = (
        "day_close",
        "当日结束",
        "the day's close",
        "By the close of service that day, or the next day if dispatched after 14:00.",
    )
    APPOINTMENT = "appointment", "预约时间", "the appointment", "By the end of the appointment."
    NONE = "none", "无", "none", "There is no deadline for arriving."


class Urgency(Term):
    """How soon the work is needed, most urgent first."""

    EMERGENCY = "emergency", "紧急", "emergency", "At once; a person may come to harm."
    URGENT = "urgent", "加急", "urgent", "Within hours, at night too."
    SAME_DAY = "same_day", "当日", "same day", "By the close of service that day."
    BOOKED = "booked", "预约", "booked", "At an appointment."
    INFO = "info", "即答", "in call", "Answered in the call, or else within a working day."


class UrgencyTimes(Model):
    """How soon work of this urgency must be accepted, reached and completed, in minutes."""

    __tablename__ = "urgencies"

    code: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    zh: Mapped[str]
    accept_minutes: Mapped[int | None]
    arrive_minutes: Mapped[int | None]
    arrive_rule: Mapped[str]
    complete_minutes: Mapped[int | None]
    """NULL with arrive_rule day_close: the work is due by the close of the next service day."""
    calendar: Mapped[str]
    move_days: Mapped[int] = mapped_column(server_default=text("3"))
    """How many days after the first deadline, or after now if that has passed, a moved appointment may end."""

    __table_args__ = (
        one_of("arrive_rule", ArriveRule),
        one_of("calendar", Calendar),
        CheckConstraint("move_days BETWEEN 0 AND 365", name="move_days"),
    )


class CalendarDay(Model):
    """A day for which the centre overrides whether it is a working day."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    note: Mapped[str]
    entered_at: Mapped[datetime]


class PaperKind(Model):
    """A licence or certificate that an item requires of its provider, or that the centre requires of every provider."""

    __tablename__ = "paper_kinds"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    whole_firm: Mapped[bool] = mapped_column(server_default=text("false"))
    """When it expires, the whole provider is suspended, not only the items that require it."""


class Category(Model):
    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    position: Mapped[int]


def is_counted(unit: str | None) -> bool:
    """Return whether work charged by this unit has a quantity. Work quoted as a whole or without a unit has none."""
    return unit not in (None, "quote")


class Item(Model):
    """A service item. `tiers[0]` is open to everybody; `cap_fen` limits the low-fee price per `unit`, in fen."""

    __tablename__ = "items"

    code: Mapped[str] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"), index=True)
    zh: Mapped[str]
    en: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(Text))
    kind: Mapped[str]
    tiers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    urgency: Mapped[str] = mapped_column(ForeignKey("urgencies.code"))
    unit: Mapped[str | None]
    papers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rule: Mapped[str | None]
    rule_en: Mapped[str | None]
    asks: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """The questions that let the provider arrive prepared and come only once (schemas.Ask)."""
    lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """The lines to which the operator connects the caller, first choice first (schemas.Line)."""
    cap_fen: Mapped[int | None]
    pays_citizen: Mapped[bool] = mapped_column(server_default=text("false"))
    """The provider pays the citizen (scrap, old appliances): the amount is a payout."""
    dispatchable: Mapped[bool]
    """False for information, and for what must never go to a provider (a gas leak)."""
    position: Mapped[int]

    __table_args__ = (
        one_of("kind", Kind),
        CheckConstraint("tiers <@ ARRAY['free', 'low_fee', 'paid'] AND cardinality(tiers) > 0", name="tiers"),
        CheckConstraint("cap_fen > 0", name="cap"),
        CheckConstraint("NOT 'low_fee' = ANY (tiers) OR cap_fen IS NOT NULL", name="low_fee_has_cap"),
    )


class Group(Model):
    """A priority group whose members may be entitled to a cheaper tier."""

    __tablename__ = "groups"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    position: Mapped[int]


class Entitlement(Model):
    """Members of the group get the tier for the item or category, up to a monthly quota."""

    __tablename__ = "entitlements"

    id: Mapped[Id]
    item_code: Mapped[str | None] = mapped_column(ForeignKey("items.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    group_code: Mapped[str] = mapped_column(ForeignKey("groups.code"))
    tier: Mapped[str]
    quota_per_month: Mapped[int | None]
    proof: Mapped[str | None]
    sample: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        one_of("tier", Tier),
        CheckConstraint("num_nonnulls(item_code, category_code) = 1", name="item_or_category"),
        not_negative("quota_per_month"),
    )


class District(Model):
    """The centre's district. `bounds` encloses its outline: west, south, east, north (WGS-84 degrees)."""

    __tablename__ = "districts"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    bounds: Mapped[list[float] | None] = mapped_column(ARRAY(Float(53)))


class PlaceKind(Term):
    """The kind of one of the centre's own places."""

    ROAD = "road", "道路", "road", "A street or road."
    ESTATE = "estate", "小区", "estate", "A residential estate."
    LANDMARK = "landmark", "地标", "landmark", "Something people name to say where they are."
    BUILDING = "building", "楼宇", "building", "A single building."


class Guess(Term):
    """Which part of a place's address was not given and is taken from the nearest known point."""

    COMMUNITY = "community", "社区", "community", "The community is taken from the nearest known point."
    TOWNSHIP = "township", "街道、乡镇", "township", "The township is taken from the nearest known point."


class Township(Model):
    """A 街道, 镇 or 乡, with a representative point (WGS-84)."""

    __tablename__ = "townships"

    code: Mapped[str] = mapped_column(primary_key=True)
    district_code: Mapped[str] = mapped_column(ForeignKey("districts.code"), index=True)
    zh: Mapped[str]
    en: Mapped[str]
    type: Mapped[str]
    urban: Mapped[bool]
    lat: Mapped[float]
    lon: Mapped[float]


class Community(Model):
    """A 社区, 居委会 or 村. If it has no point of its own, its township's is used."""

    __tablename__ = "communities"

    code: Mapped[str] = mapped_column(primary_key=True)
    township_code: Mapped[str] = mapped_column(ForeignKey("townships.code"), index=True)
    zh: Mapped[str]
    kind: Mapped[str]
    pinyin: Mapped[str]
    initials: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class Place(Model):
    """A road, estate, landmark or building that callers name, with or without a point of its own (WGS-84).

    If `guessed` is the township, the community, if any, is guessed too. Searches no longer find an ended place.
    """

    __tablename__ = "places"

    id: Mapped[Id]
    kind: Mapped[str]
    zh: Mapped[str]
    en: Mapped[str | None]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    pinyin: Mapped[str]
    township_code: Mapped[str] = mapped_column(ForeignKey("townships.code"), index=True)
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"), index=True)
    guessed: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    sample: Mapped[bool] = mapped_column(server_default=text("false"))
    """The place came with the software, and nobody has edited it since."""
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("kind", PlaceKind),
        one_of("guessed", Guess),
        CheckConstraint("num_nonnulls(lat, lon) <> 1", name="point"),
        Index(
            "uq_places_present", "zh", "kind", "township_code", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )
