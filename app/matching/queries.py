"""Candidates and policies in SQL."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Integer, Text, Time, Uuid, bindparam, text

from app.kit.db import Prepared, Row, Tx
from app.matching.models import Policy

WINDOW_DAYS = 28
"""How far back counts of offers and jobs reach."""

# One row per active provider that offers the item at the tier in the township, beside the version of the policy in
# force; a single row with a null provider when there is none. The scalar subquery for the hours keeps PostgreSQL from
# hashing everybody's hours for the sake of a few.
_CANDIDATES = Prepared(
    text(
        """
WITH policy AS (
  SELECT version FROM policies WHERE effective_from <= :at ORDER BY version DESC LIMIT 1
), candidate AS (
  SELECT DISTINCT ON (p.id) p.*, line.price_kind, line.price_fen
  FROM provider_items line
  JOIN providers p ON p.id = line.provider_id AND p.standing IN ('trial', 'active', 'watch')
  JOIN provider_coverage c ON c.provider_id = p.id AND c.township_code = :township
  WHERE line.item_code = :item AND line.tier = :tier AND line.approved_at IS NOT NULL
    AND line.valid_from <= :day AND (line.valid_to IS NULL OR line.valid_to >= :day)
  ORDER BY p.id, line.valid_from DESC
)
SELECT policy.version, p.lat, p.lon,
  p.id, p.name, p.credit, p.capacity, p.open_jobs, p.price_kind, p.price_fen, kept.*,
  NOT EXISTS (
    SELECT FROM unnest(:papers) AS need (code) WHERE NOT EXISTS (
      SELECT FROM provider_papers held
      WHERE held.provider_id = p.id AND held.paper_code = need.code AND held.issued_on <= :day
        AND (held.expires_on IS NULL OR held.expires_on >= :day))) AS has_papers,
  coalesce((
    SELECT true FROM provider_hours h
    JOIN unnest(:weekdays, :starts, :ends) AS wanted (weekday, start, until)
      ON h.weekday = wanted.weekday AND h.opens < wanted.until
        AND (h.closes > wanted.start OR h.closes = '00:00')
    WHERE h.provider_id = p.id LIMIT 1), false) AS is_open,
  p.reachable,
  EXISTS (SELECT FROM citizen_bars b WHERE b.provider_id = p.id AND b.citizen_id = :citizen) AS barred,
  EXISTS (
    SELECT FROM offers o
    WHERE o.request_id = :request AND o.provider_id = p.id AND (o.status IN ('pending', 'declined', 'expired')
      OR o.withdraw_reason = 'by_staff'
      OR o.end_reason IN ('returned', 'failed', 'redone', 'reassigned', 'reopened'))) AS tried
FROM policy LEFT JOIN candidate p ON true
LEFT JOIN LATERAL (
  SELECT coalesce(sum(accepted), 0)::int AS accepted, coalesce(sum(declined), 0)::int AS declined,
    coalesce(sum(expired), 0)::int AS expired, coalesce(sum(counted), 0)::int AS counted,
    coalesce(sum(completed), 0)::int AS completed, coalesce(sum(returned), 0)::int AS returned
  FROM provider_days d WHERE d.provider_id = p.id AND d.day > :since
) kept ON true
"""
    ).bindparams(
        bindparam("at", type_=DateTime(timezone=True)),
        bindparam("township", type_=Text),
        bindparam("item", type_=Text),
        bindparam("tier", type_=Text),
        bindparam("day", type_=Date),
        bindparam("papers", type_=ARRAY(Text)),
        bindparam("weekdays", type_=ARRAY(Integer)),
        bindparam("starts", type_=ARRAY(Time)),
        bindparam("ends", type_=ARRAY(Time)),
        bindparam("citizen", type_=Uuid),
        bindparam("request", type_=Uuid),
        bindparam("since", type_=Date),
    )
)


async def list_candidates(
    tx: Tx,
    *,
    at: datetime,
    item: str,
    tier: str,
    papers: Sequence[str],
    township: str,
    day: date,
    window: Sequence[tuple[int, time, time]],
    citizen: UUID | None,
    request: UUID | None,
) -> Sequence[Row]:
    """The policy in force with each active provider that offers the item at the tier in the township.

    `window`: per day the weekday (1 = Monday) and the local times between which somebody is to come.
    """
    return await tx.rows(
        _CANDIDATES,
        at=at,
        item=item,
        tier=tier,
        papers=papers,
        township=township,
        day=day,
        weekdays=[weekday for weekday, _, _ in window],
        starts=[start for _, start, _ in window],
        ends=[end for _, _, end in window],
        citizen=citizen,
        request=request,
        since=day - timedelta(days=WINDOW_DAYS),
    )


_COUNT_EARLIER = Prepared(
    text(
        """
SELECT count(DISTINCT p.id) AS offer_item,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier) AS offer_tier,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND p.standing IN ('trial', 'active', 'watch')) AS active,
  count(DISTINCT p.id) FILTER (WHERE line.tier = :tier AND p.standing IN ('trial', 'active', 'watch')
    AND EXISTS (SELECT FROM provider_coverage c WHERE c.provider_id = p.id AND c.township_code = :township)) AS in_area
FROM provider_items line JOIN providers p ON p.id = line.provider_id
WHERE line.item_code = :item AND line.approved_at IS NOT NULL
  AND line.valid_from <= :day AND (line.valid_to IS NULL OR line.valid_to >= :day)
"""
    ).bindparams(
        bindparam("item", type_=Text),
        bindparam("tier", type_=Text),
        bindparam("township", type_=Text),
        bindparam("day", type_=Date),
    )
)


async def count_earlier_filters(tx: Tx, *, item: str, tier: str, township: str, day: date) -> Row:
    """How many providers pass the filters before those that are explained one by one."""
    row = await tx.row(_COUNT_EARLIER, item=item, tier=tier, township=township, day=day)
    assert row is not None
    return row


async def get_policy(tx: Tx, version: int) -> Policy:
    """The policy of this version."""
    return await tx.session.get_one(Policy, version)
