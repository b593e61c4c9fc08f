"""Candidates, what was decided of them, and how evenly they were offered work, in SQL."""

from collections.abc import Sequence
from datetime import date, time
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Text, Time, Uuid, bindparam, select, text

from app.jobs.capacity import LOAD
from app.kit.db import Prepared, Row, Tx
from app.matching.models import Decision
from app.registry.opening import DAYS, FACTS, OF_THE_DAY, calendar_facts

LAST = 1_000_000
"""Behind every priority group."""
SHORTLIST = 100
"""At most so many providers are ranked or rejected one by one: the nearest who can come, then of the others."""

# The providers that offer the item at the tier in the township, the citizen's own choice first and then the nearest,
# each with what the filters and the ranking ask of it. They are sorted by what one index holds (OFFSET 0 keeps it so)
# and walked one by one until enough are found.
_REACHING = """
SELECT p.lat, p.lon, p.rung, p.id, p.name, p.credit, p.capacity, p.open_jobs, line.price_kind, line.price_fen,
  coalesce(w.accepted, 0) AS accepted, coalesce(w.declined, 0) AS declined, coalesce(w.expired, 0) AS expired,
  coalesce(w.counted, 0) AS counted, coalesce(w.completed, 0) AS completed, coalesce(w.returned, 0) AS returned,
  facts.has_papers, facts.is_open, p.reachable, facts.barred, facts.tried, facts.asked,
  facts.open_now, p.reached_by = 'phone' AS by_phone, facts.load
FROM (
  SELECT provider_id, CASE WHEN provider_id = :chosen THEN -1 ELSE
    (lat - :lat) * (lat - :lat) + (lon - :lon) * (lon - :lon) * :narrowing END AS distance
  FROM provider_reach WHERE township_code = :township AND item_code = :item AND tier = :tier
  ORDER BY distance OFFSET 0
) near
JOIN providers p ON p.id = near.provider_id AND p.standing IN ('trial', 'active', 'watch')
  AND (p.community_code IS NULL OR p.community_code = :community)
CROSS JOIN LATERAL (
  SELECT price_kind, price_fen FROM provider_items
  WHERE provider_id = p.id AND item_code = :item AND tier = :tier AND approved_at IS NOT NULL
    AND valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)
  ORDER BY valid_from DESC LIMIT 1
) line
CROSS JOIN LATERAL (
  SELECT NOT EXISTS (
      SELECT FROM unnest(:papers) AS need (code) WHERE NOT EXISTS (
        SELECT FROM provider_papers held
        WHERE held.provider_id = p.id AND held.paper_code = need.code AND held.issued_on <= :day
          AND (held.expires_on IS NULL OR held.expires_on >= :day))) AS has_papers,
    {is_open_then} AS is_open,
    {is_open_now} AS open_now,
    {load} AS load,
    EXISTS (SELECT FROM citizen_bars b WHERE b.provider_id = p.id AND b.citizen_id = :citizen) AS barred,
    EXISTS (
      SELECT FROM offers o
      WHERE o.request_id = :request AND o.provider_id = p.id AND (o.offered_at >= :corrected OR o.status = 'pending')
        AND (o.status IN ('pending', 'declined', 'expired')
        OR o.withdraw_reason = 'by_staff'
        OR o.end_reason IN ('returned', 'failed', 'redone', 'reassigned', 'reopened'))
        AND NOT (o.offered_at < :dispatch_day
          AND (o.status = 'expired' OR coalesce(o.decline_reason IN ('busy', 'no_staff'), false)))) AS tried,
    CASE WHEN (SELECT surge FROM policy) THEN
      (SELECT count(*) FROM offers o WHERE o.provider_id = p.id AND o.status = 'pending') ELSE 0 END AS asked
  OFFSET 0
) facts
LEFT JOIN provider_windows w ON w.provider_id = p.id
WHERE {which}
ORDER BY near.distance
LIMIT {limit}
"""


