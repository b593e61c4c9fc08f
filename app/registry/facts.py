"""Facts about providers that seldom change, cached in memory: prices and licences for an item, and opening hours.

Each provider has a `facts_version`, a random number that the database draws anew with every change to these facts
(migration 0031). Reading a provider also reads its current version, so facts cached under that version match the
database. Processes need not notify each other, and nothing is ever stale.

Providers are many, but their facts are often the same. Equal hours, prices and licences share one object, cached by
their text in the row.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import lru_cache
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text

from app.kit.db import Prepared, Row, Tx

MOST_KEPT = 200_000
"""How many pairs of provider and item a process caches, at some hundred bytes each."""
ALIKE = 50_000
"""How many distinct texts of hours, prices or licences are cached."""


class Span(NamedTuple):
    """Local opening hours on one day. A `closes` of 00:00 is the end of the day."""

    opens: time
    closes: time


class Hours(NamedTuple):
    """When a provider is open, by weekday (1 = Monday) and on special days. A special day without spans is closed."""

    weekly: Mapping[int, Sequence[Span]]
    own: Mapping[date, Sequence[Span]]


class Price(NamedTuple):
    """An approved line of the price card, in force up to and including `valid_to`; `fen` is per unit."""

    valid_from: date
    valid_to: date | None
    kind: str
    fen: int


class Paper(NamedTuple):
    """A licence, valid up to and including `valid_to`."""

    code: str
    valid_from: date
    valid_to: date | None


class Wants(NamedTuple):
    """An item at a tier, and the kinds of licences it needs."""

    item: str
    tier: str
    papers: tuple[str, ...]


class Facts(NamedTuple):
    """A provider's prices for an item at a tier (latest first), its licences of the kinds the item needs, and its
    hours."""

    prices: Sequence[Price]
    papers: Sequence[Paper]
    hours: Hours

    def price(self, day: date) -> Price | None:
        """Return the price in force on `day`, or None."""
        for price in self.prices:
            if price.valid_from <= day and (price.valid_to is None or day <= price.valid_to):
                return price
        return None

    def holds(self, papers: Sequence[str], day: date) -> bool:
        """Return whether the provider holds each of these kinds of licences valid on `day`."""
        good = {
            one.code for one in self.papers if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
        }
        return good.issuperset(papers)


HOURS_COLUMNS = """
  (SELECT string_agg(weekday || ' ' || opens || ' ' || closes, ',' ORDER BY weekday, opens)
   FROM provider_hours WHERE provider_id = p.id) AS weekly,
  (SELECT string_agg(to_char(day, 'YYYY-MM-DD') || ' ' || opens || ' ' || coalesce(closes::text, ''), ','
     ORDER BY day, opens)
   FROM provider_exceptions WHERE provider_id = p.id) AS own
"""
_FACTS = Prepared(
    text(
        f"""
SELECT p.id, p.facts_version,
  (SELECT string_agg(to_char(valid_from, 'YYYY-MM-DD') || ' ' || coalesce(to_char(valid_to, 'YYYY-MM-DD'), '')
     || ' ' || price_kind || ' ' || price_fen, ','
     ORDER BY valid_from DESC)
   FROM provider_items WHERE provider_id = p.id AND item_code = :item AND tier = :tier AND approved_at IS NOT NULL
  ) AS prices,
  (SELECT string_agg(paper_code || ' ' || to_char(issued_on, 'YYYY-MM-DD')
     || ' ' || coalesce(to_char(expires_on, 'YYYY-MM-DD'), ''), ',')
   FROM provider_papers WHERE provider_id = p.id AND paper_code = ANY (:papers)) AS papers, {HOURS_COLUMNS}
FROM unnest(:providers) AS missing (id)
CROSS JOIN LATERAL (SELECT id, facts_version FROM providers WHERE id = missing.id OFFSET 0) p
"""
    ).bindparams(
        bindparam("providers", type_=ARRAY(Uuid)),
        bindparam("item", type_=Text),
        bindparam("tier", type_=Text),
        bindparam("papers", type_=ARRAY(Text)),
    )
)


async def list_facts(tx: Tx, wants: Wants, versions: Mapping[UUID, int]) -> Mapping[UUID, Facts]:
    """Return the facts of these providers. `versions` holds each one's `facts_version` as just read."""
    every = cast(dict[Wants, dict[UUID, tuple[int, Facts]]], tx.kept.setdefault(Facts, {}))
    kept = every.setdefault(wants, {})
    found, missing = {}, []
    for provider, version in versions.items():
        one = kept.get(provider)
        if one is not None and one[0] == version:
            found[provider] = one[1]
        else:
            missing.append(provider)
    if missing:
        if sum(map(len, every.values())) + len(missing) > MOST_KEPT:
            every.clear()
            every[wants] = kept = {}
        for row in await tx.rows(_FACTS, providers=missing, **wants._asdict()):
            facts = Facts(_prices(row["prices"] or ""), _papers(row["papers"] or ""), read_hours(row))
            found[row["id"]] = facts
            kept[row["id"]] = row["facts_version"], facts
    return found


def read_hours(row: Row) -> Hours:
    """Return the opening hours in a row that selects HOURS_COLUMNS."""
    return _hours(row["weekly"] or "", row["own"] or "")


def _lines(written: str) -> list[list[str]]:
    return [line.split(" ") for line in written.split(",")] if written else []


@lru_cache(ALIKE)
def _prices(written: str) -> Sequence[Price]:
    return [Price(_day(start), _day(end) if end else None, kind, int(fen)) for start, end, kind, fen in _lines(written)]


@lru_cache(ALIKE)
def _papers(written: str) -> Sequence[Paper]:
    return [Paper(code, _day(start), _day(end) if end else None) for code, start, end in _lines(written)]


@lru_cache(ALIKE)
def _hours(weekly: str, own: str) -> Hours:
    by_weekday: dict[int, list[Span]] = {}
    for weekday, opens, closes in _lines(weekly):
        by_weekday.setdefault(int(weekday), []).append(_span(opens, closes))
    by_day: dict[date, list[Span]] = {}
    for day, opens, closes in _lines(own):
        spans = by_day.setdefault(_day(day), [])
        if closes:
            spans.append(_span(opens, closes))
    return Hours(by_weekday, by_day)


_day = date.fromisoformat


def _span(opens: str, closes: str) -> Span:
    return Span(time.fromisoformat(opens), time.fromisoformat(closes))
