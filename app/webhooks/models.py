"""Webhook endpoints and the deliveries to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class WebhookState(Term):
    """The state of an endpoint. Only an active one is sent anything; for others, events wait as long as deliveries are
    kept."""

    ACTIVE = "active", "启用", "active", "Events are sent to it."
    PAUSED = "paused", "已暂停", "paused", "Its owner has paused it."
    DISABLED = "disabled", "已停用", "disabled", "The centre has stopped sending to it."


class DisabledWhy(Term):
    """Why the centre has stopped sending to an endpoint."""

    GONE = "gone", "对方声明已停用", "gone", "It answered 410 Gone."
    DEAD = "dead", "整日无响应", "dead", "It accepted nothing for a whole day."


class DeliveryStatus(Term):
    """The state of a delivery to an endpoint."""

    PENDING = "pending", "待推送", "pending", "Waiting for its first or next attempt."
    DELIVERED = "delivered", "已送达", "delivered", "The endpoint has accepted it."
    FAILED = "failed", "推送失败", "failed", "Given up after the last retry. Only a replay sends it again."


class Failure(Term):
    """Why a delivery attempt failed."""

    REFUSED_ADDRESS = (
        "refused_address",
        "地址不允许",
        "address refused",
        "The host resolves to an address that webhooks may not reach.",
    )
    UNREACHABLE = "unreachable", "无法连接", "unreachable", "No connection could be made."
    TIMEOUT = "timeout", "超时", "timed out", "No response in time."
    BAD_ANSWER = "bad_answer", "应答无效", "bad response", "The response was not HTTP, or was cut off."
    STATUS = "status", "应答状态码不是 2xx", "wrong status", "A status outside 200 to 299. Redirects are not followed."


class WebhookEndpoint(Model):
    """A webhook URL of a provider, or of another system if it has no provider. `version` is the ETag.

    Only the seed of a secret is stored (app.webhooks.secret). The former secret also signs until `former_until`.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[Id]
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    url: Mapped[str]
    label: Mapped[str]
    types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The event types to send. None: all."""
    state: Mapped[str]
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    former_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]
    """When its owner proved that it reads this URL. Until then only the proof code is sent."""
    failing_since: Mapped[datetime | None]
    """Since when every attempt has failed."""
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        one_of("state", WebhookState),
        one_of("disabled_why", DisabledWhy),
        CheckConstraint("(state = 'disabled') = (disabled_at IS NOT NULL)", name="disabled_at"),
        CheckConstraint("(state = 'disabled') = (disabled_why IS NOT NULL)", name="disabled_why_known"),
        CheckConstraint("(former_seed IS NULL) = (former_until IS NULL)", name="former_until"),
        Index(None, "provider_id", "url", unique=True, postgresql_nulls_not_distinct=True),
    )


class WebhookDelivery(Model):
    """An event on its way to an endpoint. Ids rise with the log's `seq`. Deliveries in one lane go one after another.

    `due_at` is the time of the next attempt; during an attempt it is when the claim ends.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    """None: a test or proof message."""
    type: Mapped[str]
    lane: Mapped[UUID]
    """The event's request; without one its provider; without either the endpoint. A test or proof has its own lane."""
    at: Mapped[datetime]
    """When the event happened."""
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    attempted_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    answer_status: Mapped[int | None]
    answer: Mapped[str | None]
    """The beginning of the response, or the connection error."""

    __table_args__ = (
        one_of("status", DeliveryStatus),
        one_of("failure", Failure),
        not_negative("attempts"),
        CheckConstraint("(status = 'pending') = (due_at IS NOT NULL)", name="due_at"),
        Index(None, "endpoint_id", "id"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "due_at", "id", postgresql_where=text("status = 'pending'")),
        Index("ix_webhook_deliveries_lane", "endpoint_id", "lane", "id", postgresql_where=text("status = 'pending'")),
        {"postgresql_with": {"fillfactor": 80}},
    )
