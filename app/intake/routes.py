"""Requests, their contacts and citizens, for staff."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.auth.reveals import note_reveal
from app.catalog.snapshot import CurrentCatalog
from app.danger.snapshot import CurrentDangers
from app.events.models import Event
from app.intake import actions, citizens, queries
from app.intake.endangered import CurrentlyKnown, raise_heard
from app.intake.filters import RequestFilter, show_searched
from app.intake.models import Request as ServiceRequest
from app.intake.schemas import (
    AnswerIn,
    BarIn,
    CallerOut,
    CallerSearch,
    CitizenEdit,
    CloseIn,
    ContactOut,
    DangerRelayIn,
    EventOut,
    HoldIn,
    MembershipIn,
    OpeningOut,
    PersonalData,
    RelayIn,
    RequestOut,
    TierConsentIn,
)
from app.intake.views import show
from app.kit import pages
from app.kit.etags import set_etag
from app.kit.fields import Code
from app.kit.pages import Page, page
from app.kit.personal import mask_phone
from app.kit.phones import OwnPhone, Phone
from app.kit.web import Now, context_of

router = APIRouter(tags=["requests"])
citizens_router = APIRouter(prefix="/citizens", tags=["citizens"])
Operator = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Principal, Depends(allow(Role.SUPERVISOR))]
Reader = Annotated[Principal, Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]


@router.get("/requests")
async def list_requests(
    request: Request,
    response: Response,
    tx: Transaction,
    now: Now,
    principal: Reader,
    wanted: Annotated[RequestFilter, Query()],
) -> Page[RequestOut]:
    """Requests, newest first; phones and names masked. A page looks at 20,000 requests for those that fit."""
    if wanted.citizen_phone:
        await note_reveal(tx, principal, f"citizen:{mask_phone(wanted.citizen_phone)}", "search", now)
    if wanted.q:
        await note_reveal(tx, principal, "requests", "search", now, **show_searched(wanted.q))
    after = wanted.after(datetime, UUID)
    conditions = wanted.conditions(principal)
    to = None
    if wanted.looks_through_history:
        to = await queries.find_place_behind(tx, after, pages.LOOKED_AT, wanted.received_from, wanted.received_to)
    rows = await queries.list_requests(tx, conditions, after, wanted.limit + 1, to)
    return page(rows, wanted, _key, show, request, response, to)


def _key(row: ServiceRequest) -> tuple[Any, ...]:
    return row.received_at, row.id


@router.get("/requests/{request_id}")
async def read_request(request_id: UUID, response: Response, tx: Transaction, principal: Reader) -> RequestOut:
    """One request; phone and name masked. Its ETag is for corrections."""
    found = await actions.get_request(tx, request_id)
    set_etag(response, found.version)
    return show(found)


@router.get("/requests/{request_id}/personal-data")
async def read_personal_data(request_id: UUID, tx: Transaction, now: Now, principal: Operator) -> PersonalData:
    """Whom to reach, and where, in full; the reading is on the audit log."""
    found = await actions.get_request(tx, request_id)
    await note_reveal(tx, principal, f"request:{request_id}", "request", now)
    return PersonalData.model_validate(found, from_attributes=True)


@router.get("/requests/{request_id}/events")
async def list_events(request_id: UUID, tx: Transaction, principal: Reader) -> list[EventOut]:
    """The request's timeline, oldest first."""
    await actions.get_request(tx, request_id)
    return [_event(event) for event in await queries.list_events(tx, request_id)]


def _event(event: Event) -> EventOut:
    return EventOut.model_validate({name: getattr(event, name) for name in EventOut.model_fields})


@router.get("/requests/{request_id}/contacts")
async def list_contacts(request_id: UUID, tx: Transaction, principal: Operator) -> list[ContactOut]:
    """Every call and message about the request, and about those merged into it."""
    await actions.get_request(tx, request_id)
    return [ContactOut.model_validate(contact) for contact in await queries.list_contacts(tx, request_id)]


@router.put("/requests/{request_id}/answer")
async def answer_request(
    request_id: UUID, body: AnswerIn, tx: Transaction, now: Now, principal: Operator
) -> RequestOut:
    """Tell the citizen the answer; the request is closed."""
    return show(await actions.answer_request(tx, request_id, body, principal.actor, now))


@router.put("/requests/{request_id}/relay")
async def relay_request(
    request_id: UUID, body: RelayIn, tx: Transaction, now: Now, dangers: CurrentDangers, principal: Operator
) -> RequestOut:
    """Hand the request to an emergency line, a utility or 12345; its number there is kept."""
    return show(await actions.relay_request(tx, request_id, body, dangers, principal.actor, now))


@router.put("/requests/{request_id}/danger/relay")
async def relay_danger(
    request_id: UUID, body: DangerRelayIn, tx: Transaction, now: Now, dangers: CurrentDangers, principal: Operator
) -> RequestOut:
    """An emergency line has the danger now; several may have it, one after the other. Nothing of it was offered to a
    company before."""
    return show(await actions.relay_danger(tx, request_id, body, dangers, principal.actor, now))


