"""The log of each time personal data was shown in full."""

from datetime import datetime

from app.auth.access import Principal
from app.auth.queries import add_audit
from app.kit.db import Tx


async def note_reveal(tx: Tx, principal: Principal, subject: str, why: str, now: datetime, **what: str) -> None:
    """Write to the audit log that this caller was shown personal data in full, and `what` of it, masked."""
    await add_audit(
        tx, "personal_data.revealed", subject, at=now, actor_kind=principal.kind, actor_id=principal.id, why=why, **what
    )
