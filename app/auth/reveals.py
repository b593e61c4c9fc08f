"""The log of each time personal data was shown in full."""

from app.auth.queries import add_audit
from app.events.act import Act
from app.kit.db import Tx


async def note_reveal(act: Act, tx: Tx, subject: str, why: str, **what: str) -> None:
    """Write to the audit log that this caller was shown personal data in full, and `what` of it, masked."""
    await add_audit(act, tx, "personal_data.revealed", subject, why=why, **what)
