"""The API keys with which a provider's software signs in."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from app.auth.models import ProviderKey
from app.auth.tokens import token_hash, void_tokens
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once, new_seed, secret_from
from app.registry import queries
from app.registry.edit import audit_provider, begin_edit
from app.registry.errors import KeyExpiryInvalid, KeyLabelTaken
from app.registry.schemas import KeyIn, KeyRotation, NewKey

LONGEST = timedelta(days=3 * 366)
"""How far ahead a key's expiry may be. A later expiry is taken for a mistake."""


async def add_key(act: Act, tx: Tx, provider_id: UUID, body: KeyIn, first: Once) -> NewKey:
    """Create a key; only its hash is stored. A repeated idempotency key returns the same secret.

    Raises NotFound, KeyLabelTaken, KeyExpiryInvalid or KeyReused.
    """
    secret_key = act.settings.webhook_key.get_secret_value()

    async def make() -> NewKey:
        await begin_edit(tx, provider_id)
        if await _of_label(tx, provider_id, body.label):
            raise KeyLabelTaken(label=body.label)
        seed = new_seed()
        _keep(act, tx, provider_id, body.label, secret_from(seed, secret_key), body.expires_at)
        await audit_provider(act, tx, provider_id, "provider.key_added", label=body.label, expires_at=body.expires_at)
        return _shown(act, body.label, seed, body.expires_at)

    made = await first.answer(tx, act.now, NewKey, make)
    return made.model_copy(update={"key": secret_from(made.key, secret_key)})


async def rotate_key(act: Act, tx: Tx, provider_id: UUID, label: str, body: KeyRotation) -> NewKey:
    """Create a new key with this label. Former keys and their sessions stay valid for `former_valid_hours`.

    Repeating the call creates yet another key. Raises NotFound or KeyExpiryInvalid.
    """
    await begin_edit(tx, provider_id)
    until = act.now + timedelta(hours=body.former_valid_hours)
    for key in await _get(tx, provider_id, label):
        key.expires_at = min(until, key.expires_at or until)
    secret = secrets.token_urlsafe(32)
    _keep(act, tx, provider_id, label, secret, body.expires_at)
    facts = {"label": label, "former_until": until, "expires_at": body.expires_at}
    await audit_provider(act, tx, provider_id, "provider.key_rotated", **facts)
    await void_tokens(tx)
    return _shown(act, label, secret, body.expires_at)


async def revoke_key(act: Act, tx: Tx, provider_id: UUID, label: str) -> None:
    """Revoke all keys with this label, former ones too, from now on in every process. Raises NotFound."""
    await begin_edit(tx, provider_id)
    for key in await _get(tx, provider_id, label):
        key.revoked_at = act.now
    await audit_provider(act, tx, provider_id, "provider.key_revoked", label=label)
    await void_tokens(tx)


def _keep(act: Act, tx: Tx, provider_id: UUID, label: str, secret: str, expires_at: datetime | None) -> None:
    if expires_at and not act.now < expires_at <= act.now + LONGEST:
        raise KeyExpiryInvalid(now=act.now.isoformat(), days=LONGEST.days)
    facts = {"label": label, "created_at": act.now, "expires_at": expires_at}
    tx.session.add(ProviderKey(token_hash=token_hash(secret), provider_id=provider_id, **facts))


def _shown(act: Act, label: str, key: str, expires_at: datetime | None) -> NewKey:
    return NewKey(label=label, created_at=act.now, expires_at=expires_at, last_used_at=None, key=key)


async def _of_label(tx: Tx, provider_id: UUID, label: str) -> list[ProviderKey]:
    return [key for key in await queries.list_keys(tx, provider_id) if key.label == label]


async def _get(tx: Tx, provider_id: UUID, label: str) -> list[ProviderKey]:
    found = await _of_label(tx, provider_id, label)
    if not found:
        raise NotFound(what="key", key=label)
    return found