@router.put("/requests/{request_id}/closure")
async def close_request(request_id: UUID, body: CloseIn, tx: Transaction, now: Now, principal: Operator) -> RequestOut:
    """Close what was relayed, or what nobody could be found for."""
    return show(await actions.close_request(tx, request_id, body.note, principal.actor, now))


@router.delete("/requests/{request_id}/parent")
async def separate_request(request_id: UUID, tx: Transaction, now: Now, principal: Supervisor) -> RequestOut:
    """Undo a merge: the request stands for itself again, as received."""
    return show(await actions.separate_request(tx, request_id, principal.actor, now))


@router.put("/requests/{request_id}/tier-consent")
async def consent_to_tier(
    request_id: UUID, body: TierConsentIn, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> RequestOut:
    """The citizen agrees to pay up to this tier if nobody comes at the present one; what waits is matched again."""
    return show(await actions.consent_to_tier(tx, request_id, body.tier, catalog, principal.actor, now))


@router.put("/requests/{request_id}/hold")
async def hold_request(
    request_id: UUID,
    body: HoldIn,
    request: Request,
    tx: Transaction,
    now: Now,
    about: CurrentlyKnown,
    principal: Operator,
) -> RequestOut:
    """Let the request wait until then."""
    await actions.hold_request(tx, request_id, body, principal.actor, now)
    await raise_heard(tx, request_id, body.reason, about, context_of(request).settings.zone, principal.actor, now)
    return show(await actions.get_locked(tx, request_id))


@router.delete("/requests/{request_id}/hold")
async def resume_request(
    request_id: UUID, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> RequestOut:
    """Take the request up again."""
    zone = context_of(request).settings.zone
    return show(await actions.resume_request(tx, request_id, catalog, zone, principal.actor, now))


@citizens_router.post("/searches")
async def search_caller(
    body: CallerSearch, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> CallerOut:
    """The pop-up for a ringing number, which stands in no address so; the reading is on the audit log."""
    zone = context_of(request).settings.zone
    if body.citizen_id:
        return await citizens.show_found(tx, body.citizen_id, catalog, principal, now, zone)
    assert body.phone is not None, "one of them is named"
    return await citizens.look_up_caller(tx, body.phone, catalog, principal, now, zone)


@citizens_router.get("/{phone}")
async def look_up_caller(
    phone: Phone, request: Request, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> CallerOut:
    """The pop-up for a ringing number; the reading is on the audit log."""
    return await citizens.look_up_caller(tx, phone, catalog, principal, now, context_of(request).settings.zone)


@citizens_router.get("/{phone}/tiers")
async def list_tiers(
    phone: Phone,
    item: Annotated[str, Query(max_length=10, description="its code")],
    request: Request,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> list[OpeningOut]:
    """The item's tiers, cheapest first: which are open to the caller, by which rule, and how much of it is used; the
    reading is on the audit log."""
    zone = context_of(request).settings.zone
    return await citizens.list_tiers(tx, phone, catalog.item(item), catalog, principal, now, zone)


@citizens_router.patch("/{phone}")
async def edit_citizen(
    phone: OwnPhone, body: CitizenEdit, tx: Transaction, now: Now, catalog: CurrentCatalog, principal: Operator
) -> CitizenEdit:
    """Note who the citizen is and lives where; makes the record if the number is new."""
    return await citizens.edit_citizen(tx, phone, body, catalog, principal, now)


@citizens_router.put("/{phone}/groups/{group}", status_code=204)
async def add_membership(
    phone: OwnPhone,
    group: Code,
    body: MembershipIn,
    tx: Transaction,
    now: Now,
    catalog: CurrentCatalog,
    principal: Operator,
) -> None:
    """The citizen belongs to a priority group; who checked it and until when is kept."""
    await citizens.add_membership(tx, phone, group, body, catalog, principal, now)


@citizens_router.delete("/{phone}/groups/{group}", status_code=204)
async def end_membership(phone: OwnPhone, group: Code, tx: Transaction, now: Now, principal: Operator) -> None:
    """The citizen no longer belongs to the group."""
    await citizens.end_membership(tx, phone, group, principal, now)


@citizens_router.put("/{phone}/bars/{provider_id}", status_code=204)
async def bar_provider(
    phone: OwnPhone, provider_id: UUID, body: BarIn, tx: Transaction, now: Now, principal: Operator
) -> None:
    """The citizen does not want this provider again."""
    await citizens.bar_provider(tx, phone, provider_id, body.reason, principal, now)


@citizens_router.delete("/{phone}/bars/{provider_id}", status_code=204)
async def unbar_provider(phone: OwnPhone, provider_id: UUID, tx: Transaction, now: Now, principal: Operator) -> None:
    """The citizen would have this provider again."""
    await citizens.unbar_provider(tx, phone, provider_id, principal, now)
