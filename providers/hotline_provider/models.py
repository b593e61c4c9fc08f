"""What the centre sends. Fields that it adds later are ignored; codes that it adds later are kept as they are."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer


def shown(quantity: Decimal) -> int | float:
    """Return the quantity as JSON and people write it: 3, or 2.5."""
    return int(quantity) if quantity == int(quantity) else float(quantity)


Quantity = Annotated[Decimal, PlainSerializer(shown, return_type=int | float, when_used="json")]
"""How much there is to do, exact to the hundredth."""


class Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Offer(Document):
    """Work that is yours if you accept before `expires_at`. `number` is the request's, as people read it out."""

    id: UUID
    request_id: UUID
    number: int
    item_code: str
    urgency: str
    description: str
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = None
    """The unit the item is charged by. None or "quote": charged as a whole."""
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    tier: str
    price_kind: str
    price_fen: int
    """The price per unit in fen; with `price_kind` "quote" the starting price."""
    sum_fen: int | None = None
    """The sum in fen that the citizen agrees to pay if you accept. None: you quote."""
    redo: bool
    status: str
    offered_at: datetime
    expires_at: datetime


class Job(Document):
    """Accepted work.

    `agreed_fen` is what the citizen has agreed to pay. `cap_fen` is the most you may ask: `unit_cap_fen` times the
    quantity.
    """

    id: UUID
    request_id: UUID
    offer_id: UUID
    number: int
    item_code: str
    description: str
    township_code: str
    community_code: str | None
    quantity: Quantity
    unit: str | None = None
    status: str
    tier: str
    price_kind: str
    appointment_from: datetime | None
    appointment_to: datetime | None
    arrive_by: datetime | None
    complete_by: datetime | None
    unit_cap_fen: int | None = None
    cap_fen: int | None
    quote_fen: int | None
    agreed_fen: int | None
    amount_fen: int | None
    payout_fen: int | None
    result: str | None
    return_reason: str | None
    accepted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    said_at: datetime | None = None
    corrected_at: datetime | None = None


class Said(Document):
    """What was said later by the citizen, or by another one whose request was merged into this one."""

    at: datetime
    number: int
    purpose: str
    words: str | None


class JobWithContact(Job):
    """A job with the contact's name, phone and address. The centre records each reading."""

    contact_name: str | None
    contact_phone: str | None
    address: str | None
    said: list[Said] = []


class Extension(Document):
    """More time that you asked for; `status` is asked, granted or refused."""

    id: UUID
    job_id: UUID
    status: str
    until: datetime
    reason: str
    decision_note: str | None


class PriceLine(Document):
    """A line of the price card. While `approved_at` is None it is a proposal."""

    item_code: str
    tier: str
    price_kind: str
    price_fen: int
    valid_from: date
    valid_to: date | None
    approved_at: datetime | None


class Paper(Document):
    """A licence or certificate, valid up to and including `expires_on`."""

    paper_code: str
    number: str
    issued_on: date
    expires_on: date | None


class Hours(Document):
    """Opening hours on a weekday (1 = Monday) in the centre's time zone."""

    weekday: int
    opens: time
    closes: time


class Notice(Document):
    """A notice to you, in both languages."""

    zh: str
    en: str


class Provider(Document):
    """Your own entry in the registry.

    While you are sent no offers, `unreachable_why` is own_wish or silent and `notice` explains it. `silent_offers`
    counts the offers in a row that you let expire.
    """

    id: UUID
    name: str
    kind: str
    contact_name: str
    phone: str
    township_code: str
    standing: str
    reached_by: str
    reachable: bool
    unreachable_why: str | None
    unreachable_at: datetime | None
    silent_offers: int
    notice: Notice | None
    capacity: int
    open_jobs: int
    credit: int
    items: list[PriceLine]
    papers: list[Paper]
    coverage: list[str]
    hours: list[Hours]


class Named(Document):
    """A code of the catalogue or the gazetteer, with its names."""

    code: str
    zh: str
    en: str
