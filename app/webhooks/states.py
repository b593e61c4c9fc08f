"""The states of a webhook endpoint and of a delivery: every move there is. Source: the diagram in docs/states.md."""

from app.events.transition import SILENT, Machine, Move
from app.webhooks.models import DeliveryStatus as D
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.webhooks.models import WebhookState as S

WEBHOOK_MOVES = {
    "pause": Move("webhook.paused", frozenset({S.ACTIVE, S.DISABLED}), S.PAUSED),
    "disable": Move("webhook.disabled", frozenset({S.ACTIVE, S.PAUSED}), S.DISABLED),
    "resume": Move("webhook.resumed", frozenset({S.PAUSED, S.DISABLED}), S.ACTIVE),
}

DELIVERY_MOVES = {
    "deliver": Move(SILENT, frozenset({D.PENDING}), D.DELIVERED),
    "retry": Move(SILENT, frozenset({D.PENDING}), D.PENDING),
    "give_up": Move(SILENT, frozenset({D.PENDING}), D.FAILED),
    "replay": Move(SILENT, frozenset(D), D.PENDING),
}

WEBHOOKS = Machine(WebhookEndpoint, "webhook", WEBHOOK_MOVES, column="state")
DELIVERIES = Machine(WebhookDelivery, "delivery", DELIVERY_MOVES)
