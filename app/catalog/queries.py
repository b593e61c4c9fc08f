"""SQL for the catalogue and the gazetteer."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm.attributes import InstrumentedAttribute

from app.catalog.gazetteer import KnownPlace
from app.catalog.models import CalendarDay, Item, Place
from app.kit.db import Prepared, Tx
from app.kit.orm import Model

M = TypeVar("M", bound=Model)


async def list_all(tx: Tx, model: type[M], *order: InstrumentedAttribute[object]) -> Sequence[M]:
    """Return every row of a reference table, in this order."""
    return (await tx.session.execute(select(model).order_by(*order))).scalars().all()


_DAYS = Prepared(select(CalendarDay.day, CalendarDay.working))


async def read_days(tx: Tx) -> Mapping[date, bool]:
    """Return the days that the centre has entered itself, and whether each is a working day."""
    return {row["day"]: row["working"] for row in await tx.rows(_DAYS)}


_PLACES = Prepared(
    select(*(getattr(Place, name) for name in KnownPlace._fields)).where(Place.ended_at.is_(None)).order_by(Place.id)
)


async def list_places(tx: Tx) -> list[KnownPlace]:
    """Return the centre's own places that have not ended."""
    return [KnownPlace(*row) for row in await tx.rows(_PLACES)]


async def lock_item(tx: Tx, code: str) -> Item | None:
    """Return the item, locked until the transaction ends, or None."""
    query = select(Item).where(Item.code == code).with_for_update().execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalar_one_or_none()
