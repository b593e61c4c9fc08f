"""Webhook endpoints and deliveries in the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.events.kinds import EventKind
from app.kit.errors import InvalidField
from app.kit.fields import Body, Moment
from app.kit.pages import Paging
from app.registry.schemas import Notice
from app.webhooks.models import DeliveryStatus, DisabledWhy, Failure, WebhookEndpoint, WebhookState
from app.webhooks.secret import OVERLAP_HOURS

Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


def _known(kind: object) -> object:
    if kind in list(EventKind):
        return kind
    raise InvalidField("no such event; docs/events.md lists all events", "没有这种事件，可用的类型见 docs/events.md")


EventType = Annotated[EventKind, BeforeValidator(_known)]
Types = Annotated[list[EventType], Field(min_length=1, max_length=100, description="event types; null: all")]


class EndpointIn(Body):
    """A URL that receives events."""

    url: Url
    label: Label
    types: Types | None = None


class EndpointEdit(Body):
    """The fields to change. Activating an endpoint sends its waiting events at once."""

    url: Url | None = None
    label: Label | None = None
    types: Types | None = None
    state: Literal[WebhookState.ACTIVE, WebhookState.PAUSED] | None = None


NOTICES = {
    DisabledWhy.GONE: Notice(
        zh="回调地址“{label}”的接收方答复 410，表示不再接收，已停止推送。恢复后，停用期间的事件会补发。",
        en="The receiver of the webhook “{label}” answered 410 Gone, so sending has stopped. Once you activate it "
        "again, waiting events are sent.",
    ),
    DisabledWhy.DEAD: Notice(
        zh="回调地址“{label}”的接收方已有一天以上未能接收任何推送，已停止推送。修复后请恢复，停用期间的事件会补发。",
        en="The receiver of the webhook “{label}” has accepted nothing for more than a day, so sending has stopped. "
        "Fix it, then activate it: waiting events are then sent.",
    ),
}


def notice_of(endpoint: WebhookEndpoint) -> Notice | None:
    """Return the notice to the owner of a disabled endpoint, or None."""
    if endpoint.disabled_why is None:
        return None
    words = NOTICES[DisabledWhy(endpoint.disabled_why)]
    return Notice(zh=words.zh.format(label=endpoint.label), en=words.en.format(label=endpoint.label))


class EndpointOut(BaseModel):
    """An endpoint without its secret. Every attempt since `failing_since` has failed.

    Events are sent from `proven_at` on, because a provider must first prove that it reads the URL.
    """

    id: UUID
    url: str
    label: str
    types: list[str] | None
    state: WebhookState
    proven_at: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_why: DisabledWhy | None
    notice: Notice | None
    former_secret_until: datetime | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointOut":
        return cls(**_facts(endpoint))


class EndpointWithSecret(EndpointOut):
    """An endpoint with its new signing secret, shown only this once."""

    secret: str

    @classmethod
    def revealing(cls, endpoint: WebhookEndpoint, secret: str) -> "EndpointWithSecret":
        return cls(**_facts(endpoint), secret=secret)


def _facts(endpoint: WebhookEndpoint) -> dict[str, object]:
    names = EndpointOut.model_fields.keys() - {"notice", "former_secret_until"}
    return {name: getattr(endpoint, name) for name in names} | {
        "notice": notice_of(endpoint),
        "former_secret_until": endpoint.former_until,
    }


class Rotation(Body):
    """How long the former secret also signs. Use 0 when it has leaked."""

    former_valid_hours: Annotated[int, Field(ge=0, le=168)] = OVERLAP_HOURS


class ProofIn(Body):
    """The code that arrived at the URL in a `webhook.proof` message."""

    proof: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class DeliveryFilter(Paging):
    """Which deliveries to list."""

    status: Annotated[DeliveryStatus | None, Query()] = None
    type: Annotated[str | None, Query(max_length=60)] = None


class DeliveryOut(BaseModel):
    """The state of a delivery. `answer` is the beginning of the response, or the connection error."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    type: str
    at: Annotated[datetime, Field(description="when the event happened")]
    status: DeliveryStatus
    attempts: int
    attempted_at: datetime | None
    due_at: Annotated[
        datetime | None, Field(description="time of the next attempt, unless an earlier event must go first")
    ]
    failure: Failure | None
    answer_status: int | None
    answer: str | None


class ReplayIn(Body):
    """Which events to send again: those since `since`, oldest first, at most `limit`. To go on, send the answer's
    `next` as `after`."""

    since: Moment
    after: Annotated[int, Field(ge=0, lt=2**63)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class Replayed(BaseModel):
    """How many deliveries will be sent again. `next` is null when these were all."""

    deliveries: int
    next: int | None
