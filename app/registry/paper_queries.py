"""A provider's papers, in SQL: which to review, which have lapsed, been renewed or replaced, which its card lacks."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, delete, exists, select, text, tuple_, update
from sqlalchemy.orm import aliased

from app.catalog.models import PaperKind
from app.kit.db import Prepared, Tx
from app.kit.orm import as_text
from app.registry.models import ACTIVE_STANDINGS, Provider, ProviderPaper, Standing, has_not_expired, is_valid

WATCHED_STANDINGS = (*ACTIVE_STANDINGS, Standing.SUSPENDED)
"""Whose papers are watched: an applicant's are checked at its admission."""

_DUE = Prepared(
    select(ProviderPaper.provider_id)
    .where(ProviderPaper.look_on <= bindparam("day", type_=Date))
    .group_by(ProviderPaper.provider_id)
    .order_by(ProviderPaper.provider_id)
    .limit(bindparam("batch", type_=Integer))
)


async def find_due_papers(tx: Tx, day: date, batch: int) -> Sequence[UUID]:
    """Providers with a paper to be looked at on the day."""
    return [row["provider_id"] for row in await tx.rows(_DUE, day=day, batch=batch)]


async def look_again(tx: Tx, provider_id: UUID, day: date) -> None:
    """Have the worker look at all of the provider's papers."""
    papers = update(ProviderPaper).where(ProviderPaper.provider_id == provider_id)
    await tx.session.execute(papers.values(look_on=day))


_LACKING = Prepared(
    text(
        f"""
SELECT line.item_code, array_agg(DISTINCT need.code ORDER BY need.code) AS papers
FROM provider_items line JOIN items i ON i.code = line.item_code, unnest(i.papers) AS need (code)
WHERE line.provider_id = :provider AND NOT EXISTS (
  SELECT FROM provider_papers held
  WHERE held.provider_id = line.provider_id AND held.paper_code = need.code
    AND {as_text(is_valid(aliased(ProviderPaper, name="held"), bindparam("day")))})
GROUP BY line.item_code
"""
    ).bindparams(bindparam("provider", type_=Uuid), bindparam("day", type_=Date))
)


async def list_lacking(tx: Tx, provider_id: UUID, day: date) -> dict[str, list[str]]:
    """By item of its card the papers that the provider does not hold valid on the day."""
    rows = await tx.rows(_LACKING, provider=provider_id, day=day)
    return {row["item_code"]: row["papers"] for row in rows}


_DAY = bindparam("day", type_=Date)
_OTHER = aliased(ProviderPaper)
_OF_SAME_KIND = (
    _OTHER.provider_id == ProviderPaper.provider_id,
    _OTHER.paper_code == ProviderPaper.paper_code,
    _OTHER.issued_on > ProviderPaper.issued_on,
)
_IS_RENEWED = (
    exists()
    .where(*_OF_SAME_KIND, _OTHER.issued_on <= ProviderPaper.expires_on + 1)
    .where(has_not_expired(_OTHER, ProviderPaper.expires_on))
)
"""Another follows it without a gap."""
_IS_REPLACED = exists().where(*_OF_SAME_KIND, is_valid(_OTHER, _DAY))
"""Another has begun and is valid on the day."""

_LAPSED = Prepared(
    select(ProviderPaper.paper_code)
    .join(PaperKind, PaperKind.code == ProviderPaper.paper_code)
    .where(
        ProviderPaper.provider_id == bindparam("provider", type_=Uuid),
        PaperKind.whole_firm,
        ProviderPaper.expires_on < _DAY,
        ~_IS_REPLACED,
    )
    .order_by(ProviderPaper.paper_code)
)


async def list_lapsed(tx: Tx, provider_id: UUID, day: date) -> list[str]:
    """Papers of the firm itself that have expired before the day and that no other replaces."""
    return [row["paper_code"] for row in await tx.rows(_LAPSED, provider=provider_id, day=day)]


async def list_renewed(tx: Tx, provider_id: UUID) -> set[tuple[str, date]]:
    """The provider's papers that another follows without a gap, by kind and day of issue."""
    query = select(ProviderPaper.paper_code, ProviderPaper.issued_on)
    rows = await tx.session.execute(query.where(ProviderPaper.provider_id == provider_id, _IS_RENEWED))
    return {(row[0], row[1]) for row in rows}


async def drop_replaced(tx: Tx, provider_id: UUID, day: date) -> None:
    """Strike off the provider's papers that have expired before the day and that another replaces."""
    over = (ProviderPaper.provider_id == provider_id, ProviderPaper.expires_on < day)
    await tx.session.execute(delete(ProviderPaper).where(*over, _IS_REPLACED), {"day": day})


async def list_expiring(
    tx: Tx, until: date, after: tuple[date, UUID, str] | None, limit: int
) -> Sequence[tuple[ProviderPaper, Provider]]:
    """Papers of admitted providers that expire by that day or have expired, the earliest first; not the renewed."""
    key = tuple_(ProviderPaper.expires_on, ProviderPaper.provider_id, ProviderPaper.paper_code)
    query = (
        select(ProviderPaper, Provider)
        .join(Provider, Provider.id == ProviderPaper.provider_id)
        .where(ProviderPaper.expires_on <= until, Provider.standing.in_(WATCHED_STANDINGS), ~_IS_RENEWED)
    )
    if after:
        query = query.where(key > after)
    return [(row[0], row[1]) for row in (await tx.session.execute(query.order_by(*key.clauses).limit(limit))).all()]
