"""Every transition of a webhook endpoint and of a delivery, as in docs/states.md."""

from app.events.kinds import EventKind
from app.events.transition import Machine, Move, Step, Steps
from app.webhooks.models import DeliveryStatus as D
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.webhooks.models import WebhookState as S

WEBHOOK_MOVES = {
    "pause": Move(EventKind.WEBHOOK_PAUSED, frozenset({S.ACTIVE, S.DISABLED}), S.PAUSED),
    "disable": Move(EventKind.WEBHOOK_DISABLED, frozenset({S.ACTIVE, S.PAUSED}), S.DISABLED),
    "resume": Move(EventKind.WEBHOOK_RESUMED, frozenset({S.PAUSED, S.DISABLED}), S.ACTIVE),
}

DELIVERY_MOVES: dict[str, Step | Move] = {
    "deliver": Step(frozenset({D.PENDING}), D.DELIVERED),
    "retry": Step(frozenset({D.PENDING}), D.PENDING),
    "give_up": Step(frozenset({D.PENDING}), D.FAILED),
    "replay": Step(frozenset(D), D.PENDING),
}

WEBHOOKS = Machine(WebhookEndpoint, "webhook", WEBHOOK_MOVES, column="state")
DELIVERIES = Steps(WebhookDelivery, DELIVERY_MOVES)
