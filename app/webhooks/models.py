"""Where events are sent, and what became of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, not_negative, one_of
from app.kit.terms import Term


class WebhookState(Term):
    """Only an active endpoint is sent anything; for the others events wait as long as deliveries are kept."""

    ACTIVE = "active", "启用", "active", "It is sent events."
    PAUSED = "paused", "已暂停", "paused", "Its owner has paused it."
    DISABLED = "disabled", "已停用", "disabled", "The centre has stopped sending to it."


class DisabledWhy(Term):
    """Why the centre has stopped sending to an endpoint."""

    GONE = "gone", "对方声明已停用", "gone", "It answered 410 Gone."
    DEAD = "dead", "整日无响应", "dead", "It took nothing for a whole day."


class DeliveryStatus(Term):
    """Where a delivery to an endpoint stands."""

    PENDING = "pending", "待推送", "pending", "Still to be sent, or to be sent again."
    DELIVERED = "delivered", "已送达", "delivered", "The endpoint has it."
    FAILED = "failed", "推送失败", "failed", "Given up after the last retry; not sent again unless somebody replays it."


class Failure(Term):
    """Why an attempt failed."""

    REFUSED_ADDRESS = (
        "refused_address",
        "地址不允许",
        "address refused",
        "The address leads into the centre's own network.",
    )
    UNREACHABLE = "unreachable", "无法连接", "unreachable", "Nobody answers there."
    TIMEOUT = "timeout", "超时", "timed out", "No answer in time."
    BAD_ANSWER = "bad_answer", "应答无效", "bad answer", "Not HTTP, or cut off."
    STATUS = "status", "应答状态码不是 2xx", "wrong status", "An answer outside 200 to 299; redirects are not followed."


class WebhookEndpoint(Model):
    """A URL of a provider, or of another system (no provider); `version` is the ETag.

    Of a secret only the seed is kept (app.webhooks.secret). The former one signs as well until `former_until`.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[Id]
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    url: Mapped[str]
    label: Mapped[str]
    types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The types of events wanted; None: all."""
    state: Mapped[str]
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    former_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]
    """When its owner proved that it reads there; before, nothing but the proof's code is sent."""
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
    """An event on its way to an endpoint. Ids rise with the log's `seq`; deliveries of one lane go one after the other.

    `due_at` is when it is tried next, and while somebody is trying, when his claim to it ends.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    """None: the test event."""
    type: Mapped[str]
    lane: Mapped[UUID]
    """The event's request; for an event without one its provider, or the endpoint."""
    at: Mapped[datetime]
    """When the event happened."""
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    attempted_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    answer_status: Mapped[int | None]
    answer: Mapped[str | None]
    """How the answer begins."""

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
