"""SQL for offers and jobs: the queues, the locks, the lists."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Date, DateTime, Select, Table, Text, Uuid, bindparam, case, func, or_, select, true, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.auth.queries import on_shift
from app.catalog.calendar import BOOKED_GRACE
from app.catalog.models import ArriveRule, Item, UrgencyTimes
from app.events.facts import FACTS, happened_at
from app.events.kinds import EventKind
from app.events.models import Event
from app.events.transition import AT, json_of, log
from app.intake.models import Contact, Request
from app.intake.rounds import ROUND_ARRIVE_BY, ROUND_COMPLETE_BY
from app.jobs.models import Extension, Job, Offer, is_live
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import word
from app.registry.models import Provider, ProviderDay, ProviderNotice, ReachedBy

_OFFERS = cast(Table, Offer.__table__)
_JOBS = cast(Table, Job.__table__)
_ME = bindparam("provider_id", type_=Uuid)
PENDING = Offer.status == word("pending")
_LEFT = Offer.phoned_by.is_not(None) & ~on_shift(Offer.phoned_by)
"""An operator took the offer and has gone off shift since."""
_MAY_ASK = or_(Offer.ask_from.is_(None), Offer.ask_from <= AT)

_FACTS = (
    Request.number,
    Request.item_code,
    Request.description,
    Request.details,
    Request.township_code,
    Request.community_code,
    Request.contact_name,
    Request.helped_name,
    Request.arrive_by,
    Item.unit,
    ROUND_ARRIVE_BY.label("round_arrive_by"),
)
_OFFER_VIEW = (
    *(column for column in _OFFERS.c if column.name not in ("scores", "policy_version")),
    *_FACTS,
    Item.cap_fen.label("item_cap_fen"),
    Request.quantity,
    Request.urgency,
    Request.wanted_from,
    Request.wanted_to,
)
_DUE = (Request.complete_by, Request.original_complete_by, ROUND_COMPLETE_BY.label("round_complete_by"))
_JOB_VIEW = (*_JOBS.c, *_FACTS, *_DUE, Offer.price_fen)
_CLOCKS = (
    Request.dispatched_at,
    Request.round_from,
    Request.paused,
    UrgencyTimes.accept_minutes,
    UrgencyTimes.arrive_minutes,
    UrgencyTimes.arrive_rule,
    UrgencyTimes.complete_minutes,
    UrgencyTimes.calendar,
)
_JOBS_VIEWED = (
    select(*_JOB_VIEW)
    .join(Request, Request.id == Job.request_id)
    .join(Offer, Offer.id == Job.offer_id)
    .join(Item, Item.code == Request.item_code)
)

_QUEUE = Prepared(
    select(*_OFFER_VIEW)
    .join(Request, Request.id == Offer.request_id)
    .join(Item, Item.code == Request.item_code)
    .where(Offer.provider_id == _ME, PENDING, Offer.expires_at > AT)
    .order_by(Offer.id)
    .limit(100)
)


async def list_pending_offers(tx: Tx, provider_id: UUID, at: datetime) -> Sequence[Row]:
    """Return the provider's pending offers that have not expired at `at`, oldest first, at most 100."""
    return await tx.rows(_QUEUE, provider_id=provider_id, at=at)


_JOB_QUEUE = Prepared(_JOBS_VIEWED.where(Job.provider_id == _ME, is_live()).order_by(Job.id))


async def list_live_jobs(tx: Tx, provider_id: UUID) -> Sequence[Row]:
    """Return the provider's unfinished jobs, oldest first."""
    return await tx.rows(_JOB_QUEUE, provider_id=provider_id)


async def list_past_jobs(tx: Tx, provider_id: UUID, after: UUID | None, limit: int) -> Sequence[Any]:
    """Return the provider's jobs of any status, newest first, older than `after`."""
    query: Select[Any] = _JOBS_VIEWED
    query = query.where(Job.provider_id == provider_id).order_by(Job.id.desc()).limit(limit)
    if after:
        query = query.where(Job.id < after)
    return list((await tx.session.execute(query)).all())


