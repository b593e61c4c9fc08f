"""Every transition of a provider's standing and of a monthly return, as in docs/states.md."""

from app.events.kinds import EventKind
from app.events.transition import Machine, Move
from app.registry.models import ACTIVE_STANDINGS, MonthStatus, Provider, ProviderMonth, Standing

ADMITTED = frozenset(ACTIVE_STANDINGS)

PROVIDER_MOVES = {
    "admit": Move(EventKind.PROVIDER_ADMITTED, frozenset({Standing.APPLIED}), Standing.TRIAL),
    "activate": Move(EventKind.PROVIDER_ACTIVATED, frozenset({Standing.TRIAL, Standing.WATCH}), Standing.ACTIVE),
    "watch": Move(EventKind.PROVIDER_WATCHED, frozenset({Standing.ACTIVE}), Standing.WATCH),
    "suspend": Move(EventKind.PROVIDER_SUSPENDED, ADMITTED, Standing.SUSPENDED),
    "release": Move(EventKind.PROVIDER_RELEASED, frozenset({Standing.SUSPENDED}), None),
    "expel": Move(EventKind.PROVIDER_EXPELLED, frozenset({Standing.SUSPENDED}), Standing.EXPELLED),
    "reapply": Move(EventKind.PROVIDER_REAPPLIED, frozenset({Standing.LEFT}), Standing.APPLIED),
    "leave": Move(EventKind.PROVIDER_LEFT, ADMITTED, Standing.LEFT),
}

MONTH_MOVES = {
    "lock": Move(EventKind.MONTH_LOCKED, frozenset({MonthStatus.FILED}), MonthStatus.LOCKED),
    "reopen": Move(EventKind.MONTH_REOPENED, frozenset({MonthStatus.LOCKED}), MonthStatus.FILED),
}

MONTHS = Machine(ProviderMonth, "month", MONTH_MOVES)
PROVIDERS = Machine(Provider, "provider", PROVIDER_MOVES, column="standing", former="former_standing")


def steps_from(standing: str, former: str | None) -> dict[str, str]:
    """Return the standings a provider may take next, each with the step that leads there."""
    return {
        target: step
        for step, move in PROVIDER_MOVES.items()
        if standing in move.sources and (target := move.target or former)
    }
