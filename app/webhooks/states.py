"""The states of a webhook endpoint: every move there is. Source: the diagram in docs/states.md."""

from app.events.transition import Machine, Move
from app.webhooks.models import WebhookEndpoint, WebhookState

S = WebhookState

WEBHOOK_MOVES = {
    "pause": Move("webhook.paused", frozenset({S.ACTIVE, S.DISABLED}), S.PAUSED),
    "disable": Move("webhook.disabled", frozenset({S.ACTIVE, S.PAUSED}), S.DISABLED),
    "resume": Move("webhook.resumed", frozenset({S.PAUSED, S.DISABLED}), S.ACTIVE),
}

WEBHOOKS = Machine(WebhookEndpoint, "webhook", WEBHOOK_MOVES, column="state")