_LOCK_OFFER = Prepared(
    select(
        *_OFFER_VIEW,
        Offer.policy_version,
        Request.status.label("request_status"),
        *_DUE,
        *_CLOCKS,
        Provider.standing,
        Provider.capacity,
        Provider.open_jobs,
    )
    .select_from(Request)
    .join(Offer, Offer.request_id == Request.id)
    .join(Provider, Provider.id == Offer.provider_id)
    .join(Item, Item.code == Request.item_code)
    .join(UrgencyTimes, UrgencyTimes.code == Request.urgency)
    .where(Offer.id == bindparam("offer_id", type_=Uuid))
    .with_for_update(of=[Request, Offer, Provider], key_share=True)
)


async def lock_offer(tx: Tx, offer_id: UUID) -> Row | None:
    """Lock request, offer and provider, in that order, and return the offer with their facts, or None."""
    return await tx.row(_LOCK_OFFER, offer_id=offer_id)


_LOCK_JOB = Prepared(
    select(
        *_JOB_VIEW,
        Request.status.label("request_status"),
        Request.hold_until,
        Request.returns,
        Request.wanted_from,
        Request.wanted_to,
        *_CLOCKS,
        Item.pays_citizen,
        Provider.capacity,
        Offer.redo,
    )
    .select_from(Request)
    .join(Job, Job.request_id == Request.id)
    .join(Offer, Offer.id == Job.offer_id)
    .join(Provider, Provider.id == Job.provider_id)
    .join(Item, Item.code == Request.item_code)
    .join(UrgencyTimes, UrgencyTimes.code == Request.urgency)
    .where(Job.id == bindparam("job_id", type_=Uuid))
    .with_for_update(of=[Request, Offer, Job, Provider], key_share=True)
)


async def lock_job(tx: Tx, job_id: UUID) -> Row | None:
    """Lock request, offer, job and provider, in that order, and return the job with their facts, or None."""
    return await tx.row(_LOCK_JOB, job_id=job_id)


_JOB_WITH_CONTACT = _JOBS_VIEWED.add_columns(Request.contact_phone, Request.address)
_JOB = Prepared(_JOB_WITH_CONTACT.where(Job.id == bindparam("job_id", type_=Uuid)))
_JOB_OF_OFFER = Prepared(_JOB_WITH_CONTACT.where(Job.offer_id == bindparam("offer_id", type_=Uuid)))


async def find_job(tx: Tx, job_id: UUID) -> Row | None:
    """Return the job with its request's facts and contact data, or None."""
    return await tx.row(_JOB, job_id=job_id)


async def find_job_of_offer(tx: Tx, offer_id: UUID) -> Row | None:
    """Return the job that the accepted offer became, or None."""
    return await tx.row(_JOB_OF_OFFER, offer_id=offer_id)


async def find_longest_move(tx: Tx, request_id: UUID) -> timedelta:
    """Return how far past its first deadline (or past now, if later) the urgency lets a moved appointment end."""
    query = (
        select(UrgencyTimes.move_days)
        .join(Request, Request.urgency == UrgencyTimes.code)
        .where(Request.id == request_id)
    )
    return timedelta(days=(await tx.session.execute(query)).scalar_one())


async def move_deadlines(tx: Tx, request_id: UUID, appointment_to: datetime, at: datetime) -> None:
    """Move the deadlines of booked work: it must be started by the end of its appointment and completed 24 hours later.

    Other work keeps its deadlines, and so does any step that is overdue or done. The first deadline is kept for the
    figures. The worker checks the clocks again at once.
    """
    booked = select(UrgencyTimes.code).where(UrgencyTimes.arrive_rule == ArriveRule.APPOINTMENT)
    to_come = Request.started_at.is_(None) & (Request.arrive_by > at)
    in_time, own_in_time = Request.complete_by > at, at < ROUND_COMPLETE_BY
    await tx.session.execute(
        update(Request)
        .where(Request.id == request_id, Request.urgency.in_(booked))
        .values(
            arrive_by=case((to_come, appointment_to), else_=Request.arrive_by),
            complete_by=case((in_time, appointment_to + BOOKED_GRACE), else_=Request.complete_by),
            original_complete_by=case(
                (own_in_time, func.coalesce(Request.original_complete_by, ROUND_COMPLETE_BY)),
                else_=Request.original_complete_by,
            ),
            round_arrive_by=case((Request.round_arrive_by > at, appointment_to), else_=Request.round_arrive_by),
            round_complete_by=case(
                (Request.round_complete_by > at, appointment_to + BOOKED_GRACE), else_=Request.round_complete_by
            ),
            alarm_at=at,
        )
    )


