"""Masking of personal data, and the log of each time it was shown in full."""

from datetime import datetime

from app.auth.access import Principal
from app.auth.queries import add_audit
from app.kit.db import Tx


def mask_phone(phone: str) -> str:
    """A phone number that still tells two callers apart but cannot be dialled: 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_name(name: str | None) -> str | None:
    """The surname with stars for the rest: 王**."""
    return name and name[0] + "*" * max(1, len(name) - 1)


async def note_reveal(tx: Tx, principal: Principal, subject: str, why: str, now: datetime) -> None:
    """Write to the audit log that this caller was shown personal data in full."""
    await add_audit(
        tx, "personal_data.revealed", subject, at=now, actor_kind=principal.kind, actor_id=principal.id, why=why
    )
