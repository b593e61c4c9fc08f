"""How much of this process one caller may use, so that enough is left for the others: calls, waiting reads, streams.

Quotas are kept in memory and hold per process. Limits for unidentified callers are in app.kit.limits.
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
"""Waits to choose from at random: callers refused together would otherwise return together, for ever."""


class CallerTooFast(HotlineError):
    status = 429
    en = "You are making too many calls: at most {most} a minute are allowed here. Try again in {wait_seconds} seconds."
    zh = "请求过于频繁：此处每分钟最多 {most} 次，请 {wait_seconds} 秒后再试。"

    def headers(self) -> dict[str, str]:
        """Return when a retry makes sense."""
        return {"Retry-After": str(self.facts["wait_seconds"])}


class _NoPlace:
    def headers(self) -> dict[str, str]:
        """Return the Retry-After header: how many seconds to wait before trying again."""
        return {"Retry-After": str(choice(WAIT_FOR_PLACE_SECONDS))}


class TooManyWaiting(_NoPlace, HotlineError):
    status = 429
    en = "{most} waiting calls are already open, which is the limit. End some of them, or ask without waiting."
    zh = "已有 {most} 个请求在等待，达到上限；请先结束一些，或不等待直接查询。"


class TooManyStreams(_NoPlace, HotlineError):
    status = 429
    en = "{most} streams are already open, which is the limit. Close some of them."
    zh = "已打开 {most} 个实时连接，达到上限；请先关闭一些。"


class Rate:
    """At most this many calls a minute per caller. A caller may make a minute's worth at once."""

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
    """A limit on what is open at a time, per caller and in total."""

    def __init__(self, of_each: int, together: int) -> None:
        self._of_each, self.together = of_each, together
        self._taken = Counter[object]()
        self._all = 0

    @property
    def open(self) -> int:
        """How many places are taken."""
        return self._all

    @contextmanager
    def taken(self, who: object, refusal: type[TooManyWaiting | TooManyStreams]) -> Iterator[None]:
        """Hold a place while the block runs. Raises `refusal` if none is free."""
        if self._taken[who] >= self._of_each:
            raise refusal(most=self._of_each)
        if self._all >= self.together:
            raise refusal(most=self.together)
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
    """This process's quotas. `costly` is for calls that cause much work."""

    def __init__(self, settings: Settings) -> None:
        self.calls = Rate(settings.calls_per_minute)
        self.costly = Rate(settings.costly_calls_per_minute)
        self.waits = Places(settings.waits_per_caller, settings.waits)
        self.streams = Places(settings.streams_per_caller, settings.streams)


def quotas_of(request: Request) -> Quotas:
    """Return the process's quotas."""
    quotas: Quotas = request.app.state.quotas
    return quotas


def caller_of(request: Request) -> UUID | None:
    """Return who calls, or None until that is known (app.auth.access)."""
    caller: UUID | None = getattr(request.state, "caller", None)
    return caller
