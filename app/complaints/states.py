"""The status changes of a complaint. Source: the diagram in docs/states.md."""

from app.complaints.models import Complaint
from app.complaints.models import ComplaintStatus as S
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

COMPLAINT_MOVES = {
    "decide": Move(EventKind.COMPLAINT_DECIDED, frozenset({S.OPEN}), S.DECIDED),
    "answer": Move(EventKind.COMPLAINT_ANSWERED, frozenset({S.DECIDED}), S.ANSWERED),
    "give_up": Move(EventKind.COMPLAINT_UNREACHED, frozenset({S.DECIDED}), S.UNREACHED),
}

COMPLAINTS = Machine(Complaint, "complaint", COMPLAINT_MOVES)
