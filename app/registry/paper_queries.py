"""SQL for licences: which are due for a check, and which have lapsed, been renewed or replaced, or are lacking."""

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
"""Providers whose licences the worker checks. An applicant's are checked at admission."""

_DUE = Prepared(
    select(ProviderPaper.provider_id)
    .where(ProviderPaper.look_on <= bindparam("day", type_=Date))
    .group_by(ProviderPaper.provider_id)
    .order_by(ProviderPaper.provider_id)
    .limit(bindparam("batch", type_=Integer))
)


async def find_due_papers(tx: Tx, day: date, batch: int) -> Sequence[UUID]:
    """Return up to `batch` providers with a licence due for a check on the day."""
    return [row["provider_id"] for row in await tx.rows(_DUE, day=day, batch=batch)]


async def schedule_review(tx: Tx, provider_id: UUID, day: date) -> None:
    """Have the worker check all of the provider's licences on `day`."""
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
    """Return, for each item on the price card, the kinds of licences it needs that are not valid on the day."""
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
"""Another licence follows without a gap."""
_IS_REPLACED = exists().where(*_OF_SAME_KIND, is_valid(_OTHER, _DAY))
"""Another licence has begun and is valid on the day."""

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
    """Return the kinds of the provider's own licences that expired before the day and have no valid replacement."""
    return [row["paper_code"] for row in await tx.rows(_LAPSED, provider=provider_id, day=day)]


async def list_renewed(tx: Tx, provider_id: UUID) -> set[tuple[str, date]]:
    """Return the provider's licences that another follows without a gap, as (kind, day of issue)."""
    query = select(ProviderPaper.paper_code, ProviderPaper.issued_on)
    rows = await tx.session.execute(query.where(ProviderPaper.provider_id == provider_id, _IS_RENEWED))
    return {(row[0], row[1]) for row in rows}


async def drop_replaced(tx: Tx, provider_id: UUID, day: date) -> None:
    """Delete the provider's licences that expired before the day and that another replaces."""
    over = (ProviderPaper.provider_id == provider_id, ProviderPaper.expires_on < day)
    await tx.session.execute(delete(ProviderPaper).where(*over, _IS_REPLACED), {"day": day})


async def list_expiring(
    tx: Tx, until: date, after: tuple[date, UUID, str] | None, limit: int
) -> Sequence[tuple[ProviderPaper, Provider]]:
    """Return licences of admitted providers that expire by `until` or have expired, earliest first.

    Renewed ones are left out.
    """
    key = tuple_(ProviderPaper.expires_on, ProviderPaper.provider_id, ProviderPaper.paper_code)
    query = (
        select(ProviderPaper, Provider)
        .join(Provider, Provider.id == ProviderPaper.provider_id)
        .where(ProviderPaper.expires_on <= until, Provider.standing.in_(WATCHED_STANDINGS), ~_IS_RENEWED)
    )
    if after:
        query = query.where(key > after)
    return [(row[0], row[1]) for row in (await tx.session.execute(query.order_by(*key.clauses).limit(limit))).all()]
