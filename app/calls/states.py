"""The status changes of a call. Source: the diagram in docs/states.md."""

from app.calls.models import Call
from app.calls.models import CallStatus as S
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

CALL_MOVES = {
    "park": Move(EventKind.CALL_PARKED, frozenset({S.ONGOING}), S.PARKED),
    "take_back": Move(EventKind.CALL_TAKEN_BACK, frozenset({S.PARKED}), S.ONGOING),
    "end": Move(EventKind.CALL_ENDED, frozenset({S.ONGOING, S.PARKED}), S.ENDED),
}

CALLS = Machine(Call, "call", CALL_MOVES)
