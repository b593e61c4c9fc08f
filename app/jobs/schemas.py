"""Offers and jobs in the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.catalog.models import Tier
from app.intake.schemas import Details
from app.jobs.models import DeclineReason, ExtensionStatus, JobStatus, OfferedBy, OfferStatus, ReturnReason, ToldHow
from app.kit.fields import Body, Fen, Moment
from app.kit.quantity import Quantity
from app.registry.models import PriceKind

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
QuantityFound = Annotated[
    Quantity | None, Field(description="how much there was to do, in the item's unit; left out, as it stands")
]
HappenedAt = Annotated[
    Moment | None,
    Field(description="when it was, for a report that was held up; kept with the event, while clocks go by the report"),
]


class OfferOut(BaseModel):
    """An offer as its provider sees it: what, where roughly, when and at which price; no contact data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    number: int
    item_code: str
    urgency: str
    description: str
    details: Details
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = Field(description="by which the item is charged; null or `quote`: as a whole")
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    round_arrive_by: datetime | None = Field(description="by your own clock, where others had it before")
    tier: Tier
    price_kind: PriceKind
    price_fen: int = Field(description="per unit when fixed, the starting price when a quote")
    sum_fen: int | None = Field(description="what the citizen agrees to if it is accepted; null: to be quoted")
    redo: bool
    status: OfferStatus
    offered_at: datetime
    expires_at: datetime
    ask_from: datetime | None = Field(description="when you open, or the night is over; your time runs from then")


class OfferDetail(BaseModel):
    """An offer as staff see it, with how it came about."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    provider_id: UUID
    provider_name: str
    status: OfferStatus
    tier: Tier
    price_kind: PriceKind
    price_fen: int
    redo: bool
    offered_by: OfferedBy
    policy_version: int
    rank: int
    scores: dict[str, Any]
    offered_at: datetime
    expires_at: datetime
    ask_from: datetime | None
    decided_at: datetime | None
    decline_reason: DeclineReason | None
    withdraw_reason: str | None
    end_reason: str | None


class Acceptance(Body):
    """The appointment, within what the citizen wants; left out, the whole window."""

    appointment_from: Moment | None = None
    appointment_to: Moment | None = None


class Refusal(Body):
    reason: DeclineReason
    note: Note | None = None


class JobOut(BaseModel):
    """A job; `agreed_fen` is what the citizen has consented to pay, `cap_fen` the most that may be asked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    offer_id: UUID
    provider_id: UUID
    number: int
    item_code: str
    description: str
    details: Details
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = Field(description="by which the item is charged; null or `quote`: as a whole")
    status: JobStatus
    tier: Tier
    price_kind: PriceKind
    price_fen: int = Field(description="of the offer: per unit when fixed, the starting price when a quote")
    appointment_from: datetime | None
    appointment_to: datetime | None
    appointment_moves: int = Field(default=0, description="how often the appointment was moved")
    arrive_by: datetime | None
    complete_by: datetime | None
    round_arrive_by: datetime | None = Field(description="by the firm's own clock, where others had it before")
    round_complete_by: datetime | None = Field(description="by this one it is judged")
    original_complete_by: datetime | None = Field(description="of this round, before the extension that was granted")
    unit_cap_fen: int | None = Field(description="the cap per unit; `cap_fen` is that for the quantity")
    cap_fen: int | None
    quote_fen: int | None
    agreed_fen: int | None
    agreed_how: str | None = Field(description="price_card, on_site or by_phone")
    amount_fen: int | None
    payout_fen: int | None
    result: str | None
    return_reason: ReturnReason | None
    accepted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    corrected_at: datetime | None = Field(description="what was taken down was corrected; given back now, it is free")
    amount_corrected_at: datetime | None
    said_at: datetime | None = Field(description="when there was last something new in `said` of the job")


class Said(BaseModel):
    """What a citizen said later, or another citizen whose request was merged into this one (`number`)."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    number: int
    purpose: str = Field(description="`request`: what the merged one asked for; `progress`, `change`, `cancel`")
    words: str | None


class JobWithContact(JobOut):
    """The job with whom to call and where to go; each reading is on the audit log."""

    contact_name: str | None
    contact_phone: str | None = Field(description="null: there is no number; come without calling")
    address: str | None
    said: list[Said] = Field(description="since it was taken down, oldest first")


class Start(Body):
    """On site."""

    happened_at: HappenedAt = None


class Quote(Body):
    """A price for the whole job; `agreed_on_site` when the citizen has said yes to it face to face."""

    amount_fen: Fen
    quantity: QuantityFound = None
    note: Note | None = None
    agreed_on_site: bool = False


class Consent(Body):
    """The citizen's yes to this sum, given to the operator by phone."""

    amount_fen: Fen
    quantity: QuantityFound = None


class Completion(Body):
    """What was done and what was billed; `payout_fen` where the company pays the citizen.

    `agreed_on_site`: the citizen has said yes to this sum face to face, though it is more than was agreed before.
    """

    result: Note
    amount_fen: Fen
    quantity: QuantityFound = None
    agreed_on_site: bool = False
    payout_fen: Fen | None = None
    happened_at: HappenedAt = None


class AmountCorrection(Body):
    """What ought to have been billed, and why. `was_fen`: what the bill says now, as it was read.

    More than the citizen has agreed to needs their yes; a `payout_fen` that is left out stays.
    """

    amount_fen: Fen
    was_fen: Fen
    quantity: Quantity | None = Field(default=None, description="left out, it stays")
    payout_fen: Fen | None = None
    agreed_with_citizen: bool = False
    reason: Note


class JobReturn(Body):
    reason: ReturnReason
    note: Note | None = None


class Failure(Body):
    note: Note


class Appointment(Body):
    """A new appointment, agreed with the citizen; a later one than stands needs to say who agreed, and how.

    Both are kept in the log.
    """

    appointment_from: Moment
    appointment_to: Moment
    agreed_with_citizen: bool
    agreed_by: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)] | None,
        Field(description="whose word it is: the citizen's, or that of somebody of the household, by name"),
    ] = None
    agreed_how: ToldHow | None = None


class ExtensionIn(Body):
    """More time to complete the work, and why."""

    until: Moment
    reason: Note


class ExtensionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    job_id: UUID
    status: ExtensionStatus
    asked_at: datetime
    until: datetime
    reason: str
    arrive_by_before: datetime | None
    complete_by_before: datetime
    decided_at: datetime | None
    decision_note: str | None


class ToPhoneOut(OfferOut):
    """An offer of a firm that is reached by phone: whom to call, and how often it was tried."""

    provider_id: UUID
    provider_name: str
    provider_contact: str
    provider_phone: str
    phone_attempts: int
    unread_notices: int = Field(description="to be read out in the same call: GET /providers/{id}/notices")
    phoned_by: UUID | None
