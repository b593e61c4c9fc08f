"""SQL of surges: waiting requests and free places, the surges themselves, and deferred requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, DateTime, Integer, Text, Uuid, bindparam, select, text, tuple_
from sqlalchemy.orm import aliased

from app.intake.models import Request, callback_phone
from app.jobs.capacity import MOMENTS, TAKEN, day_end
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import as_text
from app.matching.models import PRECEDENCE, PolicyVersion, Surge, policy_is_in_force
from app.registry.models import Provider, ProviderItem, is_active, line_is_in_force

_UNASSIGNED = "r.status = 'dispatching' AND (r.deferred_until IS NULL OR r.deferred_until <= :at)"
_GIVEN_UP = "r.status = 'unmatched' AND r.unmatched_reason = 'full' AND r.unmatched_at > :given_up_since"
_WAITS = f"{_UNASSIGNED} AND r.match_at IS NOT NULL"
_ACTIVE = as_text(is_active(aliased(Provider, name="p")))
_IN_FORCE = as_text(line_is_in_force(aliased(ProviderItem, name="line"), bindparam("day")))
_MOMENT = (*MOMENTS, bindparam("day", type_=Date))
_PLACES = f"p.capacity - {TAKEN.format(start=':at', end=':day_end')}"

# Places are counted for today, so work booked for another day takes none. Only providers that offer a waiting item
# count: a provider that cleans carpets is no help with flooded cellars.
# They are counted in one pass over the price lines of those items. On a quiet day there are none, because only
# categories with waiting or given-up requests or an open surge are considered.
# A free place is offered to several waiting requests, so a surge ends only when few are `unassigned`, which includes
# those with pending offers. Requests given up since `given_up_since` because all providers were full count as waiting;
# otherwise a category whose requests are given up within minutes would never have enough.
# `may_begin`: no surge is open for the category or for all, and no supervisor has ended one since `rested_since`.
_FIGURES = Prepared(
    text(
        f"""
WITH own AS (
  SELECT id, category_code FROM surges WHERE ended_at IS NULL AND began_by IS NULL
), tight AS MATERIALIZED (
  SELECT c.code AS category_code FROM categories c CROSS JOIN LATERAL (
    SELECT FROM requests r WHERE r.status = 'dispatching' AND r.match_at IS NOT NULL AND r.category_code = c.code
    ORDER BY r.category_code, r.urgency_rank, r.match_at LIMIT 1) waiting
  UNION SELECT r.category_code FROM requests r WHERE {_GIVEN_UP}
  UNION SELECT category_code FROM own
), wanted AS MATERIALIZED (
  SELECT r.category_code, r.item_code, count(*) AS unassigned,
    count(*) FILTER (WHERE r.match_at IS NOT NULL OR r.status = 'unmatched') AS requests
  FROM requests r
  WHERE EXISTS (SELECT FROM tight) AND r.category_code IN (SELECT category_code FROM tight)
    AND ({_UNASSIGNED} OR {_GIVEN_UP})
  GROUP BY r.category_code, r.item_code
), waiting AS (
  SELECT category_code, sum(unassigned)::integer AS unassigned, sum(requests)::integer AS requests
  FROM wanted GROUP BY category_code
  HAVING sum(requests) > 0 OR category_code IN (SELECT category_code FROM own)
), looked_at AS MATERIALIZED (
  SELECT category_code, coalesce(waiting.requests, 0) AS waiting, coalesce(unassigned, 0) AS unassigned,
    own.id AS surge_id
  FROM waiting FULL JOIN own USING (category_code)
), free AS (
  SELECT DISTINCT wanted.category_code, p.id, {_PLACES} AS places
  FROM looked_at JOIN wanted USING (category_code)
  JOIN provider_items line ON line.item_code = wanted.item_code
    AND {_IN_FORCE}
  JOIN providers p ON p.id = line.provider_id AND {_ACTIVE} AND p.reachable
), sums AS (
  SELECT category_code, sum(greatest(places, 0)) AS places FROM free GROUP BY category_code
)
SELECT l.category_code, l.waiting, l.unassigned, l.surge_id, coalesce(sums.places, 0) AS places, policy.version,
  NOT EXISTS (SELECT FROM surges s WHERE (s.category_code IS NULL OR s.category_code = l.category_code)
    AND (s.ended_at IS NULL OR (s.ended_by IS NOT NULL AND s.ended_at > :rested_since))) AS may_begin
