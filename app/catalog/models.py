"""What can be asked for, by whom at which tier, how fast, and where."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class Kind(Term):
    """What becomes of a request for the item."""

    INFO = "info", "咨询", "information", "Answered in the call, from what the centre knows."
    SERVICE = "service", "上门服务", "service", "A provider comes."
    VOLUNTEER = "volunteer", "志愿服务", "volunteer help", "Volunteers or public-good bodies come."
    RELAY = "relay", "转接", "relay", "Handed to an emergency line, a utility or another body."


class Tier(Term):
    """What the citizen pays; cheapest first."""

    FREE = "free", "无偿", "free", "The citizen pays nothing."
    LOW_FEE = "low_fee", "低偿", "low fee", "The citizen pays at most the item's cap."
    PAID = "paid", "有偿", "paid", "The citizen pays the market price."


class Calendar(Term):
    """Which time a clock counts; see app.catalog.calendar."""

    ALWAYS = "always", "全天", "always", "Every minute counts."
    SERVICE_HOURS = "service_hours", "服务时间", "service hours", "Only the centre's service hours count."
    WORKING_DAYS = (
        "working_days",
        "工作日",
        "working days",
        "Only working days count: holidays do not, make-up working days do.",
    )


class ArriveRule(Term):
    """How arrive_by is found: minutes, the day's close, or the appointment."""

    MINUTES = "minutes", "分钟", "minutes", "So many minutes from dispatch."
    DAY_CLOSE = (
        "day_close",
        "当日结束",
        "the day's close",
        "By the close of service on the day, or on the next after 14:00.",
    )
    APPOINTMENT = "appointment", "预约时间", "the appointment", "Within the appointment."
    NONE = "none", "无", "none", "No arrival is due."


class Urgency(Model):
    """How soon an item of this urgency must be accepted, arrived at and done (minutes)."""

    __tablename__ = "urgencies"

    code: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    zh: Mapped[str]
    accept_minutes: Mapped[int | None]
    arrive_minutes: Mapped[int | None]
    arrive_rule: Mapped[str]
    complete_minutes: Mapped[int | None]
    """None with arrive_rule day_close: done by the close of the next service day."""
    calendar: Mapped[str]
    move_days: Mapped[int] = mapped_column(server_default=text("3"))
    """So many days behind the first deadline, or now if that has passed, a moved appointment may end."""

    __table_args__ = (
        one_of("arrive_rule", ArriveRule),
        one_of("calendar", Calendar),
        CheckConstraint("move_days BETWEEN 0 AND 365", name="move_days"),
    )


class CalendarDay(Model):
    """A day of which the centre knows better than the holidays library whether it is a working day."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    note: Mapped[str]
    entered_at: Mapped[datetime]


class PaperKind(Model):
    """A licence or certificate that an item may ask of its provider, or that is the firm's own."""

    __tablename__ = "paper_kinds"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    whole_firm: Mapped[bool] = mapped_column(server_default=text("false"))
    """When it expires the whole firm is suspended, not only the items that ask for it."""


class Category(Model):
    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    position: Mapped[int]


def is_counted(unit: str | None) -> bool:
    """Whether what is charged by this unit has a quantity: not what is quoted as a whole, or has no unit."""
    return unit not in (None, "quote")


class Item(Model):
    """A service item; `tiers[0]` is open to everybody, `cap_fen` bounds low_fee per `unit`."""

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
    """What the operator asks so that the firm comes once; each as schemas.Ask has it."""
    lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """Whom the operator connects, the first first; each as schemas.Line has it."""
    cap_fen: Mapped[int | None]
    pays_citizen: Mapped[bool] = mapped_column(server_default=text("false"))
    """The company pays the citizen (scrap, old appliances): the sum is a payout."""
    dispatchable: Mapped[bool]
    """False for info, and for what must never go to a company (a gas leak)."""
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
    """Members of the group get the tier for the item, or the category, so often a month."""

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
    """The centre's district; `bounds` are those of its outline: west, south, east, north (WGS-84 degrees)."""

    __tablename__ = "districts"

    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    bounds: Mapped[list[float] | None] = mapped_column(ARRAY(Float(53)))


class PlaceKind(Term):
    """What a place of the centre's own is."""

    ROAD = "road", "道路", "road", "A street or road."
    ESTATE = "estate", "小区", "estate", "A residential estate."
    LANDMARK = "landmark", "地标", "landmark", "What people name to say where they are."
    BUILDING = "building", "楼宇", "building", "A single building."


class Guess(Term):
    """What of a place was not said, and is that of the nearest known point."""

    COMMUNITY = "community", "社区", "community", "The community is that of the nearest known point."
    TOWNSHIP = "township", "街道、乡镇", "township", "The township is that of the nearest known point."


class Township(Model):
    """A 街道, 镇 or 乡, with a WGS-84 point that stands for it."""

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
    """A 社区, 居委会 or 村; without a point of its own its township's stands for it."""

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
    """A road, estate, landmark or building that callers name, with a WGS-84 point of its own or without.

    `guessed` township: its community is guessed too, if it has one. An ended place is found no more.
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
    """Came with the software, and nobody has edited it since."""
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
