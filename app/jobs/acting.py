"""Who acts on offers and jobs: the provider itself, or staff for it on the phone; and what every step checks."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.models import Tier
from app.events.transition import Actor
from app.intake.models import RequestStatus
from app.jobs import queries
from app.jobs.errors import AboveCap, AmountOnFreeJob, HappenedInFuture, JobOver, RequestOnHold
from app.jobs.models import JobStatus
from app.jobs.schemas import JobOut
from app.kit.db import Row, Tx
from app.kit.errors import NotFound

CLOCKS_DIFFER = timedelta(minutes=1)
"""So much later than ours may be what a firm's clock calls now."""


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


async def lock_job(tx: Tx, job_id: UUID, by: By) -> Row:
    """The provider's own job, locked. Raises NotFound."""
    job = await queries.lock_job(tx, job_id)
    if job is None or by.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    return job


def check_live(job: Row) -> None:
    """Raises JobOver unless the job is accepted or started."""
    if job["status"] not in (JobStatus.ACCEPTED, JobStatus.STARTED):
        raise JobOver(state=job["status"])


def check_price(job: Row, amount_fen: int) -> None:
    """Raises AmountOnFreeJob, AboveCap."""
    if (job["tier"] == Tier.FREE or job["redo"]) and amount_fen > 0:
        raise AmountOnFreeJob(amount_fen=amount_fen)
    if job["cap_fen"] is not None and amount_fen > job["cap_fen"]:
        raise AboveCap(amount_fen=amount_fen, cap_fen=job["cap_fen"])


def check_not_held(job: Row) -> None:
    """Raises RequestOnHold while the job's request waits."""
    if job["request_status"] == RequestStatus.ON_HOLD:
        raise RequestOnHold(until=job["hold_until"].isoformat())


def check_past(happened_at: datetime | None, by: By) -> None:
    """Raises HappenedInFuture for what is said to have happened later than now."""
    if happened_at and happened_at > by.now + CLOCKS_DIFFER:
        raise HappenedInFuture(happened_at=happened_at.isoformat(), now=by.now.isoformat())
