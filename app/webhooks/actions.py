"""What owners do with their webhook endpoints: a provider with its own, an admin with those of other systems."""

import hmac
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.auth.queries import add_audit
from app.events.act import Act
from app.events.topics import WEBHOOK_TOPIC
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.etags import check_version
from app.kit.idempotency import Once
from app.kit.ids import new_id
from app.registry.queries import lock_provider
from app.webhooks import queries
from app.webhooks.errors import ProofWrong, ReplayTooOld, TooManyWebhooks, WebhookDisabled, WebhookExists
from app.webhooks.messages import PROOF, TEST
from app.webhooks.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint, WebhookState
from app.webhooks.schemas import EndpointEdit, EndpointIn, EndpointWithSecret, Replayed, ReplayIn, Rotation
from app.webhooks.secret import new_seed, proof_of, secret_of
from app.webhooks.states import WEBHOOKS

LIMIT = 20
"""How many endpoints an owner may have."""
KEPT = timedelta(days=7)
"""How long deliveries are kept, whatever their outcome."""


async def add_endpoint(act: Act, tx: Tx, body: EndpointIn, url: str, first: Once) -> EndpointWithSecret:
    """Create an endpoint. Events are sent to it from now on; a provider must first prove that it reads the URL.

    A repeated idempotency key returns the same endpoint and secret. Raises WebhookExists, TooManyWebhooks or KeyReused.
    """
    if made := await first.replay(tx, act.now):
        return _revealing(act, await get_endpoint(act, tx, UUID(made.decode())))
    if act.provider_id:
        await lock_provider(tx, act.provider_id)  # so that it adds one endpoint at a time
    there = await queries.list_endpoints(tx, act.provider_id)
    if any(endpoint.url == url for endpoint in there):
        raise WebhookExists
    if len(there) >= LIMIT:
        raise TooManyWebhooks(limit=LIMIT)
    endpoint = WebhookEndpoint(
        id=new_id(act.now),
        provider_id=act.provider_id,
        url=url,
        label=body.label,
        types=body.types,
        state=WebhookState.ACTIVE,
        proven_at=act.now if act.provider_id is None else None,
        seed=new_seed(),
        created_at=act.now,
        version=1,
    )
    tx.session.add(endpoint)
    await tx.flush()
    if endpoint.proven_at is None:
        await _send(act, tx, endpoint, PROOF)
    await first.keep(tx, str(endpoint.id).encode())  # not the secret, which can be derived from the seed again
    await _audit(act, tx, endpoint, "webhook.added", url=url)
    return _revealing(act, endpoint)