def _open(rows: str) -> str:
    """Whether the provider is open at some time of these rows of `wanted`."""
    overlaps = "{0}.opens < wanted.until AND ({0}.closes > wanted.start OR {0}.closes = '00:00')"
    return f"""(EXISTS (
      SELECT FROM wanted JOIN provider_hours h ON {OF_THE_DAY} WHERE {rows} AND {overlaps.format("h")})
    OR EXISTS (
      SELECT FROM wanted JOIN provider_exceptions e ON e.provider_id = p.id AND e.day = wanted.day
      WHERE {rows} AND {overlaps.format("e")}))"""


_PARTS = {
    "is_open_then": _open("NOT wanted.present"),
    "is_open_now": _open("wanted.present"),
    "load": LOAD.format(start=":busy_from", end=":busy_until"),
}
_ABLE = (
    "facts.load + facts.asked < p.capacity"
    " AND p.reachable AND facts.has_papers AND facts.is_open"
    " AND NOT facts.barred AND NOT facts.tried"
)
_FREE_PLACES = ":shortlist - (SELECT count(*) FROM able)"

# One row per provider, beside the version of the policy in force, whether a surge is on, and whether others have to be
# served first; a single row with a null provider when there is none.
_CANDIDATES = Prepared(
    text(
        f"""
WITH policy AS (
  SELECT version, EXISTS (SELECT FROM surges s WHERE s.ended_at IS NULL
    AND (s.category_code IS NULL OR s.category_code = :category)) AS surge FROM policies
  WHERE CASE WHEN :version IS NULL THEN effective_from <= :at AND (withdrawn_at IS NULL OR withdrawn_at > :at)
    AND (category_code = :category OR category_code IS NULL) ELSE version = :version END
  ORDER BY category_code IS NULL, effective_from DESC, version DESC LIMIT 1
), given AS (
  SELECT * FROM unnest(:days, :weekdays, :off, :working, :starts, :ends, :present)
    AS given (day, weekday, library_off, library_working, start, until, present)
), wanted AS MATERIALIZED ({DAYS}
), able AS MATERIALIZED ({_REACHING.format(which=_ABLE, limit=":shortlist", **_PARTS)}),
others AS ({_REACHING.format(which="p.id NOT IN (SELECT id FROM able)", limit=_FREE_PLACES, **_PARTS)})
SELECT policy.version, policy.surge,
  :urgency_rank IS NOT NULL AND EXISTS (
    SELECT FROM requests r LEFT JOIN groups g ON g.code = r.priority_group
    WHERE r.status = 'dispatching' AND r.match_at <= :at AND r.category_code = :category AND r.id <> :request
      AND (r.urgency_rank, coalesce(g.position, :last)) <= (:urgency_rank, :group_position)) AS others_first,
  candidate.*
FROM policy LEFT JOIN (SELECT * FROM able UNION ALL SELECT * FROM others) candidate ON true
"""
    ).bindparams(
        bindparam("at", type_=DateTime(timezone=True)),
        bindparam("busy_from", type_=DateTime(timezone=True)),
        bindparam("busy_until", type_=DateTime(timezone=True)),
        bindparam("day_end", type_=DateTime(timezone=True)),
        bindparam("version", type_=Integer),
        bindparam("category", type_=Text),
        bindparam("township", type_=Text),
        bindparam("community", type_=Text),
        bindparam("lat", type_=Float),
        bindparam("lon", type_=Float),
        bindparam("narrowing", type_=Float),
        bindparam("chosen", type_=Uuid),
        bindparam("shortlist", type_=Integer),
        bindparam("urgency_rank", type_=Integer),
        bindparam("group_position", type_=Integer),
        bindparam("last", type_=Integer),
        bindparam("item", type_=Text),
        bindparam("tier", type_=Text),
        bindparam("day", type_=Date),
        bindparam("papers", type_=ARRAY(Text)),
        *FACTS,
        bindparam("present", type_=ARRAY(Boolean)),
        bindparam("starts", type_=ARRAY(Time)),
        bindparam("ends", type_=ARRAY(Time)),
        bindparam("citizen", type_=Uuid),
        bindparam("request", type_=Uuid),
        bindparam("dispatch_day", type_=DateTime(timezone=True)),
        bindparam("corrected", type_=DateTime(timezone=True)),
    )
)


