"""Raises a danger on a recorded request: it becomes an emergency, and no provider is asked until an emergency line has
it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.catalog.snapshot import Snapshot
from app.danger.kinds import DangerKind
from app.danger.snapshot import Dangers
from app.dispatch import queries
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import StatusConflict, record
from app.intake.actions import get_locked
from app.intake.danger import danger_facts, find_new_danger
from app.intake.models import RequestStatus
from app.intake.states import OPEN
from app.jobs.models import Job
from app.jobs.offer_actions import close_pending_offer
from app.jobs.queries import lock_offer
from app.kit.db import Row, Tx
from app.registry.notices import send_notice

WITHDRAWN_FOR_DANGER = "danger"
WORDS = {
    "zh": "请求 {number} 报告有险情。请立即停止作业，人员撤到安全处，等候应急部门和中心的通知。",
    "en": "A danger was reported for request {number}. Stop work at once, bring everybody to safety, and wait for the "
    "emergency services and the centre.",
}


async def raise_danger(
    act: Act, tx: Tx, request_id: UUID, kind: DangerKind, catalog: Snapshot, *, heard: bool = False
) -> Row:
    """Raise the danger on an open request. With `heard`, only the text mentions it and no operator has confirmed it.

    1. If the request already reports this danger, change nothing. A danger of another kind needs a line for that kind.
    2. Give the request the highest urgency, and no deadline later than if it were dispatched now.
    3. Withdraw its pending offers, and tell the provider that has the work.

    Raises NotFound, StatusConflict.
    """
    request = await get_locked(tx, request_id)
    if request["status"] not in OPEN | {RequestStatus.ON_HOLD}:
        raise StatusConflict(subject="request", state=RequestStatus(request["status"]), expected="open")
    if request["danger"] == kind:
        return request
    await queries.edit_request(tx, request_id, danger_facts(act, request, kind, catalog))
    for offer_id, _ in await queries.list_pending(tx, request_id):
        offer = await lock_offer(tx, offer_id)
        if offer:
            await close_pending_offer(act.of_itself, tx, offer, "withdraw", reason=WITHDRAWN_FOR_DANGER, remark_id=None)
    await queries.postpone_matching(tx, request_id, None)
    job = await queries.find_live_job(tx, request_id)
    data = {"danger": kind, "heard": heard}
    provider = job.provider_id if job else None
    await record(act, tx, EventKind.REQUEST_DANGER_RAISED, request_id=request_id, provider_id=provider, data=data)
    if job:
        await _notify_provider(act, tx, job, request)
    tx.publish(DISPATCH_TOPIC)
    return await get_locked(tx, request_id)


async def raise_danger_from_contact(
    act: Act, tx: Tx, request_id: UUID, text: str, catalog: Snapshot, dangers: Dangers
) -> None:
    """Raise a danger that a later call or message about the request mentions, on its parent if it is merged.

    Nothing is raised on a request that has ended. Raises NotFound.
    """
    heard = [one.kind for one in dangers.recognise(text)]
    if not heard:
        return
    request = await get_locked(tx, request_id)
    if request["parent_id"]:
        request = await get_locked(tx, request["parent_id"])
    told = find_new_danger(request, heard, dangers)
    if told and request["status"] in OPEN | {RequestStatus.ON_HOLD}:
        await raise_danger(act, tx, request["id"], told, catalog, heard=True)


async def _notify_provider(act: Act, tx: Tx, job: Job, request: Mapping[str, Any] | Row) -> None:
    words = {language: text.format(number=request["number"]) for language, text in WORDS.items()}
    await send_notice(act, tx, job.provider_id, "request_endangered", f"{request['id']} {act.now.isoformat()}", words)
    tx.publish(provider_topic(job.provider_id))
