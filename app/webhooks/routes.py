"""Webhook endpoints: a provider's own, and by an admin those of other systems."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.events.act import Act
from app.kit import pages
from app.kit.etags import IfMatch, set_etag
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, page
from app.kit.quotas import quotas_of
from app.webhooks import actions, queries
from app.webhooks.addresses import check_url, networks_of
from app.webhooks.messages import AnyMessage
from app.webhooks.models import DeliveryStatus
from app.webhooks.schemas import (
    DeliveryFilter,
    DeliveryOut,
    EndpointEdit,
    EndpointIn,
    EndpointOut,
    EndpointWithSecret,
    ProofIn,
    Replayed,
    ReplayIn,
    Rotation,
)

router = Router(prefix="/webhooks", tags=["webhooks"])
messages = APIRouter(tags=["webhooks"])
Caller = Annotated[Act, Depends(acting(Role.PROVIDER, Role.ADMIN))]
DeliveryId = Annotated[int, Path(ge=1, lt=2**63)]


async def _new_url(act: Caller, body: EndpointIn) -> str:
    return await check_url(body.url, networks_of(act.settings, firm=Role.PROVIDER in act.roles))


async def _other_url(act: Caller, body: EndpointEdit) -> str | None:
    if not body.url:
        return None
    return await _new_url(act, EndpointIn(url=body.url, label="-"))


def _costly(what: str) -> Any:
    async def act(request: Request, act: Caller) -> Act:
        quotas_of(request).costly.count((what, act.who))
        return act

    return Depends(act)


# Before the transaction begins calls are counted and names looked up: dependencies are solved in the parameters' order.
Sending = Annotated[Act, _costly("test")]
"""Who has something sent to a URL at once: a proof, a test, what has waited."""
Replaying = Annotated[Act, _costly("replay")]
NewUrl = Annotated[str, Depends(_new_url)]
OtherUrl = Annotated[str | None, Depends(_other_url)]


@router.post("", status_code=201)
async def add_webhook(
    body: EndpointIn, act: Sending, url: NewUrl, response: Response, tx: Transaction, key: SentKey = None
) -> EndpointWithSecret:
    """Have events sent to a URL; the secret that signs them is shown this once. A firm proves first that it reads
    there: a `webhook.proof` is posted to the URL, and its code goes to `PUT …/proof`."""
    first = once(act.who, key, "POST /webhooks", body)
    made = await actions.add_endpoint(act, tx, body, url, first)
    set_etag(response, made.version)
    return made


@router.get("")
async def list_webhooks(act: Caller, tx: Transaction) -> list[EndpointOut]:
    """One's own endpoints, oldest first; an admin sees those of other systems."""
    return [EndpointOut.of(endpoint) for endpoint in await queries.list_endpoints(tx, act.provider_id)]


@router.get("/{webhook_id}")
async def read_webhook(webhook_id: UUID, response: Response, act: Caller, tx: Transaction) -> EndpointOut:
    """An endpoint, how it does, and why it was disabled."""
    endpoint = await actions.get_endpoint(act, tx, webhook_id)
    set_etag(response, endpoint.version)
    return EndpointOut.of(endpoint)


@router.patch("/{webhook_id}")
async def edit_webhook(
    webhook_id: UUID,
    body: EndpointEdit,
    act: Sending,
    url: OtherUrl,
    response: Response,
    tx: Transaction,
    if_match: IfMatch = None,
) -> EndpointOut:
    """Change it, pause it, or make it active again: what has waited is then sent at once."""
    endpoint = await actions.edit_endpoint(act, tx, webhook_id, body, url, if_match)
    set_etag(response, endpoint.version)
    return EndpointOut.of(endpoint)


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: UUID, act: Caller, tx: Transaction) -> None:
    """Send nothing there any more, and forget its deliveries."""
    await actions.delete_endpoint(act, tx, webhook_id)


@router.post("/{webhook_id}/secrets", status_code=201)
async def rotate_webhook_secret(
    webhook_id: UUID,
    response: Response,
    act: Caller,
    tx: Transaction,
    key: SentKey = None,
    body: Rotation | None = None,
) -> EndpointWithSecret:
    """A new secret, shown this once; for a while the former one signs as well."""
    wanted = body or Rotation()
    first = once(act.who, key, f"POST /webhooks/{webhook_id}/secrets", wanted)
    rotated = await actions.rotate_secret(act, tx, webhook_id, wanted, first)
    set_etag(response, rotated.version)
    return rotated


@router.put("/{webhook_id}/proof")
async def prove_webhook(
    webhook_id: UUID, body: ProofIn, response: Response, act: Caller, tx: Transaction
) -> EndpointOut:
    """Prove that you read at the URL, with the code that was posted there: events are sent from then on."""
    endpoint = await actions.prove(act, tx, webhook_id, body.proof)
    set_etag(response, endpoint.version)
    return EndpointOut.of(endpoint)


@router.post("/{webhook_id}/test", status_code=201)
async def send_webhook_test(webhook_id: UUID, act: Sending, tx: Transaction, key: SentKey = None) -> DeliveryOut:
    """Send a `webhook.test` event there; its delivery says what came of it."""

    async def send() -> DeliveryOut:
        return DeliveryOut.model_validate(await actions.send_test(act, tx, webhook_id))

    first = once(act.who, key, f"POST /webhooks/{webhook_id}/test", None)
    return await first.answer(tx, act.now, DeliveryOut, send)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: UUID,
    request: Request,
    response: Response,
    act: Caller,
    tx: Transaction,
    wanted: Annotated[DeliveryFilter, Query()],
) -> Page[DeliveryOut]:
    """What was sent there in the last seven days and what waits, newest first."""
    await actions.get_endpoint(act, tx, webhook_id)
    [before] = wanted.after(int) or [None]
    to = None
    if wanted.type or wanted.status not in (None, DeliveryStatus.PENDING):
        to = await queries.find_delivery_behind(tx, webhook_id, before, pages.LOOKED_AT)
    rows = await queries.list_deliveries(tx, webhook_id, wanted.status, wanted.type, before, wanted.limit + 1, to)
    return page(
        rows, wanted, lambda row: (row.id,), DeliveryOut.model_validate, request, response, (to,) if to else None
    )


@router.put("/{webhook_id}/deliveries/{delivery_id}/replay")
async def replay_delivery(webhook_id: UUID, delivery_id: DeliveryId, act: Replaying, tx: Transaction) -> DeliveryOut:
    """Send this one once more, under the same `webhook-id`."""
    return DeliveryOut.model_validate(await actions.replay_one(act, tx, webhook_id, delivery_id))


@router.put("/{webhook_id}/replay")
async def replay_deliveries(webhook_id: UUID, body: ReplayIn, act: Replaying, tx: Transaction) -> Replayed:
    """Send what happened since a moment of the last seven days once more, in its order, 10,000 deliveries at most."""
    return await actions.replay_since(act, tx, webhook_id, body)


@messages.post("event")
def event(
    body: AnyMessage,
    webhook_id: Annotated[str, Header(description="names the event; the same again when it is sent again")],
    webhook_timestamp: Annotated[str, Header(description="when this attempt was made, in Unix seconds")],
    webhook_signature: Annotated[str, Header(description="`v1,` and the HMAC-SHA256 of `id.timestamp.body`, base64")],
) -> None:
    """What an endpoint is sent, signed as Standard Webhooks says; answer 2xx within 15 seconds."""
