"""SQL for the centre's metrics: one statement, whose cost grows with open work, not with history."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, bindparam, text

from app.intake.clocks import RUNS_WHILE
from app.kit.db import Prepared, Row, Tx
from app.webhooks.messages import PROOF

RECENT = timedelta(hours=1)
"""How far back ended offers are counted."""

_SINCE = {
    "received": "received_at",
    "relayed": "relayed_at",
    "dispatching": "coalesce(round_from, dispatched_at)",
    "unmatched": "unmatched_at",
    "assigned": "assigned_at",
    "in_progress": "started_at",
    "on_hold": "held_at",
    "completed": "completed_at",
}
"""The column with the time since when a request waits, by status. An answered request closes at once."""
KINDS = ("received", "relayed", "matching", "deferred", "offered", "unmatched", "assigned", "in_progress", "on_hold",
         "completed", "parked", "callback", "complaint", "extension")  # fmt: skip
"""Kinds of waiting work.

Requests by status, where dispatching is split into `matching`, `deferred` by a surge, and `offered`; parked callers,
callbacks that are due, undecided complaints, and requested extensions.
"""

DUE = {
    "expire_offers": ("offers s", "s.expires_at", "s.status = 'pending'", "at"),
    "match_waiting": ("requests s", "s.match_at", "s.status = 'dispatching' AND s.match_at IS NOT NULL", "at"),
    "resume_held_requests": ("requests s", "s.hold_until", "s.status = 'on_hold'", "at"),
    "raise_alarms": ("requests s", "s.alarm_at", "s.alarm_at IS NOT NULL", "at"),
    "raise_complaint_alarms": ("complaints s", "s.alarm_at", "s.alarm_at IS NOT NULL", "at"),
    "end_abandoned_calls": ("calls s", "s.heard_at", "s.status <> 'ended'", "silent_at"),
    "begin_reply_periods": (
        "credit_entries s JOIN provider_notices n ON n.id = s.notice_id",
        "n.read_at",
        "s.status = 'proposed' AND s.reply_by IS NULL",
        "at",
    ),
    "apply_unanswered": ("credit_entries s", "s.reply_by", "s.status = 'proposed'", "at"),
    "make_callbacks": (
        "requests s",
        "s.completed_at",
        "s.status = 'completed'"
        " AND NOT EXISTS (SELECT FROM callbacks c WHERE c.request_id = s.id AND c.status = 'due')",
        "at",
    ),
}
"""For each step of the worker: the tables of its subjects, when one is due, which rows qualify, and as of when."""
NOT_BY_TIME = {"roll_windows", "watch_papers", "withdraw_void_offers", "reassign_stranded_jobs", "watch_surges"}
"""Steps whose subjects are due by day or by their state, not at a moment.

For these, see when the step was last done.
"""


def _oldest_due() -> str:
    """Return SQL for how long each step's oldest subject has been due.

    Subjects left alone or set aside do not count.
    """
    return "\nUNION ALL ".join(
        f"SELECT 'step_oldest_due_seconds', '{step}', extract(epoch FROM :{moment} - (SELECT {due} FROM {tables}"
        f" WHERE {which} AND {due} <= :{moment}"
        f" AND NOT EXISTS (SELECT FROM step_troubles t WHERE t.step = '{step}' AND t.subject_id = s.id)"
        f" ORDER BY {due} LIMIT 1))"
        for step, (tables, due, which, moment) in DUE.items()
    )


def _overdue() -> str:
    dues = {"arrive": "coalesce(round_arrive_by, arrive_by)", "complete": "coalesce(round_complete_by, complete_by)"}
    return "\nUNION ALL ".join(
        f"SELECT 'requests_overdue', '{clock}', count(*) FROM live WHERE status IN ({_list(statuses)})"
        f" AND {dues.get(clock, f'{clock}_by')} <= :at"
        for clock, statuses in RUNS_WHILE.items()
    )


def _list(words: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_SINCE_WHEN = " ".join(f"WHEN '{status}' THEN {since}" for status, since in _SINCE.items())
_CENTRE = Prepared(
    text(
        f"""
