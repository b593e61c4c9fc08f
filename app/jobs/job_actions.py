"""What a provider does with a job, or staff for it on the phone.

Repeating what has happened gives the present state, so a retry after a lost answer is safe.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.catalog.models import Tier
from app.events.topics import AFTERCARE_TOPIC, DISPATCH_TOPIC, provider_topic
from app.events.transition import record
from app.intake.models import RequestStatus, UnmatchedReason
from app.intake.states import REQUESTS
from app.jobs import queries, statements
from app.jobs.acting import By, job_out
from app.jobs.errors import (
    AboveCap,
    AboveConsent,
    AmountOnFreeJob,
    AppointmentInvalid,
    JobOver,
    PayoutNotAllowed,
    RequestOnHold,
)
from app.jobs.models import Job, JobStatus
from app.jobs.schemas import Appointment, Completion, Failure, JobOut, JobReturn, JobWithContact, Quote
from app.jobs.states import JOBS
from app.kit.db import Prepared, Row, Tx
from app.kit.errors import NotFound

CONTACT_KEPT = timedelta(days=15)
"""A completed job may be reopened for about so long; then its firm has no more to do with the citizen."""


async def start_job(tx: Tx, job_id: UUID, by: By) -> JobOut:
    """The provider is on site. Raises NotFound, JobOver, StatusConflict."""
    job = await _lock_job(tx, job_id, by)
    if job["status"] != JobStatus.ACCEPTED:
        return _unless_over(job)
    return await _change(tx, statements.START, "start", job, by)


async def quote_job(tx: Tx, job_id: UUID, body: Quote, by: By) -> JobOut:
    """Name a price for the whole job, agreed on site or still to be agreed to.

    Raises NotFound, JobOver, AmountOnFreeJob, AboveCap.
    """
    job = await _lock_job(tx, job_id, by)
    _check_live(job)
    _check_price(job, body.amount_fen)
    changes: dict[str, Any] = {"quote_fen": body.amount_fen, "quote_note": body.note, "quoted_at": by.now}
    return await _agree(tx, job, by, "job.quoted", changes, body.amount_fen if body.agreed_on_site else None, "on_site")


async def consent_to_price(tx: Tx, job_id: UUID, amount_fen: int, by: By) -> JobOut:
    """Record that the citizen agreed to the sum by phone. Raises NotFound, JobOver, AmountOnFreeJob, AboveCap."""
    job = await _lock_job(tx, job_id, by)
    _check_live(job)
    _check_price(job, amount_fen)
    return await _agree(tx, job, by, "job.price_agreed", {}, amount_fen, "by_phone")


async def complete_job(tx: Tx, job_id: UUID, body: Completion, by: By) -> JobOut:
    """The work is done and billed.

    Raises NotFound, JobOver, StatusConflict, AmountOnFreeJob, AboveCap, AboveConsent, PayoutNotAllowed.
    """
    job = await _lock_job(tx, job_id, by)
    if job["status"] == JobStatus.COMPLETED:
        return JobOut.model_validate(dict(job))
    _check_live(job)
    if job["status"] == JobStatus.STARTED:
        _check_price(job, body.amount_fen)
        if body.amount_fen > (job["agreed_fen"] or 0):
            raise AboveConsent(amount_fen=body.amount_fen, agreed_fen=job["agreed_fen"] or 0)
        if body.payout_fen and not job["pays_citizen"]:
            raise PayoutNotAllowed(item=job["item_code"])
    tx.wake(AFTERCARE_TOPIC, DISPATCH_TOPIC)
    on_time = job["complete_by"] is None or by.now <= job["complete_by"]
    return await _change(tx, statements.COMPLETE, "complete", job, by, **body.model_dump(), on_time=on_time)


async def return_job(tx: Tx, job_id: UUID, body: JobReturn, by: By) -> JobOut:
    """Give the work back. Once started, or returned before, it goes to the supervisor's queue instead of to others.

    Raises NotFound, JobOver.
    """
    job = await _lock_job(tx, job_id, by)
    if job["status"] == JobStatus.RETURNED:
        return JobOut.model_validate(dict(job))
    _check_live(job)
    reason = {"return_reason": body.reason, "return_note": body.note}
    returned = await _change(tx, statements.RETURN, "return", job, by, **reason)
    if job["status"] == JobStatus.STARTED or job["returns"] > 0:
        await _to_supervisor(tx, job, UnmatchedReason.RETURNED, by)
    tx.wake(DISPATCH_TOPIC)
    return returned


async def fail_job(tx: Tx, job_id: UUID, body: Failure, by: By) -> JobOut:
    """The work was begun and can't be done; a supervisor decides. Raises NotFound, JobOver, StatusConflict."""
    job = await _lock_job(tx, job_id, by)
    if job["status"] == JobStatus.FAILED:
        return JobOut.model_validate(dict(job))
    _check_live(job)
    failed = await _change(tx, statements.FAIL, "fail", job, by, result=body.note)
    await _to_supervisor(tx, job, UnmatchedReason.FAILED, by)
    return failed


