"""SQL for providers and what belongs to them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.auth.models import ProviderKey
from app.kit.db import Prepared, Tx
from app.kit.names import same_form
from app.registry.models import (
    WINDOW_COUNTS,
    Provider,
    ProviderCoverage,
    ProviderDay,
    ProviderHours,
    ProviderItem,
    ProviderPaper,
    ProviderWindow,
    has_not_ended,
    is_valid,
    line_is_in_force,
)
from app.registry.schemas import ProviderFilter
from app.registry.uscc import bare, organisation_code

Part = TypeVar("Part", ProviderPaper, ProviderCoverage, ProviderHours)
_FRESH = {"populate_existing": True}


async def find_provider(tx: Tx, provider_id: UUID) -> Provider | None:
    """Return the provider as it is in the database now, or None."""
    query = select(Provider).where(Provider.id == provider_id).execution_options(**_FRESH)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def lock_provider(tx: Tx, provider_id: UUID) -> Provider | None:
    """Lock the provider for an edit and return it. Offers to it can still be inserted."""
    query = select(Provider).where(Provider.id == provider_id).with_for_update(key_share=True)
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalar_one_or_none()


async def find_same(
    tx: Tx,
    uscc: str | None = None,
    name: str | None = None,
    phone: str | None = None,
    *,
    other_than: UUID | None = None,
) -> Sequence[Provider]:
    """Return up to ten other providers with the same credit code (new or former), name or phone.

    Facts that are None are not compared. A provider with the same code comes first.
    """
    form = same_form(name) if name is not None else None
    given = (_code(uscc), (func.same_form(Provider.name), form), (Provider.phone, phone))
    same = [column == value for column, value in given if value is not None]
    first = same[0].desc().nulls_last() if uscc else Provider.number
    query = select(Provider).where(or_(false(), *same), Provider.id.is_distinct_from(other_than))
    return (await tx.session.execute(query.order_by(first, Provider.number).limit(10))).scalars().all()


async def list_providers(tx: Tx, wanted: ProviderFilter, day: date) -> Sequence[Provider]:
    """Return providers that match the filter, by name, one more than its limit. `item` and `tier` apply as of `day`."""
    query = select(Provider).where(*_conditions(wanted, day))
    if after := wanted.after(str, UUID):
        query = query.where(tuple_(Provider.name, Provider.id) > after)
    query = query.order_by(Provider.name, Provider.id).limit(wanted.limit + 1)
    return (await tx.session.execute(query)).scalars().all()


def _conditions(wanted: ProviderFilter, day: date) -> list[ColumnElement[bool]]:
    columns: dict[str, InstrumentedAttribute[str]] = {
        "kind": Provider.kind,
        "standing": Provider.standing,
        "reached_by": Provider.reached_by,
    }
    conditions = [column == value for name, column in columns.items() if (value := getattr(wanted, name))]
    if wanted.q:
        conditions.append(or_(*named(wanted.q)))
    lines = [ProviderItem.item_code == wanted.item] if wanted.item else []
    lines += [ProviderItem.tier == wanted.tier] if wanted.tier else []
    if lines:
        lines += [ProviderItem.provider_id == Provider.id, line_is_in_force(ProviderItem, day)]
        conditions.append(exists().where(*lines))
    if wanted.township:
        serves = ProviderCoverage.provider_id == Provider.id
        conditions.append(exists().where(serves, ProviderCoverage.township_code == wanted.township))
    return conditions


def named(q: str) -> list[ColumnElement[bool]]:
    """Return alternative conditions: part of a name, a credit code, or a former code contained in one."""
    code = bare(q)
    found: list[ColumnElement[bool]] = [false()]
    if part := same_form(q):
        found.append(func.same_form(Provider.name).contains(part, autoescape=True))
    if len(code) == 18:
        found.append(Provider.uscc == code)
    elif len(code) == 9 or organisation_code(code):
        found.append(func.substr(Provider.uscc, 9, 9) == code[-9:])
    return found


def _code(uscc: str | None) -> tuple[ColumnElement[str] | InstrumentedAttribute[str | None], str | None]:
    """Return the column and value to compare: the organisation code, if the code contains one."""
    inner = organisation_code(uscc) if uscc else None
    return (func.substr(Provider.uscc, 9, 9), inner) if inner else (Provider.uscc, uscc)


async def list_parts(tx: Tx, part: type[Part], provider_id: UUID) -> Sequence[Part]:
    """Return the provider's rows in one of its tables, in the order of the primary key."""
    query = select(part).where(part.provider_id == provider_id).order_by(*part.__table__.primary_key)
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalars().all()


async def replace_parts(tx: Tx, part: type[Part], provider_id: UUID, rows: Sequence[Part]) -> None:
    """Replace all rows that the provider has in one of its tables."""
    await tx.session.execute(delete(part).where(part.provider_id == provider_id))
    tx.session.add_all(rows)


