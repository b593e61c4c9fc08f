"""Routes of the registry: the centre reads it, the registrar edits it, and providers set some facts themselves."""

from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.catalog.current import CurrentCatalog
from app.catalog.models import Tier
from app.events.act import Act
from app.kit.db import Tx
from app.kit.etags import IfMatch, set_etag
from app.kit.fields import Code
from app.kit.idempotency import SentKey, once, repeatable
from app.kit.pages import Page, page
from app.registry import actions, card, keys, queries
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

router = Router(tags=["registry"])
Reader = Annotated[Act, Depends(acting(*UNMASKED, Role.MANAGER))]
Shown = TypeVar("Shown", bound=ProviderSummary)


ByRegistrar = Annotated[Act, Depends(acting(Role.REGISTRAR))]
ByPhone = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]
ByProvider = Annotated[Act, Depends(acting(Role.PROVIDER))]


async def answer_document(tx: Tx, response: Response, provider_id: UUID, day: date) -> ProviderOut:
    """Return the provider's document and set its ETag. Raises NotFound."""
    document = await actions.get_document(tx, provider_id, day)
    set_etag(response, document.version)
    return document


def _shown(act: Act, document: Shown) -> Shown:
    return document if act.roles & UNMASKED else document.masked()


def _key(provider: Provider) -> tuple[str, str]:
    return provider.name, str(provider.id)


@router.get("/providers")
async def list_providers(
    request: Request,
    response: Response,
    act: Reader,
    tx: Transaction,
    catalog: CurrentCatalog,
    wanted: Annotated[ProviderFilter, Query()],
) -> Page[ProviderSummary]:
    """List providers by name. A manager sees the contact masked.

    Ordered by name, which changes while you page: a provider renamed meanwhile may be missed or appear twice.
    """

    def show(provider: Provider) -> ProviderSummary:
        return _shown(act, ProviderSummary.model_validate(provider))

    rows = await actions.list_providers(tx, wanted, catalog, act.today)
    return page(rows, wanted, _key, show, request, response)


@router.post("/providers", status_code=201)
async def add_provider(
    body: ProviderIn,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
    idempotency_key: SentKey = None,
) -> ProviderOut:
    """Enter an application with its prices approved. The licences that each item needs must be valid today."""
    first = once(act.who, idempotency_key, "POST /providers", body)
    document = await actions.add_provider(act, tx, body, catalog, first)
    set_etag(response, document.version)
    return document


@router.get("/providers/{provider_id}")
async def read_provider(provider_id: UUID, response: Response, act: Reader, tx: Transaction) -> ProviderOut:
    """Return the provider's whole document. A manager sees the contact masked."""
    return _shown(act, await answer_document(tx, response, provider_id, act.today))


