"""The registry: read by the centre, edited by the registrar, and what a provider sets itself."""

from datetime import date
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.catalog.models import Tier
from app.catalog.snapshot import CurrentCatalog
from app.kit.db import Tx
from app.kit.etags import IfMatch, set_etag
from app.kit.fields import Code
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, page
from app.kit.web import Now, Today, context_of
from app.registry import actions, card, keys, queries
from app.registry.edit import Edit
from app.registry.models import Provider
from app.registry.schemas import (
    Availability,
    KeyIn,
    KeyOut,
    KeyRotation,
    NewKey,
    Paper,
    Price,
    ProviderEdit,
    ProviderFilter,
    ProviderIn,
    ProviderOut,
    ProviderSummary,
    StandingIn,
)

UNMASKED = {Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR}

router = APIRouter(tags=["registry"])
Reader = Annotated[Principal, Depends(allow(*UNMASKED, Role.MANAGER))]
Shown = TypeVar("Shown", bound=ProviderSummary)


def _editing(*roles: Role) -> Any:
    async def edit(principal: Annotated[Principal, Depends(allow(*roles))], now: Now, today: Today) -> Edit:
        return Edit(principal, now, today)

    return Depends(edit)


ByRegistrar = Annotated[Edit, _editing(Role.REGISTRAR)]
ByPhone = Annotated[Edit, _editing(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR)]
ByFirm = Annotated[Edit, _editing(Role.PROVIDER)]


async def answer_document(tx: Tx, response: Response, provider_id: UUID, day: date) -> ProviderOut:
    """The provider's document as the answer, with its ETag. Raises NotFound."""
    document = await actions.get_document(tx, provider_id, day)
    set_etag(response, document.version)
    return document


def _shown(document: Shown, principal: Principal) -> Shown:
    return document if principal.roles & UNMASKED else document.masked()


def _key(provider: Provider) -> tuple[str, str]:
    return provider.name, str(provider.id)


@router.get("/providers")
async def list_providers(
    request: Request,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    today: Today,
    principal: Reader,
    wanted: Annotated[ProviderFilter, Query()],
) -> Page[ProviderSummary]:
    """Providers by name; a manager sees the contact masked.

    Ordered by name, which changes while you page: a provider renamed meanwhile may be missed or come twice.
    """

    def show(provider: Provider) -> ProviderSummary:
        return _shown(ProviderSummary.model_validate(provider), principal)

    rows = await actions.list_providers(tx, wanted, catalog, today)
    return page(rows, wanted, _key, show, request, response)


@router.post("/providers", status_code=201)
async def add_provider(
    body: ProviderIn,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
    idempotency_key: SentKey = None,
) -> ProviderOut:
    """Enter an application; its prices are approved with it, so each item's papers must be valid today."""
    first = once(edit.by.id, idempotency_key, "POST /providers", body)
    document = await actions.add_provider(tx, body, catalog, first, edit)
    set_etag(response, document.version)
    return document


@router.get("/providers/{provider_id}")
async def get_provider(
    provider_id: UUID, response: Response, tx: Transaction, today: Today, principal: Reader
) -> ProviderOut:
    """The whole document; a manager sees the contact masked."""
    return _shown(await answer_document(tx, response, provider_id, today), principal)


