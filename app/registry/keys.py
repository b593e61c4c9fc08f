"""The keys with which a provider's software signs in."""

from uuid import UUID

from app.auth.access import AUTH_TOPIC, token_hash
from app.auth.models import ProviderKey
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once, new_seed, secret_from
from app.registry import queries
from app.registry.edit import Edit
from app.registry.errors import KeyLabelTaken
from app.registry.schemas import NewKey


async def add_key(tx: Tx, provider_id: UUID, label: str, first: Once, secret_key: str, edit: Edit) -> NewKey:
    """Make a key; only its hash is kept. `secret_key`: the deployment's. Given again, its idempotency key gives the
    same secret.

    Raises NotFound, KeyLabelTaken.
    """

    async def make() -> NewKey:
        await edit.begin(tx, provider_id)
        if any(key.label == label for key in await queries.list_live_keys(tx, provider_id)):
            raise KeyLabelTaken(label=label)
        seed = new_seed()
        hashed = token_hash(secret_from(seed, secret_key))
        tx.session.add(ProviderKey(token_hash=hashed, provider_id=provider_id, label=label, created_at=edit.at))
        await edit.audit(tx, provider_id, "provider.key_added", label=label)
        return NewKey(label=label, created_at=edit.at, key=seed)

    made = await first.answer(tx, edit.at, NewKey, make)
    return made.model_copy(update={"key": secret_from(made.key, secret_key)})


async def revoke_key(tx: Tx, provider_id: UUID, label: str, edit: Edit) -> None:
    """Refuse the key from now on, in every process. Raises NotFound."""
    await edit.begin(tx, provider_id)
    key = next((key for key in await queries.list_live_keys(tx, provider_id) if key.label == label), None)
    if key is None:
        raise NotFound(what="key", key=label)
    key.revoked_at = edit.at
    await edit.audit(tx, provider_id, "provider.key_revoked", label=label)
    tx.wake(AUTH_TOPIC)
