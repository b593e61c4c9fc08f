"""The one clock. Every moment in the code and in SQL parameters comes from it, so that a simulated day can run fast."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.settings import Settings


class Clock(Protocol):
    """The centre's clock."""

    def now(self) -> datetime:
        """Return the present moment of the centre, in UTC."""
        ...

    def real_seconds(self, span: timedelta) -> float:
        """Return how many real seconds `span` of the centre's time takes."""
        ...

    def world_now(self) -> datetime:
        """Return the real time in UTC, for values that other people's machines check against their own clocks."""
        ...


@dataclass(frozen=True)
class ScaledClock:
    """A clock that runs `factor` times as fast as real time.

    It shows `start` at the real moment `real_start` (Unix seconds).
    """

    start: datetime
    real_start: float
    factor: float = 1.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.real_start) * self.factor)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / self.factor

    def world_now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class ManualClock:
    """A clock that stands still until it is moved, for tests and simulation."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()

    def world_now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, span: timedelta) -> None:
        """Move the clock forward by `span`."""
        self.moment += span


def clock_from(settings: Settings) -> Clock:
    """Return the clock that all processes of a deployment share. Without settings it shows real time."""
    real = settings.clock_real_start or datetime.now(UTC)
    return ScaledClock(
        start=(settings.clock_start or real).astimezone(UTC),
        real_start=real.timestamp(),
        factor=settings.clock_factor,
    )