@router.patch("/providers/{provider_id}")
async def edit_provider(
    provider_id: UUID,
    body: ProviderEdit,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Change facts; coverage and hours are replaced whole."""
    await actions.edit_provider(tx, provider_id, body, if_match, catalog, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.put("/providers/{provider_id}/standing")
async def change_standing(
    provider_id: UUID,
    body: StandingIn,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Admit, confirm, watch, suspend, release or expel the provider, or let it leave."""
    await actions.change_standing(tx, provider_id, body, if_match, catalog, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.put("/providers/{provider_id}/papers/{paper}")
async def put_paper(
    provider_id: UUID,
    paper: Code,
    body: Paper,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
) -> ProviderOut:
    """File a licence or certificate, in the place of the former one of its kind: from its first day on, if that is to
    come."""
    await card.put_paper(tx, provider_id, paper, body, catalog, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.delete("/providers/{provider_id}/papers/{paper}")
async def remove_paper(
    provider_id: UUID, paper: Code, response: Response, tx: Transaction, edit: ByRegistrar
) -> ProviderOut:
    """Strike a kind of paper off, with what is to come of it; items that need it are no longer matched."""
    await card.remove_paper(tx, provider_id, paper, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.put("/providers/{provider_id}/items/{item}/{tier}")
async def set_price(
    provider_id: UUID,
    item: Code,
    tier: Tier,
    body: Price,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
) -> ProviderOut:
    """Put a price on the card, approved at once."""
    await card.set_price(tx, provider_id, item, tier, body, catalog, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.put("/providers/{provider_id}/items/{item}/{tier}/approval")
async def approve_price(
    provider_id: UUID,
    item: Code,
    tier: Tier,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    edit: ByRegistrar,
) -> ProviderOut:
    """Approve the price that the provider proposes."""
    await card.approve_price(tx, provider_id, item, tier, catalog, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.delete("/providers/{provider_id}/items/{item}/{tier}")
async def end_price(
    provider_id: UUID, item: Code, tier: Tier, response: Response, tx: Transaction, edit: ByRegistrar
) -> ProviderOut:
    """Take the item at the tier off the card from today, with what is proposed."""
    await card.end_price(tx, provider_id, item, tier, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.patch("/providers/{provider_id}/availability")
async def set_availability_by_phone(
    provider_id: UUID, body: Availability, response: Response, tx: Transaction, edit: ByPhone
) -> ProviderOut:
    """The provider says on the phone whether it takes offers, and how many jobs at a time."""
    await actions.set_availability(tx, provider_id, body, edit)
    return await answer_document(tx, response, provider_id, edit.day)


@router.get("/providers/{provider_id}/keys", dependencies=[Depends(allow(Role.REGISTRAR))])
async def list_keys(provider_id: UUID, tx: Transaction) -> list[KeyOut]:
    """The keys that are not revoked, without their secrets: until when each holds, and when it was used last."""
    return [KeyOut.model_validate(key) for key in await queries.list_keys(tx, provider_id)]


@router.post("/providers/{provider_id}/keys", status_code=201)
async def add_key(
    provider_id: UUID,
    body: KeyIn,
    request: Request,
    tx: Transaction,
    edit: ByRegistrar,
    idempotency_key: SentKey = None,
) -> NewKey:
    """Make a key for the provider's software; the secret is shown this once."""
    first = once(edit.by.id, idempotency_key, f"POST /providers/{provider_id}/keys", body)
    secret_key = context_of(request).settings.webhook_key.get_secret_value()
    return await keys.add_key(tx, provider_id, body, first, secret_key, edit)


@router.put("/providers/{provider_id}/keys/{label}/rotation")
async def rotate_key(provider_id: UUID, label: Code, body: KeyRotation, tx: Transaction, edit: ByRegistrar) -> NewKey:
    """A new key in place of the one of that label, shown this once; the former still holds for some hours."""
    return await keys.rotate_key(tx, provider_id, label, body, edit)


@router.delete("/providers/{provider_id}/keys/{label}", status_code=204)
async def revoke_key(provider_id: UUID, label: Code, tx: Transaction, edit: ByRegistrar) -> None:
    """Revoke the key: it is refused from now on."""
    await keys.revoke_key(tx, provider_id, label, edit)


@router.get("/provider")
async def get_own(
    response: Response, tx: Transaction, today: Today, principal: Annotated[Principal, Depends(allow(*PROVIDER_ROLES))]
) -> ProviderOut:
    """The provider's own document."""
    return await answer_document(tx, response, principal.id, today)


@router.patch("/provider/availability")
async def set_availability(body: Availability, response: Response, tx: Transaction, edit: ByFirm) -> ProviderOut:
    """Take offers or none, and how many jobs at a time."""
    await actions.set_availability(tx, edit.by.id, body, edit)
    return await answer_document(tx, response, edit.by.id, edit.day)


@router.put("/provider/items/{item}/{tier}")
async def propose_price(
    item: Code, tier: Tier, body: Price, response: Response, tx: Transaction, catalog: CurrentCatalog, edit: ByFirm
) -> ProviderOut:
    """Propose a price; it holds once the registrar approves it."""
    await card.propose_price(tx, edit.by.id, item, tier, body, catalog, edit)
    return await answer_document(tx, response, edit.by.id, edit.day)
