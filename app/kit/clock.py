"""The one clock: every moment in the code and in SQL parameters comes from here, so a day can be played fast."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.settings import Settings


class Clock(Protocol):
    """Says what time it is at the centre."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def real_seconds(self, span: timedelta) -> float:
        """How many real seconds pass while `span` of the centre's time does."""
        ...

    def world_now(self) -> datetime:
        """What other people's clocks say, in UTC: for what their machines check against them."""
        ...


@dataclass(frozen=True)
class ScaledClock:
    """Runs `factor` times as fast as real time, from `start` at the real moment `real_start` (Unix seconds)."""

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
    """Stands still until it is moved: for tests and simulation."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()

    def world_now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, span: timedelta) -> None:
        self.moment += span


def clock_from(settings: Settings) -> Clock:
    """The clock that all processes of one deployment share; without settings, real time."""
    real = settings.clock_real_start or datetime.now(UTC)
    return ScaledClock(
        start=(settings.clock_start or real).astimezone(UTC),
        real_start=real.timestamp(),
        factor=settings.clock_factor,
    )
