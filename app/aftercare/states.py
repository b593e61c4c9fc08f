"""The life of a callback: every move there is. Source: the diagram in docs/states.md."""

from app.aftercare.models import Callback
from app.aftercare.models import CallbackStatus as S
from app.events.transition import Machine, Move

CALLBACK_MOVES = {
    "finish": Move("callback.done", frozenset({S.DUE}), S.DONE),
    "give_up": Move("callback.unreached", frozenset({S.DUE}), S.UNREACHED),
    "drop": Move("callback.dropped", frozenset({S.DUE}), S.DROPPED),
}

CALLBACKS = Machine(Callback, "callback", CALLBACK_MOVES)
