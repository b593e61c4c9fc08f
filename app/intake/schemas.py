"""Citizens, requests and contacts as the API reads and shows them."""

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

from app.auth.models import RevealReason
from app.catalog.models import Kind, Tier, Urgency
from app.danger.kinds import KINDS, DangerKind
from app.events.models import ActorKind
from app.intake.clocks import Clock
from app.intake.models import Channel, CloseReason, HoldCause, RequestStatus
from app.kit.errors import InvalidField
from app.kit.fields import Body, Code, Day, Moment
from app.kit.free_text import FreeText
from app.kit.personal_words import DataWithWords, PersonalPlaces, Words
from app.kit.phones import OwnPhone, Phone
from app.kit.quantity import Quantity

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


def _once_each(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


Articles = Annotated[
    list[UUID],
    Field(max_length=10, description="versions (`version_id`) of the articles that the answer is based on"),
    AfterValidator(_once_each),
]


class RelayIn(Body):
    """The outside line that takes the request over. `outside_number` is its ticket number, if it gave one."""

    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    outside_number: Annotated[str, StringConstraints(max_length=50)] | None = None


class Person(Body):
    """A person involved in a request. Omit `phone` if they have none."""

    name: Name | None = None
    phone: OwnPhone | None = None


class Asked(Body):
    """What the operator typed in the item field before choosing, and the items suggested for it, best first.

    The words are kept masked for a while, so that suggestions improve with each choice.
    """

    words: Annotated[FreeText, StringConstraints(min_length=1)]
    suggested: list[Code] = Field(default=[], max_length=20)


class DetailIn(Body):
    """The answer to one of the item's questions (`asks`)."""

    ask: Annotated[str, StringConstraints(max_length=30)] = Field(description="the question's `code`")
    answer: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Detail(BaseModel):
    """A question in the wording in which it was asked, and its answer."""

    ask: str
    zh: str
    en: str
    answer: Words


def _kept(details: Any) -> Any:
    return orjson.loads(details) if isinstance(details, str) else details or []


Details = Annotated[
    list[Detail], BeforeValidator(_kept), Field(description="the item's questions that were answered, with the answers")
]
DetailsIn = Annotated[list[DetailIn], Field(max_length=12)]
UNUSABLE = "（电话："
"""Introduces an invalid phone number that is appended to the description of a danger."""
_PHONE: TypeAdapter[str | None] = TypeAdapter(Phone | None)


def _required_but_in_danger(schema: dict[str, Any]) -> None:
    """Drop `required` from the published schema: OpenAPI can't make fields optional only for dangers in a way that
    client generators support."""
    del schema["required"]


class RequestIn(Body):
    """A request as an operator takes it down.

    `area` is the code of a community or township. A request needs it, or a `place`, to be dispatched.

    `phone` and `contact_name` are the caller's. If the caller asks on behalf of somebody else, `helped` is that person,
    and their number decides entitlement and quota. `contact` is whom the provider calls, `callback` whom the centre
    calls back.

    Give `answer` if the citizen was answered in the call; otherwise give `relay`, `dispatch` or both. `answer` excludes
    the other two. Without any of the three, the request stays received. If the text mentions a danger, the operator
    decides with `danger` or `danger_dismissed` before the request is answered or dispatched. With `danger`, `relay`
    names the emergency line that took it.
    """

    model_config = ConfigDict(json_schema_extra=_required_but_in_danger)

    channel: Channel = Channel.PHONE
    phone: Phone | None = Field(
        description="null if it is withheld or there is none; a service line's number is kept but never called"
    )
    contact_name: Name | None = None
    helped: Person | None = Field(default=None, description="who is helped, if not the caller")
    contact: Person | None = Field(
        default=None,
        description="whom the provider calls; by default the person helped, or the caller if that person has no number",
    )
    callback: Person | None = Field(
        default=None,
        description="whom the centre calls back; by default the caller, or `contact` if the caller has no number",
    )
    unannounced: bool = Field(
        default=False, description="there is no number, and the caller agreed that the provider comes without calling"
    )
    area: Annotated[str, StringConstraints(max_length=12)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    place: UUID | None = Field(
        default=None,
        description="one of the centre's own places (POST /places/searches); providers are matched from its point",
    )
    item: Annotated[str, StringConstraints(max_length=10)]
    description: Text
    details: DetailsIn = Field(default=[])
    tier: Tier | None = None
    tier_fallback: Tier | None = Field(default=None, description="the dearest tier that the citizen agreed to")
    quantity: Quantity = Field(
        default=Decimal(1),
        description="in the item's unit; 1 if the item has no unit",
        json_schema_extra={"default": 1},
    )
    wanted_from: Moment | None = None
    wanted_to: Moment | None = None
    chosen_provider_id: UUID | None = Field(default=None, description="the provider that the citizen asked for")
    answer: Text | None = None
    articles: Articles = Field(default=[])
    relay: RelayIn | None = None
    dispatch: bool = False
    asked: Asked | None = None
    danger: DangerKind | None = Field(
        default=None,
        description="the kind of danger; without it item, description and phone are required, with it an invalid phone "
        "number is moved into the description",
    )
    danger_dismissed: bool = Field(
        default=False,
        description="the operator confirms that the text mentions no danger other than `danger`",
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
    """A request. Phones and names are masked and the address is left out (see …/personal-data)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    status: RequestStatus
    channel: Channel
    kind: Kind
    category_code: str
    item_code: str
    urgency: Urgency
    description: Words
    details: Details
    contact_name: str | None
    contact_phone: str | None = Field(description="whom the provider calls; null if there is no number")
    helped_name: str | None = Field(description="who is helped, if not the contact")
    callback_name: str | None
    callback_phone: str | None = Field(description="whom the centre calls back, if not the contact")
    caller_id: UUID | None = Field(description="the citizen who called for the person helped")
    unannounced: bool = Field(description="there is no number to call, and the provider comes without calling")
    community_code: str | None
    township_code: str | None = Field(description="null until the place is known")
    danger: DangerKind | None
    danger_lines: list[str] | None = Field(description="the emergency lines in the order in which they took it")
    danger_relayed_at: datetime | None = Field(description="until then the request is offered to no provider")
    danger_relayed_by: UUID | None
    danger_dismissed_by: UUID | None = Field(description="who dismissed a danger that the text mentions")
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
    answer: Words | None
    articles: list[UUID] | None
    answered_in_call: bool
    relay_to: str | None
    outside_number: str | None
    unmatched_reason: str | None
    close_reason: CloseReason | None
    cancel_reason: Words | None
    undone: bool = Field(description="cancelled because it was dispatched by mistake; it counts in no figure")
    parent_id: UUID | None
    hold_cause: HoldCause | None
    hold_reason: Words | None
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
    original_complete_by: datetime | None = Field(description="this round's deadline before an extension was granted")
    round_arrive_by: datetime | None = Field(
        description="the present provider's own deadline, if another provider returned the work before"
    )
    round_complete_by: datetime | None
    round: int = Field(description="each dispatch, redo, reopening and return begins a round with its own clocks")
    version: int = Field(description="send it as If-Match with a correction")
    personal_words: PersonalPlaces = None
    blanked_at: datetime | None = Field(
        description="when its personal data was removed, as scheduled or because the citizen asked"
    )


class RunningClock(BaseModel):
    """A running clock. It turns yellow at `yellow_at` and red at `due_at`."""

    clock: Clock
    yellow_at: datetime
    due_at: datetime


class DangerIn(Body):
    """The kind of danger that the request reports."""

    kind: DangerKind


class DangerRelayIn(Body):
    """The emergency line that has taken the danger. `outside_number` is its ticket number, if it gave one."""

    line: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    outside_number: Annotated[str, StringConstraints(max_length=50)] | None = None


class DangerWithdrawalIn(Body):
    """Why there is no danger. `kind` is the danger to withdraw: by default the present one, or another that was
    mentioned."""

    kind: DangerKind | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class PersonalData(BaseModel):
    """Whom to reach, and where, unmasked. Each reading is recorded in the audit log."""

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
    data: DataWithWords


class ContactIn(Body):
    """A later call or message about the request."""

    channel: Channel = Channel.PHONE
    purpose: Literal["progress", "complaint", "change"]
    phone: Phone | None = Field(description="null if it is withheld or there is none")
    note: Text | None = None


class ContactOut(BaseModel):
    """A call or message about a request."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    request_id: UUID
    number: int
    at: datetime
    channel: Channel
    purpose: str
    note: Words | None
    personal_words: PersonalPlaces = None
    staff_id: UUID | None


class AnswerIn(Body):
    """The answer given to the citizen, and the articles that it is based on."""

    answer: Text
    articles: Articles = Field(default=[])


class HoldIn(Body):
    """Why the request waits and until when. Clocks pause only if the citizen is the cause."""

    cause: HoldCause
    reason: Text
    until: Moment


class TierConsentIn(Body):
    """The dearest tier that the citizen agrees to if no provider is found at the present one."""

    tier: Tier


class CloseIn(Body):
    """Why a person closes the request."""

    note: Text


class MembershipIn(Body):
    """Who confirmed that the citizen belongs to the priority group, and the last day of the membership (null: no
    end)."""

    source: Name
    expires_on: Day | None = None


class MembershipOut(BaseModel):
    """A citizen's membership of a priority group, with its last day (null: no end)."""

    group_code: str
    source: str
    expires_on: date | None


class ClaimOut(BaseModel):
    """A rule that opens a tier to the members of a group: how many requests a month (null: without limit), and which
    proof is needed."""

    group_code: str
    quota_per_month: int | None
    proof: str | None


class OpeningOut(BaseModel):
    """A tier of an item, and whether it is open to the caller.

    A tier cheaper than the item's first one is open only by a rule for one of the caller's groups. That rule allows
    `quota_per_month` requests (null: without limit), of which `used` are taken this month.
    """

    tier: Tier
    open: bool
    group_code: str | None
    quota_per_month: int | None
    used: int | None
    proof: str | None
    claims: list[ClaimOut] = Field(description="the groups that it is open to; empty if it is open to everybody")


class BarIn(Body):
    """Why the citizen does not want the provider."""

    reason: Text | None = None


class BarOut(BaseModel):
    """A provider that the citizen does not want again, and why."""

    model_config = ConfigDict(from_attributes=True)

    provider_id: UUID
    name: str
    reason: str | None


class CitizenEdit(Body):
    """What the centre knows about a citizen. Only the given fields are changed."""

    name: Name | None = None
    area: Code | None = Field(default=None, description="a community's code")
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class GroupIn(MembershipIn):
    """A priority group that the citizen belongs to."""

    group_code: Code


class BarredIn(BarIn):
    """A provider that the citizen does not want again."""

    provider_id: UUID


class CitizenIn(CitizenEdit):
    """A citizen, by their number, and what the centre knows about them. Only the fields given are changed, and
    memberships and bars are added to those on record."""

    phone: OwnPhone
    memberships: list[GroupIn] = Field(default=[], max_length=20)
    bars: list[BarredIn] = Field(default=[], max_length=20)


class CitizenOut(CitizenEdit):
    """What the centre knows about a citizen. Their groups and barred providers are recorded under `citizen_id`."""

    citizen_id: UUID


class CallerSearch(Body):
    """The number that is calling, or a citizen who was found in another way."""

    phone: Phone | None = None
    citizen_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.phone is None) == (self.citizen_id is None):
            raise InvalidField("name a phone or a citizen_id", "请填写 phone 或 citizen_id 之一")
        return self


class TierSearch(CallerSearch):
    """The item, and the citizen by number or id."""

    item: Annotated[str, StringConstraints(max_length=10)] = Field(description="its code")


class RevealOut(BaseModel):
    """Who saw the citizen's personal data in full, when and why. `number` is that of the request it was about."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    actor_name: str | None = Field(description="the member of staff or the provider")
    why: RevealReason
    request_id: UUID | None
    number: int | None


class CallerOut(BaseModel):
    """What the operator sees when a call comes in: who is calling, and their open and past requests.

    For a new number, everything except `phone` is null or empty.
    """

    phone: str
    other_numbers: list[str] = Field(default=[], description="the person's other numbers, as a supervisor found")
    citizen_id: UUID | None
    name: str | None
    community_code: str | None
    address: str | None
    note: str | None
    groups: list[MembershipOut]
    barred_provider_ids: list[UUID]
    bars: list[BarOut] = Field(description="the barred providers with their names, the latest first")
    open_requests: list[RequestOut]
    clocks: dict[UUID, list[RunningClock]] = Field(
        description="the running clocks of each open request, by its id, soonest due first"
    )
    past_requests: list[RequestOut]
    likely_duplicates: list[UUID] = Field(
        description="open requests from other numbers for the same community and item"
    )
