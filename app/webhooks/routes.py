"""Routes for webhook endpoints: a provider's own, and for an admin those of other systems."""

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
    return await check_url(body.url, networks_of(act.settings, of_provider=Role.PROVIDER in act.roles))


async def _other_url(act: Caller, body: EndpointEdit) -> str | None:
    if not body.url:
        return None
    return await _new_url(act, EndpointIn(url=body.url, label="-"))


def _costly(what: str) -> Any:
    async def act(request: Request, act: Caller) -> Act:
        quotas_of(request).costly.count((what, act.who))
        return act

    return Depends(act)


# Dependencies resolve in parameter order: calls are counted and names resolved before the transaction begins.
Sending = Annotated[Act, _costly("test")]
"""A caller whose request sends something to a URL at once: a proof, a test, or waiting deliveries."""
Replaying = Annotated[Act, _costly("replay")]
NewUrl = Annotated[str, Depends(_new_url)]
OtherUrl = Annotated[str | None, Depends(_other_url)]


@router.post("", status_code=201)
async def add_webhook(
    body: EndpointIn, act: Sending, url: NewUrl, response: Response, tx: Transaction, key: SentKey = None
) -> EndpointWithSecret:
    """Send events to a URL. The secret that signs them is shown only this once.

    A provider first proves that it reads the URL: we post a `webhook.proof` there, and its code goes to `PUT …/proof`.
    """
    first = once(act.who, key, "POST /webhooks", body)
    made = await actions.add_endpoint(act, tx, body, url, first)
    set_etag(response, made.version)
    return made


@router.get("")
async def list_webhooks(act: Caller, tx: Transaction) -> list[EndpointOut]:
    """List your own endpoints, oldest first. An admin sees those of other systems."""
    return [EndpointOut.of(endpoint) for endpoint in await queries.list_endpoints(tx, act.provider_id)]


@router.get("/{webhook_id}")
async def read_webhook(webhook_id: UUID, response: Response, act: Caller, tx: Transaction) -> EndpointOut:
    """Return an endpoint with its health and why it was disabled."""
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
    """Change, pause or activate an endpoint. Activating it sends its waiting events at once."""
    endpoint = await actions.edit_endpoint(act, tx, webhook_id, body, url, if_match)
    set_etag(response, endpoint.version)
    return EndpointOut.of(endpoint)


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: UUID, act: Caller, tx: Transaction) -> None:
    """Delete an endpoint and its deliveries. Nothing is sent there any more."""
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
    """Create a new secret, shown only this once. For a while the former one signs as well."""
    wanted = body or Rotation()
    first = once(act.who, key, f"POST /webhooks/{webhook_id}/secrets", wanted)
    rotated = await actions.rotate_secret(act, tx, webhook_id, wanted, first)
    set_etag(response, rotated.version)
    return rotated


@router.put("/{webhook_id}/proof")
async def prove_webhook(
    webhook_id: UUID, body: ProofIn, response: Response, act: Caller, tx: Transaction
) -> EndpointOut:
    """Prove that you read the URL, with the code that was posted there. From then on events are sent."""
    endpoint = await actions.prove(act, tx, webhook_id, body.proof)
    set_etag(response, endpoint.version)
    return EndpointOut.of(endpoint)


@router.post("/{webhook_id}/test", status_code=201)
async def send_webhook_test(webhook_id: UUID, act: Sending, tx: Transaction, key: SentKey = None) -> DeliveryOut:
    """Send a `webhook.test` event, or the proof again while the URL is unproven. The delivery shows the outcome."""

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
    """List the endpoint's deliveries of the last seven days and those waiting, newest first."""
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
    """Send this delivery again, under the same `webhook-id`."""
    return DeliveryOut.model_validate(await actions.replay_one(act, tx, webhook_id, delivery_id))


@router.put("/{webhook_id}/replay")
async def replay_deliveries(webhook_id: UUID, body: ReplayIn, act: Replaying, tx: Transaction) -> Replayed:
    """Send again, in order, the events since a moment in the last seven days: at most 10,000 deliveries per call."""
    return await actions.replay_since(act, tx, webhook_id, body)


@messages.post("event")
def event(
    body: AnyMessage,
    webhook_id: Annotated[str, Header(description="identifies the message; a resend has the same id")],
    webhook_timestamp: Annotated[str, Header(description="time of this attempt in Unix seconds")],
    webhook_signature: Annotated[str, Header(description="`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64")],
) -> None:
    """The request your endpoint receives, signed per Standard Webhooks. Answer with 2xx within 15 seconds."""
