"""Items that operators chose for callers' words, kept so that suggestions improve."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.kit.db import Tx
from app.kit.personal import mask_free_text
from app.knowledge.models import ItemChoice


def keep_choice(tx: Tx, words: str, suggested: Sequence[str], item: str, staff_id: UUID, now: datetime) -> None:
    """Store the choice in this transaction, with personal data masked."""
    tx.session.add(
        ItemChoice(at=now, staff_id=staff_id, item_code=item, words=mask_free_text(words), suggested=list(suggested))
    )
