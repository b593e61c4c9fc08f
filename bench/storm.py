"""Greedy, most urgent first, against batch assignment at minimum total cost, on the same simulated storm.

This is a model in memory, with the engine's own ranking and the sample registry. 1,271 requests come in three hours.
Each provider has few crews, and each job occupies one from the offer to the end. Whether a provider accepts a request,
how fast it answers, how far it drives and how long the work takes do not depend on who assigns it. Greedy assigns at
each event, as the worker does: by urgency, then age, each request to the best of the ranking. Batch assigns all waiting
requests each round, at the least sum of urgency weight times minutes to arrival; leaving a request waiting costs more
than any drive.
"""

import argparse
import heapq
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import time
from itertools import count
from random import Random
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # scipy has no types

from app.catalog.load import read_data
from app.catalog.models import Kind
from app.matching.ranking import Candidate, rank
from app.registry.models import ACTIVE_STANDINGS, DEFAULT_RUNGS
from app.sample.behaviour import SampleBehaviour, behaviour_of
from app.sample.cards import PriceLine
from app.sample.load import provider_id
from app.sample.reference import sample_items, sample_townships
from app.sample.registry import SampleProvider, generate_registry
from app.sample.shape import draw_hour, typhoon_days

REQUESTS, HOURS = 1_271, (9, 10, 11)
URGENT = ("emergency", "urgent")
ENGINE = {"distance": 3.0, "credit": 2.0, "record": 2.0, "load": 1.0, "fairness": 3.0, "price": 1.0}
NEAREST = {"distance": 1.0}
DEFERRED = 240.0
"""Minutes that booked work waits in a surge."""
OFFER_MINUTES = 1.5
READY_MINUTES, KM_PER_MINUTE, DETOUR = 10.0, 20 / 60, 1.4
SITE_MINUTES, LEAST_ON_SITE = 70.0, 15.0
UNSERVED = 600.0
"""The cost in minutes of leaving a request waiting in a round: more than any drive."""
COST_OF = {"emergency": 100.0, "urgent": 25.0, "same_day": 3.0, "booked": 1.0}
DAY = min(day for year in (2026, 2027) for day in typhoon_days(year) if day.weekday() < 5)


@dataclass(eq=False)
class StormProvider:
    """A provider, its crews, and how many of them are free."""

    sample: SampleProvider
    behaviour: SampleBehaviour
    crews: int
    free: int
    counted: int = 0


class Way(NamedTuple):
    """How a provider would come to a request: kilometres, minutes, and its price line."""

    km: float
    minutes: float
    line: PriceLine


@dataclass(eq=False)
class Call:
    """A request: when it comes (in minutes of the storm), who could come, and when somebody arrived."""

    number: int
    at: float
    urgency: str
    rank: int
    site_minutes: float
    reach: dict[StormProvider, Way]
    arrived: float | None = None

    @property
    def turn(self) -> tuple[int, float]:
        """The sort key: urgency, then age."""
        return self.rank, self.at


Choose = Callable[[Sequence[Call]], Iterator[tuple[Call, StormProvider]]]


@dataclass
class Storm:
    """A storm that has not been played yet."""

    seed: int
    calls: list[Call] = field(default_factory=list)
    places: int = 0


def draw_storm(seed: int, share: float) -> Storm:
    """Return the storm of this seed. `share` is the number of crews per place of a provider's capacity."""
    providers = [_storm_provider(provider, share) for provider in generate_registry(DAY) if _works(provider)]
    offering: dict[str, list[tuple[StormProvider, PriceLine]]] = {}
    for provider in providers:
        for line in provider.sample.lines:
            if line.tier == sample_items()[line.item].tiers[0]:
                offering.setdefault(line.item, []).append((provider, line))
    rng, urgencies = Random(f"storm-{seed}"), read_data("catalog.yaml")["urgency"]
    arrivals = [
        arrival
        for hour in HOURS
        for arrival in draw_hour(DAY, hour, rng, 4.0)
        if arrival.item in offering and sample_items()[arrival.item].kind in (Kind.SERVICE, Kind.VOLUNTEER)
    ]
    storm = Storm(seed, places=sum(provider.crews for provider in providers))
    for number, arrival in enumerate(sorted(rng.sample(arrivals, REQUESTS))):
        urgency = sample_items()[arrival.item].urgency
        at = (arrival.second / 60) % 1440 - HOURS[0] * 60 + (DEFERRED if urgency == "booked" else 0)
        site = max(LEAST_ON_SITE, rng.expovariate(1 / SITE_MINUTES))
        reach = {
            provider: _way(provider, arrival.township, line)
            for provider, line in offering[arrival.item]
            if arrival.township in provider.sample.coverage
        }
        storm.calls.append(Call(number, at, urgency, urgencies[urgency]["rank"], site, reach))
    return storm