WITH live AS MATERIALIZED (
  SELECT status, answer_by, accept_by, arrive_by, round_arrive_by, complete_by, round_complete_by,
    CASE WHEN status <> 'dispatching' THEN status WHEN match_at IS NULL THEN 'offered'
      WHEN deferred_until > :at THEN 'deferred' ELSE 'matching' END AS kind,
    CASE status {_SINCE_WHEN} ELSE received_at END AS since
  FROM requests WHERE status NOT IN ('closed', 'cancelled', 'merged')
), waits AS MATERIALIZED (
  SELECT kind, count(*) AS many, min(since) AS since FROM live GROUP BY kind
  UNION ALL SELECT 'parked', count(*), min(began_at) FROM calls WHERE status = 'parked'
  UNION ALL SELECT 'callback', count(*), min(due_at) FROM callbacks WHERE status = 'due' AND due_at <= :at
  UNION ALL SELECT 'complaint', count(*), min(opened_at) FROM complaints WHERE decided_at IS NULL
  UNION ALL SELECT 'extension', count(*), min(asked_at) FROM extensions WHERE status = 'asked'
), cursors AS MATERIALIZED (
  SELECT reader, seq FROM event_cursors
), last AS MATERIALIZED (
  SELECT coalesce(max(seq), 0) AS seq FROM events WHERE seq IS NOT NULL
)
SELECT name, label, CASE WHEN value IS NOT NULL THEN greatest(0, value)::float8 END AS value FROM (
SELECT 'waiting' AS name, kind AS label, many::numeric AS value FROM waits
UNION ALL SELECT 'waiting_oldest_seconds', kind, extract(epoch FROM :at - since) FROM waits
UNION ALL {_overdue()}
UNION ALL SELECT 'offers', 'pending', count(*) FROM offers WHERE status = 'pending'
UNION ALL SELECT 'offers', substr(kind, 7), count(*) FROM events
  WHERE at > :recent AND kind IN ('offer.accepted', 'offer.declined', 'offer.expired', 'offer.withdrawn') GROUP BY kind
UNION ALL {_oldest_due()}
UNION ALL SELECT 'step_oldest_due_seconds', 'send_webhooks', extract(epoch FROM :at - min(due.due_at))
  FROM webhook_endpoints e CROSS JOIN LATERAL (
    SELECT due_at FROM webhook_deliveries d
    WHERE d.endpoint_id = e.id AND d.status = 'pending' AND (e.proven_at IS NOT NULL OR d.type = '{PROOF}')
    ORDER BY due_at LIMIT 1) due
  WHERE e.state = 'active'
UNION ALL SELECT 'step_done_seconds', step, extract(epoch FROM :at - done_at) FROM worker_steps
  WHERE done_at IS NOT NULL
UNION ALL SELECT 'step_failing', step, (failing_since IS NOT NULL)::integer FROM worker_steps WHERE step <> 'centre'
UNION ALL SELECT 'step_set_aside', step, count(*) FROM step_troubles WHERE retry_at IS NULL GROUP BY step
UNION ALL SELECT 'worker_silent_seconds', NULL, extract(epoch FROM :at - max(beat_at)) FROM worker_steps
UNION ALL SELECT 'event_log_lag_seconds', 'sequencer',
  extract(epoch FROM :at - (SELECT at FROM events WHERE seq IS NULL ORDER BY id LIMIT 1))
UNION ALL SELECT 'event_log_lag_seconds', reader,
  extract(epoch FROM :at - (SELECT at FROM events e WHERE e.seq > cursors.seq ORDER BY e.seq LIMIT 1)) FROM cursors
UNION ALL SELECT 'event_log_lag_events', reader, last.seq - cursors.seq FROM cursors, last
UNION ALL SELECT 'webhook_endpoints', CASE WHEN state = 'active' AND failing_since IS NOT NULL THEN 'failing'
  ELSE state END, count(*) FROM webhook_endpoints GROUP BY 2
) told
"""
    ).bindparams(*(bindparam(name, type_=DateTime(timezone=True)) for name in ("at", "recent", "silent_at")))
)


async def read_centre(tx: Tx, at: datetime, silence: timedelta) -> Sequence[Row]:
    """Return figures of the centre as rows of `name`, `label` and `value`.

    A figure with nothing to count has no row, or null as its value.
    """
    return await tx.rows(_CENTRE, at=at, recent=at - RECENT, silent_at=at - silence)
