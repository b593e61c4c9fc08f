"""What changes seldom of a provider, kept in memory: its price card, its papers, its hours.

Each provider has a `facts_version`, which the database draws anew with each change of these (migration 0031). Whoever
reads a provider sees the version of that very moment, so what is kept under it is what the database says: nothing has
to be told from process to process, and nothing is ever stale.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import cache
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from app.kit.db import Prepared, Row, Tx

MOST_KEPT = 10_000
"""Providers whose facts a process keeps, some kilobytes each."""


class Span(NamedTuple):
    """Local hours of a day; a `closes` of 00:00 is its end."""

    opens: time
    closes: time


class Hours(NamedTuple):
    """When a provider is open: by weekday (1 = Monday), and on days of its own, on which it may be closed."""

    weekly: Mapping[int, Sequence[Span]]
    own: Mapping[date, Sequence[Span]]


class Price(NamedTuple):
    """An approved line of the price card, good until and including `valid_to`."""

    valid_from: date
    valid_to: date | None
    kind: str
    fen: int


class Facts(NamedTuple):
    """Prices by item and tier, the latest first; from when until when papers are good, by kind; hours."""

    prices: Mapping[tuple[str, str], Sequence[Price]]
    papers: Mapping[str, Sequence[tuple[date, date | None]]]
    hours: Hours

    def price(self, item: str, tier: str, day: date) -> Price | None:
        """What the card says on that day."""
        for price in self.prices.get((item, tier), ()):
            if price.valid_from <= day and (price.valid_to is None or day <= price.valid_to):
                return price
        return None

    def holds(self, papers: Sequence[str], day: date) -> bool:
        """Whether each of these papers is good on that day."""
        return all(
            any(start <= day and (end is None or day <= end) for start, end in self.papers.get(code, ()))
            for code in papers
        )


HOURS_COLUMNS = """
  (SELECT jsonb_agg(jsonb_build_array(weekday, opens, closes) ORDER BY opens)
   FROM provider_hours WHERE provider_id = p.id) AS weekly,
  (SELECT jsonb_agg(jsonb_build_array(day, opens, closes) ORDER BY opens)
   FROM provider_exceptions WHERE provider_id = p.id) AS own
"""
_FACTS = Prepared(
    text(
        f"""
SELECT p.id, p.facts_version,
  (SELECT jsonb_agg(jsonb_build_array(item_code, tier, valid_from, valid_to, price_kind, price_fen)
     ORDER BY valid_from DESC)
   FROM provider_items WHERE provider_id = p.id AND approved_at IS NOT NULL) AS prices,
  (SELECT jsonb_agg(jsonb_build_array(paper_code, issued_on, expires_on))
   FROM provider_papers WHERE provider_id = p.id) AS papers, {HOURS_COLUMNS}
FROM providers p WHERE p.id = ANY (:providers)
"""
    ).bindparams(bindparam("providers", type_=ARRAY(Uuid)))
)


async def list_facts(tx: Tx, versions: Mapping[UUID, int]) -> Mapping[UUID, Facts]:
    """The facts of these providers, which have just been read with these versions."""
    kept = cast(dict[UUID, tuple[int, Facts]], tx.kept.setdefault(Facts, {}))
    found, missing = {}, []
    for provider, version in versions.items():
        one = kept.get(provider)
        if one is not None and one[0] == version:
            found[provider] = one[1]
        else:
            missing.append(provider)
    if missing:
        if len(kept) + len(missing) > MOST_KEPT:
            kept.clear()
        for row in await tx.rows(_FACTS, providers=missing):
            found[row["id"]] = facts = _read(row)
            kept[row["id"]] = row["facts_version"], facts
    return found


def _read(row: Row) -> Facts:
    prices: dict[tuple[str, str], list[Price]] = {}
    for item, tier, start, end, kind, fen in row["prices"] or ():
        prices.setdefault((item, tier), []).append(Price(_day(start), _day(end) if end else None, kind, fen))
    papers: dict[str, list[tuple[date, date | None]]] = {}
    for code, start, end in row["papers"] or ():
        papers.setdefault(code, []).append((_day(start), _day(end) if end else None))
    return Facts(prices, papers, read_hours(row))


def read_hours(row: Row) -> Hours:
    """Those of a row with HOURS_COLUMNS."""
    weekly: dict[int, list[Span]] = {}
    for weekday, opens, closes in row["weekly"] or ():
        weekly.setdefault(weekday, []).append(_span(opens, closes))
    own: dict[date, list[Span]] = {}
    for day, opens, closes in row["own"] or ():
        spans = own.setdefault(_day(day), [])
        if closes:
            spans.append(_span(opens, closes))
    return Hours(weekly, own)


@cache
def _day(written: str) -> date:
    return date.fromisoformat(written)


@cache
def _span(opens: str, closes: str) -> Span:
    return Span(time.fromisoformat(opens), time.fromisoformat(closes))