def _works(provider: SampleProvider) -> bool:
    """Return whether the provider is active, has valid papers, and is open that morning.

    Its crews then work for the whole storm, even past closing time.
    """
    ten = time(10)
    is_open = any(day == DAY.isoweekday() and opens <= ten for day, opens, _ in provider.hours)
    return is_open and provider.standing in ACTIVE_STANDINGS and all(p.expires_on >= DAY for p in provider.papers)


def _storm_provider(provider: SampleProvider, share: float) -> StormProvider:
    crews = max(1, round(provider.capacity * share))
    return StormProvider(provider, behaviour_of(provider), crews, crews)


def _way(provider: StormProvider, township: str, line: PriceLine) -> Way:
    km = sample_townships()[provider.sample.township].km_to(sample_townships()[township])
    return Way(km, READY_MINUTES + km * DETOUR / KM_PER_MINUTE, line)


def greedy(weights: dict[str, float]) -> Choose:
    """Return the rule that assigns each request in turn to the best of the ranking by these weights."""

    def choose(waiting: Sequence[Call]) -> Iterator[tuple[Call, StormProvider]]:
        for call in sorted(waiting, key=lambda call: call.turn):
            by_id = {provider_id(provider.sample.number): provider for provider in call.reach if provider.free}
            ranked = rank([_candidate(provider, call.reach[provider]) for provider in by_id.values()], weights)
            if ranked:
                yield call, by_id[ranked[0].candidate.provider_id]

    return choose


def urgent_nearest(waiting: Sequence[Call]) -> Iterator[tuple[Call, StormProvider]]:
    """Assign by urgency, and within it the shortest drive first instead of the oldest request."""
    pairs = [
        (call.rank, way.minutes, call.number, call, provider)
        for call in waiting
        for provider, way in call.reach.items()
    ]
    served: set[Call] = set()
    for *_, call, provider in sorted((pair for pair in pairs if pair[4].free), key=lambda pair: pair[:3]):
        if provider.free and call not in served:
            served.add(call)
            yield call, provider


def batch(waiting: Sequence[Call]) -> Iterator[tuple[Call, StormProvider]]:
    """Assign all requests at once, at the least total cost."""
    reached = {provider for call in waiting for provider in call.reach if provider.free}
    places = [provider for provider in sorted(reached, key=lambda f: f.sample.number) for _ in range(provider.free)]
    columns: dict[StormProvider, list[int]] = {}
    for column, provider in enumerate(places):
        columns.setdefault(provider, []).append(column)
    cost = np.full((len(waiting), len(places) + len(waiting)), 1e9)
    for row, call in enumerate(waiting):
        weight = COST_OF[call.urgency]
        cost[row, len(places) + row] = weight * UNSERVED
        for provider, way in call.reach.items():
            cost[row, columns.get(provider, [])] = weight * way.minutes
    for row, column in zip(*linear_sum_assignment(cost), strict=True):
        if column < len(places):
            yield waiting[row], places[column]


def _candidate(provider: StormProvider, way: Way) -> Candidate:
    sample, line = provider.sample, way.line
    return Candidate(
        distance_km=way.km,
        rung=DEFAULT_RUNGS[sample.kind],
        provider_id=provider_id(sample.number),
        name=sample.name,
        credit=100,
        capacity=provider.crews,
        open_jobs=provider.crews - provider.free, load=provider.crews - provider.free, asked=0,
        price_kind=line.price_kind,
        price_fen=line.price_fen,
        accepted=0, declined=0, expired=0, counted=provider.counted, completed=0, returned=0,
        reachable=True, by_phone=False, barred=False, tried=False, lat=sample.lat, lon=sample.lon,
    )  # fmt: skip


