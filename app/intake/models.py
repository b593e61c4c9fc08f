"""Tables of citizens, their contacts with the centre, and service requests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    SmallInteger,
    Text,
    Uuid,
    case,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import Kind, Tier
from app.danger.kinds import DangerKind
from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.quantity import EXACT
from app.kit.terms import Term
from app.registry.models import Rung


class RequestStatus(Term):
    """The status of a service request."""

    RECEIVED = "received", "已受理", "received", "Taken down; nobody has dealt with it yet."
    ANSWERED = "answered", "已答复", "answered", "The centre answered it."
    RELAYED = "relayed", "已转接", "relayed", "An outside line or body has taken it over."
    DISPATCHING = "dispatching", "派单中", "dispatching", "The centre is looking for a provider."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "No provider was found, or the work came back; a person decides."
    ASSIGNED = "assigned", "已接单", "assigned", "A provider has accepted it and has not arrived yet."
    IN_PROGRESS = "in_progress", "服务中", "in progress", "The provider is on site."
    COMPLETED = "completed", "已完工", "completed", "The work is done; the citizen has not been called back yet."
    CLOSED = "closed", "已办结", "closed", "It is finished."
    CANCELLED = "cancelled", "已取消", "cancelled", "The citizen or the centre cancelled it."
    MERGED = "merged", "已合并", "merged", "It duplicates another request, which is handled for both."
    ON_HOLD = "on_hold", "暂缓", "on hold", "It waits until a given time."


class Channel(Term):
    """How a contact reached the centre."""

    PHONE = "phone", "电话", "phone", "A call to 81890."
    WECHAT = "wechat", "微信", "WeChat", "A message in WeChat."
    WEB = "web", "网站", "web", "The centre's website."
    STATION = "station", "社区服务站", "community station", "A community station, on behalf of a resident."
    ALARM = "alarm", "一键呼叫", "elder alarm", "The button of an elderly person's alarm."


class HoldCause(Term):
    """Who causes the wait. Clocks pause only if it is the citizen."""

    CITIZEN = "citizen", "求助人", "citizen", "The citizen asked to wait; clocks pause."
    CENTRE = "centre", "中心", "centre", "The centre has to clarify something."
    PROVIDER = (
        "provider",
        "服务单位",
        "provider",
        "The provider cannot continue, for example because a part is missing.",
    )


class UnmatchedReason(Term):
    """Why no provider has the request: the filter that left no candidates, or what happened to the work. A person
    decides."""

    ITEM_NOT_OFFERED = (
        "item_not_offered",
        "没有单位提供该服务项目",
        "no provider offers the item",
        "No provider was left after the item filter.",
    )
    TIER_NOT_OFFERED = (
        "tier_not_offered",
        "没有单位以该档次提供此项目",
        "no provider offers the item at this tier",
        "No provider was left after the tier filter.",
    )
    NOT_ACTIVE = (
        "not_active",
        "提供此项目的单位均未在营",
        "no provider that offers it is active",
        "No provider was left after the standing filter.",
    )
    OUTSIDE_AREA = (
        "outside_area",
        "不服务该街道或乡镇",
        "does not serve this township",
        "The place is outside the area that the provider covers.",
    )
    TOO_FAR = (
        "too_far",
        "超出派单策略允许的距离",
        "is farther away than the policy allows",
        "The place is beyond the policy's distance.",
    )
    NOT_ON_LADDER = (
        "not_on_ladder",
        "不在无偿服务逐级派单范围内",
        "is on no step of the free-help ladder",
        "Free help is not looked for there.",
    )
    PAPERS = (
        "papers",
        "所需证照缺失或已过期",
        "a required licence is missing or expired",
        "A licence that the item requires is not valid on the day.",
    )
    CLOSED_THEN = (
        "closed_then",
        "期望时间段内不营业",
        "is closed at the wanted time",
        "Its opening hours do not overlap the wanted window.",
    )
    UNREACHABLE = (
        "unreachable",
        "目前联系不上或已暂停接单",
        "cannot be reached or takes no work at present",
        "It paused offers, or repeatedly did not answer.",
    )
    FULL = (
        "full",
        "承接工单已满（应急期间含待其答复的派单）",
        "has as many unfinished jobs as it can take (in a surge, pending offers count too)",
        "It has no capacity left.",
    )
    BARRED = (
        "barred",
        "求助人不希望由该单位服务",
        "the citizen does not want this provider",
        "The citizen barred it.",
    )
    TRIED_BEFORE = (
        "tried_before",
        "已就本次请求拒绝、超时或退单",
        "has already declined, not answered or returned this request",
        "It was asked before.",
    )
    LADDER_ENDED = (
        "ladder_ended",
        "无偿服务已逐级派单至末级，无人接单",
        "no free help was found on any step of the ladder",
        "No step is left to try.",
    )
    RETURNED = (
        "returned",
        "开工后退单或再次退单，由值班长裁定",
        "returned after the work started, or a second time",
        "A supervisor arbitrates.",
    )
    FAILED = "failed", "开工后未能完成，由值班长裁定", "started but could not be completed", "A supervisor arbitrates."


class CloseReason(Term):
    """Why a request was closed."""

    ANSWERED = "answered", "已答复", "answered", "The centre answered it."
    RELAYED = "relayed", "已转接", "relayed", "An outside line or body took it over."
    SOLVED = "solved", "已解决", "solved", "The citizen says that the problem is solved."
    UNREACHED = "unreached", "回访未接通", "unreached", "No attempt to call the citizen back succeeded."
    NO_PROVIDER = "no_provider", "无单位可派", "no provider", "No provider was found, and a person closed it."


class Citizen(Model):
    """A citizen, identified by phone number."""

    __tablename__ = "citizens"

    id: Mapped[Id]
    phone: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    address: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When something about the citizen, not about a request, was last recorded. NULL: at `created_at`."""
    joined_into: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"))
    """The person's main citizen, if a supervisor found that both are the same person; never itself joined into another.
    Rows still refer to the citizen that they came from, and `same_person` finds those of all."""

    __table_args__ = (
        Index(None, "joined_into", postgresql_where=text("joined_into IS NOT NULL")),
        Index(
            "ix_citizens_same_form",
            literal_column("same_form(name)").label("form"),
            postgresql_ops={"form": "text_pattern_ops"},
        ),
    )


