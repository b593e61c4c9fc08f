"""What all registry edits share: lock the provider, raise its version, write to the audit log."""

from typing import Any
from uuid import UUID

from app.auth.queries import add_audit
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry import queries
from app.registry.models import Provider


async def begin_edit(tx: Tx, provider_id: UUID) -> Provider:
    """Lock the provider until the transaction ends and return it. Raises NotFound."""
    provider = await queries.lock_provider(tx, provider_id)
    if provider is None:
        raise NotFound(what="provider", key=str(provider_id))
    return provider


async def finish_edit(act: Act, tx: Tx, provider: Provider, action: str, **changes: Any) -> None:
    """Raise the version and write the changes to the audit log."""
    provider.version += 1
    await audit_provider(act, tx, provider.id, action, **changes)


async def audit_provider(act: Act, tx: Tx, provider_id: UUID, action: str, **changes: Any) -> None:
    """Write an action to the audit log without raising the document's version."""
    subject = f"provider:{provider_id}"
    await add_audit(act, tx, action, subject, **changes)
