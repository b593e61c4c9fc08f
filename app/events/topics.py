"""The topics on which processes wake each other (app.kit.pubsub)."""

from uuid import UUID

DISPATCH_TOPIC = "dispatch"
AFTERCARE_TOPIC = "aftercare"
WEBHOOK_TOPIC = "webhooks"
LOG_TOPIC = "log"
"""Events have been given their sequence numbers."""


def provider_topic(provider_id: UUID) -> str:
    """Return the topic to which a provider's waiting poll subscribes."""
    return f"provider:{provider_id}"
