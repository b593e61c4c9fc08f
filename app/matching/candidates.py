"""Turns providers' rows and cached facts into candidates for what is wanted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import itemgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.calendar import Days
from app.catalog.models import Tier
from app.intake.models import UnmatchedReason
from app.kit.db import Row
from app.kit.geo import distance_km
from app.matching.policy import MOST_AT_ONCE, Policy
from app.matching.ranking import Candidate
from app.matching.wanted import Wanted
from app.registry.facts import Facts, Hours
from app.registry.opening import Day, Part, is_open, next_opening

SHORTLIST = 100
"""How many providers are read first.

At most this many are ranked and explained together, apart from named ones. Under a ladder, all that can come are
ranked.
"""
MORE = 4
"""If too few of those read can come, the next page is this many times as large."""
TICK = timedelta(microseconds=1)
_ROW = itemgetter(*Candidate._fields[: Candidate._fields.index("distance_km")])
"""Reads the part of a candidate that comes from the database, by column name."""


@dataclass(frozen=True)
class CandidateSearch:
    """What is wanted, under which rules, and when. `entered` holds the calendar days that the centre entered itself."""

    wanted: Wanted
    policy: Policy
    surge: bool
    entered: Days
    now: datetime
    zone: ZoneInfo

    @cached_property
    def _hours(self) -> dict[UUID, tuple[Hours, bool]]:
        return {}

    @cached_property
    def _parts(self) -> Sequence[Part]:
        return self.wanted.parts(self.now, self.zone, self.entered)

    @cached_property
    def _present(self) -> Sequence[Part]:
        """The present moment. A provider that opens now is open; one that closes now is not."""
        here = self.now.astimezone(self.zone)
        tick = here.time().replace(microsecond=min(here.microsecond + 1, 999_999))
        return [Part(Day.of(here.date(), self.entered), here.time(), tick)]

    @cached_property
    def _below(self) -> frozenset[str]:
        """The steps of the ladder that the request has already passed."""
        steps = [step.rung for step in self.policy.ladder] if self.climbs else []
        current = self.wanted.rung
        return frozenset(steps[: next((n for n, rung in enumerate(steps) if rung == current), 0)])

    @cached_property
    def climbs(self) -> bool:
        """Whether the policy's ladder applies."""
        return self.policy.climbs(Tier(self.wanted.tier))

    def candidates(self, rows: Iterable[Row], facts: Mapping[UUID, Facts]) -> list[Candidate]:
        """Return these providers as candidates, with what the filters need.

        Leave out those whose price card lacks the item on the day of the visit. The citizen's own choice passes the
        filters that only the policy imposes. A provider picked by staff counts as not yet tried.
        """
        wanted, now, zone = self.wanted, self.now, self.zone
        papers, day = wanted.item.papers, wanted.day(now, zone)
        radius, climbs, rungs = self.policy.radius(surge=self.surge), self.climbs, self.policy.rungs
        found = []
        for row in rows:
            provider, keeps = row["provider_id"], row["keeps_holidays"]
            its = facts[provider]
            price = its.price(day)
            if price is None:
                continue
            km = round(distance_km(wanted.lat, wanted.lon, row["lat"], row["lon"]), 3)
            own_choice = provider == wanted.chosen_provider_id
            candidate = Candidate(  # type: ignore[misc]  # the row has no more than the fields before these
                *_ROW(row),
                distance_km=km,
                price_kind=price.kind,
                price_fen=price.fen,
                too_far=radius is not None and km > radius and not own_choice,
                off_ladder=climbs and row["rung"] not in rungs and not own_choice,
                has_papers=not papers or its.holds(papers, day),
                is_open=is_open(its.hours, self._parts, keeps_holidays=keeps),
                open_now=is_open(its.hours, self._present, keeps_holidays=keeps),
            )
            if provider == wanted.picked_provider_id:
                candidate = candidate._replace(tried=False)
            self._hours[provider] = its.hours, keeps
            found.append(candidate)
        return found

    def opens_at(self, candidate: Candidate) -> datetime:
        """Return when the candidate can be asked: its next opening, or now if it is open or none is foreseen."""
        if candidate.open_now:
            return self.now
        hours, keeps = self._hours[candidate.provider_id]
        return next_opening(hours, self.entered, self.now, self.zone, keeps_holidays=keeps) or self.now

    def is_enough(self, candidates: Iterable[Candidate]) -> bool:
        """Return whether enough candidates for the largest broadcast can come and be asked now.

        If so, the search ends.
        """
        able = (one for one in candidates if one.open_now and one.rung not in self._below and one.rejection() is None)
        return sum(1 for _ in able) >= MOST_AT_ONCE

    def shortlist(
        self, candidates: Sequence[Candidate]
    ) -> tuple[list[Candidate], list[tuple[Candidate, UnmatchedReason]]]:
        """Return the candidates to rank, and the rejected ones to explain, nearest first.

        If there are too many to rank, named ones are kept first, then those that are open now, then the nearest.
        """
        named = self.wanted.named
        able, rejected = [], []
        for one in candidates:
            if reason := one.rejection():
                rejected.append((one, reason))
            else:
                able.append(one)
        if len(able) > SHORTLIST and not self.climbs:
            able = sorted(able, key=lambda one: (one.provider_id not in named, not one.open_now))[:SHORTLIST]
        left = max(SHORTLIST - len(able), sum(one.provider_id in named for one, _ in rejected))
        return able, rejected[:left]
