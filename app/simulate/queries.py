"""SQL that the simulation needs while it plays: the next moment at which something is due, and new offers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import DateTime, Float, Integer, bindparam, func, select, text, union_all, update
from sqlalchemy import cast as sql_cast

from app.intake.models import Request
from app.jobs.models import Offer
from app.kit.db import Database, Prepared, Row, Tx
from app.kit.orm import word
from app.registry.models import Provider

_matching = union_all(
    select(func.min(Offer.expires_at).label("at")).where(Offer.status == word("pending")),
    select(func.min(Request.match_at)).where(Request.status == word("dispatching")),
    select(func.min(Request.hold_until)).where(Request.status == word("on_hold")),
).subquery()
_NEXT_DUE = Prepared(
    select(
        select(func.min(_matching.c.at)).scalar_subquery().label("matching"),
        select(func.min(Request.alarm_at)).scalar_subquery().label("alarm"),
    )
)


class NextDue(NamedTuple):
    """The earliest moment at which a request must be matched or an offer ends, and the earliest deadline alarm."""

    matching: datetime | None
    alarm: datetime | None


async def find_next_due(db: Database) -> NextDue:
    """Return when the worker next has something to do."""
    async with db.autocommit() as tx:
        row = await tx.row(_NEXT_DUE)
    assert row is not None
    return NextDue(row["matching"], row["alarm"])


_EQUAL = """
UPDATE providers SET credit = 100, (lat, lon) = (SELECT lat, lon FROM districts LIMIT 1);
UPDATE provider_items SET price_fen = 8000 WHERE price_kind <> 'free';
INSERT INTO provider_coverage SELECT p.id, t.code FROM providers p CROSS JOIN townships t ON CONFLICT DO NOTHING;
DELETE FROM provider_hours;
INSERT INTO provider_hours SELECT id, weekday, '00:00', '00:00' FROM providers CROSS JOIN generate_series(1, 7) weekday
"""


async def make_equal(tx: Tx) -> None:
    """Make all providers equal except in capacity: same place, price, credit, hours and area."""
    await tx.driver.execute(_EQUAL)


_KEEP_PLACES = Prepared(
    update(Provider).values(
        capacity=func.greatest(1, sql_cast(func.round(Provider.capacity * bindparam("share", type_=Float)), Integer))
    )
)


async def keep_places(tx: Tx, share: float) -> None:
    """Leave each provider this share of its places, but at least one."""
    await tx.rows(_KEEP_PLACES, share=share)


_NEW_OFFERS = Prepared(
    select(
        Offer.id,
        Offer.provider_id,
        Offer.price_fen,
        Offer.offered_at,
        func.coalesce(Offer.ask_from, Offer.offered_at).label("asked_at"),
        Request.item_code,
        Request.number,
        Request.urgency,
    )
    .join(Request, Request.id == Offer.request_id)
    .where(Offer.status == word("pending"), Offer.offered_at > bindparam("after", type_=DateTime(timezone=True)))
    .order_by(Offer.offered_at, Offer.rank)
)


async def list_new_offers(db: Database, after: datetime) -> Sequence[Row]:
    """Return the offers made after this moment that await an answer, in order."""
    async with db.autocommit() as tx:
        return await tx.rows(_NEW_OFFERS, after=after)


_COUNTS = Prepared(
    text(
        """
SELECT count(*) AS received,
  count(*) FILTER (WHERE answered_in_call) AS answered_in_call,
  count(*) FILTER (WHERE dispatched_at IS NOT NULL) AS dispatched,
  count(*) FILTER (WHERE first_job.request_id IS NOT NULL) AS matched,
  count(*) FILTER (WHERE EXISTS (SELECT FROM events e WHERE e.request_id = r.id AND e.kind = 'request.unmatched'))
    AS unmatched,
  count(*) FILTER (WHERE started_at IS NOT NULL) AS arrived,
  count(*) FILTER (WHERE started_at <= arrive_by) AS arrived_on_time,
  count(*) FILTER (WHERE completed_at IS NOT NULL) AS completed,
  count(*) FILTER (WHERE completed_at <= complete_by) AS on_time,
  (SELECT count(*) FROM offers) AS offers,
  (SELECT count(*) FROM offers WHERE status = 'expired') AS expired,
  (SELECT count(*) FROM offers WHERE status = 'declined') AS declined,
  (SELECT count(*) FROM jobs WHERE status = 'returned') AS returned,
  (SELECT count(*) FROM surges) AS surges
