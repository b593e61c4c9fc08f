"""SQL for a request's timeline: its events, and the words recorded in the rows that they refer to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, case, cast, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.aftercare.models import Callback
from app.auth.models import Staff
from app.complaints.models import Cause, Complaint
from app.events.kinds import EventKind
from app.events.models import ActorKind, Event
from app.intake.models import Contact, Remark, Request
from app.jobs.models import Extension, Job, Offer
from app.kit.db import Tx
from app.registry.models import Provider

REDUNDANT_KINDS = (
    EventKind.REQUEST_ASSIGNED,
    EventKind.REQUEST_STARTED,
    EventKind.REQUEST_COMPLETED,
    EventKind.REQUEST_RETURNED,
    EventKind.OFFER_ENDED,
    EventKind.JOB_CANCELLED,
)
"""Kinds left out because another event at the same moment says more."""


async def list_happenings(tx: Tx, request_id: UUID, before: int | None, limit: int) -> Sequence[Any]:
    """Return the request's events, newest first, each with who acted, what was said, and the call or message it came
    from."""
    some = select(Event).where(Event.request_id == request_id, Event.kind.not_in(REDUNDANT_KINDS))
    if before is not None:
        some = some.where(Event.id < before)
    event = some.order_by(Event.id.desc()).limit(limit).subquery("event")
    child = aliased(Request)
    about = func.coalesce(
        select(child.id)
        .where(child.parent_id == request_id, cast(child.number, Text) == event.c.data["about_number"].astext)
        .correlate(event)
        .scalar_subquery(),
        request_id,
    )
    contact = (
        select(Contact)
        .where(
            event.c.kind.in_([EventKind.REQUEST_CONTACTED, EventKind.REQUEST_CREATED]),
            Contact.request_id == about,
            Contact.at == event.c.at,
            Contact.purpose == func.coalesce(event.c.data["purpose"].astext, "request"),
        )
        .order_by(Contact.id.desc())
        .limit(1)
        .lateral("contact")
    )

    def named(key: InstrumentedAttribute[UUID], name: str) -> Any:
        return key == cast(event.c.data[name].astext, Uuid)

    words = case(
        (event.c.kind == EventKind.REQUEST_CONTACTED, contact.c.note),
        (event.c.kind == EventKind.REQUEST_ANSWERED, Request.answer),
        (event.c.kind == EventKind.REQUEST_CANCELLED, Request.cancel_reason),
        (event.c.kind == EventKind.OFFER_DECLINED, Offer.decline_note),
        (event.c.kind == EventKind.JOB_QUOTED, Job.quote_note),
        (event.c.kind.in_([EventKind.JOB_COMPLETED, EventKind.JOB_FAILED]), Job.result),
        (event.c.kind == EventKind.JOB_RETURNED, Job.return_note),
        (event.c.kind == EventKind.JOB_ARBITRATED, Job.fault_note),
        (event.c.kind == EventKind.EXTENSION_ASKED, Extension.reason),
        (event.c.kind.in_([EventKind.EXTENSION_GRANTED, EventKind.EXTENSION_REFUSED]), Extension.decision_note),
        (event.c.kind == EventKind.CALLBACK_DONE, Callback.remark),
        # A complaint made in a call has its words in the entry for that call.
        (and_(event.c.kind == EventKind.COMPLAINT_OPENED, Complaint.cause != Cause.SAID), Complaint.words),
        (event.c.kind == EventKind.COMPLAINT_REPLIED, Complaint.reply),
        (event.c.kind == EventKind.COMPLAINT_DECIDED, Complaint.decision),
        (event.c.kind == EventKind.COMPLAINT_ANSWERED, Complaint.answer_note),
        else_=Remark.text,
    )
    by_staff = event.c.actor_kind == ActorKind.STAFF
    query = (
        select(
            *event.c,
            Staff.name.label("staff_name"),
            Provider.name.label("provider_name"),
            contact.c.channel,
            contact.c.phone,
            words.label("words"),
        )
        .join(Request, Request.id == event.c.request_id)
        .outerjoin(Staff, and_(by_staff, Staff.id == event.c.actor_id))
        .outerjoin(Provider, Provider.id == event.c.provider_id)
        .outerjoin(contact, true())
        .outerjoin(Remark, named(Remark.id, "remark_id"))
        .outerjoin(Offer, named(Offer.id, "offer_id"))
        .outerjoin(Job, named(Job.id, "job_id"))
        .outerjoin(Extension, named(Extension.id, "extension_id"))
        .outerjoin(Callback, named(Callback.id, "callback_id"))
        .outerjoin(Complaint, named(Complaint.id, "complaint_id"))
        .order_by(event.c.id.desc())
    )
    return (await tx.session.execute(query)).all()