_NOTE_SAID = Prepared(
    update(Job)
    .where(Job.request_id == bindparam("request_id", type_=Uuid), is_live())
    .values(said_at=AT)
    .returning(Job.provider_id)
)


async def note_contact(tx: Tx, request_id: UUID, at: datetime) -> UUID | None:
    """Note on the job that there is something new to tell its provider. Return the provider, or None if none has the
    work."""
    row = await tx.row(_NOTE_SAID, request_id=request_id, at=at)
    return row["provider_id"] if row else None


async def list_later_contacts(tx: Tx, request_id: UUID) -> Sequence[Any]:
    """Return what was said about the request after it was taken down, and all that was said about those merged into it,
    except complaints."""
    later = (Request.id == request_id) & (Contact.purpose != "request")
    query = (
        select(
            Contact.at,
            Request.number,
            Contact.purpose,
            case((Contact.purpose == "request", Request.description), else_=Contact.note).label("words"),
        )
        .join(Request, Request.id == Contact.request_id)
        .where(or_(later, Request.parent_id == request_id), Contact.purpose != "complaint")
        .order_by(Contact.id)
    )
    return (await tx.session.execute(query)).all()


async def correct_bill(tx: Tx, job_id: UUID, values: Mapping[str, Any]) -> None:
    """Change the bill or the terms of a locked job."""
    await tx.session.execute(update(Job).where(Job.id == job_id).values(**values))


def _log_correction() -> Prepared:
    """Log a correction with the day and the facts of the completion, so that both count in the same figures."""
    done = cast(Table, Event.__table__).alias("done")
    completed = (
        select(func.coalesce(happened_at(done), done.c.at).label("at"), *(done.c[name] for name in FACTS))
        .where(done.c.request_id == Job.request_id, done.c.kind == word(EventKind.JOB_COMPLETED))
        .where(done.c.data["job_id"].as_string() == sql_cast(Job.id, Text), done.c.item_code.is_not(None))
        .order_by(done.c.id.desc())
        .limit(1)
        .lateral("completed")
    )
    now: dict[str, Any] = {name: getattr(Request, source) for name, source in FACTS.items()} | {"tier": Job.tier}
    facts = (
        case((completed.c.item_code.is_not(None), completed.c[name]), else_=now[name]).label(source)
        for name, source in FACTS.items()
    )
    moment = func.timezone(bindparam("zone", type_=Text), func.coalesce(completed.c.at, Job.completed_at))
    rows = (
        select(Job.id, Job.request_id, Job.provider_id, sql_cast(moment, Date).label("day"), *facts)
        .join(Request, Request.id == Job.request_id)
        .outerjoin(completed, true())
        .where(Job.id == bindparam("job_id", type_=Uuid))
        .cte("corrected")
    )
    told = sql_cast(bindparam("data", type_=Text), JSONB)
    data = told.op("||")(json_of(job_id=rows.c.id, day=rows.c.day))
    kind, provider = EventKind.JOB_AMOUNT_CORRECTED, rows.c.provider_id
    event = log("corrected_event", kind, rows, request_id=rows.c.request_id, provider_id=provider, data=data)
    return Prepared(select(rows.c.id).add_cte(event))


_LOG_CORRECTION = _log_correction()


async def log_correction(tx: Tx, job_id: UUID, data: Mapping[str, Any], zone: ZoneInfo, **actor: Any) -> None:
    """Log that the bill of a completed job was corrected."""
    said = orjson.dumps(data, default=str).decode()
    await tx.rows(_LOG_CORRECTION, job_id=job_id, data=said, zone=zone.key, **actor)


async def add_turnover(tx: Tx, provider_id: UUID, day: date, fen: int) -> None:
    """Add `fen`, which may be negative, to the provider's turnover of the day."""
    row = insert(ProviderDay).values(provider_id=provider_id, day=day, turnover_fen=fen)
    kept = {"turnover_fen": ProviderDay.turnover_fen + fen}
    await tx.session.execute(row.on_conflict_do_update(index_elements=["provider_id", "day"], set_=kept))


async def find_extension_of(tx: Tx, job_id: UUID) -> Extension | None:
    """Return the job's extension that is asked for or granted, or None. A job has at most one."""
    query = select(Extension).where(Extension.job_id == job_id)
    query = query.where(Extension.status.in_([word("asked"), word("granted")]))
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def list_left_unanswered(tx: Tx, request_id: UUID, job_id: UUID) -> Sequence[Extension]:
    """Return the undecided extensions of earlier jobs of the request."""
    query = select(Extension).where(Extension.request_id == request_id, Extension.job_id != job_id)
    return (await tx.session.execute(query.where(Extension.status == word("asked")))).scalars().all()


