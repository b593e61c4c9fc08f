"""The figures of a simulated day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.kit.db import Tx
from app.matching.fairness import gini
from app.simulate import queries


class Waits(NamedTuple):
    """Waiting times of an urgency's accepted requests, in seconds from the call: median and 90th percentile."""

    urgency: str
    requests: int
    accept: Sequence[float | None]
    arrive: Sequence[float | None]


@dataclass(frozen=True)
class Figures:
    """`counts` of requests and offers, `unmatched` by reason, `waits` by urgency, and the mean Gini coefficient per
    item, weighted by offers."""

    counts: Mapping[str, int]
    unmatched: Mapping[str, int]
    waits: Sequence[Waits]
    gini: float

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each name and figure as the table shows them. Each share is shown with its denominator."""
        counts = self.counts
        for name in ("received", "answered_in_call", "dispatched"):
            yield name, f"{counts[name]}"
        for name, of in _SHARES:
            yield name, f"{counts[name]}  {_share(counts[name], counts[of])} of {of}"
        for reason, requests in self.unmatched.items():
            yield f"unmatched: {reason}", f"{requests}  {_share(requests, counts['unmatched'])} of unmatched"
        for waits in self.waits:
            yield f"{waits.urgency}: accepted p50 / p90", _minutes(waits.accept)
            yield f"{waits.urgency}: arrived p50 / p90", _minutes(waits.arrive)
        yield "fairness (Gini)", f"{self.gini:.3f}"
        yield "surges", f"{counts['surges']}"


_SHARES = (
    ("matched", "dispatched"),
    ("unmatched", "dispatched"),
    ("arrived", "dispatched"),
    ("arrived_on_time", "arrived"),
    ("completed", "dispatched"),
    ("on_time", "completed"),
    ("offers", "dispatched"),
    ("expired", "offers"),
    ("declined", "offers"),
    ("returned", "matched"),
)


async def count_figures(tx: Tx) -> Figures:
    """Count the figures of the day in this database."""
    counts = {name: int(value) for name, value in (await queries.count_all(tx)).items()}
    unmatched = {row["reason"]: row["requests"] for row in await queries.list_reasons(tx)}
    waits = [
        Waits(row["urgency"], row["requests"], row["accept"], row["arrive"]) for row in await queries.list_waits(tx)
    ]
    loads = [(row["loads"], int(row["offers"])) for row in await queries.list_loads(tx)]
    offers = sum(weight for _, weight in loads)
    mean = sum(gini(values) * weight for values, weight in loads) / offers if offers else 0.0
    return Figures(counts, unmatched, waits, mean)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _minutes(seconds: Sequence[float | None]) -> str:
    return " / ".join("–" if value is None else f"{value / 60:.1f} min" for value in seconds)
