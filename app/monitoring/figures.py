"""The metrics: what each is called, what it means, and its values now.

Figures of the centre come from the database, so every process gives the same ones: take the maximum over processes,
never the sum. Figures of a process differ from process to process.
"""

import math
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import NamedTuple

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.kit.context import Context
from app.kit.db import Row
from app.kit.quotas import Quotas
from app.monitoring.queries import KINDS

PREFIX = "hotline_"


class Figure(NamedTuple):
    """A figure of the centre. `known` are the labels that always have a value, if only 0."""

    says: str
    label: str | None = None
    known: tuple[str, ...] = ()


CENTRE = {
    "waiting": Figure("What waits for somebody, by kind.", "kind", KINDS),
    "waiting_oldest_seconds": Figure("How long the oldest has waited, by kind.", "kind", KINDS),
    "requests_overdue": Figure("Open requests past a deadline, by clock.", "clock"),
    "offers": Figure(
        "Offers by state: those pending now, and those that reached another state in the last hour.",
        "state",
        ("pending", "accepted", "declined", "expired", "withdrawn"),
    ),
    "step_oldest_due_seconds": Figure("For how long a step's oldest subject has been due.", "step"),
    "step_done_seconds": Figure("How long ago a step last ran to its end.", "step"),
    "step_failing": Figure("1 while a step fails, else 0.", "step"),
    "step_set_aside": Figure("Subjects that a step has given up on, until a person releases them.", "step"),
    "worker_silent_seconds": Figure("How long ago any worker last reported; +Inf: never."),
    "event_log_lag_seconds": Figure("The age of the oldest event that a reader of the log has not read.", "reader"),
    "event_log_lag_events": Figure("How many events a reader of the log has not read.", "reader"),
    "webhook_endpoints": Figure(
        "Endpoints by state; `failing` ones are active.", "state", ("active", "failing", "paused", "disabled")
    ),
}
"""By name, without the prefix."""


class Told(Collector):
    """Metrics in the form that prometheus-client collects."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


def all_metrics(context: Context, quotas: Quotas, centre: Iterable[Row] | None, skew: float | None) -> Iterator[Metric]:
    """Yield every metric. `centre` and `skew` are None while the database does not answer."""
    yield from REGISTRY.collect()
    yield _gauge("build_info", "Always 1; which version runs on which Python.", ("version", "python"), {
        (version("hotline"), sys.version.split()[0]): 1
    })  # fmt: skip
    yield from _of_process(context, quotas)
    yield _gauge("database_up", "1 if the database answered in time, else 0.", (), {(): int(centre is not None)})
    if skew is not None:
        says = "By how much this machine's clock is ahead of the database server's; negative: behind."
        yield _gauge("clock_skew_seconds", says, (), {(): skew})
    if centre is not None:
        yield from _of_centre(centre)


def _of_process(context: Context, quotas: Quotas) -> Iterator[Metric]:
    pools = {"calls": context.db.connections, "files": context.files.connections}
    says = "Connections to the database in use by this process, by pool."
    yield _gauge("database_connections", says, ("pool",), {(pool,): used for pool, (used, _) in pools.items()})
    says = "Connections that a pool of this process may hold at most."
    yield _gauge("database_connections_most", says, ("pool",), {(pool,): most for pool, (_, most) in pools.items()})
    open_calls = {"poll": quotas.waits, "stream": quotas.streams}
    says = "Calls to this process that wait for news, and live streams."
    yield _gauge("open_calls", says, ("kind",), {(kind,): places.open for kind, places in open_calls.items()})
    says = "How many such calls and streams may be open at most."
    yield _gauge("open_calls_most", says, ("kind",), {(kind,): places.together for kind, places in open_calls.items()})


def _of_centre(rows: Iterable[Row]) -> Iterator[Metric]:
    values: dict[str, dict[tuple[str, ...], float]] = {
        name: {(label,): 0.0 for label in figure.known} for name, figure in CENTRE.items()
    }
    for row in rows:
        never = math.inf if row["name"] == "worker_silent_seconds" else 0.0
        label = () if row["label"] is None else (row["label"],)
        values[row["name"]][label] = never if row["value"] is None else row["value"]
    for name, figure in CENTRE.items():
        yield _gauge(name, figure.says, (figure.label,) if figure.label else (), values[name])


def _gauge(name: str, says: str, labels: tuple[str, ...], values: dict[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}{name}", says, labels=labels)
    for label, value in values.items():
        family.add_metric(label, value)
    return family