async def list_request_offers(tx: Tx, request_id: UUID) -> Sequence[Any]:
    """Return all offers of the request with the providers' names, oldest first."""
    query = (
        select(*_OFFERS.c, Provider.name.label("provider_name"))
        .join(Provider, Provider.id == Offer.provider_id)
        .where(Offer.request_id == request_id)
        .order_by(Offer.id)
    )
    return (await tx.session.execute(query)).all()


async def list_request_jobs(tx: Tx, request_id: UUID) -> Sequence[Any]:
    """Return all jobs of the request, oldest first."""
    query = _JOBS_VIEWED.where(Job.request_id == request_id)
    return (await tx.session.execute(query.order_by(Job.id))).all()


ASKED = """asked (provider_id) AS (
  (SELECT provider_id FROM offers WHERE status = 'pending' ORDER BY provider_id LIMIT 1)
  UNION ALL
  SELECT (SELECT o.provider_id FROM offers o WHERE o.status = 'pending' AND o.provider_id > asked.provider_id
    ORDER BY o.provider_id LIMIT 1) FROM asked WHERE asked.provider_id IS NOT NULL
)"""
"""The providers with pending offers, found by one index step each, however many offers each has."""

_TO_PHONE = (
    select(
        *_OFFER_VIEW,
        Provider.name.label("provider_name"),
        Provider.contact_name.label("provider_contact"),
        Provider.phone.label("provider_phone"),
        select(func.count())
        .where(ProviderNotice.provider_id == Offer.provider_id, ProviderNotice.read_at.is_(None))
        .scalar_subquery()
        .label("unread_notices"),
    )
    .join(Request, Request.id == Offer.request_id)
    .join(Item, Item.code == Request.item_code)
    .join(Provider, Provider.id == Offer.provider_id)
    .where(PENDING, Offer.expires_at > AT, Provider.reached_by == word(ReachedBy.PHONE), _MAY_ASK)
    .order_by(Offer.expires_at, Offer.id)
)
_LIST_TO_PHONE = Prepared(_TO_PHONE.limit(200))


async def list_to_phone(tx: Tx, at: datetime) -> Sequence[Row]:
    """Return pending offers of providers reached by phone that may be phoned now, earliest expiry first."""
    return await tx.rows(_LIST_TO_PHONE, at=at)


def _take_to_phone() -> Prepared:
    free = (
        select(Offer.id)
        .join(Provider, Provider.id == Offer.provider_id)
        .where(PENDING, Offer.expires_at > AT, Provider.reached_by == word(ReachedBy.PHONE), _MAY_ASK)
        .where(or_(Offer.phoned_until.is_(None), Offer.phoned_until <= AT, _LEFT))
        .order_by(Offer.expires_at, Offer.id)
        .limit(1)
        .with_for_update(of=Offer, skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED")
    )
    return Prepared(
        update(Offer)
        .where(Offer.id.in_(select(free.c.id)))
        .values(
            phoned_by=bindparam("staff_id", type_=Uuid),
            phoned_until=bindparam("until", type_=DateTime(timezone=True)),
            phone_attempts=Offer.phone_attempts + 1,
        )
        .returning(Offer.id)
    )


_TAKE_TO_PHONE = _take_to_phone()
_TO_PHONE_ONE = Prepared(_TO_PHONE.where(Offer.id == bindparam("offer_id", type_=Uuid)))


async def take_to_phone(tx: Tx, staff_id: UUID, at: datetime, until: datetime) -> Row | None:
    """Give the operator the untaken offer that expires first, until `until`. Return it, or None if there is none."""
    taken = await tx.row(_TAKE_TO_PHONE, staff_id=staff_id, at=at, until=until)
    return await tx.row(_TO_PHONE_ONE, offer_id=taken["id"], at=at) if taken else None


async def release_to_phone(tx: Tx, offer_id: UUID, until: datetime) -> None:
    """Leave an unanswered offer in the queue, but hide it from operators until `until`."""
    await tx.session.execute(update(Offer).where(Offer.id == offer_id).values(phoned_by=None, phoned_until=until))
