"""SQL for candidates, for the decisions about them, and for how evenly they were offered work."""

from collections.abc import Sequence
from datetime import date
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Float, Integer, Text, Uuid, bindparam, select, text
from sqlalchemy.orm import aliased

from app.catalog.models import Tier
from app.jobs.capacity import LOAD
from app.jobs.models import PASSING
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import as_text
from app.matching.models import PRECEDENCE, Decision, PolicyVersion, policy_is_in_force
from app.registry.models import Provider, ProviderItem, has_not_ended, is_active, line_is_in_force
from app.registry.opening import KEEPS

_ACTIVE = as_text(is_active(aliased(Provider, name="p")))
LAST = 1_000_000
"""A position after every priority group."""

# If the policy has a ladder for the tier, its steps come in order, from the request's present one. After them come
# providers that are on no step, then the steps below the present one.
_BY_RUNG = """
  coalesce(array_position(policy.rungs, p.rung) < array_position(policy.rungs, :current_rung), false),
  array_position(policy.rungs, p.rung),"""

# The next providers that offer the item at the tier in the township: named ones first, then the nearest, each with its
# facts that change from moment to moment. There is one row per provider. Each row also has the version of the policy in
# force, whether a surge is on, the calendar days that the centre entered itself, how many providers were read before
# the filters, and whether other requests must be served first. If there is no provider, the result is a single row with
# a null provider.
# Every look-up is by key, whatever the statistics say: OFFSET 0 makes the planner look up each row separately, and an
# ORDER BY with LIMIT 1 on the columns of an index leaves it no other plan.
_CANDIDATES = """
WITH policy AS MATERIALIZED (
  SELECT version, EXISTS (SELECT FROM surges s WHERE s.ended_at IS NULL
      AND (s.category_code IS NULL OR s.category_code = :category)) AS surge,
    ARRAY (SELECT step ->> 'rung' FROM jsonb_array_elements(ladder) WITH ORDINALITY AS steps (step, n) ORDER BY n)
      AS rungs
  FROM policies
  WHERE CASE WHEN :version IS NULL THEN {policy_in_force}
    AND (category_code = :category OR category_code IS NULL) ELSE version = :version END
  ORDER BY {precedence} LIMIT 1
), near AS MATERIALIZED (
  SELECT provider_id, row_number() OVER () AS place FROM (
    SELECT r.provider_id FROM provider_reach r {beside}
    WHERE r.township_code = :township AND r.item_code = :item AND r.tier = :tier
    ORDER BY r.provider_id <> ALL (:named), {first}
      (r.lat - :lat) * (r.lat - :lat) + (r.lon - :lon) * (r.lon - :lon) * :narrowing, r.provider_id
    OFFSET :passed LIMIT :page
  ) page
), asked AS MATERIALIZED (
  SELECT o.provider_id FROM offers o
  WHERE o.request_id = :request AND (o.offered_at >= :corrected OR o.status = 'pending')
    AND (o.status IN ('pending', 'declined', 'expired')
    OR o.withdraw_reason = 'by_staff'
    OR o.end_reason IN ('returned', 'failed', 'redone', 'reassigned', 'reopened'))
    AND NOT (o.offered_at < :dispatch_day
      AND (o.status = 'expired' OR coalesce(o.decline_reason IN ({passing}), false)))
), candidates AS (
  SELECT near.place, p.*,
    coalesce(w.accepted, 0) AS accepted, coalesce(w.declined, 0) AS declined, coalesce(w.expired, 0) AS expired,
    coalesce(w.counted, 0) AS counted, coalesce(w.completed, 0) AS completed, coalesce(w.returned, 0) AS returned,
    p.provider_id IN (
      SELECT b.provider_id FROM citizen_bars b WHERE b.citizen_id = ANY (ARRAY(SELECT same_person(:citizen)))
    ) AS barred,
    p.provider_id IN (SELECT provider_id FROM asked) AS tried
  FROM near
  CROSS JOIN LATERAL (
    SELECT p.id AS provider_id, p.facts_version, p.name, p.lat, p.lon, p.rung, p.credit, p.capacity, p.open_jobs,
      {load} AS load,
      CASE WHEN (SELECT surge FROM policy) THEN
        (SELECT count(*) FROM offers o WHERE o.provider_id = p.id AND o.status = 'pending') ELSE 0 END AS asked,
      p.reachable, p.reached_by = 'phone' AS by_phone, {keeps} AS keeps_holidays
    FROM providers p
    WHERE p.id = near.provider_id AND {active}
      AND (p.community_code IS NULL OR p.community_code = :community)
    OFFSET 0
  ) p
  LEFT JOIN LATERAL (
    SELECT accepted, declined, expired, counted, completed, returned
    FROM provider_windows WHERE provider_id = near.provider_id OFFSET 0
  ) w ON true
)
SELECT policy.version, policy.surge, (SELECT count(*) FROM near) AS read,
  (SELECT array_agg(day) FROM calendar_days WHERE day >= :first_day AND working) AS working,
  (SELECT array_agg(day) FROM calendar_days WHERE day >= :first_day AND NOT working) AS off,
  EXISTS (
    SELECT FROM urgencies u CROSS JOIN LATERAL (
      SELECT FROM requests r
      WHERE r.status = 'dispatching' AND r.match_at IS NOT NULL
        AND r.category_code = :category AND r.urgency_rank = u.rank AND r.match_at <= :at AND r.id <> :request
        AND (u.rank < :urgency_rank OR :group_position >=
          coalesce((SELECT position FROM groups g WHERE g.code = r.priority_group), :last))
      ORDER BY r.category_code, r.urgency_rank, r.match_at LIMIT 1
    ) due WHERE u.rank <= :urgency_rank) AS others_first,
  candidates.*
FROM policy LEFT JOIN candidates ON true ORDER BY candidates.place
"""
_PARAMETERS = (
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("busy_from", type_=DateTime(timezone=True)),
    bindparam("busy_until", type_=DateTime(timezone=True)),
    bindparam("day_end", type_=DateTime(timezone=True)),
    bindparam("first_day", type_=Date),
    bindparam("version", type_=Integer),
    bindparam("category", type_=Text),
    bindparam("township", type_=Text),
    bindparam("community", type_=Text),
    bindparam("lat", type_=Float),
    bindparam("lon", type_=Float),
    bindparam("narrowing", type_=Float),
    bindparam("named", type_=ARRAY(Uuid)),
    bindparam("passed", type_=BigInteger),
    bindparam("page", type_=BigInteger),
    bindparam("urgency_rank", type_=Integer),
    bindparam("group_position", type_=Integer),
    bindparam("last", type_=Integer),
    bindparam("item", type_=Text),
    bindparam("tier", type_=Text),
    bindparam("citizen", type_=Uuid),
    bindparam("request", type_=Uuid),
    bindparam("dispatch_day", type_=DateTime(timezone=True)),
    bindparam("corrected", type_=DateTime(timezone=True)),
)
_PARTS = {
    "load": LOAD.format(start=":busy_from", end=":busy_until"),
    "keeps": KEEPS,
    "active": _ACTIVE,
    "policy_in_force": as_text(policy_is_in_force(PolicyVersion, bindparam("at"))),
    "precedence": PRECEDENCE,
    "passing": ", ".join(f"'{reason}'" for reason in PASSING),
}
_NEAREST = Prepared(text(_CANDIDATES.format(**_PARTS, beside="", first="")).bindparams(*_PARAMETERS))
_OF_RUNG = "CROSS JOIN LATERAL (SELECT rung FROM providers WHERE id = r.provider_id OFFSET 0) p, policy"
_LOWEST = Prepared(
    text(_CANDIDATES.format(**_PARTS, beside=_OF_RUNG, first=_BY_RUNG)).bindparams(
        *_PARAMETERS, bindparam("current_rung", type_=Text)
    )
)


