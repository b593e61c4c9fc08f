"""The worker's dispatching steps. Most find due ids, then lock, check again and change each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.catalog.snapshot import Snapshot
from app.dispatch import queries
from app.dispatch.actions import expire_offer, reassign_job
from app.dispatch.matchmaking import offer_to_best
from app.dispatch.surge import list_figures, switch_by_figures
from app.events.act import Act, act_of
from app.events.due import one_by_one
from app.intake.actions import resume_request
from app.intake.models import RequestStatus
from app.intake.queries import lock_request
from app.jobs.models import JobStatus, OfferStatus
from app.jobs.offer_actions import close_pending_offer
from app.jobs.queries import lock_job, lock_offer
from app.kit.context import Context
from app.kit.db import Tx


async def match_waiting(context: Context, catalog: Snapshot) -> int:
    """Make the next offers of requests that are due for matching, by urgency, priority group and age. Return how
    many."""

    async def change(act: Act, tx: Tx, request_id: UUID) -> None:
        request = await lock_request(tx, request_id)
        if not request or request["status"] != RequestStatus.DISPATCHING or not _due(request["match_at"], act.now):
            return
        if await queries.is_offered(tx, request_id):
            await queries.postpone_matching(tx, request_id, None)
        else:
            await offer_to_best(act, tx, request, catalog)

    return await one_by_one(context, "match_waiting", queries.find_due_matches, change)


def _due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


async def expire_offers(context: Context, catalog: Snapshot) -> int:
    """Expire overdue offers, and make the next ones in the same transaction. If that fails, only expire them.

    Return how many offers were expired.
    """

    async def change(act: Act, tx: Tx, offer_id: UUID) -> None:
        request_id = await expire_offer(act, tx, offer_id)
        request = await lock_request(tx, request_id) if request_id else None
        if request and request["status"] == RequestStatus.DISPATCHING and _due(request["match_at"], act.now):
            await offer_to_best(act, tx, request, catalog)

    async def expire_alone(act: Act, tx: Tx, offer_id: UUID) -> None:
        await expire_offer(act, tx, offer_id)

    return await one_by_one(context, "expire_offers", queries.find_expired_offers, change, otherwise=expire_alone)


async def watch_surges(context: Context) -> int:
    """Start and end automatic surges by the figures, each in its own transaction. Return how many changed."""
    async with context.db.autocommit() as tx:
        found = await list_figures(act_of(context), tx)
    switched = 0
    for figures in found:
        async with context.db.begin() as tx:
            switched += await switch_by_figures(act_of(context), tx, figures)
    return switched


async def withdraw_void_offers(context: Context) -> int:
    """Withdraw pending offers that can no longer be accepted. Return how many."""

    async def change(act: Act, tx: Tx, offer_id: UUID) -> None:
        offer = await lock_offer(tx, offer_id)
        if offer is not None and offer["status"] == OfferStatus.PENDING:
            await close_pending_offer(
                act, tx, offer, "withdraw", reason=_why_void(offer["open_jobs"], offer["capacity"])
            )

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_void_offers(tx, now, context.settings.zone, limit)

    return await one_by_one(context, "withdraw_void_offers", find, change)


def _why_void(open_jobs: int, capacity: int) -> str:
    return "provider_full" if open_jobs >= capacity else "not_available"


async def reassign_stranded_jobs(context: Context) -> int:
    """Reassign the unstarted jobs of providers that are no longer active. Return how many."""

    async def change(act: Act, tx: Tx, job_id: UUID) -> None:
        job = await lock_job(tx, job_id)
        if job is not None and job["status"] == JobStatus.ACCEPTED:
            await reassign_job(act, tx, job_id)

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_stranded_jobs(tx, limit)

    return await one_by_one(context, "reassign_stranded_jobs", find, change)


async def resume_held_requests(context: Context, catalog: Snapshot) -> int:
    """Resume requests whose hold has ended. Return how many."""

    async def change(act: Act, tx: Tx, request_id: UUID) -> None:
        request = await lock_request(tx, request_id)
        if request and request["status"] == RequestStatus.ON_HOLD and request["hold_until"] <= act.now:
            await resume_request(act, tx, request_id, catalog)

    return await one_by_one(context, "resume_held_requests", queries.find_ended_holds, change)
