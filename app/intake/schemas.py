"""Citizens, requests and contacts in the API."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from app.catalog.models import Kind, Tier
from app.danger.kinds import KINDS, DangerKind
from app.intake.clocks import Clock
from app.intake.models import Channel, CloseReason, HoldCause, RequestStatus
from app.kit.errors import Unfit
from app.kit.fields import Body, Code, Day, Moment
from app.kit.free_text import FreeText
from app.kit.phones import OwnPhone, Phone
from app.kit.quantity import Quantity

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


def _once_each(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


Articles = Annotated[
    list[UUID],
    Field(max_length=10, description="the versions of the articles that the answer came from (`version_id`)"),
    AfterValidator(_once_each),
]


class RelayIn(Body):
    """Handed to an outside line; `outside_number` is its ticket, when it gave one."""

    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    outside_number: Annotated[str, StringConstraints(max_length=50)] | None = None


class Person(Body):
    """Somebody of a request; without a number where there is none."""

    name: Name | None = None
    phone: OwnPhone | None = None


class Asked(Body):
    """What was typed at the item field before the item was chosen, and the items suggested for it, the first first.

    Kept masked for a while, so that suggesting learns from the choice.
    """

    words: Annotated[FreeText, StringConstraints(min_length=1)]
    suggested: list[Code] = Field(default=[], max_length=20)


class DetailIn(Body):
    """The answer to one of the item's questions (`asks`)."""

    ask: Annotated[str, StringConstraints(max_length=30)] = Field(description="its `code`")
    answer: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Detail(BaseModel):
    """A question as it was put, and the answer."""

    ask: str
    zh: str
    en: str
    answer: str


def _kept(details: Any) -> Any:
    return orjson.loads(details) if isinstance(details, str) else details or []


Details = Annotated[
    list[Detail], BeforeValidator(_kept), Field(description="what was asked about the item, and answered")
]
DetailsIn = Annotated[list[DetailIn], Field(max_length=12)]
UNUSABLE = "（电话："
"""Before a number that is none, at the end of what tells a danger."""
_PHONE: TypeAdapter[str | None] = TypeAdapter(Phone | None)


def _required_but_in_danger(schema: dict[str, Any]) -> None:
    """The document cannot say that a danger needs nothing else in a way that generators of clients follow."""
    del schema["required"]