def same_person(citizen: Any) -> ColumnElement[Any]:
    """Return the SQL expression for ANY of the citizens that are the same person as this one, itself included."""
    person = func.same_person(citizen, type_=Uuid).column_valued("person")
    return func.any(func.array(select(person).scalar_subquery()))


class CitizenGroup(Model):
    """A citizen's membership of a priority group: who confirmed it, who recorded it, and its last day."""

    __tablename__ = "citizen_groups"

    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id", ondelete="CASCADE"), primary_key=True)
    group_code: Mapped[str] = mapped_column(ForeignKey("groups.code"), primary_key=True)
    source: Mapped[str]
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    expires_on: Mapped[date | None]


def is_member(member: type[CitizenGroup], day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition that the membership is valid on the day."""
    return member.expires_on.is_(None) | (member.expires_on >= day)


class Purpose(Term):
    """What the centre keeps about a citizen beyond their requests, and may keep only as long as they agree."""

    PROFILE = (
        "profile",
        "记住姓名、地址和备注",
        "remember name, address and notes",
        "So that a caller need not repeat them. Without it they are forgotten.",
    )
    GROUPS = (
        "groups",
        "登记优先群体",
        "record priority groups",
        "They may tell of health or hardship. Without it memberships are deleted, and cheaper tiers with them.",
    )


class JoinReason(Term):
    """Why two citizens are one."""

    SECOND_NUMBER = "second_number", "另有号码", "a second number", "The person uses both numbers."
    NEW_NUMBER = "new_number", "换了号码", "a new number", "The person has given up the other number."
    MISTYPED = "mistyped", "号码登记有误", "a mistyped number", "Somebody else's or no number was taken down."


class AskedHow(Term):
    """How a citizen told the centre what they want for their data."""

    BY_PHONE = "by_phone", "电话", "by phone", "In a call from their own number."
    IN_PERSON = "in_person", "当面", "in person", "At the centre, with proof of who they are."
    IN_WRITING = "in_writing", "书面", "in writing", "In a letter or message."


class Consent(Model):
    """A citizen's consent to a purpose, or its withdrawal. The latest row counts; no row means no objection."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    given: Mapped[bool]
    at: Mapped[datetime]
    asked: Mapped[str]
    taken_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (one_of("purpose", Purpose), one_of("asked", AskedHow), Index(None, "citizen_id", "id"))


class CitizenBar(Model):
    """A provider that this citizen does not want again."""

    __tablename__ = "citizen_bars"

    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id", ondelete="CASCADE"), primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str | None]
    created_at: Mapped[datetime]


REQUEST_NUMBER = Sequence("request_number", start=100001, metadata=Model.metadata)


class Request(Model):
    """A service request. People refer to it by its `number`.

    `answer_by` counts from receipt, the other deadlines from dispatch. `assigned_at`, `started_at` and `completed_at`
    describe the present round; see Round.
    """

    __tablename__ = "requests"

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(
        BigInteger, REQUEST_NUMBER, server_default=REQUEST_NUMBER.next_value(), unique=True
    )
    status: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    item_code: Mapped[str] = mapped_column(ForeignKey("items.code"))
    urgency: Mapped[str] = mapped_column(ForeignKey("urgencies.code"))
    urgency_rank: Mapped[int]
    description: Mapped[str]
    details: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    """The item's questions and the answers to them, each as in `schemas.Detail`."""

    citizen_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"))
    """The person helped. NULL if they have no number to identify them."""
    caller_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"))
    """The citizen who called for the person helped, if it was somebody else."""
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None]
    """Whom the provider calls."""
    helped_name: Mapped[str | None]
    """The person helped, if not the contact."""
    callback_name: Mapped[str | None]
    callback_phone: Mapped[str | None]
    """Whom the centre calls back, if not the contact."""
    unannounced: Mapped[bool] = mapped_column(server_default=text("false"))
    """There is no number to call, and somebody decided that the provider comes without calling."""
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    township_code: Mapped[str | None] = mapped_column(ForeignKey("townships.code"))
    """NULL until the place is known: a danger is taken down and relayed without waiting for it."""
    address: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    priority_group: Mapped[str | None] = mapped_column(ForeignKey("groups.code"))

    tier_asked: Mapped[str]
    tier_entitled: Mapped[str]
    tier: Mapped[str]
    """The tier at which the request is or will be served."""
    tier_fallback: Mapped[str | None]
    """The dearest tier that the citizen agreed to."""
    quantity: Mapped[Decimal] = mapped_column(EXACT, server_default=text("1"))
    """In the item's unit, as taken down. The job has the quantity that is billed."""
    danger: Mapped[str | None]
    """The kind of danger that it reports. Until `danger_relayed_at` the request is offered to no provider."""
    danger_lines: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The emergency lines, in the order in which they took the danger."""
    danger_relayed_at: Mapped[datetime | None]
    danger_relayed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """When the first line took the danger, and who recorded it."""
    danger_dismissed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """Who dismissed a danger that the text mentions."""
    wanted_from: Mapped[datetime | None]
    wanted_to: Mapped[datetime | None]
    chosen_provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id"))
    """The provider that the citizen asked for."""
    rung: Mapped[str | None]
    """The step of the ladder on which free help is being looked for, until `rung_until`."""
    rung_until: Mapped[datetime | None]
    deferred_until: Mapped[datetime | None]
    """In a surge: when matching is tried again, unless the surge ends sooner."""
    deferral_told_at: Mapped[datetime | None]
    """When the citizen was told that the request has to wait."""

    answer: Mapped[str | None]
    articles: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """The versions of the articles that the answer is based on, if any."""
    answered_in_call: Mapped[bool] = mapped_column(server_default=text("false"))
    relay_to: Mapped[str | None]
    outside_number: Mapped[str | None]
    unmatched_reason: Mapped[str | None]
    close_reason: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    undone: Mapped[bool] = mapped_column(server_default=text("false"))
    """Cancelled within seconds because it was dispatched by mistake. It counts in no figure."""
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("requests.id"), index=True)
    held_from: Mapped[str | None]
    hold_cause: Mapped[str | None]
    hold_reason: Mapped[str | None]
    hold_until: Mapped[datetime | None]
    returns: Mapped[int] = mapped_column(server_default=text("0"))
    redos: Mapped[int] = mapped_column(server_default=text("0"))
    reopens: Mapped[int] = mapped_column(server_default=text("0"))

    received_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    relayed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    unmatched_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    merged_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    match_at: Mapped[datetime | None]
    """While dispatching: when the request is to be matched next. NULL while offers are pending."""

    answer_by: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    arrive_by: Mapped[datetime | None]
    complete_by: Mapped[datetime | None]
    original_complete_by: Mapped[datetime | None]
    """`complete_by` before an extension was granted."""
    round: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    round_from: Mapped[datetime | None]
    """When a provider returned the work, and the next one's clocks began. NULL: they began at `dispatched_at`."""
    round_arrive_by: Mapped[datetime | None]
    """By when the next provider has to arrive, while `arrive_by` stays what the citizen was told. NULL: `arrive_by`."""
    round_complete_by: Mapped[datetime | None]
    paused: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)), server_default=text("'{}'"))
    """Starts and ends, in turn, of the holds that the citizen caused since dispatch. No clock runs in them."""
    accept_seconds: Mapped[int | None]
    """How long this step took in the present round, in seconds on the clock's calendar without pauses. The same holds
    for the next two."""
    arrive_seconds: Mapped[int | None]
    complete_seconds: Mapped[int | None]
    alarm_at: Mapped[datetime | None]
    """When a running clock next turns yellow or red."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    followed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The member of staff who took it over from the one who took it down."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Rises with each correction."""
    corrected_at: Mapped[datetime | None]
    """When item, tier, place or wanted time was last corrected. Providers asked before then may be asked again."""
    blanked_at: Mapped[datetime | None]
    """When its personal data was removed, as scheduled or because the citizen asked (docs/personal-data.md)."""

    __table_args__ = (
        one_of("status", RequestStatus),
        one_of("channel", Channel),
        one_of("kind", Kind),
        one_of("danger", DangerKind),
        one_of("tier_asked", Tier),
        one_of("tier_entitled", Tier),
        one_of("tier", Tier),
        one_of("tier_fallback", Tier),
        one_of("hold_cause", HoldCause),
        one_of("rung", Rung),
        one_of("unmatched_reason", UnmatchedReason),
        one_of("close_reason", CloseReason),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("num_nulls(township_code, lat, lon) IN (0, 3)", name="place"),
        CheckConstraint("township_code IS NOT NULL OR dispatched_at IS NULL", name="place_of_dispatched"),
        CheckConstraint("num_nulls(danger_lines, danger_relayed_at) IN (0, 2)", name="danger_relayed"),
        CheckConstraint("danger IS NOT NULL OR danger_relayed_at IS NULL", name="danger_of_relay"),
        not_negative("returns", "redos", "reopens"),
        CheckConstraint("wanted_to > wanted_from", name="wanted_window"),
        CheckConstraint("(wanted_from IS NULL) = (wanted_to IS NULL)", name="wanted_both"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("(status = 'closed') = (close_reason IS NOT NULL)", name="closed_why"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint("(status = 'merged') = (merged_at IS NOT NULL)", name="merged_at"),
        CheckConstraint("(status = 'merged') = (parent_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("(rung IS NULL) = (rung_until IS NULL)", name="rung_has_time"),
        CheckConstraint("deferral_told_at IS NULL OR deferred_until IS NOT NULL", name="told_of_a_deferral"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("(status = 'unmatched') = (unmatched_at IS NOT NULL)", name="unmatched_at"),
        CheckConstraint(
            "(status = 'on_hold') = (held_at IS NOT NULL) AND (held_at IS NULL) = (held_from IS NULL)",
            name="held_at",
        ),
        CheckConstraint("status <> 'answered' OR answered_at IS NOT NULL", name="answered_at"),
        CheckConstraint("status <> 'relayed' OR relay_to IS NOT NULL", name="relayed_to"),
        CheckConstraint("status <> 'dispatching' OR dispatched_at IS NOT NULL", name="dispatched_at"),
        CheckConstraint("status <> 'assigned' OR assigned_at IS NOT NULL", name="assigned_at"),
        CheckConstraint("status <> 'in_progress' OR started_at IS NOT NULL", name="started_at"),
        CheckConstraint("status <> 'completed' OR completed_at IS NOT NULL", name="completed_at"),
        Index(None, "citizen_id", "received_at"),
        Index(None, "caller_id", "received_at", postgresql_where=text("caller_id IS NOT NULL")),
        Index(None, "received_at", "id"),
        Index(
            "ix_requests_open",
            "status",
            "urgency_rank",
            "received_at",
            postgresql_where=text("status NOT IN ('closed', 'cancelled', 'merged')"),
        ),
        Index(
            "ix_requests_follower",
            text("coalesce(followed_by, created_by)"),
            "received_at",
            postgresql_where=text("status NOT IN ('closed', 'cancelled', 'merged')"),
        ),
        Index("ix_requests_alarm", "alarm_at", postgresql_where=text("alarm_at IS NOT NULL")),
        Index(
            "ix_requests_to_blank",
            text("coalesce(closed_at, cancelled_at, merged_at)"),
            postgresql_where=text("blanked_at IS NULL AND status IN ('closed', 'cancelled', 'merged')"),
        ),
        Index(
            "ix_requests_match",
            "match_at",
            postgresql_where=text("status = 'dispatching' AND match_at IS NOT NULL"),
        ),
        Index(
            "ix_requests_turn",
            "category_code",
            "urgency_rank",
            "match_at",
            postgresql_where=text("status = 'dispatching' AND match_at IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )


def callback_phone(request: type[Request]) -> ColumnElement[str | None]:
    """Return the SQL expression for the number that the centre calls back, NULL if there is none."""
    return func.coalesce(request.callback_phone, request.contact_phone)


def callback_name(request: type[Request]) -> ColumnElement[str | None]:
    """Return the SQL expression for the name of the person whom the centre calls back."""
    return case((request.callback_phone.is_not(None), request.callback_name), else_=request.contact_name)


class Round(Model):
    """A past round of a request, from one dispatch, redo, reopening or return to the next, with its times.

    It is judged by its own deadlines and never changes. `dispatched_at` is when its clock began. The request itself
    holds the present round.
    """

    __tablename__ = "rounds"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    dispatched_at: Mapped[datetime]
    accept_by: Mapped[datetime | None]
    arrive_by: Mapped[datetime | None]
    complete_by: Mapped[datetime | None]
    original_complete_by: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    accept_seconds: Mapped[int | None]
    arrive_seconds: Mapped[int | None]
    complete_seconds: Mapped[int | None]
    ended_at: Mapped[datetime]


class Remark(Model):
    """What a person typed with a step, such as why a request was reopened. The step's event names it by `remark_id`,
    because events carry no words (docs/decisions/0017)."""

    __tablename__ = "remarks"

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), index=True)
    text: Mapped[str]


class Contact(Model):
    """A call or message about a request, the first one or a later one."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), index=True)
    at: Mapped[datetime]
    channel: Mapped[str]
    purpose: Mapped[str]
    phone: Mapped[str | None]
    """The number that called. NULL if it was withheld."""
    note: Mapped[str | None]
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        one_of("channel", Channel),
        CheckConstraint("purpose IN ('request', 'progress', 'complaint', 'change', 'cancel')", name="purpose"),
    )
