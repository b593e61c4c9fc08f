"""Routes for requests, their contacts and citizens, used by staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import RevealReason, Role
from app.auth.reveals import note_reveal
from app.catalog.current import CurrentCatalog
from app.danger.current import CurrentDangers
from app.events.act import Act
from app.events.models import Event
from app.intake import actions, citizens, queries
from app.intake.current import CurrentlyKnown
from app.intake.danger import raise_danger_from_note
from app.intake.entitlement import claimant
from app.intake.filters import RequestFilter, RequestSearch, describe_search
from app.intake.models import Request as ServiceRequest
from app.intake.schemas import (
    AnswerIn,
    BarIn,
    CallerOut,
    CallerSearch,
    CitizenEdit,
    CitizenIn,
    CitizenOut,
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
    RevealOut,
    TierConsentIn,
    TierSearch,
)
from app.intake.views import show
from app.kit import pages
from app.kit.db import Tx
from app.kit.etags import set_etag
from app.kit.fields import Code
from app.kit.idempotency import SentKey, once, repeatable
from app.kit.pages import Page, Paging, page, page_of
from app.kit.phones import OwnPhone, Phone

router = Router(tags=["requests"])
citizens_router = Router(prefix="/citizens", tags=["citizens"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Overseer = Annotated[Act, Depends(acting(Role.SUPERVISOR, Role.ADMIN))]
Reader = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]


@router.get("/requests")
async def list_requests(
    request: Request, response: Response, act: Reader, tx: Transaction, wanted: Annotated[RequestFilter, Query()]
) -> Page[RequestOut]:
    """List requests, newest first, with phones and names masked. A page searches at most 20,000 past requests for
    matches."""
    await _note_search(act, tx, wanted)
    rows, to = await _find_requests(act, tx, wanted)
    return page(rows, wanted, _key, show, request, response, to)


@router.post("/requests/searches")
async def search_requests(body: RequestSearch, act: Operator, tx: Transaction) -> Page[RequestOut]:
    """List requests as `GET /requests` does, but with words, names and numbers (`q`) in the body, so that they appear
    in no URL. To continue, send `next` of the last page as `cursor`. Searches are recorded in the audit log."""
    await _note_search(act, tx, body)
    rows, to = await _find_requests(act, tx, body)
    return page_of(rows, body, _key, show, to)


async def _note_search(act: Act, tx: Tx, wanted: RequestFilter) -> None:
    if wanted.citizen_phone:
        citizen = await queries.find_citizen(tx, wanted.citizen_phone)
        await citizens.note_citizen(act, tx, wanted.citizen_phone, citizen, RevealReason.SEARCH)
    if wanted.q:
        await note_reveal(act, tx, "requests", RevealReason.SEARCH, **describe_search(wanted.q))
    if wanted.citizen_id:
        await note_reveal(act, tx, f"citizen:{wanted.citizen_id}", RevealReason.SEARCH)


async def _find_requests(act: Act, tx: Tx, wanted: RequestFilter) -> tuple[Sequence[Any], Any]:
    after = wanted.after(datetime, UUID)
    conditions = wanted.conditions(act)
    to = None
    if wanted.looks_through_history:
        to = await queries.find_place_behind(tx, after, pages.LOOKED_AT, wanted.received_from, wanted.received_to)
    return await queries.list_requests(tx, conditions, after, wanted.limit + 1, to), to


def _key(row: ServiceRequest) -> tuple[Any, ...]:
    return row.received_at, row.id


@router.get("/requests/{request_id}")
async def read_request(request_id: UUID, response: Response, act: Reader, tx: Transaction) -> RequestOut:
    """Return one request, with phones and names masked. Send its ETag with a correction."""
    found = await actions.get_request(tx, request_id)
    set_etag(response, found.version)
    return show(found)


@router.get("/requests/{request_id}/personal-data")
async def read_personal_data(request_id: UUID, act: Operator, tx: Transaction) -> PersonalData:
    """Return whom to reach and where, unmasked. The reading is recorded in the audit log."""
    found = await actions.get_request(tx, request_id)
    await note_reveal(act, tx, f"request:{request_id}", RevealReason.REQUEST)
    return PersonalData.model_validate(found, from_attributes=True)


@router.get("/requests/{request_id}/events")
async def list_request_events(request_id: UUID, act: Reader, tx: Transaction) -> list[EventOut]:
    """Return the request's timeline, oldest first."""
    await actions.get_request(tx, request_id)
    return [_event(event) for event in await queries.list_events(tx, request_id)]


def _event(event: Event) -> EventOut:
    return EventOut.model_validate({name: getattr(event, name) for name in EventOut.model_fields})