@router.patch("/providers/{provider_id}")
async def edit_provider(
    provider_id: UUID,
    body: ProviderEdit,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Change the provider's facts. `coverage` and `hours` are replaced whole."""
    await actions.edit_provider(act, tx, provider_id, body, if_match, catalog)
    return await answer_document(tx, response, provider_id, act.today)


@router.put("/providers/{provider_id}/standing")
async def change_standing(
    provider_id: UUID,
    body: StandingIn,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Admit, confirm, watch, suspend, release or expel the provider, or let it leave."""
    await actions.change_standing(act, tx, provider_id, body, if_match, catalog)
    return await answer_document(tx, response, provider_id, act.today)


@router.put("/providers/{provider_id}/papers/{paper}")
async def put_paper(
    provider_id: UUID,
    paper: Code,
    body: Paper,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> ProviderOut:
    """Record a licence or certificate, replacing an earlier one of the same kind.

    If it begins later, the current one stays in force.
    """
    await card.put_paper(act, tx, provider_id, paper, body, catalog)
    return await answer_document(tx, response, provider_id, act.today)


@router.delete("/providers/{provider_id}/papers/{paper}")
async def remove_paper(
    provider_id: UUID, paper: Code, response: Response, act: ByRegistrar, tx: Transaction
) -> ProviderOut:
    """Remove a kind of licence, including one that begins later. Items that need it are no longer matched."""
    await card.remove_paper(act, tx, provider_id, paper)
    return await answer_document(tx, response, provider_id, act.today)


@router.put("/providers/{provider_id}/items/{item}/{tier}")
async def set_price(
    provider_id: UUID,
    item: Code,
    tier: Tier,
    body: Price,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> ProviderOut:
    """Add an approved price to the price card."""
    await card.set_price(act, tx, provider_id, item, tier, body, catalog)
    return await answer_document(tx, response, provider_id, act.today)


@router.put("/providers/{provider_id}/items/{item}/{tier}/approval")
async def approve_price(
    provider_id: UUID,
    item: Code,
    tier: Tier,
    response: Response,
    act: ByRegistrar,
    tx: Transaction,
    catalog: CurrentCatalog,
) -> ProviderOut:
    """Approve the price that the provider has proposed."""
    await card.approve_price(act, tx, provider_id, item, tier, catalog)
    return await answer_document(tx, response, provider_id, act.today)


@router.delete("/providers/{provider_id}/items/{item}/{tier}")
async def end_price(
    provider_id: UUID, item: Code, tier: Tier, response: Response, act: ByRegistrar, tx: Transaction
) -> ProviderOut:
    """Take the item at this tier off the price card from today, with any proposal."""
    await card.end_price(act, tx, provider_id, item, tier)
    return await answer_document(tx, response, provider_id, act.today)


@router.patch("/providers/{provider_id}/availability")
@repeatable
async def set_availability_by_phone(
    provider_id: UUID, body: Availability, response: Response, act: ByPhone, tx: Transaction
) -> ProviderOut:
    """Record whether a provider on the phone takes offers, and how many unfinished jobs at a time."""
    await actions.set_availability(act, tx, provider_id, body)
    return await answer_document(tx, response, provider_id, act.today)


@router.get("/providers/{provider_id}/keys", dependencies=[Depends(allow(Role.REGISTRAR))])
async def list_keys(provider_id: UUID, tx: Transaction) -> list[KeyOut]:
    """List the provider's keys that are not revoked, with their expiry and last use, without their secrets."""
    return [KeyOut.model_validate(key) for key in await queries.list_keys(tx, provider_id)]


@router.post("/providers/{provider_id}/keys", status_code=201)
async def add_key(
    provider_id: UUID, body: KeyIn, act: ByRegistrar, tx: Transaction, idempotency_key: SentKey = None
) -> NewKey:
    """Create a key for the provider's software. Its secret is shown only this once."""
    first = once(act.who, idempotency_key, f"POST /providers/{provider_id}/keys", body)
    return await keys.add_key(act, tx, provider_id, body, first)


@router.put("/providers/{provider_id}/keys/{label}/rotation")
async def rotate_key(provider_id: UUID, label: Code, body: KeyRotation, act: ByRegistrar, tx: Transaction) -> NewKey:
    """Create a new key with this label, shown only this once. The former key stays valid for `former_valid_hours`."""
    return await keys.rotate_key(act, tx, provider_id, label, body)


@router.delete("/providers/{provider_id}/keys/{label}", status_code=204)
async def revoke_key(provider_id: UUID, label: Code, act: ByRegistrar, tx: Transaction) -> None:
    """Revoke the keys with this label. They are refused from now on."""
    await keys.revoke_key(act, tx, provider_id, label)


@router.get("/provider")
async def read_own_provider(
    response: Response, act: Annotated[Act, Depends(acting(*PROVIDER_ROLES))], tx: Transaction
) -> ProviderOut:
    """Return the provider's own document."""
    return await answer_document(tx, response, act.who, act.today)


@router.patch("/provider/availability")
async def set_availability(body: Availability, response: Response, act: ByProvider, tx: Transaction) -> ProviderOut:
    """Set whether the provider takes offers, and how many unfinished jobs at a time."""
    await actions.set_availability(act, tx, act.who, body)
    return await answer_document(tx, response, act.who, act.today)


@router.put("/provider/items/{item}/{tier}")
async def propose_price(
    item: Code, tier: Tier, body: Price, response: Response, act: ByProvider, tx: Transaction, catalog: CurrentCatalog
) -> ProviderOut:
    """Propose a price. It applies once the registrar approves it."""
    await card.propose_price(act, tx, act.who, item, tier, body, catalog)
    return await answer_document(tx, response, act.who, act.today)
