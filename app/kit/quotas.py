"""What one caller may take of this process, so that nobody takes it from the others: calls, waiting reads, streams.

Kept in memory: each process has its own share to give. Limits for callers whom nobody knows are in app.kit.limits.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from random import choice
from time import monotonic
from uuid import UUID

from fastapi import Request

from app.kit.errors import HotlineError
from app.settings import Settings

MINUTE = 60.0
KNOWN_CALLERS = 20_000
WAIT_FOR_PLACE_SECONDS = range(5, 31)
"""One of these for each: who is refused together would come back together, for ever."""


class CallerTooFast(HotlineError):
    status = 429
    en = "You make too many calls: at most {most} a minute here. Try again in {wait_seconds} seconds."
    zh = "请求过于频繁：此处每分钟最多 {most} 次，请 {wait_seconds} 秒后再试。"

    def headers(self) -> dict[str, str]:
        """When it makes sense to try again."""
        return {"Retry-After": str(self.facts["wait_seconds"])}


class _NoPlace:
    def headers(self) -> dict[str, str]:
        """When to look for a place again."""
        return {"Retry-After": str(choice(WAIT_FOR_PLACE_SECONDS))}


class TooManyWaiting(_NoPlace, HotlineError):
    status = 429
    en = "{most} calls wait for news already, as many as may; end some of them, or ask without waiting."
    zh = "已有 {most} 个请求在等待，达到上限；请先结束一些，或不等待直接查询。"


class TooManyStreams(_NoPlace, HotlineError):
    status = 429
    en = "{most} streams are open already, as many as may be; close some of them."
    zh = "已打开 {most} 个实时连接，达到上限；请先关闭一些。"


class Rate:
    """At most so many calls a minute of each caller, with a minute's worth at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._due: dict[object, float] = {}

    def count(self, who: object) -> None:
        """Count a call. Raises CallerTooFast."""
        now = monotonic()
        due = max(self._due.get(who, now), now) + MINUTE / self.most
        if due - now > MINUTE:
            raise CallerTooFast(most=self.most, wait_seconds=ceil(due - now - MINUTE))
        if len(self._due) >= KNOWN_CALLERS:
            self._due = {caller: moment for caller, moment in self._due.items() if moment > now}
        self._due[who] = due


class Places:
    """So many at a time of each caller, and so many of all together."""

    def __init__(self, of_each: int, together: int) -> None:
        self._of_each, self._together = of_each, together
        self._taken = Counter[object]()
        self._all = 0

    @contextmanager
    def taken(self, who: object, refusal: type[TooManyWaiting | TooManyStreams]) -> Iterator[None]:
        """A place, while the block runs. Raises the refusal."""
        if self._taken[who] >= self._of_each:
            raise refusal(most=self._of_each)
        if self._all >= self._together:
            raise refusal(most=self._together)
        self._taken[who] += 1
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]


class Quotas:
    """The shares of this process; `costly` is for calls that set much in motion."""

    def __init__(self, settings: Settings) -> None:
        self.calls = Rate(settings.calls_per_minute)
        self.costly = Rate(settings.costly_calls_per_minute)
        self.waits = Places(settings.waits_per_caller, settings.waits)
        self.streams = Places(settings.streams_per_caller, settings.streams)


def quotas_of(request: Request) -> Quotas:
    """The process's quotas."""
    quotas: Quotas = request.app.state.quotas
    return quotas


def caller_of(request: Request) -> UUID | None:
    """Who calls, once that is known (app.auth.access)."""
    caller: UUID | None = getattr(request.state, "caller", None)
    return caller
