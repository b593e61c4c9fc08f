"""Offers, jobs and extensions as the API reads and shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.catalog.models import Tier, Urgency
from app.intake.schemas import Details
from app.jobs.models import DeclineReason, ExtensionStatus, JobStatus, OfferedBy, OfferStatus, ReturnReason, ToldHow
from app.kit.fields import Body, Fen, Moment
from app.kit.personal_words import PersonalPlaces, Words
from app.kit.quantity import Quantity
from app.registry.models import PriceKind

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
QuantityFound = Annotated[
    Quantity | None, Field(description="the amount of work found, in the item's unit; if left out, it does not change")
]
HappenedAt = Annotated[
    Moment | None,
    Field(
        description="when it happened, if it is reported later; recorded with the event, but clocks use the time of "
        "the report"
    ),
]


class OfferOut(BaseModel):
    """An offer as its provider sees it: the work, its area, its times and its price, without contact data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    number: int
    item_code: str
    urgency: Urgency
    description: Words
    details: Details
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = Field(description="the charging unit; null or `quote` if the job is charged as a whole")
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    round_arrive_by: datetime | None = Field(description="your own deadline, if another provider had the work before")
    tier: Tier
    price_kind: PriceKind
    price_fen: int = Field(description="per unit if the price is fixed; the starting price if it is a quote")
    sum_fen: int | None = Field(description="what the citizen pays if you accept; null if you have to quote")
    redo: bool
    status: OfferStatus
    offered_at: datetime
    expires_at: datetime
    ask_from: datetime | None = Field(description="when you open or the night ends; your time to answer runs from then")


class OfferDetail(BaseModel):
    """An offer as staff see it, with who chose the provider and how it ranked."""

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
    withdraw_reason: Words | None
    end_reason: str | None


class Acceptance(Body):
    """The appointment, within the time the citizen wants. If left out, it is the whole wanted time."""

    appointment_from: Moment | None = None
    appointment_to: Moment | None = None


class Refusal(Body):
    """Why the provider declines the offer."""

    reason: DeclineReason
    note: Note | None = None


class JobOut(BaseModel):
    """A job. `agreed_fen` is what the citizen has agreed to pay, `cap_fen` the most that may be charged."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    offer_id: UUID
    provider_id: UUID
    number: int
    item_code: str
    description: Words
    details: Details
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = Field(description="the charging unit; null or `quote` if the job is charged as a whole")
    status: JobStatus
    tier: Tier
    price_kind: PriceKind
    price_fen: int = Field(description="from the offer: per unit if fixed, the starting price if a quote")
    appointment_from: datetime | None
    appointment_to: datetime | None
    appointment_moves: int = Field(default=0, description="how often the appointment was moved")
    arrive_by: datetime | None
    complete_by: datetime | None
    round_arrive_by: datetime | None = Field(
        description="the provider's own deadline, if another provider had the work before"
    )
    round_complete_by: datetime | None = Field(description="the deadline by which the job counts as on time")
    original_complete_by: datetime | None = Field(description="this round's deadline before an extension was granted")
    unit_cap_fen: int | None = Field(description="the cap per unit; `cap_fen` is the cap for the quantity")
    cap_fen: int | None
    quote_fen: int | None
    agreed_fen: int | None
    agreed_how: str | None = Field(description="price_card, on_site or by_phone")
    amount_fen: int | None
    payout_fen: int | None
    result: Words | None
    return_reason: ReturnReason | None
    accepted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    corrected_at: datetime | None = Field(
        description="when the request was last corrected after acceptance; a return is free unless you started since"
    )
    amount_corrected_at: datetime | None
    said_at: datetime | None = Field(description="when an entry was last added to the job's `said`")
    personal_words: PersonalPlaces = None


class CitizenRemark(BaseModel):
    """What a citizen said later, or what the citizen of a request merged into this one said (`number` is that
    request's)."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    number: int
    purpose: str = Field(description="`request` (what the merged request asked for), `progress`, `change` or `cancel`")
    words: Words | None


class JobWithContact(JobOut):
    """A job with the contact's name, phone and address. Each reading is recorded in the audit log."""

    contact_name: str | None
    contact_phone: str | None = Field(description="null if there is no number: come without calling")
    address: str | None
    said: list[CitizenRemark] = Field(description="what was said since the request was taken down, oldest first")


class Start(Body):
    """The provider is on site."""

    happened_at: HappenedAt = None


class Quote(Body):
    """A price for the whole job. `agreed_on_site` says that the citizen agreed to it face to face."""

    amount_fen: Fen
    quantity: QuantityFound = None
    note: Note | None = None
    agreed_on_site: bool = False


class Consent(Body):
    """The sum that the citizen agreed to on the phone with an operator."""

    amount_fen: Fen
    quantity: QuantityFound = None


class Completion(Body):
    """What was done and what was billed. `payout_fen` is what the provider paid the citizen.

    `agreed_on_site` says that the citizen agreed to the amount face to face, though it is more than was agreed before.
    """

    result: Note
    amount_fen: Fen
    quantity: QuantityFound = None
    agreed_on_site: bool = False
    payout_fen: Fen | None = None
    happened_at: HappenedAt = None


class AmountCorrection(Body):
    """The right amount and the reason. `was_fen` is the amount now on the bill, as the caller read it.

    A larger amount than the citizen has agreed to needs `agreed_with_citizen`. If `payout_fen` is left out, it does not
    change.
    """

    amount_fen: Fen
    was_fen: Fen
    quantity: Quantity | None = Field(default=None, description="if left out, it does not change")
    payout_fen: Fen | None = None
    agreed_with_citizen: bool = False
    reason: Note


class JobReturn(Body):
    """Why the provider returns the job."""

    reason: ReturnReason
    note: Note | None = None


class Failure(Body):
    """Why the work could not be completed."""

    note: Note


class Appointment(Body):
    """A new appointment, agreed with the citizen. If it is later than the present one, say who agreed and how.

    Both are recorded in the log.
    """

    appointment_from: Moment
    appointment_to: Moment
    agreed_with_citizen: bool
    agreed_by: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)] | None,
        Field(description="the name of the person who agreed: the citizen or a member of the household"),
    ] = None
    agreed_how: ToldHow | None = None


class ExtensionIn(Body):
    """The new deadline asked for, and the reason."""

    until: Moment
    reason: Note


class ExtensionOut(BaseModel):
    """A provider's request for more time, the deadlines before it, and the decision."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    job_id: UUID
    status: ExtensionStatus
    asked_at: datetime
    until: datetime
    reason: Words
    arrive_by_before: datetime | None
    complete_by_before: datetime
    decided_at: datetime | None
    decision_note: Words | None


class ToPhoneOut(OfferOut):
    """An offer of a provider reached by phone: whom to call, and how many calls were tried."""

    provider_id: UUID
    provider_name: str
    provider_contact: str
    provider_phone: str
    phone_attempts: int
    unread_notices: int = Field(description="notices to read out in the same call (GET /providers/{id}/notices)")
    phoned_by: UUID | None
