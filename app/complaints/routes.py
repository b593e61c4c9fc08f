"""Routes for later calls and messages, and for complaints: for staff, and for the provider whose work they concern."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.complaints import actions, queries
from app.complaints.schemas import ComplaintFilter, ComplaintOut, Decision, OwnComplaint, Owner, Reply
from app.events.act import Act
from app.intake.current import CurrentlyKnown
from app.intake.queries import find_contact
from app.intake.schemas import ContactIn, ContactOut
from app.kit.idempotency import SentKey, once, repeatable
from app.kit.pages import Page, Paging, page
from app.kit.personal_words import find_places

router = Router(tags=["complaints"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
OnBehalf = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, on_behalf=True))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Provider = Annotated[Act, Depends(acting(Role.PROVIDER))]


@router.post("/requests/{request_id}/contacts", status_code=201)
async def add_contact(
    request_id: UUID,
    body: ContactIn,
    act: Operator,
    tx: Transaction,
    about: CurrentlyKnown,
    idempotency_key: SentKey = None,
) -> ContactOut:
    """Record a later call or message: a question about progress, a requested change, or a complaint.

    The provider that has the work is notified of a question or change. A complaint opens a case, whatever the state of
    the request.
    """

    async def add() -> ContactOut:
        contact = await actions.add_contact_or_complaint(act, tx, request_id, body, about)
        added = ContactOut.model_validate(await find_contact(tx, contact.id))
        added.personal_words = find_places({"note": body.note})
        return added

    first = once(act.who, idempotency_key, f"POST /requests/{request_id}/contacts", body)
    return await first.answer(tx, act.now, ContactOut, add)


@router.get("/complaints")
async def list_complaints(
    request: Request, response: Response, act: Operator, tx: Transaction, wanted: Annotated[ComplaintFilter, Query()]
) -> Page[ComplaintOut]:
    """List complaints, oldest first: open, decided, your own, or all."""
    rows = await queries.list_complaints(tx, wanted, act.who, wanted.after(datetime, UUID))
    return page(rows, wanted, _key, ComplaintOut.model_validate, request, response)


def _key(row: Any) -> tuple[Any, ...]:
    return row.opened_at, str(row.id)


@router.put("/complaints/{complaint_id}/owner")
async def hand_over_complaint(complaint_id: UUID, body: Owner, act: Supervisor, tx: Transaction) -> ComplaintOut:
    """Make this supervisor the owner of the case."""
    return await actions.hand_over(act, tx, complaint_id, body.staff_id)


@router.put("/complaints/{complaint_id}/reply")
@repeatable
async def reply_to_complaint_on_behalf(complaint_id: UUID, body: Reply, act: OnBehalf, tx: Transaction) -> ComplaintOut:
    """Record the reply that the provider gives on the phone."""
    await actions.reply(act, tx, complaint_id, body.text)
    return await actions.show(tx, complaint_id)


@router.put("/complaints/{complaint_id}/decision")
async def decide_complaint(complaint_id: UUID, body: Decision, act: Supervisor, tx: Transaction) -> ComplaintOut:
    """Decide a complaint, once."""
    return await actions.decide(act, tx, complaint_id, body)


@router.get("/provider/complaints")
async def list_own_complaints(
    request: Request, response: Response, act: Provider, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[OwnComplaint]:
    """List the complaints about your work, newest first."""
    [before] = paging.after(UUID) or [None]
    rows = await queries.list_own(tx, act.who, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), OwnComplaint.model_validate, request, response)


@router.put("/provider/complaints/{complaint_id}/reply")
async def reply_to_complaint(complaint_id: UUID, body: Reply, act: Provider, tx: Transaction) -> OwnComplaint:
    """Reply to a complaint about your work. Until the decision, a new reply replaces the last."""
    await actions.reply(act, tx, complaint_id, body.text)
    return await actions.show_own(tx, complaint_id)
