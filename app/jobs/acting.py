"""What the steps on offers and jobs share: checks, times, and the terms of the work."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from app.auth.models import READ_IN_FULL
from app.catalog.calendar import NO_DAYS, Allowance
from app.catalog.models import ArriveRule, Calendar, Tier
from app.catalog.queries import read_days
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.intake.clocks import Clock, begin_round, seconds_taken
from app.intake.models import RequestStatus
from app.intake.taking import check_quantity
from app.jobs import queries
from app.jobs.capacity import day_end, list_overlapping
from app.jobs.errors import (
    AboveCap,
    AmountOnFreeJob,
    AppointmentsOverlap,
    HappenedInFuture,
    JobOver,
    ProviderFull,
    RequestOnHold,
)
from app.jobs.models import LIVE, JobStatus
from app.jobs.schemas import JobOut, OfferOut
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.personal_words import as_reader_may_see, in_full, mask_personal
from app.kit.quantity import priced, shown
from app.registry.models import PriceKind

J = TypeVar("J", bound=JobOut)
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far ahead of ours a provider's clock may run."""


PRICE_CARD, ON_SITE, BY_PHONE = "price_card", "on_site", "by_phone"
"""How the citizen agreed to a sum."""
TERMS = ("quantity", "cap_fen", "agreed_fen", "agreed_how", "agreed_at")
"""The columns of a job that say how much there is to do and what may be billed for it."""


FACTS = (
    "number",
    "item_code",
    "description",
    "details",
    "township_code",
    "community_code",
    "unit",
    "arrive_by",
    "complete_by",
    "original_complete_by",
    "round_arrive_by",
    "round_complete_by",
    "price_fen",
)


def job_out(row: Row, locked: Row) -> JobOut:
    """Return the changed job `row` with the facts of its request as they were in `locked`."""
    return JobOut.model_validate({name: locked[name] for name in FACTS} | dict(row))


def for_reader(act: Act, job: J, names: Iterable[str | None] = ()) -> J:
    """Return the job with people's words as its reader may see them. `names` are the recorded names of its citizen.

    The job's provider reads them in full while it may see the citizen's contact (`in_touch`); later they are masked.
    """
    if act.roles & READ_IN_FULL:
        return job
    if act.provider_id == job.provider_id and in_touch(act, job.status, job.completed_at):
        in_full.set(True)
        return job
    details = [one.model_copy(update={"answer": mask_personal(one.answer, names)}) for one in job.details]
    words = {
        name: text and mask_personal(text, names) for name in ("description", "result") if (text := getattr(job, name))
    }
    return job.model_copy(update=words | {"details": details})


def show_job(act: Act, row: Any) -> JobOut:
    """Return the job of a row of the job list as its reader may see it."""
    return for_reader(act, JobOut.model_validate(row), (row.contact_name, row.helped_name))


def in_touch(act: Act, status: str, completed_at: datetime | None) -> bool:
    """Return whether the provider may see the citizen's contact details.

    It may while the job is unfinished, and for `reopen_days` after completion.
    """
    kept = timedelta(days=act.settings.reopen_days)
    return status in LIVE or (completed_at is not None and act.now < completed_at + kept)


async def lock_job(act: Act, tx: Tx, job_id: UUID) -> Row:
    """Lock the job and return its row. Raises NotFound if there is none, or if it belongs to another provider."""
    job = await queries.lock_job(tx, job_id)
    if job is None or act.provider_id not in (None, job["provider_id"]):
        raise NotFound(what="job", key=str(job_id))
    return job


async def allowance_of(tx: Tx, row: Row) -> Allowance:
    """Return the allowance of the request's urgency, for a locked offer or job."""
    calendar = Calendar(row["calendar"])
    return Allowance(
        row["accept_minutes"],
        row["arrive_minutes"],
        ArriveRule(row["arrive_rule"]),
        row["complete_minutes"],
        calendar,
        await read_days(tx) if calendar is Calendar.WORKING_DAYS else NO_DAYS,
    )


async def time_taken(act: Act, tx: Tx, clock: Clock, row: Row) -> dict[str, int]:
    """Return the seconds from the start of the present round to this step, as a parameter for the step's statement."""
    return {f"{clock}_seconds": seconds_taken(clock, dict(row), await allowance_of(tx, row), act.zone, act.now)}


async def next_round(act: Act, tx: Tx, job: Row) -> dict[str, Any]:
    """Return the times of the round that begins when a locked job is returned or taken away.

    The deadlines apply to the next provider. Those that the citizen was told stay in their own columns.
    """
    times = begin_round(dict(job), await allowance_of(tx, job), act.zone, act.now)
    own = {"round_from": act.now} | {f"round_{name}": times[name] for name in ("arrive_by", "complete_by")}
    return own | {name: times[name] for name in ("wanted_from", "wanted_to")}


