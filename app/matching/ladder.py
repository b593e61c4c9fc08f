"""The ladder of free help from the founding document: station, street, district, volunteers, pledged companies."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.kit.db import Row
from app.matching.policy import MIN_TIMEOUT, Step
from app.registry.models import Rung


class CurrentRung(NamedTuple):
    """The step of the ladder on which help is sought, and until when."""

    rung: Rung
    until: datetime

    @classmethod
    def of(cls, request: Mapping[str, Any] | Row) -> "CurrentRung | None":
        """Return where the request is on the ladder, or None before its first offer there."""
        return cls(Rung(request["rung"]), request["rung_until"]) if request["rung"] else None


def climb(
    steps: Sequence[Step], helpers: Collection[Rung], current: CurrentRung | None, now: datetime
) -> CurrentRung | None:
    """Return where to ask now: the lowest step with helpers, not below the request's present one, or None.

    The time on a step starts with the first offer there. If the time left is too short for an offer, the next step is
    asked.
    """
    rungs = [step.rung for step in steps]
    start = rungs.index(current.rung) if current and current.rung in rungs else 0
    for step in steps[start:]:
        here = current is not None and step.rung is current.rung
        until = current.until if current and here else now + timedelta(seconds=step.timeout_seconds)
        if step.rung in helpers and until - now >= MIN_TIMEOUT:
            return CurrentRung(step.rung, until)
    return None
