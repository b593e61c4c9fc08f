"""The states of a service request and every move between them. docs/states.md draws them."""

from app.events.kinds import EventKind
from app.events.transition import Machine, Move
from app.intake.models import Request
from app.intake.models import RequestStatus as S

OPEN = frozenset({S.RECEIVED, S.RELAYED, S.DISPATCHING, S.UNMATCHED, S.ASSIGNED, S.IN_PROGRESS})
"""States in which work is still to be done. A request on hold waits in one of them (`held_from`)."""
CLOSED_BY_HAND = frozenset({S.RELAYED, S.UNMATCHED})
"""States that only a person closes. Answered requests close at once, completed ones after the callback."""
UNASSIGNED = frozenset({S.RECEIVED, S.RELAYED, S.DISPATCHING, S.UNMATCHED})
"""States in which no provider has taken the work yet."""

REQUEST_MOVES = {
    "answer": Move(EventKind.REQUEST_ANSWERED, frozenset({S.RECEIVED}), S.ANSWERED),
    "relay": Move(EventKind.REQUEST_RELAYED, frozenset({S.RECEIVED, S.UNMATCHED}), S.RELAYED),
    "dispatch": Move(EventKind.REQUEST_DISPATCHED, frozenset({S.RECEIVED, S.RELAYED, S.UNMATCHED}), S.DISPATCHING),
    "fail_to_match": Move(EventKind.REQUEST_UNMATCHED, frozenset({S.DISPATCHING}), S.UNMATCHED),
    "assign": Move(EventKind.REQUEST_ASSIGNED, frozenset({S.DISPATCHING}), S.ASSIGNED),
    "start": Move(EventKind.REQUEST_STARTED, frozenset({S.ASSIGNED}), S.IN_PROGRESS),
    "complete": Move(EventKind.REQUEST_COMPLETED, frozenset({S.IN_PROGRESS}), S.COMPLETED),
    "return": Move(EventKind.REQUEST_RETURNED, frozenset({S.ASSIGNED, S.IN_PROGRESS}), S.DISPATCHING),
    "reassign": Move(EventKind.REQUEST_REASSIGNED, frozenset({S.ASSIGNED}), S.DISPATCHING),
    "redo": Move(EventKind.REQUEST_REDONE, frozenset({S.COMPLETED}), S.DISPATCHING),
    "reopen": Move(EventKind.REQUEST_REOPENED, frozenset({S.CLOSED}), S.DISPATCHING),
    "close": Move(EventKind.REQUEST_CLOSED, frozenset({S.ANSWERED, S.RELAYED, S.COMPLETED, S.UNMATCHED}), S.CLOSED),
    "cancel": Move(EventKind.REQUEST_CANCELLED, OPEN | {S.ON_HOLD}, S.CANCELLED),
    "merge": Move(EventKind.REQUEST_MERGED, OPEN | {S.ON_HOLD}, S.MERGED),
    "separate": Move(EventKind.REQUEST_SEPARATED, frozenset({S.MERGED}), S.RECEIVED),
    "hold": Move(EventKind.REQUEST_HELD, OPEN, S.ON_HOLD),
    "resume": Move(EventKind.REQUEST_RESUMED, frozenset({S.ON_HOLD}), None),
}

REQUESTS = Machine(Request, "request", REQUEST_MOVES)
