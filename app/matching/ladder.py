"""Free help climbs the founding document's network: station, street, district, volunteers, pledged companies."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.kit.db import Row
from app.matching.policy import MIN_TIMEOUT, Step
from app.registry.models import Rung


class Standing(NamedTuple):
    """The rung on which help is looked for, until then."""

    rung: Rung
    until: datetime

    @classmethod
    def of(cls, request: Mapping[str, Any] | Row) -> "Standing | None":
        """Where the request stands; None before its first offer on a ladder."""
        return cls(Rung(request["rung"]), request["rung_until"]) if request["rung"] else None


def climb(steps: Sequence[Step], helpers: Collection[Rung], stands: Standing | None, now: datetime) -> Standing | None:
    """Where to ask now: the lowest rung with helpers, not below where the request stands; None past the last.

    Its time on a rung runs from its first offer there. What is left must do for an offer, or the request climbs.
    """
    rungs = [step.rung for step in steps]
    start = rungs.index(stands.rung) if stands and stands.rung in rungs else 0
    for step in steps[start:]:
        here = stands is not None and step.rung is stands.rung
        until = stands.until if stands and here else now + timedelta(seconds=step.timeout_seconds)
        if step.rung in helpers and until - now >= MIN_TIMEOUT:
            return Standing(step.rung, until)
    return None