FROM looked_at l LEFT JOIN sums ON sums.category_code = l.category_code
CROSS JOIN LATERAL (
  SELECT version FROM policies
  WHERE {as_text(policy_is_in_force(PolicyVersion, bindparam("at")))}
    AND (category_code = l.category_code OR category_code IS NULL)
  ORDER BY {PRECEDENCE} LIMIT 1
) policy
"""
    ).bindparams(
        *_MOMENT,
        bindparam("rested_since", type_=DateTime(timezone=True)),
        bindparam("given_up_since", type_=DateTime(timezone=True)),
    )
)


async def list_figures(
    tx: Tx, at: datetime, zone: ZoneInfo, *, rested_since: datetime, given_up_since: datetime
) -> Sequence[Row]:
    """Return waiting requests, free places and the policy in force, per category with waiting requests or an automatic
    surge."""
    return await tx.rows(_FIGURES, **_moment(at, zone), rested_since=rested_since, given_up_since=given_up_since)


def _moment(at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {"at": at, "day": at.astimezone(zone).date(), "day_end": day_end(at, zone)}


_COUNT = Prepared(
    text(
        f"""
WITH waiting AS (
  SELECT item_code, count(*) AS requests FROM requests r
  WHERE {_WAITS} AND (:category IS NULL OR r.category_code = :category) GROUP BY item_code
)
SELECT (SELECT coalesce(sum(requests), 0)::integer FROM waiting) AS waiting, (
  SELECT coalesce(sum(greatest({_PLACES}, 0)), 0) FROM providers p
  WHERE {_ACTIVE} AND p.reachable AND EXISTS (
    SELECT FROM provider_items line JOIN items i ON i.code = line.item_code
    WHERE line.provider_id = p.id AND (:category IS NULL OR i.category_code = :category)
      AND (i.code IN (SELECT item_code FROM waiting) OR NOT EXISTS (SELECT FROM waiting))
      AND {_IN_FORCE})
  ) AS places
"""
    ).bindparams(*_MOMENT, bindparam("category", type_=Text))
)


async def count_figures(tx: Tx, at: datetime, zone: ZoneInfo, category: str | None) -> Row:
    """Return how many requests of the category (None: of all) wait, and how many more jobs providers can take today.

    Only providers that offer a waiting item count; if nothing waits, all providers in the category do.
    """
    row = await tx.row(_COUNT, **_moment(at, zone), category=category)
    assert row is not None
    return row


_BEGIN = Prepared(
    text(
        """
INSERT INTO surges (id, category_code, began_at, began_by, reason, waiting, places)
VALUES (:id, :category, :at, :by, :reason, :waiting, :places)
ON CONFLICT (coalesce(category_code, '')) WHERE ended_at IS NULL
DO UPDATE SET began_by = excluded.began_by, reason = excluded.reason
  WHERE surges.began_by IS NULL AND excluded.began_by IS NOT NULL
RETURNING id
"""
    ).bindparams(
        bindparam("id", type_=Uuid),
        bindparam("category", type_=Text),
        bindparam("at", type_=DateTime(timezone=True)),
        bindparam("by", type_=Uuid),
        bindparam("reason", type_=Text),
        bindparam("waiting", type_=Integer),
        bindparam("places", type_=Integer),
    )
)


async def add_surge(
    tx: Tx, surge_id: UUID, category: str | None, reason: str, at: datetime, by: UUID | None, waiting: int, places: int
) -> UUID | None:
    """Start a surge, or let `by` take over an open automatic one. Return its id, or None if another one is open."""
    figures = {"waiting": waiting, "places": places}
    row = await tx.row(_BEGIN, id=surge_id, category=category, at=at, by=by, reason=reason, **figures)
    return row["id"] if row else None


_END = Prepared(
    text(
        """
