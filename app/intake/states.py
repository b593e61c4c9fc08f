"""The life of a service request: every move there is. Source: the diagram in docs/states.md."""

from app.events.transition import Machine, Move
from app.intake.models import Request
from app.intake.models import RequestStatus as S

OPEN = frozenset({S.RECEIVED, S.RELAYED, S.DISPATCHING, S.UNMATCHED, S.ASSIGNED, S.IN_PROGRESS})
"""Work is still to be done; `on_hold` is one of these, waiting."""

REQUEST_MOVES = {
    "answer": Move("request.answered", frozenset({S.RECEIVED}), S.ANSWERED),
    "relay": Move("request.relayed", frozenset({S.RECEIVED, S.UNMATCHED}), S.RELAYED),
    "dispatch": Move("request.dispatched", frozenset({S.RECEIVED, S.RELAYED, S.UNMATCHED}), S.DISPATCHING),
    "fail_to_match": Move("request.unmatched", frozenset({S.DISPATCHING}), S.UNMATCHED),
    "assign": Move("request.assigned", frozenset({S.DISPATCHING}), S.ASSIGNED),
    "start": Move("request.started", frozenset({S.ASSIGNED}), S.IN_PROGRESS),
    "complete": Move("request.completed", frozenset({S.IN_PROGRESS}), S.COMPLETED),
    "return": Move("request.returned", frozenset({S.ASSIGNED, S.IN_PROGRESS}), S.DISPATCHING),
    "reassign": Move("request.reassigned", frozenset({S.ASSIGNED}), S.DISPATCHING),
    "redo": Move("request.redone", frozenset({S.COMPLETED}), S.DISPATCHING),
    "reopen": Move("request.reopened", frozenset({S.CLOSED}), S.DISPATCHING),
    "close": Move("request.closed", frozenset({S.ANSWERED, S.RELAYED, S.COMPLETED, S.UNMATCHED}), S.CLOSED),
    "cancel": Move("request.cancelled", OPEN | {S.ON_HOLD}, S.CANCELLED),
    "merge": Move("request.merged", OPEN | {S.ON_HOLD}, S.MERGED),
    "separate": Move("request.separated", frozenset({S.MERGED}), S.RECEIVED),
    "hold": Move("request.held", OPEN, S.ON_HOLD),
    "resume": Move("request.resumed", frozenset({S.ON_HOLD}), None),
}

REQUESTS = Machine(Request, "request", REQUEST_MOVES)
