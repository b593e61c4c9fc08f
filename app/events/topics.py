"""What processes wake each other about (app.kit.pubsub)."""

from uuid import UUID

DISPATCH_TOPIC = "dispatch"
AFTERCARE_TOPIC = "aftercare"
WEBHOOK_TOPIC = "webhooks"
LOG_TOPIC = "log"
"""Events have got their numbers."""


def provider_topic(provider_id: UUID) -> str:
    """On which a provider's waiting poll listens."""
    return f"provider:{provider_id}"
