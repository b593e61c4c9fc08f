"""The demo's own database queries: where the last play ended, and whether every acknowledged request is there."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, case, func, select, text, update

from app.auth.models import AuditEntry
from app.events.models import Event
from app.intake.models import Request
from app.jobs.models import Job, is_live
from app.kit.db import Prepared, Tx
from app.registry.models import Provider, ReachedBy


async def find_last_moment(tx: Tx) -> datetime | None:
    """Return the time of the latest event, audit entry or request, or None in an empty database."""
    last_event = select(Event.at).order_by(Event.id.desc()).limit(1).scalar_subquery()
    last_entry = select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1).scalar_subquery()
    last_request = select(func.max(Request.received_at)).scalar_subquery()
    moment = (await tx.session.execute(select(func.greatest(last_event, last_entry, last_request)))).scalar_one()
    return moment if isinstance(moment, datetime) else None


async def list_phone_jobs(tx: Tx) -> Sequence[UUID]:
    """Return the unfinished jobs of providers reached by phone."""
    query = select(Job.id).join(Provider, Provider.id == Job.provider_id)
    query = query.where(is_live(), Provider.reached_by == ReachedBy.PHONE)
    return (await tx.session.execute(query)).scalars().all()


async def set_reached_by(tx: Tx, providers: Sequence[UUID], phoned: Set[UUID]) -> None:
    """Set how these providers are reached: the `phoned` ones by phone, the others by their queue."""
    way = case((Provider.id.in_(phoned), ReachedBy.PHONE), else_=ReachedBy.QUEUE)
    await tx.session.execute(update(Provider).where(Provider.id.in_(providers)).values(reached_by=way))


_KEPT = Prepared(
    text(
        """
SELECT r.status, count(*) AS requests
FROM unnest(:ids, :numbers) AS told (id, number) JOIN requests r USING (id, number)
GROUP BY r.status
"""
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("numbers", type_=ARRAY(BigInteger)))
)


async def count_kept(tx: Tx, told: Mapping[UUID, int]) -> dict[str, int]:
    """Return how many of these requests (ids with their numbers) exist, by status."""
    rows = await tx.rows(_KEPT, ids=list(told), numbers=list(told.values()))
    return {row["status"]: row["requests"] for row in rows}
