"""Corrects the bill of completed work, and everything summed up from it."""

from typing import Any
from uuid import UUID

from app.events.act import Act
from app.events.topics import provider_topic
from app.intake.queries import add_remark
from app.jobs import queries
from app.jobs.acting import check_price, measured
from app.jobs.errors import AboveConsent, AmountChanged, NotCompleted, PayoutNotAllowed
from app.jobs.models import JobStatus
from app.jobs.schemas import AmountCorrection, JobOut
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.quantity import shown
from app.registry.notices import send_notice


async def correct_amount(act: Act, tx: Tx, job_id: UUID, body: AmountCorrection) -> JobOut:
    """Correct what was billed. Turnover changes on the day of completion. Repeating it changes nothing.

    Raises NotFound, NotCompleted, AmountChanged, AmountOnFreeJob, AboveCap, AboveConsent, PayoutNotAllowed,
    QuantityNotCounted.
    """
    job = await queries.lock_job(tx, job_id)
    if job is None:
        raise NotFound(what="job", key=str(job_id))
    if job["status"] != JobStatus.COMPLETED:
        raise NotCompleted(state=JobStatus(job["status"]))
    payout_fen = body.payout_fen if "payout_fen" in body.model_fields_set else job["payout_fen"]
    quantity = body.quantity or job["quantity"]
    if (job["amount_fen"], job["payout_fen"], job["quantity"]) == (body.amount_fen, payout_fen, quantity):
        return JobOut.model_validate(dict(job))
    if job["amount_fen"] != body.was_fen:
        raise AmountChanged(amount_fen=job["amount_fen"])
    terms = measured(job, body.quantity) | {"agreed_fen": job["agreed_fen"]}
    check_price(terms, body.amount_fen)
    if payout_fen and not job["pays_citizen"]:
        raise PayoutNotAllowed(item=job["item_code"])
    agreed_fen = job["agreed_fen"] or 0
    changes: dict[str, Any] = {"amount_fen": body.amount_fen, "payout_fen": payout_fen, "amount_corrected_at": act.now}
    changes |= {"quantity": terms["quantity"], "cap_fen": terms["cap_fen"]}
    if terms["cap_fen"] is not None and agreed_fen > terms["cap_fen"]:
        changes["agreed_fen"] = terms["cap_fen"]
    if body.amount_fen > agreed_fen:
        if not body.agreed_with_citizen:
            raise AboveConsent(amount_fen=body.amount_fen, agreed_fen=agreed_fen)
        changes |= {"agreed_fen": body.amount_fen, "agreed_how": "by_phone", "agreed_at": act.now}
    difference = body.amount_fen - job["amount_fen"]
    billed_on = job["completed_at"].astimezone(act.zone).date()
    await queries.correct_bill(tx, job_id, changes)
    await queries.add_turnover(tx, job["provider_id"], billed_on, difference)
    facts = {"amount_fen": body.amount_fen, "payout_fen": payout_fen, "was_fen": job["amount_fen"]}
    facts |= {
        "difference_fen": difference,
        "quantity": shown(quantity),
        "lower": difference < 0,
        "remark_id": await add_remark(act, tx, job["request_id"], body.reason),
    }
    await queries.log_correction(tx, job_id, facts, act.zone, **act.parameters())
    was, is_ = f"{job['amount_fen'] / 100:.2f}", f"{body.amount_fen / 100:.2f}"
    words = {
        "zh": f"请求 {job['number']} 的收费由 {was} 元更正为 {is_} 元，{billed_on:%Y-%m} 的对账单随之更正。"
        f"原因：{body.reason}",
        "en": f"The bill of request {job['number']} was corrected from {was} to {is_} yuan, and your statement for "
        f"{billed_on:%Y-%m} changes with it. Reason: {body.reason}",
    }
    await send_notice(act, tx, job["provider_id"], "amount_corrected", f"{job_id} {act.now.isoformat()}", words)
    tx.publish(provider_topic(job["provider_id"]))
    return JobOut.model_validate(dict(job) | changes)
