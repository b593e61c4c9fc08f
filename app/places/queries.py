"""SQL for the centre's own places."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.catalog.models import Place
from app.kit.db import Tx
from app.places.schemas import Facts, PlacesAsked


async def lock_place(tx: Tx, place_id: UUID) -> Place | None:
    """Return the place, locked for an edit, or None."""
    query = select(Place).where(Place.id == place_id).with_for_update().execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def find_present(tx: Tx, zh: str, kind: str, township: str) -> Place | None:
    """Return the place of this name and kind in the township that has not ended, or None."""
    query = select(Place).where(
        Place.zh == zh, Place.kind == kind, Place.township_code == township, Place.ended_at.is_(None)
    )
    return (await tx.session.execute(query)).scalar_one_or_none()


async def list_places(tx: Tx, asked: PlacesAsked, after: UUID | None, limit: int) -> Sequence[Place]:
    """Return the places that match the filters, by id."""
    query = select(Place).where(Place.ended_at.is_not(None) if asked.ended else Place.ended_at.is_(None))
    for column, wanted in (
        (Place.township_code, asked.township), (Place.kind, asked.kind), (Place.sample, asked.sample)
    ):  # fmt: skip
        query = query if wanted is None else query.where(column == wanted)
    query = query if after is None else query.where(Place.id > after)
    return (await tx.session.execute(query.order_by(Place.id).limit(limit))).scalars().all()


async def list_all(tx: Tx) -> Sequence[Place]:
    """Return all places that have not ended, by id."""
    return (await tx.session.execute(select(Place).where(Place.ended_at.is_(None)).order_by(Place.id))).scalars().all()


async def lock_edits(tx: Tx) -> None:
    """Let edits and imports of places run one at a time, because names are compared before they are stored.

    Readers are not blocked.
    """
    await tx.session.execute(text("LOCK TABLE places IN SHARE ROW EXCLUSIVE MODE"))


async def put_places(tx: Tx, rows: Sequence[Facts]) -> None:
    """Add these rows, or replace those with the same id."""
    statement = insert(Place)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    await tx.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), rows)
