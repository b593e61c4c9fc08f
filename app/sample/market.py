"""Chooses which sample provider is asked to take a past request, and at what price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random
from typing import NamedTuple
from uuid import UUID

import orjson

from app.catalog.models import Tier
from app.events.act import Actor
from app.events.models import ActorKind
from app.matching.ranking import NEAR_KM, Candidate, score
from app.registry.models import ACTIVE_STANDINGS, PriceKind, ReachedBy
from app.sample.behaviour import SampleBehaviour, behaviour_of
from app.sample.cards import PriceLine
from app.sample.load import provider_id
from app.sample.reference import sample_townships
from app.sample.registry import SampleProvider

REDRAWS = 6


@dataclass(frozen=True, slots=True, eq=False)
class PricedProvider:
    """A provider with a price for an item at a tier. `actor` answers offers: itself, or an operator by phone."""

    sample: SampleProvider
    provider_id: UUID
    actor: Actor
    behaviour: SampleBehaviour
    price_kind: PriceKind
    price_fen: int
    days: frozenset[int]
    """The weekdays on which it is open (1 = Monday)."""
    openings: frozenset[tuple[int, int]]
    """Pairs of weekday and full hour at which it is open."""
    last_day: date
    """The last day on which all its licences are valid."""

    def can_come(self, community: str, day: date, tried: set[UUID]) -> bool:
        """Return whether it is untried, serves the community, and is a member with valid licences on that day."""
        serves = self.sample.community in (None, community)
        return serves and self.sample.joined_on <= day <= self.last_day and self.provider_id not in tried


class _Choice(NamedTuple):
    providers: Sequence[PricedProvider]
    cum_weights: Sequence[float]


class Market:
    """The active providers of the sample registry. A draw favours capacity and nearness, as fair ranking does."""

    def __init__(self, registry: Sequence[SampleProvider], weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._providers: dict[tuple[str, Tier], list[PricedProvider]] = {}
        for provider in registry:
            if provider.standing in ACTIVE_STANDINGS:
                behaviour, openings = behaviour_of(provider), _openings(provider)
                for line in provider.lines:
                    priced = _priced(provider, line, behaviour, openings)
                    self._providers.setdefault((line.item, line.tier), []).append(priced)
        self._choices: dict[tuple[str, Tier, str, int, int | None], _Choice] = {}
        self._scores: dict[tuple[PricedProvider, str], str] = {}

    def offers(self, item: str, tier: Tier) -> bool:
        """Return whether any provider has the item at the tier on its price card."""
        return (item, tier) in self._providers

    def draw(
        self,
        rng: Random,
        item: str,
        tier: Tier,
        township: str,
        community: str,
        day: date,
        hour: int | None,
        tried: set[UUID],
    ) -> PricedProvider | None:
        """Draw a provider that serves the place, is open then and is untried, or None. `hour` None means any time of
        the day."""
        key = (item, tier, township, day.isoweekday(), hour)
        if key not in self._choices:
            self._choices[key] = self._choose(*key)
        choice = self._choices[key]
        for _ in range(REDRAWS if choice.providers else 0):
            provider = rng.choices(choice.providers, cum_weights=choice.cum_weights)[0]
            if provider.can_come(community, day, tried):
                return provider
        return next((provider for provider in choice.providers if provider.can_come(community, day, tried)), None)

    def _choose(self, item: str, tier: Tier, township: str, weekday: int, hour: int | None) -> _Choice:
        providers = [
            provider
            for provider in self._providers.get((item, tier), ())
            if township in provider.sample.coverage
            and (weekday in provider.days if hour is None else (weekday, hour) in provider.openings)
        ]
        weights = (provider.sample.capacity * NEAR_KM / (NEAR_KM + _km(provider, township)) for provider in providers)
        return _Choice(providers, list(accumulate(weights)))

    def scores(self, provider: PricedProvider, township: str) -> str:
        """Return the provider's ranking scores for a request from the township on an ordinary day, as JSON."""
        key = (provider, township)
        if key not in self._scores:
            [ranked] = score([_candidate(provider, _km(provider, township))], self._weights)
            self._scores[key] = orjson.dumps(ranked.scores | {"total": ranked.total}).decode()
        return self._scores[key]


def _openings(provider: SampleProvider) -> frozenset[tuple[int, int]]:
    """Return the pairs of weekday and full hour at which the provider is open."""
    return frozenset(
        (weekday, hour) for weekday, opens, closes in provider.hours for hour in range(opens.hour, closes.hour or 24)
    )


def _priced(
    provider: SampleProvider, line: PriceLine, behaviour: SampleBehaviour, openings: frozenset[tuple[int, int]]
) -> PricedProvider:
    key = provider_id(provider.number)
    own = provider.reached_by is ReachedBy.QUEUE
    return PricedProvider(
        sample=provider,
        provider_id=key,
        actor=Actor(ActorKind.PROVIDER, key) if own else Actor(ActorKind.STAFF, on_behalf=True),
        behaviour=behaviour,
        price_kind=line.price_kind,
        price_fen=line.price_fen,
        days=frozenset(weekday for weekday, _, _ in provider.hours),
        openings=openings,
        last_day=min((paper.expires_on for paper in provider.papers), default=date.max),
    )


def _km(provider: PricedProvider, township: str) -> float:
    return sample_townships()[provider.sample.township].km_to(sample_townships()[township])


def _candidate(provider: PricedProvider, km: float) -> Candidate:
    """Return the provider as a candidate that is a third full and has had an average share of the offers."""
    sample, behaviour = provider.sample, provider.behaviour
    accepted, completed = round(behaviour.accept_rate * 100), round((1 - behaviour.return_rate) * 100)
    return Candidate(
        provider_id=provider.provider_id,
        name=sample.name,
        distance_km=km,
        rung=sample.rung,
        credit=100,
        capacity=sample.capacity,
        open_jobs=sample.capacity // 3,
        load=sample.capacity // 3,
        asked=0,
        price_kind=provider.price_kind,
        price_fen=provider.price_fen,
        accepted=accepted,
        declined=100 - accepted,
        expired=0,
        counted=sample.capacity,
        completed=completed,
        returned=100 - completed,
        reachable=True,
        by_phone=sample.reached_by is ReachedBy.PHONE,
        barred=False,
        tried=False,
        lat=sample.lat,
        lon=sample.lon,
    )
