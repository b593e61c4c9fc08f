"""What must be true of every simulated day, whatever happened on it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.events.transition import Machine
from app.intake.models import RequestStatus
from app.intake.states import REQUESTS
from app.kit.db import Tx


class Span(NamedTuple):
    """Work on `of` from `start` to `end` (None if it still runs). At most `limit` such spans may overlap."""

    of: UUID
    limit: int
    start: datetime
    end: datetime | None


def find_overfull(spans: Iterable[Span]) -> set[UUID]:
    """Return the ids whose spans exceeded their limit at some moment.

    A span that ends as another starts does not overlap it.
    """
    moves: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    limits: dict[UUID, int] = {}
    for span in spans:
        limits[span.of] = span.limit
        moves[span.of].append((span.start, 1))
        if span.end is not None:
            moves[span.of].append((span.end, -1))
    overfull = set()
    for of, changes in moves.items():
        running = 0
        for _, change in sorted(changes):
            running += change
            if running > limits[of]:
                overfull.add(of)
    return overfull


def replay(machine: Machine, start: str, kinds: Iterable[str]) -> str | None:
    """Return the state to which these events lead from `start`, or None if a move was made from a forbidden state."""
    by_event = {str(move.event): move for move in machine.moves.values()}
    status, former = start, start
    for kind in kinds:
        if (move := by_event.get(kind)) is None:
            continue
        if status not in move.sources:
            return None
        target = former if move.target is None else move.target
        former, status = status, target
    return status


async def check_all(tx: Tx, created: Collection[UUID]) -> Mapping[str, int]:
    """Return how often each invariant is broken. All counts are 0 on a good day."""
    return {
        "requests_lost": await _count_lost(tx, created),
        "two_accepted_offers": await _count_overfull(tx, _ACCEPTED),
        "over_capacity": int(await tx.driver.fetchval(_OVERFULL)),
        "states_not_in_the_log": await _count_unlogged(tx),
        "deadlines_unaccounted_for": int(await tx.driver.fetchval(_DEADLINES)),
    }


async def _count_lost(tx: Tx, created: Collection[UUID]) -> int:
    return len(set(created) - {row["id"] for row in await tx.driver.fetch("SELECT id FROM requests")})


_ACCEPTED = """
SELECT request_id, 1, decided_at, ended_at FROM offers WHERE status IN ('accepted', 'ended')
"""
# Counts the earlier jobs that overlap this job's appointment or, without one, the moment of its acceptance. A future
# appointment takes no place before its time.
_OVERFULL = """
SELECT count(*) FROM jobs j JOIN providers p ON p.id = j.provider_id WHERE p.capacity <= (
  SELECT count(*) FROM jobs k
  WHERE k.provider_id = j.provider_id AND (k.accepted_at, k.id) < (j.accepted_at, j.id)
    AND coalesce(k.completed_at, k.ended_at, 'infinity') > j.accepted_at
    AND CASE WHEN k.appointment_to > j.accepted_at
      THEN k.appointment_from < coalesce(j.appointment_to, j.accepted_at)
        AND k.appointment_to > greatest(j.appointment_from, j.accepted_at)
      ELSE j.appointment_from IS NULL END)
"""


async def _count_overfull(tx: Tx, spans: str) -> int:
    return len(find_overfull(Span(*row) for row in await tx.driver.fetch(spans)))


_LOGGED = """
SELECT r.status, array_agg(e.kind ORDER BY e.id) AS kinds
FROM requests r LEFT JOIN events e ON e.request_id = r.id GROUP BY r.id
"""


async def _count_unlogged(tx: Tx) -> int:
    rows = await tx.driver.fetch(_LOGGED)
    return sum(replay(REQUESTS, RequestStatus.RECEIVED, row["kinds"]) != row["status"] for row in rows)


# The first acceptance meets accept_by. If the job is given back later, that deadline stays met.
_DEADLINES = """
SELECT count(*) FROM requests r CROSS JOIN LATERAL (
  VALUES ('answer', r.answer_by, r.answered_at),
    ('accept', r.accept_by, (SELECT min(j.accepted_at) FROM jobs j WHERE j.request_id = r.id)),
    ('arrive', r.arrive_by, r.started_at), ('complete', r.complete_by, r.completed_at)
) AS clock (name, due, met)
WHERE clock.due < coalesce(clock.met, r.cancelled_at, r.closed_at, (SELECT max(at) FROM events))
  AND NOT EXISTS (
    SELECT FROM events e WHERE e.request_id = r.id AND e.kind = 'clock.red'
      AND e.data ->> 'clock' = clock.name AND (e.data ->> 'due')::timestamptz = clock.due
  )
"""
