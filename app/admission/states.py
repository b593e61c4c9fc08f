"""The life of an application. Source: the diagram in docs/states.md."""

from app.admission.models import Application, ApplicationStatus
from app.events.transition import Machine, Move

FILED = frozenset({ApplicationStatus.FILED})

APPLICATION_MOVES = {
    "enter": Move("application.entered", FILED, ApplicationStatus.ENTERED),
    "refuse": Move("application.refused", FILED, ApplicationStatus.REFUSED),
    "withdraw": Move("application.withdrawn", FILED, ApplicationStatus.WITHDRAWN),
}

APPLICATIONS = Machine(Application, "application", APPLICATION_MOVES)
