"""What matching needs to know about a real or imagined request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.calendar import Days
from app.catalog.models import Item, Tier
from app.kit.db import Row
from app.registry.opening import DAY, Day, Part

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """What matching needs to know about a real or imagined request."""

    item: Item
    tier: Tier
    township_code: str
    community_code: str | None
    lat: float
    lon: float
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    citizen_id: UUID | None = None
    request_id: UUID | None = None
    chosen_provider_id: UUID | None = None
    dispatched_at: datetime | None = None
    corrected_at: datetime | None = None
    picked_provider_id: UUID | None = None
    """The provider that staff picked, even if it declined this request before."""
    rung: str | None = None
    """The step of the ladder that the request has reached."""

    @classmethod
    def by(cls, request: Mapping[str, Any] | Row, item: Item, tier: Tier) -> "Wanted":
        """Return what this request wants, at this tier."""
        names = (
            "township_code", "community_code", "lat", "lon", "wanted_from", "wanted_to", "citizen_id",
            "chosen_provider_id", "dispatched_at", "corrected_at", "rung",
        )  # fmt: skip
        return cls(
            item=item,
            tier=tier,
            request_id=request["id"],
            arrive_by=request.get("round_arrive_by") or request["arrive_by"],
            **{name: request[name] for name in names},
        )

    @property
    def named(self) -> list[UUID]:
        """The providers that the citizen or staff named; matching always considers them."""
        return [one for one in (self.picked_provider_id, self.chosen_provider_id) if one]

    def dispatch_day(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the start of the local day on which the request was last dispatched."""
        return (self.dispatched_at or now).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def day(self, now: datetime, zone: ZoneInfo) -> date:
        """Return the earliest local day of the visit."""
        return self.begins(now).astimezone(zone).date()

    def begins(self, now: datetime) -> datetime:
        """Return the earliest moment of the visit."""
        return max(self.wanted_from or now, now)

    def ends(self, now: datetime) -> datetime:
        """Return the latest moment of the visit: two hours from now if nobody set one, or if it has passed."""
        end = self.wanted_to or self.arrive_by
        return end if end and end > now else now + timedelta(hours=2)

    def parts(self, now: datetime, zone: ZoneInfo, entered: Days) -> list[Part]:
        """Return the hours of the visit on each local day, for at most a week."""
        start = self.begins(now).astimezone(zone)
        end = self.ends(now).astimezone(zone)
        days = min((end.date() - start.date()).days, 6)
        parts = []
        for n in range(days + 1):
            first = start.time() if n == 0 else time.min
            last = end.time() if n == days else time.max
            parts.append(Part(Day.of(start.date() + n * DAY, entered), first, max(first, last)))
        return parts
