"""Requests, their contacts and citizens, for staff."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.auth.reveals import note_reveal
from app.catalog.current import CurrentCatalog
from app.danger.current import CurrentDangers
from app.events.act import Act
from app.events.models import Event
from app.intake import actions, citizens, queries
from app.intake.current import CurrentlyKnown
from app.intake.endangered import raise_heard
from app.intake.entitlement import claimant
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
from app.kit.idempotency import repeatable
from app.kit.pages import Page, page
from app.kit.personal import mask_phone
from app.kit.phones import OwnPhone, Phone

router = Router(tags=["requests"])
citizens_router = Router(prefix="/citizens", tags=["citizens"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Reader = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]


@router.get("/requests")
async def list_requests(
    request: Request, response: Response, act: Reader, tx: Transaction, wanted: Annotated[RequestFilter, Query()]
) -> Page[RequestOut]:
    """Requests, newest first; phones and names masked. A page looks at 20,000 requests for those that fit."""
    if wanted.citizen_phone:
        await note_reveal(act, tx, f"citizen:{mask_phone(wanted.citizen_phone)}", "search")
    if wanted.q:
        await note_reveal(act, tx, "requests", "search", **show_searched(wanted.q))
    after = wanted.after(datetime, UUID)
    conditions = wanted.conditions(act)
    to = None
    if wanted.looks_through_history:
        to = await queries.find_place_behind(tx, after, pages.LOOKED_AT, wanted.received_from, wanted.received_to)
    rows = await queries.list_requests(tx, conditions, after, wanted.limit + 1, to)
    return page(rows, wanted, _key, show, request, response, to)


def _key(row: ServiceRequest) -> tuple[Any, ...]:
    return row.received_at, row.id


@router.get("/requests/{request_id}")
async def read_request(request_id: UUID, response: Response, act: Reader, tx: Transaction) -> RequestOut:
    """One request; phone and name masked. Its ETag is for corrections."""
    found = await actions.get_request(tx, request_id)
    set_etag(response, found.version)
    return show(found)


@router.get("/requests/{request_id}/personal-data")
async def read_personal_data(request_id: UUID, act: Operator, tx: Transaction) -> PersonalData:
    """Whom to reach, and where, in full; the reading is on the audit log."""
    found = await actions.get_request(tx, request_id)
    await note_reveal(act, tx, f"request:{request_id}", "request")
    return PersonalData.model_validate(found, from_attributes=True)


@router.get("/requests/{request_id}/events")
async def list_request_events(request_id: UUID, act: Reader, tx: Transaction) -> list[EventOut]:
    """The request's timeline, oldest first."""
    await actions.get_request(tx, request_id)
    return [_event(event) for event in await queries.list_events(tx, request_id)]


def _event(event: Event) -> EventOut:
    return EventOut.model_validate({name: getattr(event, name) for name in EventOut.model_fields})


@router.get("/requests/{request_id}/contacts")
async def list_request_contacts(request_id: UUID, act: Operator, tx: Transaction) -> list[ContactOut]:
    """Every call and message about the request, and about those merged into it."""
    await actions.get_request(tx, request_id)
    return [ContactOut.model_validate(contact) for contact in await queries.list_contacts(tx, request_id)]


@router.put("/requests/{request_id}/answer")
@repeatable
async def answer_request(request_id: UUID, body: AnswerIn, act: Operator, tx: Transaction) -> RequestOut:
    """Tell the citizen the answer; the request is closed."""
    return show(await actions.answer_request(act, tx, request_id, body))


@router.put("/requests/{request_id}/relay")
@repeatable
async def relay_request(
    request_id: UUID, body: RelayIn, act: Operator, tx: Transaction, dangers: CurrentDangers
) -> RequestOut:
    """Hand the request to an emergency line, a utility or 12345; its number there is kept."""
    return show(await actions.relay_request(act, tx, request_id, body, dangers))


@router.put("/requests/{request_id}/danger/relay")
@repeatable
async def relay_danger(
    request_id: UUID, body: DangerRelayIn, act: Operator, tx: Transaction, dangers: CurrentDangers
) -> RequestOut:
    """An emergency line has the danger now; several may have it, one after the other. Nothing of it was offered to a
    company before."""
    return show(await actions.relay_danger(act, tx, request_id, body, dangers))


