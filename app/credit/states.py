"""The life of an entry of the credit ledger: every move there is. Source: the diagram in docs/states.md."""

from app.credit.models import CreditEntry
from app.credit.models import EntryStatus as E
from app.events.transition import Machine, Move

CREDIT_MOVES = {
    "answer": Move("credit.answered", frozenset({E.PROPOSED}), E.ANSWERED),
    "apply": Move("credit.applied", frozenset({E.PROPOSED, E.ANSWERED}), E.APPLIED),
    "drop": Move("credit.dropped", frozenset({E.PROPOSED, E.ANSWERED}), E.DROPPED),
    "appeal": Move("credit.appealed", frozenset({E.APPLIED}), E.APPEALED),
    "uphold": Move("credit.upheld", frozenset({E.APPEALED}), E.UPHELD),
    "revoke": Move("credit.revoked", frozenset({E.APPEALED}), E.REVOKED),
    "reverse": Move(
        "credit.reversed", frozenset({E.PROPOSED, E.ANSWERED, E.APPLIED, E.APPEALED, E.UPHELD}), E.REVERSED
    ),
}

CREDIT = Machine(CreditEntry, "credit", CREDIT_MOVES)
