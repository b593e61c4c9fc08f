"""SQL for what a member of staff is working on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, or_, select, update

from app.aftercare.models import Callback, CallbackStatus
from app.complaints.models import Complaint, ComplaintStatus
from app.events.kinds import EventKind
from app.events.transition import json_of, log
from app.intake.filters import CLOSED
from app.intake.models import Request
from app.intake.queries import FOLLOWER
from app.jobs.models import Offer, OfferStatus
from app.kit.db import Prepared, Tx
from app.kit.orm import word

_OPEN = Request.status.not_in([word(status) for status in CLOSED])
_UNDECIDED = (ComplaintStatus.OPEN, ComplaintStatus.DECIDED)


async def list_requests(tx: Tx, staff_id: UUID, limit: int) -> Sequence[Any]:
    """Return the open requests that this person follows, oldest first."""
    query = select(Request).where(_OPEN, staff_id == FOLLOWER).order_by(Request.received_at, Request.id)
    return (await tx.session.execute(query.limit(limit))).scalars().all()


async def list_complaints(tx: Tx, staff_id: UUID) -> Sequence[Any]:
    """Return the unfinished complaints that this person owns, soonest due first."""
    query = select(Complaint).where(Complaint.owner_id == staff_id, Complaint.status.in_(_UNDECIDED))
    return (await tx.session.execute(query.order_by(Complaint.due_at, Complaint.id))).scalars().all()


async def count_taken(tx: Tx, staff_id: UUID, at: datetime) -> tuple[int, int]:
    """Return how many providers this person is phoning and how many citizens they are calling back."""
    offers = select(func.count()).where(Offer.phoned_by == staff_id, *_being_phoned(at)).scalar_subquery()
    callbacks = select(func.count()).where(Callback.taken_by == staff_id, *_being_called(at)).scalar_subquery()
    row = (await tx.session.execute(select(offers, callbacks))).one()
    return row[0], row[1]


def _being_phoned(at: datetime) -> tuple[Any, ...]:
    return Offer.status == OfferStatus.PENDING, Offer.phoned_until > at


def _being_called(at: datetime) -> tuple[Any, ...]:
    return Callback.status == CallbackStatus.DUE, Callback.taken_until > at


def _hand_over() -> Prepared:
    chosen = bindparam("request_ids", type_=ARRAY(Uuid))
    mine = (
        select(Request.id)
        .where(
            _OPEN, bindparam("former", type_=Uuid) == FOLLOWER, or_(chosen.is_(None), Request.id == func.any(chosen))
        )
        .order_by(Request.id)
        .with_for_update(key_share=True)
        .cte("mine")
    )
    handed = (
        update(Request)
        .where(Request.id.in_(select(mine.c.id)))
        .values(followed_by=bindparam("to", type_=Uuid))
        .returning(Request.id)
        .cte("handed")
    )
    facts = json_of(former=bindparam("former_word", type_=Text), to=bindparam("to_word", type_=Text))
    event = log("handed_event", EventKind.REQUEST_HANDED_OVER, handed, request_id=handed.c.id, data=facts)
    return Prepared(select(func.count().label("handed")).select_from(handed).add_cte(event))


_HAND_OVER = _hand_over()


async def hand_over_requests(tx: Tx, former: UUID, to: UUID, request_ids: Sequence[UUID] | None, **event: Any) -> int:
    """Make another person follow these open requests of `former`, or all of them if None. Return how many."""
    words = {"former_word": str(former), "to_word": str(to)}
    row = await tx.row(_HAND_OVER, former=former, to=to, request_ids=request_ids, **words, **event)
    assert row is not None
    return int(row["handed"])


async def release_taken(tx: Tx, staff_id: UUID, at: datetime) -> None:
    """Put the calls that this person has taken back in their queues at once."""
    offers = update(Offer).where(Offer.phoned_by == staff_id, *_being_phoned(at))
    await tx.session.execute(offers.values(phoned_by=None, phoned_until=None))
    callbacks = update(Callback).where(Callback.taken_by == staff_id, *_being_called(at))
    await tx.session.execute(callbacks.values(taken_by=None, taken_until=None))
