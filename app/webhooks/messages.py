"""Webhook messages: the type, time and facts of an event.

A fact is sent only if a model here declares it. No fact holds a person's name, a phone number, an address
or anything that somebody wrote. Receivers who may see those fetch them through the API.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from app.aftercare.models import Satisfaction
from app.catalog.models import Tier
from app.events.kinds import EventKind
from app.intake.models import UnmatchedReason
from app.jobs.models import DeclineReason, Fault, OfferedBy, ReturnReason
from app.kit.quantity import Quantity, shown
from app.registry.models import PriceKind

TEST = "webhook.test"
PROOF = "webhook.proof"


class Facts(BaseModel):
    """What the event is about. Facts that don't apply are left out."""

    request_id: UUID | None = None
    number: Annotated[int | None, Field(description="the request's number, as people read it out")] = None
    item: str | None = None
    urgency: str | None = None
    township: str | None = None
    provider_id: UUID | None = None


class OfferFacts(Facts):
    """Facts of `offer.…`. The request's text is in the queue, the citizen's contact in the job."""

    offer_id: UUID | None = None
    by: Annotated[OfferedBy | None, Field(description="who chose the provider")] = None
    tier: Tier | None = None
    price_kind: PriceKind | None = None
    price_fen: int | None = None
    quantity: Quantity | None = None
    unit: str | None = None
    redo: bool | None = None
    expires_at: datetime | None = None


class DeclinedFacts(OfferFacts):
    """Facts of `offer.declined`."""

    reason: DeclineReason | None = None


class WithdrawnFacts(OfferFacts):
    """Facts of `offer.withdrawn`."""

    reason: Annotated[str | None, Field(description="`undone`: it was sent by mistake and counts nowhere")] = None


class JobFacts(Facts):
    """Facts of `job.…`."""

    job_id: UUID | None = None
    appointment_from: datetime | None = None
    appointment_to: datetime | None = None
    quantity: Annotated[Quantity | None, Field(description="how much work there is to do, or was done")] = None
    unit: str | None = None
    quote_fen: int | None = None
    agreed_fen: int | None = None
    amount_fen: int | None = None
    payout_fen: int | None = None
    difference_fen: Annotated[int | None, Field(description="`job.amount_corrected`: the new amount minus the old")] = (
        None
    )
    on_time: bool | None = None
    fault: Fault | None = None


class CancelledFacts(JobFacts):
    """Facts of `job.cancelled`."""

    reason: Annotated[str | None, Field(description="`undone`: it was sent by mistake and counts nowhere")] = None


class ReturnedFacts(JobFacts):
    """Facts of `job.returned`."""

    reason: ReturnReason | None = None


class RequestFacts(Facts):
    """Facts of `request.…`."""

    tier: Tier | None = None
    until: datetime | None = None
    purpose: str | None = None
    fields: Annotated[
        list[str] | None, Field(description="`request.corrected`: the corrected fields; fetch the job again")
    ] = None
    about_number: Annotated[
        int | None, Field(description="number of the merged request that the contact was about")
    ] = None
    joined_number: Annotated[int | None, Field(description="number of the request merged into this one")] = None


class CancelledRequestFacts(RequestFacts):
    """Facts of `request.cancelled`."""

    reason: Annotated[str | None, Field(description="`undone`: it was sent by mistake and counts nowhere")] = None


class UnmatchedFacts(RequestFacts):
    """Facts of `request.unmatched`."""

    reason: UnmatchedReason | None = None


class UntilFacts(Facts):
    """Facts of `extension.…`. `until` is the new deadline that was asked for, granted or refused."""

    until: datetime | None = None


class CallbackFacts(Facts):
    """Facts of `callback.…`."""

    callback_id: UUID | None = None
    solved: bool | None = None
    satisfaction: Satisfaction | None = None
    paid_fen: int | None = None
    overcharged: Annotated[
        bool | None, Field(description="whether the citizen says they paid more than was billed")
    ] = None


class ComplaintFacts(Facts):
    """Facts of `complaint.…`: a case about the provider's work; see `GET /provider/complaints`."""

    complaint_id: UUID | None = None
    upheld: bool | None = None
    fault: Fault | None = None


