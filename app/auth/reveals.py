"""Audit entries for personal data shown in full."""

from app.auth.queries import add_audit
from app.events.act import Act
from app.kit.db import Tx


async def note_reveal(act: Act, tx: Tx, subject: str, why: str, **what: str) -> None:
    """Write to the audit log that this caller saw personal data in full, and why. `what` identifies the data,
    masked."""
    await add_audit(act, tx, "personal_data.revealed", subject, why=why, **what)