def _next_tick(clock: time) -> time:
    """So that a firm that opens at this very moment is open; a span ends before its end."""
    return clock.replace(microsecond=min(clock.microsecond + 1, 999_999))


async def list_candidates(
    tx: Tx,
    *,
    lat: float,
    window: Sequence[tuple[date, time, time]],
    present: tuple[date, time],
    urgency_rank: int | None = None,
    group_position: int | None = None,
    **params: Any,
) -> Sequence[Row]:
    """The policy in force, or `version`, with each active provider that offers the item at the tier in the township.

    `window`: the days and the local times of each between which somebody is to come. Before `dispatch_day` whoever was
    only late or busy may be asked again, before `corrected` anybody. `urgency_rank` and
    `group_position` ask whether other requests that are due for matching have to be served first.
    """
    return await tx.rows(
        _CANDIDATES,
        lat=lat,
        narrowing=cos(radians(lat)) ** 2,
        starts=[start for _, start, _ in window] + [present[1]],
        ends=[end for _, _, end in window] + [_next_tick(present[1])],
        present=[False] * len(window) + [True],
        **calendar_facts([day for day, _, _ in window] + [present[0]]),
        shortlist=SHORTLIST,
        last=LAST,
        urgency_rank=urgency_rank,
        group_position=group_position,
        **params,
    )


_COUNT_EARLIER = Prepared(
    text(
        """
SELECT count(DISTINCT p.id) AS offer_item,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier) AS offer_tier,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND p.standing IN ('trial', 'active', 'watch')) AS active,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND p.standing IN ('trial', 'active', 'watch')
    AND (p.community_code IS NULL OR p.community_code = :community)
    AND EXISTS (SELECT FROM provider_coverage c WHERE c.provider_id = p.id AND c.township_code = :township)) AS in_area
FROM provider_items line JOIN providers p ON p.id = line.provider_id
WHERE line.item_code = :item AND line.approved_at IS NOT NULL
  AND line.valid_from <= :day AND (line.valid_to IS NULL OR line.valid_to >= :day)
"""
    ).bindparams(
        bindparam("item", type_=Text),
        bindparam("tier", type_=Text),
        bindparam("township", type_=Text),
        bindparam("community", type_=Text),
        bindparam("day", type_=Date),
    )
)


async def count_earlier_filters(tx: Tx, item: str, tier: str, township: str, community: str | None, day: date) -> Row:
    """How many providers pass the filters before those that are explained one by one."""
    row = await tx.row(_COUNT_EARLIER, item=item, tier=tier, township=township, community=community, day=day)
    assert row is not None
    return row


async def list_decisions(tx: Tx, request_id: UUID, after: int | None, limit: int) -> Sequence[Decision]:
    """What matching decided for the request, oldest first."""
    query = select(Decision).where(Decision.request_id == request_id).order_by(Decision.id).limit(limit)
    if after is not None:
        query = query.where(Decision.id > after)
    return (await tx.session.execute(query)).scalars().all()


_SHARES = text(
    """
SELECT line.item_code, array_agg(line.capacity) AS capacities, array_agg(coalesce(kept.counted, 0)) AS counts
FROM (
  SELECT DISTINCT item.item_code, p.id, p.capacity
  FROM provider_items item
  JOIN providers p ON p.id = item.provider_id AND p.standing IN ('trial', 'active', 'watch') AND p.capacity > 0
  WHERE item.approved_at IS NOT NULL AND item.valid_from < :following
    AND (item.valid_to IS NULL OR item.valid_to >= :month) AND (:item IS NULL OR item.item_code = :item)
) line
LEFT JOIN provider_item_months kept
  ON kept.month = :month AND kept.item_code = line.item_code AND kept.provider_id = line.id
GROUP BY line.item_code ORDER BY line.item_code
"""
).bindparams(bindparam("month", type_=Date), bindparam("following", type_=Date), bindparam("item", type_=Text))


async def list_shares(tx: Tx, month: date, following: date, item: str | None) -> Sequence[Any]:
    """Per item the capacities of its eligible providers and, in pairs, their counted offers of the month."""
    return (await tx.session.execute(_SHARES, {"month": month, "following": following, "item": item})).all()