async def list_candidates(tx: Tx, *, lat: float, tier: str, current_rung: str | None, **params: Any) -> Sequence[Row]:
    """Return the policy in force, or `version`, with the next `page` providers after the `passed` ones.

    For free help the steps of the ladder come in order, from `current_rung`; those below it come last. Providers that
    were only late or busy before `dispatch_day` may be asked again, and so may all that were asked before `corrected`.
    `urgency_rank` and `group_position` are the request's turn: each row says whether other requests due for matching
    must be served first.
    """
    params |= {"lat": lat, "narrowing": cos(radians(lat)) ** 2, "tier": tier, "last": LAST}
    if tier == Tier.FREE:
        return await tx.rows(_LOWEST, current_rung=current_rung, **params)
    return await tx.rows(_NEAREST, **params)


_COUNT_EARLIER = Prepared(
    text(
        f"""
SELECT count(DISTINCT p.id) AS offer_item,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier) AS offer_tier,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND {_ACTIVE}) AS active,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND {_ACTIVE}
    AND (p.community_code IS NULL OR p.community_code = :community)
    AND EXISTS (SELECT FROM provider_coverage c WHERE c.provider_id = p.id AND c.township_code = :township)) AS in_area
FROM provider_items line JOIN providers p ON p.id = line.provider_id
WHERE line.item_code = :item AND {as_text(line_is_in_force(aliased(ProviderItem, name="line"), bindparam("day")))}
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
    """Return how many providers are left after each early filter. These filters give no reasons per provider."""
    row = await tx.row(_COUNT_EARLIER, item=item, tier=tier, township=township, community=community, day=day)
    assert row is not None
    return row


async def list_decisions(tx: Tx, request_id: UUID, after: int | None, limit: int) -> Sequence[Decision]:
    """Return the matching decisions for the request, oldest first, after the id `after`."""
    query = select(Decision).where(Decision.request_id == request_id).order_by(Decision.id).limit(limit)
    if after is not None:
        query = query.where(Decision.id > after)
    return (await tx.session.execute(query)).scalars().all()


_SHARES = text(
    f"""
SELECT line.item_code, array_agg(line.capacity) AS capacities, array_agg(coalesce(kept.counted, 0)) AS counts
FROM (
  SELECT DISTINCT item.item_code, p.id, p.capacity
  FROM provider_items item
  JOIN providers p ON p.id = item.provider_id AND {_ACTIVE} AND p.capacity > 0
  WHERE item.approved_at IS NOT NULL AND item.valid_from < :following
    AND {as_text(has_not_ended(aliased(ProviderItem, name="item"), bindparam("month")))}
    AND (:item IS NULL OR item.item_code = :item)
) line
LEFT JOIN provider_item_months kept
  ON kept.month = :month AND kept.item_code = line.item_code AND kept.provider_id = line.id
GROUP BY line.item_code ORDER BY line.item_code
"""
).bindparams(bindparam("month", type_=Date), bindparam("following", type_=Date), bindparam("item", type_=Text))


async def list_shares(tx: Tx, month: date, following: date, item: str | None) -> Sequence[Any]:
    """Return per item the capacities of its eligible providers and, in the same order, their counted offers."""
    return (await tx.session.execute(_SHARES, {"month": month, "following": following, "item": item})).all()
