"""The status changes of a ledger entry. Source: the diagram in docs/states.md."""

from app.credit.models import CreditEntry
from app.credit.models import EntryStatus as E
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

CREDIT_MOVES = {
    "answer": Move(EventKind.CREDIT_ANSWERED, frozenset({E.PROPOSED}), E.ANSWERED),
    "apply": Move(EventKind.CREDIT_APPLIED, frozenset({E.PROPOSED, E.ANSWERED}), E.APPLIED),
    "drop": Move(EventKind.CREDIT_DROPPED, frozenset({E.PROPOSED, E.ANSWERED}), E.DROPPED),
    "appeal": Move(EventKind.CREDIT_APPEALED, frozenset({E.APPLIED}), E.APPEALED),
    "uphold": Move(EventKind.CREDIT_UPHELD, frozenset({E.APPEALED}), E.UPHELD),
    "revoke": Move(EventKind.CREDIT_REVOKED, frozenset({E.APPEALED}), E.REVOKED),
    "reverse": Move(
        EventKind.CREDIT_REVERSED, frozenset({E.PROPOSED, E.ANSWERED, E.APPLIED, E.APPEALED, E.UPHELD}), E.REVERSED
    ),
}

CREDIT = Machine(CreditEntry, "credit", CREDIT_MOVES)
