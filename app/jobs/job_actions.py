"""What a provider does with a job, or staff for it on the phone.

Repeating a step returns the present state, so a retry after a lost answer is safe.
"""

from typing import Any
from uuid import UUID

from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import AFTERCARE_TOPIC, DISPATCH_TOPIC, provider_topic
from app.intake.clocks import Clock
from app.intake.models import UnmatchedReason
from app.intake.states import REQUESTS
from app.jobs import queries, statements
from app.jobs.acting import (
    ON_SITE,
    TERMS,
    check_live,
    check_not_held,
    check_price,
    in_touch,
    job_out,
    lock_job,
    may_return_free,
    measured,
    next_round,
    record_price,
    time_taken,
    when_happened,
)
from app.jobs.errors import AboveConsent, JobOver, PayoutNotAllowed
from app.jobs.models import JobStatus
from app.jobs.schemas import Completion, Failure, JobOut, JobReturn, JobWithContact, Start
from app.jobs.states import JOBS
from app.kit.db import Prepared, Row, Tx
from app.kit.errors import NotFound
from app.kit.personal_words import find_places


async def start_job(act: Act, tx: Tx, job_id: UUID, body: Start | None = None) -> JobOut:
    """Record that the provider is on site. Raises NotFound, JobOver, HappenedInFuture, RequestOnHold."""
    job = await lock_job(act, tx, job_id)
    if job["status"] != JobStatus.ACCEPTED:
        return _unless_over(job)
    happened_at = when_happened(act, job, body.happened_at if body else None)
    taken = await time_taken(act, tx, Clock.ARRIVE, job)
    return await _change(act, tx, statements.START, "start", job, happened_at=happened_at, **taken)


async def complete_job(act: Act, tx: Tx, job_id: UUID, body: Completion) -> JobOut:
    """Record the work as done and bill it, for the quantity found. An amount above the agreed one needs the citizen's
    consent on site.

    Raises NotFound, JobOver (also if it was completed with another bill), StatusConflict, HappenedInFuture,
    AmountOnFreeJob, AboveCap, AboveConsent, PayoutNotAllowed, QuantityNotCounted, RequestOnHold.
    """
    job = await lock_job(act, tx, job_id)
    billed = (body.amount_fen, body.payout_fen, body.quantity or job["quantity"])
    if (job["amount_fen"], job["payout_fen"], job["quantity"]) == billed:
        return _with_places(JobOut.model_validate(dict(job)))
    check_live(job)
    happened_at = when_happened(act, job, body.happened_at)
    terms = measured(job, body.quantity)
    if job["status"] == JobStatus.STARTED:
        check_price(terms, body.amount_fen)
        if body.payout_fen and not job["pays_citizen"]:
            raise PayoutNotAllowed(item=job["item_code"])
        if body.amount_fen > (terms["agreed_fen"] or 0):
            if not body.agreed_on_site:
                raise AboveConsent(amount_fen=body.amount_fen, agreed_fen=terms["agreed_fen"] or 0)
            check_not_held(job)
            terms |= {"agreed_fen": body.amount_fen, "agreed_how": ON_SITE, "agreed_at": act.now}
            await record_price(act, tx, terms, EventKind.JOB_PRICE_AGREED, agreed_fen=body.amount_fen, how=ON_SITE)
    tx.publish(AFTERCARE_TOPIC, DISPATCH_TOPIC)
    on_time = job["round_complete_by"] is None or act.now <= job["round_complete_by"]
    bill = body.model_dump(include={"result", "amount_fen", "payout_fen"}) | {"happened_at": happened_at}
    bill |= {name: terms[name] for name in TERMS} | await time_taken(act, tx, Clock.COMPLETE, job)
    return await _change(act, tx, statements.COMPLETE, "complete", job, **bill, on_time=on_time, day=act.today)


