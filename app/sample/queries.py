"""SQL for samples: what exists already, and rows added by COPY."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Table, bindparam, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.auth.models import ProviderKey
from app.events.facts import FACTS
from app.events.models import Event
from app.intake.models import REQUEST_NUMBER, Citizen, Request
from app.kit.db import Prepared, Tx
from app.kit.orm import Model
from app.matching.models import PRECEDENCE, PolicyVersion, policy_is_in_force
from app.registry.models import Provider, ProviderDay, ProviderItemMonth, ProviderWindow


async def list_existing(tx: Tx, provider_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Return which of these ids belong to providers in the registry."""
    return (await tx.session.execute(select(Provider.id).where(Provider.id.in_(provider_ids)))).scalars().all()


async def revoke_keys(tx: Tx, label: str, at: datetime) -> None:
    """Revoke every provider's key with this label."""
    live = (ProviderKey.label == label, ProviderKey.revoked_at.is_(None))
    await tx.session.execute(update(ProviderKey).where(*live).values(revoked_at=at))


_REQUESTS_BETWEEN = Prepared(
    select(
        exists()
        .where(Request.received_at >= bindparam("since", type_=DateTime(timezone=True)))
        .where(Request.received_at < bindparam("until", type_=DateTime(timezone=True)))
        .label("any")
    )
)


async def has_requests(tx: Tx, since: datetime, until: datetime) -> bool:
    """Return whether a request was received at or after `since` and before `until`."""
    return bool((await tx.rows(_REQUESTS_BETWEEN, since=since, until=until))[0]["any"])


async def list_citizens(tx: Tx, prefix: str) -> dict[str, UUID]:
    """Return the ids of all citizens whose phone begins with the prefix, by phone."""
    found = await tx.session.execute(select(Citizen.phone, Citizen.id).where(Citizen.phone.startswith(prefix)))
    return {row.phone: row.id for row in found}


async def find_policy(tx: Tx, at: datetime) -> PolicyVersion:
    """Return the general dispatch policy in force at that moment."""
    query = select(PolicyVersion).where(policy_is_in_force(PolicyVersion, at), PolicyVersion.category_code.is_(None))
    query = query.order_by(text(PRECEDENCE)).limit(1)
    return (await tx.session.execute(query)).scalar_one()


_NUMBERS = Prepared(
    select(REQUEST_NUMBER.next_value().label("number")).select_from(
        func.generate_series(1, bindparam("count", type_=BigInteger))
    )
)


async def take_numbers(tx: Tx, count: int) -> Sequence[int]:
    """Return `count` fresh request numbers."""
    return [row["number"] for row in await tx.rows(_NUMBERS, count=count)]


_LAST_SEQ = Prepared(select(func.max(Event.seq).label("seq")).where(Event.seq.is_not(None)))


async def last_seq(tx: Tx) -> int:
    """Return the number of the last numbered event, or 0 before the first."""
    return (await tx.rows(_LAST_SEQ))[0]["seq"] or 0


async def copy(tx: Tx, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows by COPY. A column missing from some rows is NULL there. One missing from all gets its default."""
    table = cast(Table, model.__table__)
    named = set[str]().union(*rows)
    columns = [column.name for column in table.c if column.name in named]
    records = (tuple(map(row.get, columns)) for row in rows)
    await tx.driver.copy_records_to_table(table.name, records=records, columns=columns)


_EVENT = ("seq", "at", "kind", "request_id", "provider_id", "actor_kind", "actor_id", "on_behalf", "data", *FACTS)


async def copy_events(tx: Tx, records: Iterable[tuple[Any, ...]]) -> None:
    """Add numbered events by COPY. Each record is a tuple: `seq` first, its facts last."""
    await tx.driver.copy_records_to_table("events", records=records, columns=_EVENT)


def _adding(model: type[Model]) -> Prepared:
    """Return an INSERT that adds counts to existing rows. Columns that are not counts stay as they are."""
    table = cast(Table, model.__table__)
    columns = [column.name for column in table.c]
    arrays = (bindparam(column.name, type_=ARRAY(column.type)) for column in table.c)
    rows = func.unnest(*arrays).table_valued(*columns).render_derived(name="rows")
    statement = insert(table).from_select(columns, select(*rows.c))
    counts = (column for column in table.c if not column.primary_key and isinstance(column.type, Integer))
    added = {column.name: column + statement.excluded[column.name] for column in counts}
    return Prepared(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added))


_KEPT: tuple[type[Model], ...] = (ProviderDay, ProviderWindow, ProviderItemMonth)
_ADDING = {model: _adding(model) for model in _KEPT}


async def add_counts(tx: Tx, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a table of kept counts, one per key. A count that is left out is 0."""
    columns = cast(Table, model.__table__).c.keys()
    await tx.rows(_ADDING[model], **{name: [row.get(name, 0) for row in rows] for name in columns})
