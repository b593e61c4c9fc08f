"""Edits of the catalogue."""

from datetime import datetime

from app.auth.access import Principal
from app.auth.queries import add_audit
from app.catalog import queries
from app.catalog.errors import CapNeeded, UnknownItem
from app.catalog.models import Item, Tier
from app.catalog.schemas import ItemEdit
from app.catalog.snapshot import CATALOG_TOPIC
from app.kit.db import Tx


async def edit_item(tx: Tx, code: str, edit: ItemEdit, principal: Principal, now: datetime) -> Item:
    """Change what the edit names; the audit log keeps who did it. Raises UnknownItem, CapNeeded."""
    item = await queries.lock_item(tx, code)
    if item is None:
        raise UnknownItem(item=code)
    changes = edit.model_dump(exclude_unset=True)
    if changes.get("cap_fen", item.cap_fen) is None and Tier.LOW_FEE in item.tiers:
        raise CapNeeded(item=code)
    if "rule" in changes:
        changes.setdefault("rule_en", None)  # the old English would say something else
    for field, value in changes.items():
        setattr(item, field, value)
    await add_audit(
        tx, "item.edited", f"item:{code}", at=now, actor_kind=principal.kind, actor_id=principal.id, **changes
    )
    tx.wake(CATALOG_TOPIC)
    return item