async def return_job(act: Act, tx: Tx, job_id: UUID, body: JobReturn) -> JobOut:
    """Return the work. If it was started or returned before, a supervisor decides; otherwise it is offered to others.

    If the request was corrected after acceptance and the work has not started, the return does not count and the work
    is offered to others.

    Raises NotFound, JobOver, RequestOnHold.
    """
    job = await lock_job(act, tx, job_id)
    if job["status"] == JobStatus.RETURNED:
        return JobOut.model_validate(dict(job))
    check_live(job)
    free = may_return_free(job)
    reason = {"return_reason": body.reason, "return_note": body.note} | await next_round(act, tx, job)
    returned = await _change(act, tx, statements.RETURN, "return", job, **reason, free=free, day=act.today)
    if not free and (job["status"] == JobStatus.STARTED or job["returns"] > 0):
        await _to_supervisor(act, tx, job, UnmatchedReason.RETURNED)
    tx.publish(DISPATCH_TOPIC)
    return returned


async def fail_job(act: Act, tx: Tx, job_id: UUID, body: Failure) -> JobOut:
    """Record that started work could not be completed. A supervisor decides.

    Raises NotFound, JobOver, StatusConflict, RequestOnHold.
    """
    job = await lock_job(act, tx, job_id)
    if job["status"] == JobStatus.FAILED:
        return _with_places(JobOut.model_validate(dict(job)))
    check_live(job)
    clocks = await next_round(act, tx, job)
    failed = await _change(act, tx, statements.FAIL, "fail", job, result=body.note, **clocks)
    await _to_supervisor(act, tx, job, UnmatchedReason.FAILED)
    return failed


async def _to_supervisor(act: Act, tx: Tx, job: Row, reason: UnmatchedReason) -> None:
    await REQUESTS.transition(
        act,
        tx,
        "fail_to_match",
        job["request_id"],
        data={"reason": reason},
        unmatched_at=act.now,
        unmatched_reason=reason,
        match_at=None,
    )


async def read_job(act: Act, tx: Tx, job_id: UUID) -> JobOut:
    """Return the job without contact data. Raises NotFound."""
    return JobOut.model_validate(dict(await _find_job(act, tx, job_id)))


async def read_job_with_contact(act: Act, tx: Tx, job_id: UUID) -> JobWithContact:
    """Return the job with whom to call and where to go, while its provider is `in_touch`.

    Raises NotFound, and JobOver later.
    """
    job = await _find_job(act, tx, job_id)
    if not in_touch(act, job["status"], job["completed_at"]):
        raise JobOver(state=JobStatus(job["status"]))
    return JobWithContact.model_validate(dict(job) | {"said": await queries.list_later_contacts(tx, job["request_id"])})


async def _find_job(act: Act, tx: Tx, job_id: UUID) -> Row:
    job = await queries.find_job(tx, job_id)
    if job is None or act.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    return job


def check_unstarted(job: Row) -> None:
    """Raise JobOver unless the job is accepted and not started, or RequestOnHold while its request is on hold."""
    if job["status"] != JobStatus.ACCEPTED:
        raise JobOver(state=JobStatus(job["status"]))
    check_not_held(job)


def _unless_over(job: Row) -> JobOut:
    """Return the present state, for a step that was taken before. Raises JobOver if the job ended without
    completion."""
    if job["status"] in (JobStatus.RETURNED, JobStatus.FAILED, JobStatus.CANCELLED):
        raise JobOver(state=JobStatus(job["status"]))
    return JobOut.model_validate(dict(job))


async def _change(act: Act, tx: Tx, statement: Prepared, step: str, job: Row, **params: Any) -> JobOut:
    check_not_held(job)
    row = await tx.row(statement, **act.parameters(), job_id=job["id"], request_id=job["request_id"], **params)
    if row is None:
        raise await JOBS.refusal(tx, step, job["id"])
    tx.publish(provider_topic(job["provider_id"]))
    changed = job_out(row, job)
    return _with_places(changed) if "result" in params else changed


def _with_places(job: JobOut) -> JobOut:
    """Return the job with the places of personal data in its result, after a step in which the result is typed."""
    job.personal_words = find_places({"result": job.result})
    return job