async def get_endpoint(act: Act, tx: Tx, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Return the endpoint if it belongs to the caller. Raises NotFound."""
    endpoint = await queries.find_endpoint(tx, endpoint_id, lock=lock)
    if endpoint is None or endpoint.provider_id != act.provider_id:
        raise NotFound(what="webhook", key=str(endpoint_id))
    return endpoint


async def edit_endpoint(
    act: Act, tx: Tx, endpoint_id: UUID, body: EndpointEdit, url: str | None, if_match: str | None
) -> WebhookEndpoint:
    """Change the fields that are sent. If the endpoint is then active, waiting deliveries are due at once.

    A provider must prove a new URL again. Raises NotFound, VersionRequired, VersionStale or WebhookExists.
    """
    endpoint = await get_endpoint(act, tx, endpoint_id, lock=True)
    check_version(if_match, endpoint.version)
    if any(other.url == url and other.id != endpoint_id for other in await queries.list_endpoints(tx, act.provider_id)):
        raise WebhookExists
    unproven = bool(url and url != endpoint.url and act.provider_id)
    if unproven:
        endpoint.proven_at = None
    endpoint.url = url or endpoint.url
    endpoint.label = body.label or endpoint.label
    if "types" in body.model_fields_set:
        endpoint.types = [str(kind) for kind in body.types] if body.types else None
    endpoint.version += 1
    await tx.flush()
    if unproven:  # a new label alone must not cause a request to the URL
        await _send(act, tx, endpoint, PROOF)
    await _change_state(act, tx, endpoint, body.state or endpoint.state)
    await _audit(act, tx, endpoint, "webhook.changed", **body.model_dump(exclude_unset=True))
    return endpoint


async def _change_state(act: Act, tx: Tx, endpoint: WebhookEndpoint, wanted: str) -> None:
    if wanted != endpoint.state:
        step, well = ("pause", {}) if wanted == WebhookState.PAUSED else ("resume", {"failing_since": None})
        facts: dict[str, Any] = {"disabled_at": None, "disabled_why": None, **well}
        await WEBHOOKS.transition(act, tx, step, endpoint.id, **facts)
        await tx.session.refresh(endpoint)
    if endpoint.state == WebhookState.ACTIVE:
        await queries.release_pending(tx, endpoint.id, act.now)
        tx.publish(WEBHOOK_TOPIC)


async def delete_endpoint(act: Act, tx: Tx, endpoint_id: UUID) -> None:
    """Delete the endpoint and its deliveries. Raises NotFound."""
    endpoint = await get_endpoint(act, tx, endpoint_id)
    await _audit(act, tx, endpoint, "webhook.deleted", url=endpoint.url)
    await tx.session.delete(endpoint)


async def rotate_secret(act: Act, tx: Tx, endpoint_id: UUID, body: Rotation, first: Once) -> EndpointWithSecret:
    """Create a new secret. The former one also signs for `former_valid_hours`. Raises NotFound or KeyReused."""
    rotated = await first.replay(tx, act.now)
    endpoint = await get_endpoint(act, tx, endpoint_id, lock=True)
    if rotated:
        return _revealing(act, endpoint)
    overlap = timedelta(hours=body.former_valid_hours)
    endpoint.former_seed, endpoint.former_until = endpoint.seed, act.now + overlap
    endpoint.seed = new_seed()
    endpoint.version += 1
    await tx.flush()
    await first.keep(tx, str(endpoint.id).encode())
    await _audit(act, tx, endpoint, "webhook.secret_rotated", former_valid_hours=body.former_valid_hours)
    return _revealing(act, endpoint)


def _revealing(act: Act, endpoint: WebhookEndpoint) -> EndpointWithSecret:
    return EndpointWithSecret.revealing(endpoint, secret_of(endpoint.seed, _key(act)))


async def _get_enabled(act: Act, tx: Tx, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = await get_endpoint(act, tx, endpoint_id)
    if endpoint.state == WebhookState.DISABLED:
        raise WebhookDisabled
    return endpoint


async def send_test(act: Act, tx: Tx, endpoint_id: UUID) -> WebhookDelivery:
    """Send a test event to this endpoint only, or the proof code again while its URL is unproven.

    Returns the delivery. Raises NotFound or WebhookDisabled.
    """
    endpoint = await _get_enabled(act, tx, endpoint_id)
    return await _send(act, tx, endpoint, TEST if endpoint.proven_at else PROOF)


async def _send(act: Act, tx: Tx, endpoint: WebhookEndpoint, kind: str) -> WebhookDelivery:
    """Queue a delivery of type `kind` that belongs to no event."""
    test = WebhookDelivery(
        endpoint_id=endpoint.id,
        type=kind,
        lane=new_id(act.now),
        at=act.now,
        due_at=act.now,
        status=DeliveryStatus.PENDING,
        attempts=0,
    )
    tx.session.add(test)
    await tx.flush()
    tx.publish(WEBHOOK_TOPIC)
    return test


async def prove(act: Act, tx: Tx, endpoint_id: UUID, proof: str) -> WebhookEndpoint:
    """Prove the endpoint with the code sent to its URL. Events go there from now on. Raises NotFound or ProofWrong."""
    endpoint = await get_endpoint(act, tx, endpoint_id, lock=True)
    if not hmac.compare_digest(proof.encode(), proof_of(endpoint.seed, endpoint.url, _key(act)).encode()):
        raise ProofWrong
    if endpoint.proven_at is None:
        endpoint.proven_at = act.now
        await tx.flush()
        await queries.drop_proofs(tx, endpoint.id, PROOF)
        await _audit(act, tx, endpoint, "webhook.proven", url=endpoint.url)
    return endpoint


async def replay_one(act: Act, tx: Tx, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
    """Send the delivery again, whatever its outcome. Raises NotFound or WebhookDisabled."""
    endpoint = await _get_enabled(act, tx, endpoint_id)
    delivery = await queries.find_delivery(tx, endpoint.id, delivery_id)
    if delivery is None:
        raise NotFound(what="delivery", key=str(delivery_id))
    await queries.replay(tx, delivery_id, act.now)
    await tx.session.refresh(delivery)
    tx.publish(WEBHOOK_TOPIC)
    return delivery


async def replay_since(act: Act, tx: Tx, endpoint_id: UUID, body: ReplayIn) -> Replayed:
    """Send again the events since a moment, oldest first. Raises NotFound, WebhookDisabled or ReplayTooOld."""
    endpoint = await _get_enabled(act, tx, endpoint_id)
    if body.since < act.now - KEPT:
        raise ReplayTooOld(days=KEPT.days)
    again = await queries.replay_since(tx, endpoint.id, body.since, body.after, body.limit, act.now)
    tx.publish(WEBHOOK_TOPIC)
    return Replayed(deliveries=len(again), next=max(again) if len(again) == body.limit else None)


def _key(act: Act) -> str:
    """Return the deployment's key, from which secrets are derived."""
    return act.settings.webhook_key.get_secret_value()


async def _audit(act: Act, tx: Tx, endpoint: WebhookEndpoint, action: str, **data: Any) -> None:
    subject = f"webhook:{endpoint.id}"
    await add_audit(act, tx, action, subject, **data)