@router.put("/requests/{request_id}/closure")
@repeatable
async def close_request(request_id: UUID, body: CloseIn, act: Operator, tx: Transaction) -> RequestOut:
    """Close what was relayed, or what nobody could be found for."""
    return show(await actions.close_request(act, tx, request_id, body.note))


@router.delete("/requests/{request_id}/parent")
@repeatable
async def separate_request(request_id: UUID, act: Supervisor, tx: Transaction) -> RequestOut:
    """Undo a merge: the request stands for itself again, as received."""
    return show(await actions.separate_request(act, tx, request_id))


@router.put("/requests/{request_id}/tier-consent")
@repeatable
async def consent_to_tier(
    request_id: UUID, body: TierConsentIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """The citizen agrees to pay up to this tier if nobody comes at the present one; what waits is matched again."""
    return show(await actions.consent_to_tier(act, tx, request_id, body.tier, catalog))


@router.put("/requests/{request_id}/hold")
@repeatable
async def hold_request(
    request_id: UUID, body: HoldIn, act: Operator, tx: Transaction, about: CurrentlyKnown
) -> RequestOut:
    """Let the request wait until then."""
    await actions.hold_request(act, tx, request_id, body)
    await raise_heard(act, tx, request_id, body.reason, about)
    return show(await actions.get_locked(tx, request_id))


@router.delete("/requests/{request_id}/hold")
@repeatable
async def resume_request(request_id: UUID, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> RequestOut:
    """Take the request up again."""
    return show(await actions.resume_request(act, tx, request_id, catalog))


@citizens_router.post("/searches")
async def search_caller(body: CallerSearch, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> CallerOut:
    """The pop-up for a ringing number, which stands in no address so; the reading is on the audit log."""
    if body.citizen_id:
        return await citizens.show_found(act, tx, body.citizen_id, catalog)
    assert body.phone is not None, "one of them is named"
    return await citizens.look_up_caller(act, tx, body.phone, catalog)


@citizens_router.get("/{phone}")
async def look_up_caller(phone: Phone, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> CallerOut:
    """The pop-up for a ringing number; the reading is on the audit log."""
    return await citizens.look_up_caller(act, tx, phone, catalog)


@citizens_router.get("/{phone}/tiers")
async def list_tiers(
    phone: Phone,
    item: Annotated[str, Query(max_length=10, description="its code")],
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> list[OpeningOut]:
    """The item's tiers, cheapest first: which are open to the caller, by which rule, and how much of it is used; the
    reading is on the audit log."""
    return await citizens.list_tiers(act, tx, phone, catalog.item(item), catalog)


@router.get("/items/{code}/tiers")
async def list_tiers_for_anybody(
    code: Code, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> list[OpeningOut]:
    """The item's tiers for a caller of whom nothing is known, cheapest first: for whom those are that are not open."""
    nobody = await claimant(tx, None, act.now, act.zone)
    return await citizens.show_openings(act, tx, catalog.item(code), nobody, catalog)


@citizens_router.patch("/{phone}")
@repeatable
async def edit_citizen(
    phone: OwnPhone, body: CitizenEdit, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> CitizenEdit:
    """Note who the citizen is and lives where; makes the record if the number is new."""
    return await citizens.edit_citizen(act, tx, phone, body, catalog)


@citizens_router.put("/{phone}/groups/{group}", status_code=204)
@repeatable
async def add_membership(
    phone: OwnPhone, group: Code, body: MembershipIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> None:
    """The citizen belongs to a priority group; who checked it and until when is kept."""
    await citizens.add_membership(act, tx, phone, group, body, catalog)


@citizens_router.delete("/{phone}/groups/{group}", status_code=204)
@repeatable
async def end_membership(phone: OwnPhone, group: Code, act: Operator, tx: Transaction) -> None:
    """The citizen no longer belongs to the group."""
    await citizens.end_membership(act, tx, phone, group)


@citizens_router.put("/{phone}/bars/{provider_id}", status_code=204)
@repeatable
async def bar_provider(phone: OwnPhone, provider_id: UUID, body: BarIn, act: Operator, tx: Transaction) -> None:
    """The citizen does not want this provider again."""
    await citizens.bar_provider(act, tx, phone, provider_id, body.reason)


@citizens_router.delete("/{phone}/bars/{provider_id}", status_code=204)
@repeatable
async def unbar_provider(phone: OwnPhone, provider_id: UUID, act: Operator, tx: Transaction) -> None:
    """The citizen would have this provider again."""
    await citizens.unbar_provider(act, tx, phone, provider_id)
