"""SQL for policies, and for the items that a policy would leave without providers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, Date, DateTime, Float, Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.intake.models import UnmatchedReason
from app.kit.db import Tx
from app.kit.orm import as_text
from app.matching.models import PolicyVersion, policy_is_in_force
from app.registry.models import Provider, ProviderItem, is_active, line_is_in_force


async def find_policy(tx: Tx, version: int) -> PolicyVersion | None:
    """Return the policy version as it is in the database now, or None."""
    return await tx.session.get(PolicyVersion, version, populate_existing=True)


async def list_policies(tx: Tx, before: int | None, limit: int) -> Sequence[PolicyVersion]:
    """Return policies with a lower version than `before`, newest first, including the withdrawn."""
    query = select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(limit)
    if before is not None:
        query = query.where(PolicyVersion.version < before)
    return (await tx.session.execute(query)).scalars().all()


async def list_in_force(tx: Tx, at: datetime) -> Mapping[str | None, int]:
    """Return the version in force at that moment per category. The key None stands for categories without their own."""
    query = (
        select(PolicyVersion.category_code, PolicyVersion.version)
        .where(policy_is_in_force(PolicyVersion, at))
        .order_by(PolicyVersion.category_code, PolicyVersion.effective_from.desc(), PolicyVersion.version.desc())
        .ext(distinct_on(PolicyVersion.category_code))
    )
    return {row.category_code: row.version for row in await tx.session.execute(query)}


async def lock_default_policies(tx: Tx) -> None:
    """Lock the policies without a category that are not withdrawn, so that only one caller at a time withdraws."""
    query = select(PolicyVersion.version).where(
        PolicyVersion.category_code.is_(None), PolicyVersion.withdrawn_at.is_(None)
    )
    await tx.session.execute(query.order_by(PolicyVersion.version).with_for_update())


class Emptied(NamedTuple):
    """An item whose active providers a policy would all exclude, and the filter that excludes them."""

    item_code: str
    reason: UnmatchedReason


# The statement checks each item at each tier. A provider is near if it is near the middle of a township that it serves,
# or of the one community that it serves. 12,742 km is the diameter of the earth, as in ranking.distance_km.
_EMPTIED = text(
    f"""
WITH offering AS (
  SELECT DISTINCT line.item_code, line.tier, p.id, p.rung
  FROM provider_items line
  JOIN providers p ON p.id = line.provider_id AND {as_text(is_active(aliased(Provider, name="p")))}
  JOIN items i ON i.code = line.item_code
  WHERE {as_text(line_is_in_force(aliased(ProviderItem, name="line"), bindparam("day")))}
    AND CASE WHEN :category IS NOT NULL THEN i.category_code = :category ELSE NOT EXISTS (
      SELECT FROM policies own WHERE own.category_code = i.category_code
        AND {as_text(policy_is_in_force(aliased(PolicyVersion, name="own"), bindparam("at")))}) END
), near AS (
  SELECT DISTINCT p.id
  FROM providers p
  JOIN provider_coverage c ON c.provider_id = p.id
  JOIN townships t ON t.code = c.township_code
  LEFT JOIN communities k ON k.code = p.community_code
  CROSS JOIN LATERAL (SELECT coalesce(k.lat, t.lat) AS lat, coalesce(k.lon, t.lon) AS lon) place
  WHERE :radius IS NULL OR 12742 * asin(least(1, sqrt(sind((place.lat - p.lat) / 2) ^ 2
    + cosd(p.lat) * cosd(place.lat) * sind((place.lon - p.lon) / 2) ^ 2))) <= :radius
)
SELECT DISTINCT item_code, CASE WHEN count(near.id) = 0 THEN 'too_far' ELSE 'not_on_ladder' END AS reason
FROM offering LEFT JOIN near ON near.id = offering.id
GROUP BY item_code, tier
HAVING count(near.id) FILTER (WHERE tier <> 'free' OR cardinality(:rungs) = 0 OR rung = ANY (:rungs)) = 0
ORDER BY reason DESC, item_code
"""
).bindparams(
    bindparam("day", type_=Date),
    bindparam("category", type_=Text),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("radius", type_=Float),
    bindparam("rungs", type_=ARRAY(Text)),
)


async def list_emptied_items(
    tx: Tx, *, category: str | None, at: datetime, day: date, radius: float | None, rungs: Sequence[str]
) -> Sequence[Emptied]:
    """Return the items that this radius and ladder would leave without an active provider on that day.

    Those whose providers are too far away come first. Covers the items of the category, or, without one, of all
    categories that have no policy of their own in force at `at`.
    """
    params = {"category": category, "at": at, "day": day, "radius": radius, "rungs": rungs}
    rows = await tx.session.execute(_EMPTIED, params)
    return [Emptied(row.item_code, UnmatchedReason(row.reason)) for row in rows]