async def check_places(
    act: Act,
    tx: Tx,
    provider_id: UUID,
    capacity: int,
    window: tuple[datetime | None, datetime | None],
    due: datetime | None,
    *,
    but: UUID | None = None,
) -> None:
    """Raise AppointmentsOverlap, or ProviderFull without an appointment, if the provider has no place left in the
    window."""
    start, end = max(window[0] or act.now, act.now), window[1] or max(due or act.now, act.now)
    overlapping = await list_overlapping(
        tx, provider_id, but=but, start=start, end=end, at=act.now, day_end=day_end(act.now, act.zone)
    )
    if len(overlapping) < capacity:
        return
    booked = next((job for job in overlapping if job["appointment_from"] and job["appointment_to"] > act.now), None)
    if window[0] and booked:
        times = {name: booked[name].astimezone(act.zone).strftime("%m-%d %H:%M") for name in list(booked.keys())[1:]}
        raise AppointmentsOverlap(number=booked["number"], capacity=capacity, **times)
    raise ProviderFull(open_jobs=len(overlapping), capacity=capacity)


def check_live(job: Row) -> None:
    """Raise JobOver unless the job is accepted or started."""
    if job["status"] not in LIVE:
        raise JobOver(state=JobStatus(job["status"]))


def price_agreed(offer: Mapping[str, Any] | Row) -> int | None:
    """Return the sum in fen that the price card fixes for the offer's quantity, or None if a quote is needed."""
    if offer["redo"] or offer["price_kind"] == PriceKind.FREE:
        return 0
    if offer["price_kind"] != PriceKind.FIXED:
        return None
    return _by_card(offer["price_fen"], offer["item_cap_fen"] if offer["tier"] == Tier.LOW_FEE else None, offer)


def _by_card(unit_fen: int, unit_cap_fen: int | None, work: Mapping[str, Any] | Row) -> int:
    return priced(unit_fen if unit_cap_fen is None else min(unit_fen, unit_cap_fen), work["quantity"])


def offer_out(row: Row) -> OfferOut:
    """Return an offer as its provider sees it."""
    said = as_reader_may_see(row["description"], [row["contact_name"], row["helped_name"]])
    return OfferOut.model_validate(dict(row) | {"sum_fen": price_agreed(row), "description": said})


def measured(job: Row, quantity: Decimal | None) -> dict[str, Any]:
    """Return the job's values with the quantity found on site, and with the cap that results from it.

    A sum agreed by the price card falls with the quantity. Any agreed sum is lowered to the cap if it exceeds it.
    Raises QuantityNotCounted.
    """
    found: dict[str, Any] = dict(job)
    if quantity is None or quantity == job["quantity"]:
        return found
    check_quantity(job["item_code"], job["unit"], quantity)
    found["quantity"], unit_cap = quantity, job["unit_cap_fen"]
    if unit_cap is not None:
        found["cap_fen"] = priced(unit_cap, quantity)
    if job["agreed_fen"] is not None:
        most = [job["agreed_fen"], found["cap_fen"]]
        if job["agreed_how"] == PRICE_CARD:
            most.append(_by_card(job["price_fen"], unit_cap, found))
        found["agreed_fen"] = min(fen for fen in most if fen is not None)
    return found


def check_price(job: Mapping[str, Any] | Row, amount_fen: int) -> None:
    """Raise AmountOnFreeJob if a free job costs anything, AboveCap if the amount exceeds the cap."""
    if (job["tier"] == Tier.FREE or job["redo"]) and amount_fen > 0:
        raise AmountOnFreeJob(amount_fen=amount_fen)
    if job["cap_fen"] is not None and amount_fen > job["cap_fen"]:
        raise AboveCap(amount_fen=amount_fen, cap_fen=job["cap_fen"], quantity=shown(job["quantity"]))


def may_return_free(job: Row) -> bool:
    """Return whether a return does not count, because the request was corrected after acceptance and the provider has
    not started since."""
    corrected_at, started_at = job["corrected_at"], job["started_at"]
    return corrected_at is not None and (started_at is None or started_at < corrected_at)


def check_not_held(job: Row) -> None:
    """Raise RequestOnHold while the job's request is on hold."""
    if job["request_status"] == RequestStatus.ON_HOLD:
        raise RequestOnHold(until=job["hold_until"].isoformat())


def when_happened(act: Act, job: Row, happened_at: datetime | None) -> datetime | None:
    """Return when a reported step counts as having happened, kept between dispatch and now; None if the report names no
    time.

    Raises HappenedInFuture.
    """
    if happened_at is None:
        return None
    if happened_at > act.now + CLOCKS_DIFFER:
        raise HappenedInFuture(happened_at=happened_at.isoformat(), now=act.now.isoformat())
    dispatched_at: datetime = job["dispatched_at"]
    return min(max(happened_at, dispatched_at), act.now)


async def record_price(act: Act, tx: Tx, job: Mapping[str, Any], kind: EventKind, **facts: Any) -> None:
    """Log what was quoted or agreed about the job's price."""
    await record(
        act,
        tx,
        kind,
        request_id=job["request_id"],
        provider_id=job["provider_id"],
        data={"job_id": job["id"], "quantity": shown(job["quantity"]), **facts},
    )
