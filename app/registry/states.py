"""The life of a provider and of its monthly returns: every move there is. Source: the diagrams in docs/states.md."""

from app.events.transition import Machine, Move
from app.registry.models import ACTIVE_STANDINGS, MonthStatus, Provider, ProviderMonth, Standing

ADMITTED = frozenset(ACTIVE_STANDINGS)

PROVIDER_MOVES = {
    "admit": Move("provider.admitted", frozenset({Standing.APPLIED}), Standing.TRIAL),
    "activate": Move("provider.activated", frozenset({Standing.TRIAL, Standing.WATCH}), Standing.ACTIVE),
    "watch": Move("provider.watched", frozenset({Standing.ACTIVE}), Standing.WATCH),
    "suspend": Move("provider.suspended", ADMITTED, Standing.SUSPENDED),
    "release": Move("provider.released", frozenset({Standing.SUSPENDED}), None),
    "expel": Move("provider.expelled", frozenset({Standing.SUSPENDED}), Standing.EXPELLED),
    "reapply": Move("provider.reapplied", frozenset({Standing.LEFT}), Standing.APPLIED),
    "leave": Move("provider.left", ADMITTED, Standing.LEFT),
}

MONTH_MOVES = {
    "lock": Move("month.locked", frozenset({MonthStatus.FILED}), MonthStatus.LOCKED),
    "reopen": Move("month.reopened", frozenset({MonthStatus.LOCKED}), MonthStatus.FILED),
}

MONTHS = Machine(ProviderMonth, "month", MONTH_MOVES)
PROVIDERS = Machine(Provider, "provider", PROVIDER_MOVES, column="standing", former="former_standing")


def steps_from(standing: str, former: str | None) -> dict[str, str]:
    """The standings that a provider may take next, each with the step that leads there."""
    return {
        target: step
        for step, move in PROVIDER_MOVES.items()
        if standing in move.sources and (target := move.target or former)
    }
