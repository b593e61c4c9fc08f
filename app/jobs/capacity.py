"""Counts how many of a provider's places its jobs take in a span of time. A job counts while its work takes place, not
from the day on which it was accepted.

A job with a future appointment takes a place during it. Any other job, or one whose appointment has passed, takes a
place from now until it is due, at least for the rest of today.
"""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime, Uuid, bindparam, text
from sqlalchemy.orm import aliased

from app.jobs.models import Job, is_live
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import as_text

OCCUPIES = f"""{as_text(is_live(aliased(Job, name="j")))} AND CASE
  WHEN j.appointment_to > :at THEN j.appointment_from < {{end}} AND j.appointment_to > {{start}}
  ELSE {{start}} < (
    SELECT greatest(:day_end, o.round_complete_by, o.complete_by) FROM requests o WHERE o.id = j.request_id) END"""
"""Whether job `j` takes a place of its provider between {start} and {end}."""
TAKEN = f"(SELECT count(*) FROM jobs j WHERE j.provider_id = p.id AND {OCCUPIES})::integer"
"""The number of places of provider `p` that are taken between {start} and {end}."""
LOAD = f"CASE WHEN p.open_jobs < p.capacity THEN p.open_jobs ELSE {TAKEN} END"
"""The number of places of provider `p` that are taken. While it has fewer open jobs than places, their times don't
matter."""
MOMENTS = (bindparam("at", type_=DateTime(timezone=True)), bindparam("day_end", type_=DateTime(timezone=True)))


def day_end(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the present local day ends."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), zone)


_OVERLAPPING = Prepared(
    text(
        f"""
SELECT r.number, j.appointment_from, j.appointment_to FROM jobs j JOIN requests r ON r.id = j.request_id
WHERE j.provider_id = :provider_id AND j.id IS DISTINCT FROM :job_id AND {OCCUPIES.format(start=":start", end=":end")}
ORDER BY j.appointment_from NULLS FIRST, j.id
"""
    ).bindparams(
        *MOMENTS,
        bindparam("start", type_=DateTime(timezone=True)),
        bindparam("end", type_=DateTime(timezone=True)),
        bindparam("provider_id", type_=Uuid),
        bindparam("job_id", type_=Uuid),
    )
)


async def list_overlapping(tx: Tx, provider_id: UUID, *, but: UUID | None = None, **span: Any) -> list[Row]:
    """Return number and appointment of each of the provider's jobs, except `but`, that takes a place between `start`
    and `end`."""
    return await tx.rows(_OVERLAPPING, provider_id=provider_id, job_id=but, **span)
