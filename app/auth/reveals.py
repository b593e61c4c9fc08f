"""Audit entries for personal data shown in full."""

from app.auth.models import RevealReason
from app.auth.queries import add_audit
from app.events.act import Act
from app.kit.db import Tx

REVEALED = "personal_data.revealed"


async def note_reveal(act: Act, tx: Tx, subject: str, why: RevealReason, **what: str) -> None:
    """Write to the audit log that this caller saw personal data in full, and why.

    `subject` is `citizen:ID` or what leads to the citizen, such as `request:ID`. `what` identifies the data, masked.
    """
    await add_audit(act, tx, REVEALED, subject, why=why, **what)
