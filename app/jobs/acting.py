"""Who acts on offers and jobs: the provider itself, or staff for it on the phone."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.events.transition import Actor
from app.jobs.schemas import JobOut
from app.kit.db import Row


class By(NamedTuple):
    """Who acts, when, and in which zone a day is counted; `provider_id` None when staff act."""

    provider_id: UUID | None
    actor: Actor
    now: datetime
    zone: ZoneInfo

    def parameters(self) -> dict[str, Any]:
        """The parameters that every statement here takes."""
        return {**self.actor.parameters(self.now), "day": self.now.astimezone(self.zone).date()}


FACTS = (
    "number",
    "item_code",
    "description",
    "township_code",
    "community_code",
    "quantity",
    "arrive_by",
    "complete_by",
    "price_fen",
)


def job_out(row: Row, locked: Row) -> JobOut:
    """The changed job with the request's facts as they were locked."""
    return JobOut.model_validate({name: locked[name] for name in FACTS} | dict(row))
