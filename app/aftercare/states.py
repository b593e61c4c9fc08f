"""The status changes of a callback. Source: the diagram in docs/states.md."""

from app.aftercare.models import Callback
from app.aftercare.models import CallbackStatus as S
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

CALLBACK_MOVES = {
    "finish": Move(EventKind.CALLBACK_DONE, frozenset({S.DUE}), S.DONE),
    "give_up": Move(EventKind.CALLBACK_UNREACHED, frozenset({S.DUE}), S.UNREACHED),
    "drop": Move(EventKind.CALLBACK_DROPPED, frozenset({S.DUE}), S.DROPPED),
}

CALLBACKS = Machine(Callback, "callback", CALLBACK_MOVES)