FROM requests r LEFT JOIN (SELECT DISTINCT request_id FROM jobs) first_job ON first_job.request_id = r.id
"""
    )
)


async def count_all(tx: Tx) -> Row:
    """Return the day's figures over all requests."""
    row = await tx.row(_COUNTS)
    assert row is not None
    return row


_REASONS = Prepared(
    text(
        """
SELECT data ->> 'reason' AS reason, count(DISTINCT request_id) AS requests
FROM events WHERE kind = 'request.unmatched' GROUP BY 1 ORDER BY 2 DESC, 1
"""
    )
)


async def list_reasons(tx: Tx) -> Sequence[Row]:
    """Return the number of unmatched requests by the filter that left nobody."""
    return await tx.rows(_REASONS)


_WAITS = Prepared(
    text(
        """
SELECT r.urgency, count(*) AS requests,
  percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM j.accepted_at - r.received_at)) AS accept,
  percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM j.started_at - r.received_at)) AS arrive
FROM requests r
JOIN (SELECT request_id, min(accepted_at) AS accepted_at, min(started_at) AS started_at FROM jobs GROUP BY 1) j
  ON j.request_id = r.id
GROUP BY r.urgency, r.urgency_rank ORDER BY r.urgency_rank
"""
    )
)


async def list_waits(tx: Tx) -> Sequence[Row]:
    """Return per urgency the seconds from the call to acceptance and to arrival: median and 90th percentile."""
    return await tx.rows(_WAITS)


_LOADS = Prepared(
    text(
        """
WITH eligible AS (
  SELECT DISTINCT r.item_code, provider_id
  FROM decisions d JOIN requests r ON r.id = d.request_id CROSS JOIN unnest(d.ranked) AS provider_id
), counted AS (
  SELECT r.item_code, o.provider_id, count(*) AS offers FROM offers o JOIN requests r ON r.id = o.request_id
  WHERE o.offered_by = 'ranking' AND o.status IN ('accepted', 'ended', 'declined', 'expired') GROUP BY 1, 2
)
SELECT e.item_code, array_agg(coalesce(c.offers, 0)::float / p.capacity) AS loads, sum(coalesce(c.offers, 0)) AS offers
FROM eligible e JOIN providers p ON p.id = e.provider_id LEFT JOIN counted c USING (item_code, provider_id)
GROUP BY e.item_code
"""
    )
)


async def list_loads(tx: Tx) -> Sequence[Row]:
    """Return per item the counted offers over capacity of each eligible provider, and the total number of offers."""
    return await tx.rows(_LOADS)


_COURSES = Prepared(
    text(
        """
SELECT r.urgency, r.received_at, j.accepted_at, j.started_at,
  (SELECT min(e.at) FROM events e WHERE e.request_id = r.id AND e.kind = 'request.dispatched') AS dispatched_at,
  coalesce(j.accepted_at, r.cancelled_at, r.closed_at) AS left_at
FROM requests r
LEFT JOIN (SELECT request_id, min(accepted_at) AS accepted_at, min(started_at) AS started_at FROM jobs GROUP BY 1) j
  ON j.request_id = r.id
WHERE r.dispatched_at IS NOT NULL ORDER BY r.urgency_rank, r.received_at
"""
    )
)


async def list_courses(tx: Tx) -> Sequence[Row]:
    """Return when each dispatched request was received, dispatched first, accepted and reached, and left the queue."""
    return await tx.rows(_COURSES)
