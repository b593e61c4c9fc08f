"""Imports every mapped table, for migrations and for code that needs the whole schema."""

from app.admission import models as admission
from app.aftercare import models as aftercare
from app.auth import models as auth
from app.calls import models as calls
from app.catalog import models as catalog
from app.complaints import models as complaints
from app.credit import models as credit
from app.danger import models as danger
from app.events import models as events
from app.intake import models as intake
from app.jobs import models as jobs
from app.kit import heartbeat, idempotency, limits
from app.kit.orm import Model
from app.knowledge import models as knowledge
from app.matching import models as matching
from app.metrics import models as metrics
from app.privacy import models as privacy
from app.registry import models as registry
from app.statement import models as statement
from app.webhooks import models as webhooks

METADATA = Model.metadata

__all__ = [
    "METADATA",
    "admission",
    "aftercare",
    "auth",
    "calls",
    "catalog",
    "complaints",
    "credit",
    "danger",
    "events",
    "heartbeat",
    "idempotency",
    "intake",
    "jobs",
    "knowledge",
    "limits",
    "matching",
    "metrics",
    "privacy",
    "registry",
    "statement",
    "webhooks",
]
