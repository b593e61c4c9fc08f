"""The status changes of an application. Source: the diagram in docs/states.md."""

from app.admission.models import Application, ApplicationStatus
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

FILED = frozenset({ApplicationStatus.FILED})

APPLICATION_MOVES = {
    "enter": Move(EventKind.APPLICATION_ENTERED, FILED, ApplicationStatus.ENTERED),
    "refuse": Move(EventKind.APPLICATION_REFUSED, FILED, ApplicationStatus.REFUSED),
    "withdraw": Move(EventKind.APPLICATION_WITHDRAWN, FILED, ApplicationStatus.WITHDRAWN),
}

APPLICATIONS = Machine(Application, "application", APPLICATION_MOVES)
