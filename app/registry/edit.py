"""What every edit of the registry has in common: the provider locked, its version raised, a line on the audit log."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.auth.access import Principal
from app.auth.queries import add_audit
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry import queries
from app.registry.models import Provider


class Edit(NamedTuple):
    """By whom, at which moment (UTC) and on which day of the centre's zone."""

    by: Principal
    at: datetime
    day: date

    async def begin(self, tx: Tx, provider_id: UUID) -> Provider:
        """The provider, locked until the transaction ends. Raises NotFound."""
        provider = await queries.lock_provider(tx, provider_id)
        if provider is None:
            raise NotFound(what="provider", key=str(provider_id))
        return provider

    async def finish(self, tx: Tx, provider: Provider, action: str, **changes: Any) -> None:
        """Raise the version and write the changes to the audit log."""
        provider.version += 1
        await self.audit(tx, provider.id, action, **changes)

    async def audit(self, tx: Tx, provider_id: UUID, action: str, **changes: Any) -> None:
        """Write to the audit log what is no part of the document."""
        await add_audit(
            tx, action, f"provider:{provider_id}", at=self.at, actor_kind=self.by.kind, actor_id=self.by.id, **changes
        )
