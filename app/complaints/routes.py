"""What citizens say later, and complaints: staff, and the firm whose work one is about."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.complaints import actions, queries
from app.complaints.schemas import ComplaintFilter, ComplaintOut, Decision, OwnComplaint, Owner, Reply
from app.events.act import Actor
from app.intake.endangered import CurrentlyKnown
from app.intake.queries import find_contact
from app.intake.schemas import ContactIn, ContactOut
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, Paging, page
from app.kit.web import Now, context_of

router = APIRouter(tags=["complaints"])
Operator = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Principal, Depends(allow(Role.SUPERVISOR))]
Provider = Annotated[Principal, Depends(allow(Role.PROVIDER))]


@router.post("/requests/{request_id}/contacts", status_code=201)
async def add_contact(
    request_id: UUID,
    body: ContactIn,
    request: Request,
    tx: Transaction,
    now: Now,
    about: CurrentlyKnown,
    principal: Operator,
    idempotency_key: SentKey = None,
) -> ContactOut:
    """A later call or message: progress asked for, a change wanted (the firm at work hears of it), or a complaint,
    which opens a case whatever became of the request."""
    settings = context_of(request).settings

    async def add() -> ContactOut:
        contact = await actions.say_later(tx, request_id, body, about, settings, principal.actor, now)
        return ContactOut.model_validate(await find_contact(tx, contact.id))

    first = once(principal.id, idempotency_key, f"POST /requests/{request_id}/contacts", body)
    return await first.answer(tx, now, ContactOut, add)


@router.get("/complaints")
async def list_complaints(
    request: Request,
    response: Response,
    tx: Transaction,
    principal: Operator,
    wanted: Annotated[ComplaintFilter, Query()],
) -> Page[ComplaintOut]:
    """Complaints that are open, decided, mine, or all; oldest first."""
    rows = await queries.list_complaints(tx, wanted, principal.id, wanted.after(datetime, UUID))
    return page(rows, wanted, _key, ComplaintOut.model_validate, request, response)


def _key(row: Any) -> tuple[Any, ...]:
    return row.opened_at, str(row.id)


@router.put("/complaints/{complaint_id}/owner")
async def hand_over(complaint_id: UUID, body: Owner, tx: Transaction, now: Now, principal: Supervisor) -> ComplaintOut:
    """Which supervisor looks after the case."""
    return await actions.hand_over(tx, complaint_id, body.staff_id, principal.actor, now)


@router.put("/complaints/{complaint_id}/reply")
async def reply_for_firm(
    complaint_id: UUID, body: Reply, tx: Transaction, now: Now, principal: Operator
) -> ComplaintOut:
    """What the firm says to it on the phone."""
    actor = Actor(principal.kind, principal.id, on_behalf=True)
    await actions.reply(tx, complaint_id, body.text, None, actor, now)
    return await actions.show(tx, complaint_id)


@router.put("/complaints/{complaint_id}/decision")
async def decide(complaint_id: UUID, body: Decision, tx: Transaction, now: Now, principal: Supervisor) -> ComplaintOut:
    """Decide a complaint, once."""
    return await actions.decide(tx, complaint_id, body, principal.actor, now)


@router.get("/provider/complaints")
async def list_own(
    request: Request, response: Response, tx: Transaction, principal: Provider, paging: Annotated[Paging, Query()]
) -> Page[OwnComplaint]:
    """The complaints about the provider's work, newest first."""
    [before] = paging.after(UUID) or [None]
    rows = await queries.list_own(tx, principal.id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), OwnComplaint.model_validate, request, response)


@router.put("/provider/complaints/{complaint_id}/reply")
async def reply(complaint_id: UUID, body: Reply, tx: Transaction, now: Now, principal: Provider) -> OwnComplaint:
    """What the firm says to it, until it is decided; the last word counts."""
    await actions.reply(tx, complaint_id, body.text, principal.id, principal.actor, now)
    return await actions.show_own(tx, complaint_id)