class CallFacts(Facts):
    """Facts of `call.…`: a call at the desk; see `GET /calls`."""

    call_id: UUID | None = None
    outcome: Annotated[str | None, Field(description="`call.ended`: how the call ended")] = None
    happened_at: Annotated[datetime | None, Field(description="when the call began")] = None
    seconds: Annotated[int | None, Field(description="`call.ended`: how long the call lasted")] = None
    withheld: Annotated[bool | None, Field(description="whether the caller's number was withheld")] = None


class ClockFacts(Facts):
    """Facts of `clock.yellow` and `clock.red`: a deadline is near, or has passed."""

    clock: str | None = None
    due: datetime | None = None


class NoticeFacts(Facts):
    """Facts of `provider.told`: the provider has a new notice; see `GET /provider/notices`."""

    notice_id: UUID | None = None
    notice: Annotated[str | None, Field(description="the kind of notice")] = None


class CreditFacts(Facts):
    """Facts of `credit.…`: an entry of the credit ledger; see `GET /provider/credit`."""

    credit_id: UUID | None = None
    rule: str | None = None
    points: int | None = None
    effect: int | None = None


class MonthFacts(Facts):
    """Facts of `month.…`: a monthly return was filed, locked or reopened."""

    month: date | None = None


class WebhookFacts(Facts):
    """Facts of `webhook.…`: the endpoint itself, the test event, or the code that proves who reads the URL."""

    webhook_id: UUID | None = None
    why: str | None = None
    proof: Annotated[
        str | None, Field(description="`webhook.proof`: the code to send to `PUT /webhooks/{id}/proof`")
    ] = None


_FACTS: dict[str, type[Facts]] = {
    EventKind.OFFER_DECLINED: DeclinedFacts,
    EventKind.OFFER_WITHDRAWN: WithdrawnFacts,
    EventKind.JOB_CANCELLED: CancelledFacts,
    EventKind.JOB_RETURNED: ReturnedFacts,
    EventKind.REQUEST_UNMATCHED: UnmatchedFacts,
    EventKind.REQUEST_CANCELLED: CancelledRequestFacts,
    "offer": OfferFacts,
    "job": JobFacts,
    "request": RequestFacts,
    "extension": UntilFacts,
    "callback": CallbackFacts,
    "complaint": ComplaintFacts,
    "call": CallFacts,
    "clock": ClockFacts,
    "webhook": WebhookFacts,
    EventKind.PROVIDER_TOLD: NoticeFacts,
    "credit": CreditFacts,
    "month": MonthFacts,
}
F = TypeVar("F", bound=Facts)


class Message(BaseModel, Generic[F]):
    """The body of a webhook. `type` is the event's name in the log. Expect new types."""

    type: Annotated[str, Field(examples=["offer.made"])]
    timestamp: Annotated[datetime, Field(description="when it happened")]
    data: F


AnyMessage = (
    Message[OfferFacts]
    | Message[DeclinedFacts]
    | Message[WithdrawnFacts]
    | Message[JobFacts]
    | Message[CancelledFacts]
    | Message[ReturnedFacts]
    | Message[RequestFacts]
    | Message[UnmatchedFacts]
    | Message[CancelledRequestFacts]
    | Message[UntilFacts]
    | Message[CallbackFacts]
    | Message[ComplaintFacts]
    | Message[CallFacts]
    | Message[ClockFacts]
    | Message[WebhookFacts]
    | Message[NoticeFacts]
    | Message[CreditFacts]
    | Message[MonthFacts]
    | Message[Facts]
)
"""Every message, for the OpenAPI document."""


def message_body(row: Mapping[str, Any]) -> str:
    """Return the JSON body of the message about an event, with only the facts that its model declares."""
    kind = row["type"]
    model = _FACTS.get(kind) or _FACTS.get(kind.partition(".")[0], Facts)
    facts = {**row["data"], **{name: value for name, value in row.items() if value is not None}}
    told = {name: facts[name] for name in model.model_fields if facts.get(name) is not None}
    return orjson.dumps({"type": kind, "timestamp": row["at"], "data": told}, default=_plain).decode()


def _plain(value: Any) -> int | float | str:
    return shown(value) if isinstance(value, Decimal) else str(value)