UPDATE surges SET ended_at = :at, ended_by = :by
WHERE id = :id AND ended_at IS NULL AND (began_by IS NULL OR :by IS NOT NULL)
RETURNING category_code, reason
"""
    ).bindparams(
        bindparam("at", type_=DateTime(timezone=True)), bindparam("by", type_=Uuid), bindparam("id", type_=Uuid)
    )
)


async def end_surge(tx: Tx, surge_id: UUID, at: datetime, by: UUID | None) -> Row | None:
    """End an open surge and return it, or None if nothing ended. If `by` is None, only a surge that began automatically
    ends."""
    return await tx.row(_END, id=surge_id, at=at, by=by)


_RELEASE = Prepared(
    text(
        """
UPDATE requests SET match_at = :at, deferred_until = :at WHERE id IN (
  SELECT r.id FROM requests r
  WHERE r.status = 'dispatching' AND r.match_at > :at AND r.deferred_until > :at
    AND (:category IS NULL OR r.category_code = :category)
    AND NOT EXISTS (SELECT FROM surges s WHERE s.ended_at IS NULL
      AND (s.category_code IS NULL OR s.category_code = r.category_code))
  ORDER BY r.id FOR UPDATE OF r)
"""
    ).bindparams(bindparam("at", type_=DateTime(timezone=True)), bindparam("category", type_=Text))
)


async def release_deferred(tx: Tx, category: str | None, at: datetime) -> None:
    """Match deferred requests of the category (None: of all) now, unless another surge is still open for them."""
    await tx.rows(_RELEASE, category=category, at=at)


async def find_surge(tx: Tx, surge_id: UUID) -> Surge | None:
    """Return the surge as it is in the database now, or None."""
    return await tx.session.get(Surge, surge_id, populate_existing=True)


async def get_open_surge(tx: Tx, category: str | None) -> Surge:
    """Return the surge that is open for exactly this category, or with None for all."""
    query = select(Surge).where(Surge.ended_at.is_(None), Surge.category_code.is_not_distinct_from(category))
    return (await tx.session.execute(query)).scalar_one()


async def list_surges(tx: Tx, *, past: bool, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[Surge]:
    """Return surges, newest first: the open ones, or with `past` all."""
    query = select(Surge).order_by(Surge.began_at.desc(), Surge.id.desc()).limit(limit)
    if not past:
        query = query.where(Surge.ended_at.is_(None))
    if before:
        query = query.where(tuple_(Surge.began_at, Surge.id) < before)
    return (await tx.session.execute(query)).scalars().all()


async def list_untold(tx: Tx, at: datetime, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Request]:
    """Return deferred requests whose citizens have a number to call and have not been told, oldest first."""
    query = (
        select(Request)
        .where(Request.status == "dispatching", Request.deferred_until > at, Request.deferral_told_at.is_(None))
        .where(callback_phone(Request).is_not(None))
        .order_by(Request.received_at, Request.id)
        .limit(limit)
    )
    if after:
        query = query.where(tuple_(Request.received_at, Request.id) > after)
    return (await tx.session.execute(query)).scalars().all()


_TELL = Prepared(
    text(
        """
WITH told AS (
  UPDATE requests SET deferral_told_at = :at WHERE id = :id RETURNING *
), contact AS (
  INSERT INTO contacts (request_id, at, channel, purpose, phone, staff_id)
  SELECT id, :at, 'phone', 'progress', coalesce(callback_phone, contact_phone), :staff FROM told
)
SELECT * FROM told
"""
    ).bindparams(
        bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid), bindparam("staff", type_=Uuid)
    )
)


async def set_told(tx: Tx, request_id: UUID, at: datetime, staff: UUID | None) -> Row:
    """Record on a locked request that the citizen was told by phone. Return its row."""
    row = await tx.row(_TELL, id=request_id, at=at, staff=staff)
    assert row is not None
    return row
