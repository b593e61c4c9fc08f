"""Edit the catalogue, and show what a search for places found."""

from app.auth.queries import add_audit
from app.catalog import queries
from app.catalog.errors import CapNeeded, UnknownItem
from app.catalog.gazetteer import Found, Known
from app.catalog.models import Item, Tier
from app.catalog.schemas import Elsewhere, ItemEdit, PlaceFound
from app.catalog.snapshot import CATALOG_TOPIC, Location, Snapshot
from app.events.act import Act
from app.kit.db import Tx


async def edit_item(act: Act, tx: Tx, code: str, edit: ItemEdit) -> Item:
    """Change the fields that the edit sets and write them to the audit log. Return the item.

    Raises UnknownItem, or CapNeeded when an item with a low-fee tier would lose its cap.
    """
    item = await queries.lock_item(tx, code)
    if item is None:
        raise UnknownItem(item=code)
    changes = edit.model_dump(exclude_unset=True)
    if changes.get("cap_fen", item.cap_fen) is None and Tier.LOW_FEE in item.tiers:
        raise CapNeeded(item=code)
    if "rule" in changes:
        changes.setdefault("rule_en", None)  # the old English no longer matches the rule
    for field, value in changes.items():
        setattr(item, field, value)
    await add_audit(act, tx, "item.edited", f"item:{code}", **changes)
    tx.publish(CATALOG_TOPIC)
    return item


def show_found(found: Found, catalog: Snapshot) -> PlaceFound:
    """Return a search result with the point from which a request there is matched."""
    entry = found.entry
    place = catalog.gazetteer.places.get(entry.code)
    spot = catalog.spot_of(place) if place else catalog.spot(entry.community or entry.township)
    return PlaceFound(
        kind=entry.kind,
        code=entry.code,
        zh=entry.zh,
        en=entry.en,
        township_code=entry.township,
        community_code=entry.community,
        lat=spot.lat,
        lon=spot.lon,
        point_of=spot.point_of,
        confidence=found.confidence,
        sure=found.sure,
        found_in=found.found_in,
        left_over=found.left_over,
        sample=place is not None and place.sample,
    )


def show_elsewhere(location: Location | None, catalog: Snapshot) -> list[Elsewhere]:
    """Return sentences about what the address names outside the chosen area."""
    if location is None:
        return []
    spot = location.spot
    chosen_zh = spot.township.zh + (spot.community.zh if spot.community else "")
    chosen_en = f"{spot.community.pinyin}, {spot.township.en}" if spot.community else spot.township.en
    shown = []
    for found in location.elsewhere:
        where_zh, where_en = found.entry.zh, found.entry.en
        if found.entry.kind is not Known.OUTSIDE:
            township = catalog.townships[found.entry.township]
            community = catalog.communities.get(found.entry.community or "")
            where_zh = township.zh + (community.zh if community else "")
            where_en = f"{community.pinyin}, {township.en}" if community else township.en
        shown.append(
            Elsewhere(
                words=found.found_in,
                kind=found.entry.kind,
                code=found.entry.code,
                zh=f"“{found.found_in}”在{where_zh}，不在所选的{chosen_zh}，请与来电人核对。",
                en=f"“{found.found_in}” is in {where_en}, not in the chosen {chosen_en}; check with the caller.",
            )
        )
    return shown