@router.get("/requests/{request_id}/contacts")
async def list_request_contacts(request_id: UUID, act: Operator, tx: Transaction) -> list[ContactOut]:
    """Return all calls and messages about the request and about those merged into it, oldest first."""
    await actions.get_request(tx, request_id)
    return [ContactOut.model_validate(contact) for contact in await queries.list_contacts(tx, request_id)]


@router.put("/requests/{request_id}/answer")
@repeatable
async def answer_request(request_id: UUID, body: AnswerIn, act: Operator, tx: Transaction) -> RequestOut:
    """Record the answer given to the citizen and close the request."""
    return show(await actions.answer_request(act, tx, request_id, body), typed=True)


@router.put("/requests/{request_id}/relay")
@repeatable
async def relay_request(
    request_id: UUID, body: RelayIn, act: Operator, tx: Transaction, dangers: CurrentDangers
) -> RequestOut:
    """Relay the request to an emergency line, a utility or 12345, and keep its ticket number there."""
    return show(await actions.relay_request(act, tx, request_id, body, dangers))


@router.put("/requests/{request_id}/danger/relay")
@repeatable
async def relay_danger(
    request_id: UUID, body: DangerRelayIn, act: Operator, tx: Transaction, dangers: CurrentDangers
) -> RequestOut:
    """Record that an emergency line has taken the danger; several lines may, one after another. Until the first one
    has, the request is offered to no provider."""
    return show(await actions.relay_danger(act, tx, request_id, body, dangers))


@router.put("/requests/{request_id}/closure")
@repeatable
async def close_request(request_id: UUID, body: CloseIn, act: Operator, tx: Transaction) -> RequestOut:
    """Close a request that was relayed or that no provider was found for."""
    return show(await actions.close_request(act, tx, request_id, body.note))


@router.delete("/requests/{request_id}/parent")
@repeatable
async def separate_request(request_id: UUID, act: Supervisor, tx: Transaction) -> RequestOut:
    """Undo a merge: the request is received again, independent of the other one."""
    return show(await actions.separate_request(act, tx, request_id))


