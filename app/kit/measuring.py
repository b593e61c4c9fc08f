"""Counts the calls that this process answers, for Prometheus. Each process has its own counts."""

from functools import cache

from prometheus_client import Counter, Histogram, disable_created_metrics
from starlette.types import Scope

disable_created_metrics()  # type: ignore[no-untyped-call]  # they would add a third series to every two

CALLS = Counter(
    "hotline_http_requests_total", "Calls answered by this process, by route and status.", ("method", "route", "status")
)
SECONDS = Histogram(
    "hotline_http_request_seconds",
    "Seconds until the response began, for calls that did not wait for news.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
NO_ROUTE = "other", "other"
"""The labels of calls without a route: pages of the console, and addresses that do not exist. An address that a caller
invents must not become a label."""
WAITED = "waited"
"""Set in the scope of a call that waits for news, so that the wait does not count as slow."""


def route_of(scope: Scope) -> tuple[str, str]:
    """Return the method and the path template of the route that took the call."""
    route = scope.get("fastapi", {}).get("effective_route_context")
    return (scope["method"], route.path_format) if route else NO_ROUTE


def count_call(scope: Scope, status: int, seconds: float) -> None:
    """Count a call that was answered with this status after so many seconds."""
    calls, latency = _series(*route_of(scope), status)
    calls.inc()
    if WAITED not in scope:
        latency.observe(seconds)


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return CALLS.labels(method, route, status), SECONDS.labels(method, route)