class RequestIn(Body):
    """A request as the operator takes it down; `area` is a community's or township's code, needed to dispatch it unless
    `place` is named.

    `phone` and `contact_name` are the caller's. Who calls for another names them as `helped`: their number
    brings entitlement and quota. `contact` is whom the firm calls, `callback` whom the centre calls back.

    At most one of: `answer` (the citizen was told), or `relay` and/or `dispatch`. With none it stays received. A text
    that tells of a danger needs the operator's decision, `danger` or `danger_dismissed`, before it is answered or
    dispatched; with `danger` a `relay` says which emergency line has it.
    """

    model_config = ConfigDict(json_schema_extra=_required_but_in_danger)

    channel: Channel = Channel.PHONE
    phone: Phone | None = Field(description="null: withheld, or none; a service line is kept and called by nobody")
    contact_name: Name | None = None
    helped: Person | None = Field(default=None, description="who is helped, if another than the caller")
    contact: Person | None = Field(
        default=None, description="whom the firm calls; by default who is helped, or the caller if they have no number"
    )
    callback: Person | None = Field(
        default=None,
        description="whom the centre calls back; by default the caller, or `contact` if there is no number",
    )
    unannounced: bool = Field(
        default=False, description="there is no number: the firm comes without calling, as the caller agreed"
    )
    area: Annotated[str, StringConstraints(max_length=12)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    place: UUID | None = Field(
        default=None,
        description="a place of the centre's own (POST /places/searches): the request is matched from its point",
    )
    item: Annotated[str, StringConstraints(max_length=10)]
    description: Text
    details: DetailsIn = Field(default=[])
    tier: Tier | None = None
    tier_fallback: Tier | None = Field(default=None, description="the citizen agreed to pay up to this tier")
    quantity: Quantity = Field(
        default=Decimal(1), description="in the item's unit; 1 where it has none", json_schema_extra={"default": 1}
    )
    wanted_from: Moment | None = None
    wanted_to: Moment | None = None
    chosen_provider_id: UUID | None = Field(default=None, description="the citizen's own choice")
    answer: Text | None = None
    articles: Articles = Field(default=[])
    relay: RelayIn | None = None
    dispatch: bool = False
    asked: Asked | None = None
    danger: DangerKind | None = Field(
        default=None,
        description="without it item, description and phone are required; with it an impossible number is kept in the "
        "text",
    )
    danger_dismissed: bool = Field(
        default=False, description="what is heard as a danger, beside `danger`, is none, says the operator"
    )

    @model_validator(mode="before")
    @classmethod
    def _danger_waits_for_nothing(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("danger") not in KINDS:
            return data
        phone, text = data.get("phone"), data.get("description") or data["danger"]
        try:
            _PHONE.validate_python(phone)
        except ValidationError:
            if isinstance(text, str):
                note = f"{UNUSABLE}{str(phone)[:40]}）"
                phone, text = None, text[: 1000 - len(note)] + note
        return {**data, "item": data.get("item") or "", "description": text, "phone": phone}


class RequestOut(BaseModel):
    """A request; phone and name are masked, the address is left out (see …/personal-data)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    status: RequestStatus
    channel: Channel
    kind: Kind
    category_code: str
    item_code: str
    urgency: str
    description: str
    details: Details
    contact_name: str | None
    contact_phone: str | None = Field(description="whom the firm calls; null: there is no number")
    helped_name: str | None = Field(description="who is helped, where that is another than the contact")
    callback_name: str | None
    callback_phone: str | None = Field(description="whom the centre calls back, where that is another than the contact")
    caller_id: UUID | None = Field(description="the citizen who called for whoever is helped")
    unannounced: bool = Field(description="nobody can be called: the firm comes without")
    community_code: str | None
    township_code: str | None = Field(description="null until somebody knows where it is")
    danger: DangerKind | None
    danger_lines: list[str] | None = Field(description="the emergency lines that have it, in their order")
    danger_relayed_at: datetime | None = Field(description="until then nothing is offered to a company")
    danger_relayed_by: UUID | None
    danger_dismissed_by: UUID | None = Field(description="who decided that what was heard as a danger is none")
    priority_group: str | None
    tier_asked: Tier
    tier_entitled: Tier
    tier: Tier
    tier_fallback: Tier | None
    quantity: Quantity
    wanted_from: datetime | None
    wanted_to: datetime | None
    chosen_provider_id: UUID | None
    deferred_until: datetime | None
    deferral_told_at: datetime | None
    answer: str | None
    articles: list[UUID] | None
    answered_in_call: bool
    relay_to: str | None
    outside_number: str | None
    unmatched_reason: str | None
    close_reason: CloseReason | None
    cancel_reason: str | None
    undone: bool = Field(description="a cancelled one that was dispatched by mistake: it counts nowhere")
    parent_id: UUID | None
    hold_cause: HoldCause | None
    hold_reason: str | None
    hold_until: datetime | None
    returns: int
    redos: int
    reopens: int
    received_at: datetime
    answered_at: datetime | None
    dispatched_at: datetime | None
    assigned_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    answer_by: datetime | None
    accept_by: datetime | None
    arrive_by: datetime | None
    complete_by: datetime | None
    original_complete_by: datetime | None = Field(description="of this round, before the extension that was granted")
    round_arrive_by: datetime | None = Field(description="the present firm's own, where others had it before")
    round_complete_by: datetime | None
    round: int = Field(description="each dispatch, redo, reopening and return begins one with clocks of its own")
    version: int = Field(description="for the If-Match of a correction")


class RunningClock(BaseModel):
    """A clock that runs: yellow from `yellow_at` on, red from `due_at` on."""

    clock: Clock
    yellow_at: datetime
    due_at: datetime


class DangerIn(Body):
    """The kind of danger that the request tells."""

    kind: DangerKind


class DangerRelayIn(Body):
    """The emergency line that has it now, and its ticket when it gave one."""

    line: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    outside_number: Annotated[str, StringConstraints(max_length=50)] | None = None


class DangerWithdrawalIn(Body):
    """Why it is no danger; `kind` names one that is told beside the present one."""

    kind: DangerKind | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class PersonalData(BaseModel):
    """Whom to reach, and where; each reading is on the audit log."""

    contact_name: str | None
    contact_phone: str | None
    helped_name: str | None
    callback_name: str | None
    callback_phone: str | None
    address: str | None


class EventOut(BaseModel):
    """One entry of a request's timeline."""

    id: int
    at: datetime
    kind: str
    provider_id: UUID | None
    actor_kind: str
    actor_id: UUID | None
    on_behalf: bool
    data: dict[str, Any]


class ContactIn(Body):
    """A later call or message about the request."""

    channel: Channel = Channel.PHONE
    purpose: Literal["progress", "complaint", "change"]
    phone: Phone | None = Field(description="null: withheld, or none")
    note: Text | None = None


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    request_id: UUID
    number: int
    at: datetime
    channel: Channel
    purpose: str
    note: str | None
    staff_id: UUID | None


class AnswerIn(Body):
    answer: Text
    articles: Articles = Field(default=[])


class HoldIn(Body):
    """Why the request waits and until when; the clocks pause only for the citizen's own reason."""

    cause: HoldCause
    reason: Text
    until: Moment


class TierConsentIn(Body):
    """The citizen's yes, said later: up to which tier the request may be served if nobody is found at its own."""

    tier: Tier


class CloseIn(Body):
    note: Text


class MembershipIn(Body):
    """A citizen belongs to a priority group: says who, and until when."""

    source: Name
    expires_on: Day | None = None


class MembershipOut(BaseModel):
    group_code: str
    source: str
    expires_on: date | None


class ClaimOut(BaseModel):
    """A rule that opens a tier to the members of a group, so often a month (null: as often as wanted), on proof."""

    group_code: str
    quota_per_month: int | None
    proof: str | None


class OpeningOut(BaseModel):
    """A tier of an item for a caller.

    One cheaper than the item's first is open through a rule for a group of theirs; of its `quota_per_month` places
    (null: as many as wanted) so many are `used` this month.
    """

    tier: Tier
    open: bool
    group_code: str | None
    quota_per_month: int | None
    used: int | None
    proof: str | None
    claims: list[ClaimOut] = Field(description="the groups that it is open to; none where it is open to everybody")


class BarIn(Body):
    reason: Text | None = None


class BarOut(BaseModel):
    """A provider that the citizen does not want again, and why."""

    model_config = ConfigDict(from_attributes=True)

    provider_id: UUID
    name: str
    reason: str | None


class CitizenEdit(Body):
    name: Name | None = None
    area: Code | None = Field(default=None, description="a community's code")
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class CallerSearch(Body):
    """The number that rings, or a citizen who was found otherwise."""

    phone: Phone | None = None
    citizen_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.phone is None) == (self.citizen_id is None):
            raise Unfit("name a phone or a citizen_id", "请填写 phone 或 citizen_id 之一")
        return self


class CallerOut(BaseModel):
    """The pop-up: who calls, what is open, what was. Everything is null or empty for a new number."""

    phone: str
    citizen_id: UUID | None
    name: str | None
    community_code: str | None
    address: str | None
    note: str | None
    groups: list[MembershipOut]
    barred_provider_ids: list[UUID]
    bars: list[BarOut] = Field(description="the same with their names, the latest first")
    open_requests: list[RequestOut]
    clocks: dict[UUID, list[RunningClock]] = Field(description="of the open ones, by their ids, the first due first")
    past_requests: list[RequestOut]
    likely_duplicates: list[UUID] = Field(description="open requests of this place and item from other numbers")