@router.put("/requests/{request_id}/tier-consent")
@repeatable
async def consent_to_tier(
    request_id: UUID, body: TierConsentIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> RequestOut:
    """Record that the citizen agrees to pay up to this tier if no provider is found at the present one. A waiting
    request is matched again at once."""
    return show(await actions.consent_to_tier(act, tx, request_id, body.tier, catalog))


@router.put("/requests/{request_id}/hold")
@repeatable
async def hold_request(
    request_id: UUID, body: HoldIn, act: Operator, tx: Transaction, about: CurrentlyKnown
) -> RequestOut:
    """Put the request on hold until the given time."""
    await actions.hold_request(act, tx, request_id, body)
    await raise_danger_from_note(act, tx, request_id, body.reason, about)
    return show(await actions.get_locked(tx, request_id), typed=True)


@router.delete("/requests/{request_id}/hold")
@repeatable
async def resume_request(request_id: UUID, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> RequestOut:
    """End the hold: the request returns to its former state."""
    return show(await actions.resume_request(act, tx, request_id, catalog))


@citizens_router.post("/searches")
async def search_caller(body: CallerSearch, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> CallerOut:
    """Look up a caller by phone or citizen id, so that the phone appears in no URL. The reading is recorded in the
    audit log."""
    if body.citizen_id:
        return await citizens.show_found(act, tx, body.citizen_id, catalog)
    assert body.phone is not None, "one of them is named"
    return await citizens.look_up_caller(act, tx, body.phone, catalog)


@citizens_router.post("")
async def record_citizen(
    body: CitizenIn, act: Operator, tx: Transaction, catalog: CurrentCatalog, idempotency_key: SentKey = None
) -> CitizenOut:
    """Record what the centre knows about the citizen with this number: name, place, note, groups, unwanted providers. A
    new number gets a record, with its own id."""

    async def write() -> CitizenOut:
        return await citizens.record_citizen(act, tx, body, catalog)

    return await once(act.who, idempotency_key, "POST /citizens", body).answer(tx, act.now, CitizenOut, write)


@citizens_router.get("/{citizen_id}/reveals")
async def list_reveals(
    citizen_id: UUID,
    request: Request,
    response: Response,
    act: Overseer,
    tx: Transaction,
    paging: Annotated[Paging, Query()],
) -> Page[RevealOut]:
    """List who saw the citizen's personal data and why, latest first, to tell the citizen who asks."""
    [before] = paging.after(int) or [None]
    rows = await citizens.list_reveals(tx, citizen_id, before, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), RevealOut.model_validate, request, response)


@citizens_router.delete("/{citizen_id}/memberships/{group}", status_code=204)
@repeatable
async def end_citizen_membership(citizen_id: UUID, group: Code, act: Operator, tx: Transaction) -> None:
    """End the citizen's membership of the group. Nothing happens if there is none."""
    await citizens.end_membership(act, tx, await citizens.get_citizen(tx, citizen_id), group)


@citizens_router.delete("/{citizen_id}/barred-providers/{provider_id}", status_code=204)
@repeatable
async def lift_citizen_bar(citizen_id: UUID, provider_id: UUID, act: Operator, tx: Transaction) -> None:
    """Lift the bar, so that the provider may be offered the citizen's requests again."""
    await citizens.unbar_provider(act, tx, await citizens.get_citizen(tx, citizen_id), provider_id)


@citizens_router.post("/tiers")
async def search_tiers(body: TierSearch, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> list[OpeningOut]:
    """Return the item's tiers, cheapest first: whether each is open to the citizen, by which rule, and how much of its
    quota is used. The reading is recorded in the audit log."""
    item = catalog.item(body.item)
    return await citizens.list_tiers(act, tx, item, catalog, phone=body.phone, citizen_id=body.citizen_id)


@router.get("/items/{code}/tiers")
async def list_tiers_for_anybody(
    code: Code, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> list[OpeningOut]:
    """Return the item's tiers, cheapest first, for a caller about whom nothing is known. Tiers that are not open to
    everybody name the groups that they are open to."""
    nobody = await claimant(tx, None, act.now, act.zone)
    return await citizens.show_openings(act, tx, catalog.item(code), nobody, catalog)


# The operations below have the number in their URL, which proxies and browsers log. The next version drops them.


@citizens_router.get("/{phone}", deprecated=True)
async def look_up_caller(phone: Phone, act: Operator, tx: Transaction, catalog: CurrentCatalog) -> CallerOut:
    """Look up a caller by phone. Use `POST /citizens/searches`, which keeps the number out of the URL. The reading is
    recorded in the audit log."""
    return await citizens.look_up_caller(act, tx, phone, catalog)


@citizens_router.get("/{phone}/tiers", deprecated=True)
async def list_tiers(
    phone: Phone,
    item: Annotated[str, Query(max_length=10, description="its code")],
    act: Operator,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> list[OpeningOut]:
    """Return the item's tiers for the caller. Use `POST /citizens/tiers`. The reading is recorded in the
    audit log."""
    return await citizens.list_tiers(act, tx, catalog.item(item), catalog, phone=phone)


@citizens_router.patch("/{phone}", deprecated=True)
@repeatable
async def edit_citizen(
    phone: OwnPhone, body: CitizenEdit, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> CitizenEdit:
    """Change what the centre knows about a citizen. Use `POST /citizens`."""
    return await citizens.edit_citizen(act, tx, await citizens.get_or_add(tx, phone, act.now), body, catalog)


@citizens_router.put("/{phone}/groups/{group}", status_code=204, deprecated=True)
@repeatable
async def add_membership(
    phone: OwnPhone, group: Code, body: MembershipIn, act: Operator, tx: Transaction, catalog: CurrentCatalog
) -> None:
    """Record that the citizen belongs to a priority group. Use `POST /citizens`."""
    citizen = await citizens.get_or_add(tx, phone, act.now)
    await citizens.add_membership(act, tx, citizen, group, body, catalog)


@citizens_router.delete("/{phone}/groups/{group}", status_code=204, deprecated=True)
@repeatable
async def end_membership(phone: OwnPhone, group: Code, act: Operator, tx: Transaction) -> None:
    """End the citizen's membership of the group. Use `DELETE /citizens/{citizen_id}/memberships/{group}`."""
    await citizens.end_membership(act, tx, await citizens.get_by_phone(tx, phone), group)


@citizens_router.put("/{phone}/bars/{provider_id}", status_code=204, deprecated=True)
@repeatable
async def bar_provider(phone: OwnPhone, provider_id: UUID, body: BarIn, act: Operator, tx: Transaction) -> None:
    """Stop offering the citizen's requests to this provider. Use `POST /citizens`."""
    citizen = await citizens.get_or_add(tx, phone, act.now)
    await citizens.bar_provider(act, tx, citizen, provider_id, body.reason)


@citizens_router.delete("/{phone}/bars/{provider_id}", status_code=204, deprecated=True)
@repeatable
async def unbar_provider(phone: OwnPhone, provider_id: UUID, act: Operator, tx: Transaction) -> None:
    """Lift the bar. Use `DELETE /citizens/{citizen_id}/barred-providers/{provider_id}`."""
    await citizens.unbar_provider(act, tx, await citizens.get_by_phone(tx, phone), provider_id)