def play(storm: Storm, choose: Choose, every: float | None) -> Storm:
    """Play the storm and return it. Assign at each event, or every `every` minutes."""
    order = count()
    due: list[tuple[float, int, Call | None, StormProvider | None]] = [
        (call.at, next(order), call, None) for call in storm.calls
    ]
    if every:
        due.append((every, next(order), None, None))
    heapq.heapify(due)
    waiting: dict[Call, None] = {}
    while due:
        now, _, call, provider = heapq.heappop(due)
        is_round = call is None and provider is None
        if provider:
            provider.free += 1
        if call and call.reach:
            waiting[call] = None
        if is_round or not every:
            looked = [c for c in waiting if is_round or c is call or provider in c.reach]
            for chosen, taker in choose(looked):
                del waiting[chosen]
                heapq.heappush(due, (*_offer(storm, chosen, taker, now, next(order)),))
        if is_round and due and every:
            heapq.heappush(due, (now + every, next(order), None, None))
    return storm


def _offer(
    storm: Storm, call: Call, provider: StormProvider, now: float, place: int
) -> tuple[float, int, Call | None, StormProvider | None]:
    """Return the next event after the offer: the crew is free after the work, or the request waits again."""
    rng = Random(f"{storm.seed}-{call.number}-{provider.sample.number}")
    accepts, answers = rng.random() < provider.behaviour.accept_rate, rng.random() < provider.behaviour.answer_rate
    answer = min(OFFER_MINUTES, rng.expovariate(60 / provider.behaviour.response_seconds))
    provider.free -= 1
    provider.counted += 1
    if not accepts:
        del call.reach[provider]
        return now + (answer if answers else OFFER_MINUTES), place, call, provider
    call.arrived = now + answer + call.reach[provider].minutes
    return call.arrived + call.site_minutes, place, None, provider


def waits(storm: Storm) -> list[float]:
    """Return the minutes from the call to the arrival for each urgent request."""
    return [call.arrived - call.at for call in storm.calls if call.urgency in URGENT and call.arrived is not None]


WAYS: dict[str, tuple[Choose, float | None]] = {
    "greedy, the policy's ranking": (greedy(ENGINE), None),
    "greedy, nearest first": (greedy(NEAREST), None),
    "greedy, shortest drive first": (urgent_nearest, None),
    "batch, each minute": (batch, 1),
    "batch, each 5 minutes": (batch, 5),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--crews", type=float, nargs="+", default=[0.05, 0.02], help="crews per place of a provider's capacity"
    )


def run(options: argparse.Namespace) -> None:
    """Play every storm every way, and print the minutes until arrival at urgent requests."""
    for share in options.crews:
        results: dict[str, list[list[float]]] = {
            name: [waits(play(draw_storm(seed, share), *way)) for seed in range(options.seeds)]
            for name, way in WAYS.items()
        }
        first = [statistics.mean(minutes) for minutes in results["greedy, the policy's ranking"]]
        print(f"crews: {share} of a provider's places, {draw_storm(0, share).places} in all; {options.seeds} storms")
        print(f"{'':30}{'urgent':>8}{'mean':>8}{'p50':>8}{'p90':>8}{'ratio':>8}{'least':>8}{'most':>8}")
        for name, storms in results.items():
            every = sorted(minute for minutes in storms for minute in minutes)
            ratios = [statistics.mean(minutes) / base for minutes, base in zip(storms, first, strict=True)]
            tenths = statistics.quantiles(every, n=10)
            print(
                f"{name:30}{len(every):8}{statistics.mean(every):8.1f}{tenths[4]:8.1f}{tenths[8]:8.1f}"
                f"{statistics.mean(ratios):8.3f}{min(ratios):8.3f}{max(ratios):8.3f}",
                flush=True,
            )
