"""A supervisor's decisions: more time for a job, and who is at fault for one that was returned or failed."""

from uuid import UUID

from app.catalog.calendar import add_time, counted_time
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import provider_topic
from app.events.transition import record
from app.intake.clocks import Clock, calendar_of
from app.jobs.acting import allowance_of, job_out, may_return_free
from app.jobs.errors import JobOver
from app.jobs.extension import end_extension
from app.jobs.models import LIVE, Extension, ExtensionStatus, Fault, JobStatus
from app.jobs.queries import lock_job
from app.jobs.schemas import ExtensionOut, JobOut
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.supervision import queries
from app.supervision.errors import AlreadyArbitrated, ExtensionDecided, NotToArbitrate
from app.supervision.schemas import ExtensionDecision, Finding


async def decide_extension(act: Act, tx: Tx, extension_id: UUID, body: ExtensionDecision) -> ExtensionOut:
    """Grant or refuse more time. The extension keeps the deadlines from before. Repeating a decision returns it.

    Raises NotFound, ExtensionDecided or JobOver.
    """
    found = await queries.find_extension(tx, extension_id)
    if found is None:
        raise NotFound(what="extension", key=str(extension_id))
    job = await _lock(tx, found.job_id)
    extension = await queries.find_extension(tx, extension_id)
    assert extension is not None, "extensions are never deleted"
    status = ExtensionStatus.GRANTED if body.granted else ExtensionStatus.REFUSED
    if extension.status != ExtensionStatus.ASKED:
        if extension.status != status:
            raise ExtensionDecided(state=ExtensionStatus(extension.status))
        return ExtensionOut.model_validate(extension)
    if job["status"] not in LIVE:
        raise JobOver(state=JobStatus(job["status"]))
    if body.granted:
        await _move_deadlines(act, tx, job, extension)
    tx.publish(provider_topic(job["provider_id"]))
    return await end_extension(act, tx, extension, "grant" if body.granted else "refuse", body.note)


async def _lock(tx: Tx, job_id: UUID) -> Row:
    job = await lock_job(tx, job_id)
    if job is None:
        raise NotFound(what="job", key=str(job_id))
    return job


async def _move_deadlines(act: Act, tx: Tx, job: Row, extension: Extension) -> None:
    """Move the round's deadlines to the granted time.

    Completion moves to the new time, unless its deadline is later by now. Arrival moves by the same span, counted in
    its clock's calendar, while the job has not started.
    """
    allowance = await allowance_of(tx, job)
    calendar, days = calendar_of(Clock.ARRIVE, allowance), allowance.days
    before, complete_by = job["round_complete_by"], max(extension.until, job["round_complete_by"])
    longer = counted_time(calendar, before, complete_by, act.zone, days)
    arrive_by = job["round_arrive_by"]
    if job["status"] == JobStatus.ACCEPTED and longer:
        arrive_by = add_time(calendar, arrive_by, longer, act.zone, days)
    original = job["original_complete_by"] or before
    await queries.move_deadlines(tx, job["request_id"], arrive_by, complete_by, original, act.now)


async def arbitrate_job(act: Act, tx: Tx, job_id: UUID, body: Finding) -> JobOut:
    """Record who was at fault. A return that was not the provider's fault no longer counts against it.

    Repeating a finding changes nothing. Raises NotFound, NotToArbitrate or AlreadyArbitrated.
    """
    job = await _lock(tx, job_id)
    if job["fault"] is not None:
        if job["fault"] != body.fault:
            raise AlreadyArbitrated(fault=Fault(job["fault"]))
        return JobOut.model_validate(dict(job))
    if not _went_to_supervisor(job):
        raise NotToArbitrate
    kept = await queries.find_job_row(tx, job_id)
    kept.fault, kept.fault_note, kept.arbitrated_at, kept.arbitrated_by = body.fault, body.note, act.now, act.actor.id
    await tx.flush()
    if job["status"] == JobStatus.RETURNED and body.fault != Fault.PROVIDER:
        day = job["ended_at"].astimezone(act.zone).date()
        await queries.uncount_return(tx, job["provider_id"], day)
    await record(
        act,
        tx,
        EventKind.JOB_ARBITRATED,
        request_id=job["request_id"],
        provider_id=job["provider_id"],
        data={"job_id": job_id, "fault": body.fault},
    )
    return job_out(job, job)


def _went_to_supervisor(job: Row) -> bool:
    """Return whether the job failed, or was returned after its start or a second time.

    The first return before the start is free, and so is the return of a job whose request was corrected.
    """
    returned = job["status"] == JobStatus.RETURNED and (job["started_at"] is not None or job["returns"] > 1)
    return (returned and not may_return_free(job)) or job["status"] == JobStatus.FAILED
