"""Extensions: a provider asks for more time, once per job and before its deadline, and a supervisor decides."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.events.act import Act
from app.events.kinds import EventKind
from app.events.models import ActorKind
from app.events.transition import record
from app.jobs import queries
from app.jobs.errors import ExtensionExists, ExtensionTooLate, ExtensionUntilInvalid, JobOver
from app.jobs.models import LIVE, Extension, ExtensionStatus, JobStatus
from app.jobs.schemas import ExtensionIn, ExtensionOut
from app.jobs.states import EXTENSIONS
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id

LONGEST = timedelta(days=30)
"""How far past the deadline an extension may reach."""
JOB_OVER = "the job is over"


async def ask_for_extension(act: Act, tx: Tx, job_id: UUID, body: ExtensionIn) -> ExtensionOut:
    """Ask for more time to complete the job. Repeating the same request returns its present state.

    Raises NotFound, JobOver, ExtensionExists, ExtensionTooLate, ExtensionUntilInvalid.
    """
    job = await queries.lock_job(tx, job_id)
    if job is None or act.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    present = await queries.find_extension_of(tx, job_id)
    if present and (present.until, present.reason) == (body.until, body.reason):
        return ExtensionOut.model_validate(present)
    if job["status"] not in LIVE:
        raise JobOver(state=JobStatus(job["status"]))
    if present:
        raise ExtensionExists(state=ExtensionStatus(present.status), until=present.until.isoformat())
    _check_time(act, job, body)
    for earlier in await queries.list_left_unanswered(tx, job["request_id"], job_id):
        await end_extension(act, tx, earlier, "refuse", JOB_OVER)
    return await _keep(act, tx, job, body)


def check_in_time(job: Mapping[str, Any] | Row, now: datetime) -> None:
    """Raise ExtensionTooLate once the provider has missed its next deadline."""
    complete_by = job["round_complete_by"]
    first = min(job["round_arrive_by"] if job["status"] == JobStatus.ACCEPTED else complete_by, complete_by)
    if now >= first:
        raise ExtensionTooLate(due=first.isoformat())


def _check_time(act: Act, job: Row, body: ExtensionIn) -> None:
    check_in_time(job, act.now)
    complete_by = job["round_complete_by"]
    if not complete_by < body.until <= complete_by + LONGEST:
        raise ExtensionUntilInvalid(complete_by=complete_by.isoformat(), days=LONGEST.days)


async def _keep(act: Act, tx: Tx, job: Row, body: ExtensionIn) -> ExtensionOut:
    extension = Extension(
        id=new_id(act.now),
        request_id=job["request_id"],
        job_id=job["id"],
        provider_id=job["provider_id"],
        status=ExtensionStatus.ASKED,
        asked_at=act.now,
        until=body.until,
        reason=body.reason,
        arrive_by_before=job["round_arrive_by"],
        complete_by_before=job["round_complete_by"],
    )
    tx.session.add(extension)
    await tx.flush()
    await record(
        act,
        tx,
        EventKind.EXTENSION_ASKED,
        request_id=extension.request_id,
        provider_id=extension.provider_id,
        data={"extension_id": extension.id, "until": extension.until.isoformat()},
    )
    return ExtensionOut.model_validate(extension)


async def end_extension(act: Act, tx: Tx, extension: Extension, step: str, note: str | None) -> ExtensionOut:
    """Grant or refuse the extension. The caller has locked its request. Raises StatusConflict."""
    ended = await EXTENSIONS.transition(
        act,
        tx,
        step,
        extension.id,
        data={"until": extension.until.isoformat()},
        decided_at=act.now,
        decided_by=act.actor.id if act.actor.kind == ActorKind.STAFF else None,
        decision_note=note,
    )
    return ExtensionOut.model_validate(dict(ended))