async def list_lines(tx: Tx, provider_id: UUID, day: date) -> Sequence[ProviderItem]:
    """Return the provider's price card with future and proposed lines, without lines that ended before the day."""
    query = select(ProviderItem).where(ProviderItem.provider_id == provider_id, has_not_ended(ProviderItem, day))
    query = query.order_by(ProviderItem.item_code, ProviderItem.tier, ProviderItem.valid_from, ProviderItem.approved_at)
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalars().all()


async def end_lines(tx: Tx, provider_id: UUID, item: str, tier: str, day: date) -> bool:
    """Clear the item at the tier from `day`: end current lines the day before, delete future and proposed ones.

    Returns whether there were any.
    """
    line = (ProviderItem.provider_id == provider_id, ProviderItem.item_code == item, ProviderItem.tier == tier)
    begun = ProviderItem.approved_at.is_not(None) & (ProviderItem.valid_from < day)
    dropped = delete(ProviderItem).where(*line, ~begun).returning(ProviderItem.id)
    ended = (
        update(ProviderItem)
        .where(*line, begun, has_not_ended(ProviderItem, day))
        .values(valid_to=day - timedelta(days=1))
    )
    cleared = [await tx.session.execute(change) for change in (dropped, ended.returning(ProviderItem.id))]
    return any(result.scalars().all() for result in cleared)


async def drop_proposal(tx: Tx, provider_id: UUID, item: str, tier: str) -> None:
    """Delete the proposed price of the item at the tier."""
    await tx.session.execute(
        delete(ProviderItem).where(
            ProviderItem.provider_id == provider_id,
            ProviderItem.item_code == item,
            ProviderItem.tier == tier,
            ProviderItem.approved_at.is_(None),
        )
    )


async def list_valid_papers(tx: Tx, provider_id: UUID, day: date) -> set[str]:
    """Return the kinds of licences of the provider that are valid on the day."""
    query = select(ProviderPaper.paper_code).where(
        ProviderPaper.provider_id == provider_id, is_valid(ProviderPaper, day)
    )
    return set((await tx.session.execute(query)).scalars())


async def drop_papers(tx: Tx, provider_id: UUID, paper: str, *, until: date = date.max, after: date = date.min) -> bool:
    """Delete the provider's licences of the kind issued after `after`, up to and including `until`.

    Returns whether there were any.
    """
    issued = (ProviderPaper.issued_on <= until, ProviderPaper.issued_on > after)
    of_kind = (ProviderPaper.provider_id == provider_id, ProviderPaper.paper_code == paper)
    struck = delete(ProviderPaper).where(*of_kind, *issued).returning(ProviderPaper.paper_code)
    return (await tx.session.execute(struck)).first() is not None


async def list_keys(tx: Tx, provider_id: UUID) -> Sequence[ProviderKey]:
    """Return the provider's keys that are not revoked, by label and age. Expired ones are included."""
    query = select(ProviderKey).where(ProviderKey.provider_id == provider_id, ProviderKey.revoked_at.is_(None))
    return (await tx.session.execute(query.order_by(ProviderKey.label, ProviderKey.created_at))).scalars().all()


def _roll_windows() -> Prepared:
    first_day = bindparam("first_day", type_=Date)
    days, windows = cast(Table, ProviderDay.__table__), cast(Table, ProviderWindow.__table__)
    due = (
        select(windows.c.provider_id, windows.c.first_day)
        .where(windows.c.first_day < first_day)
        .order_by(windows.c.first_day)
        .limit(bindparam("batch", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    passed = (days.c.provider_id == due.c.provider_id) & (days.c.day >= due.c.first_day) & (days.c.day < first_day)
    sums = (func.coalesce(func.sum(days.c[name]), 0).label(name) for name in WINDOW_COUNTS)
    gone = (
        select(due.c.provider_id, *sums)
        .select_from(due.join(days, passed, isouter=True))
        .group_by(due.c.provider_id)
        .cte("gone")
    )
    left = {name: windows.c[name] - gone.c[name] for name in WINDOW_COUNTS}
    rolled = update(windows).where(windows.c.provider_id == gone.c.provider_id).values(first_day=first_day, **left)
    return Prepared(rolled.returning(windows.c.provider_id))


_ROLL_WINDOWS = _roll_windows()


async def roll_windows(tx: Tx, first_day: date, batch: int) -> int:
    """Subtract days before `first_day` from up to `batch` windows that still include them. Returns how many windows.

    Windows that somebody is updating are skipped and stay due. Days that far back get no more counts, so a day is
    always subtracted whole.
    """
    return len(await tx.rows(_ROLL_WINDOWS, first_day=first_day, batch=batch))