async def _to_supervisor(tx: Tx, job: Row, reason: UnmatchedReason, by: By) -> None:
    await REQUESTS.transition(
        tx,
        "fail_to_match",
        job["request_id"],
        at=by.now,
        actor=by.actor,
        data={"reason": reason},
        unmatched_at=by.now,
        unmatched_reason=reason,
        match_at=None,
    )


async def move_appointment(tx: Tx, job_id: UUID, body: Appointment, by: By) -> JobOut:
    """A new appointment, with the citizen's consent. Raises NotFound, JobOver, AppointmentInvalid."""
    job = await _lock_job(tx, job_id, by)
    _check_live(job)
    if not body.agreed_with_citizen or body.appointment_to <= max(body.appointment_from, by.now):
        raise AppointmentInvalid(wanted_from=str(by.now), wanted_to="the time agreed with the citizen")
    changes: dict[str, Any] = {"appointment_from": body.appointment_from, "appointment_to": body.appointment_to}
    await _edit(tx, job_id, changes)
    await queries.move_deadlines(tx, job["request_id"], body.appointment_to, by.now)
    await record(
        tx,
        "job.appointment_moved",
        at=by.now,
        actor=by.actor,
        request_id=job["request_id"],
        provider_id=job["provider_id"],
        data={name: moment.isoformat() for name, moment in changes.items()},
    )
    return JobOut.model_validate(dict(job) | changes)


async def read_job(tx: Tx, job_id: UUID, by: By) -> JobOut:
    """The job without contact data. Raises NotFound."""
    return JobOut.model_validate(dict(await _find_job(tx, job_id, by)))


async def read_job_with_contact(tx: Tx, job_id: UUID, by: By) -> JobWithContact:
    """The job with whom to call and where to go: while it lives, and so long after. Raises NotFound, JobOver."""
    job = await _find_job(tx, job_id, by)
    done_lately = job["completed_at"] is not None and by.now < job["completed_at"] + CONTACT_KEPT
    if job["status"] not in (JobStatus.ACCEPTED, JobStatus.STARTED) and not done_lately:
        raise JobOver(state=job["status"])
    return JobWithContact.model_validate(dict(job))


async def _find_job(tx: Tx, job_id: UUID, by: By) -> Row:
    job = await queries.find_job(tx, job_id)
    if job is None or by.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    return job


async def _lock_job(tx: Tx, job_id: UUID, by: By) -> Row:
    job = await queries.lock_job(tx, job_id)
    if job is None or by.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    return job


def check_unstarted(job: Row) -> None:
    """Raises JobOver unless the job is accepted and not yet started, RequestOnHold while its request waits."""
    if job["status"] != JobStatus.ACCEPTED:
        raise JobOver(state=job["status"])
    _check_not_held(job)


def _check_live(job: Row) -> None:
    if job["status"] not in (JobStatus.ACCEPTED, JobStatus.STARTED):
        raise JobOver(state=job["status"])


def _unless_over(job: Row) -> JobOut:
    """The present state, for a step that was taken before; JobOver when the job ended otherwise."""
    if job["status"] in (JobStatus.RETURNED, JobStatus.FAILED, JobStatus.CANCELLED):
        raise JobOver(state=job["status"])
    return JobOut.model_validate(dict(job))


def _check_price(job: Row, amount_fen: int) -> None:
    if (job["tier"] == Tier.FREE or job["redo"]) and amount_fen > 0:
        raise AmountOnFreeJob(amount_fen=amount_fen)
    if job["cap_fen"] is not None and amount_fen > job["cap_fen"]:
        raise AboveCap(amount_fen=amount_fen, cap_fen=job["cap_fen"])


def _check_not_held(job: Row) -> None:
    if job["request_status"] == RequestStatus.ON_HOLD:
        raise RequestOnHold(until=job["hold_until"].isoformat())


async def _change(tx: Tx, statement: Prepared, step: str, job: Row, by: By, **params: Any) -> JobOut:
    _check_not_held(job)
    row = await tx.row(statement, **by.parameters(), job_id=job["id"], request_id=job["request_id"], **params)
    if row is None:
        raise await JOBS.refusal(tx, step, job["id"])
    tx.wake(provider_topic(job["provider_id"]))
    return job_out(row, job)


async def _agree(
    tx: Tx, job: Row, by: By, kind: str, changes: dict[str, Any], agreed_fen: int | None, how: str
) -> JobOut:
    if agreed_fen is not None:
        changes |= {"agreed_fen": agreed_fen, "agreed_how": how, "agreed_at": by.now}
    await _edit(tx, job["id"], changes)
    await record(
        tx,
        kind,
        at=by.now,
        actor=by.actor,
        request_id=job["request_id"],
        provider_id=job["provider_id"],
        data={"quote_fen": changes.get("quote_fen"), "agreed_fen": agreed_fen, "how": agreed_fen and how},
    )
    tx.wake(provider_topic(job["provider_id"]))
    return JobOut.model_validate(dict(job) | changes)


async def _edit(tx: Tx, job_id: UUID, changes: dict[str, Any]) -> None:
    job = await tx.session.get_one(Job, job_id, populate_existing=True)
    for name, value in changes.items():
        setattr(job, name, value)
    await tx.flush()
