"""Generates a registry of about 550 providers, the same every time: who they are, what they offer, where and when.

Dates depend on the reference date that is passed in. Everything else depends on the seed alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from math import cos, pi, radians, sin, sqrt
from random import Random
from typing import Any

from app.catalog.models import Tier
from app.registry.models import DEFAULT_RUNGS, ProviderKind, ReachedBy, Rung, Standing
from app.sample.cards import Paper, PriceLine, papers, price
from app.sample.naming import Namer, person_name
from app.sample.reference import (
    KM_PER_DEGREE,
    SEED,
    SampleCommunity,
    SampleTownship,
    nearest_townships,
    sample_data,
    sample_items,
    sample_townships,
)

Hours = tuple[int, time, time]
"""Weekday (1 = Monday), opens, closes. Around the clock is 00:00 to 00:00."""

_CREDIT_CODES = {ProviderKind.PUBLIC_BODY: "12", ProviderKind.WELFARE: "52"}
_ALL_DAY = (time(0), time(0))
_LONG_DAY = (time(7, 30), time(21))
_OPENINGS = (((time(8), time(18)), 7), ((time(8), time(20)), 7), ((time(8), time(17, 30)), 6), ((time(9), time(18)), 5))


@dataclass(frozen=True, slots=True)
class BaselineMonth:
    """The turnover and profit-and-tax that a company declares for the month before it joined."""

    month: date
    turnover_fen: int
    profit_tax_fen: int


@dataclass(frozen=True, slots=True)
class SampleProvider:
    """A generated provider. `number`, from 1, is its identity; `trade` is its line of business.

    A station has a `community`, the only one it serves.
    """

    number: int
    trade: str
    name: str
    kind: ProviderKind
    uscc: str | None
    contact_name: str
    phone: str
    township: str
    community: str | None
    lat: float
    lon: float
    rung: Rung
    standing: Standing
    reached_by: ReachedBy
    capacity: int
    joined_on: date
    baseline: BaselineMonth | None
    lines: tuple[PriceLine, ...]
    papers: tuple[Paper, ...]
    coverage: tuple[str, ...]
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class _Post:
    """A place in the registry for a provider. An `anchor` offers all its items, with valid licences, and serves the
    whole district unless `reach` limits it.
    """

    trade: str
    kind: ProviderKind
    pattern: str | None
    items: tuple[str, ...]
    tiers: tuple[Tier, ...]
    anchor: bool
    all_hours: bool
    rung: Rung
    seat: str | None = None
    community: SampleCommunity | None = None
    reach: int | None = None
    word: str = ""
    busy: bool = False


def generate_registry(reference: date, seed: int = SEED) -> list[SampleProvider]:
    """Return every provider of the sample registry as of the reference date."""
    namer = Namer()
    return [_provider(number, post, namer, reference, seed) for number, post in enumerate(_posts(), 1)]


def _posts() -> Iterator[_Post]:
    registry = sample_data("registry.yaml")
    for trade in registry["trades"]:
        at_night = round(trade["providers"] * trade.get("all_hours", 0))
        for place in range(trade["providers"]):
            anchor = place < registry["anchors"]
            yield _Post(
                trade["code"],
                ProviderKind.COMPANY,
                None,
                tuple(trade["items"]),
                tuple(Tier),
                anchor,
                place < at_night,
                DEFAULT_RUNGS[ProviderKind.COMPANY],
                word=trade["word"],
                busy=trade.get("busy", False),
            )
    for body in registry["bodies"]:
        kind = ProviderKind(body["kind"])
        for seat, community in _seats(body["seats"]):
            yield _Post(
                body["code"],
                kind,
                body["name"],
                tuple(body["items"]),
                tuple(map(Tier, body["tiers"])),
                True,
                body.get("all_hours", False),
                Rung(body.get("rung", DEFAULT_RUNGS[kind])),
                seat=seat,
                community=community,
                reach=body["reach"],
            )


def _seats(seats: str | int) -> list[tuple[str | None, SampleCommunity | None]]:
    """Return the seats: townships, or communities with their townships; for a number, as many times (None, None)."""
    if isinstance(seats, int):
        return [(None, None)] * seats
    townships = sample_townships()
    if seats == "stations":
        everywhere = [(code, community) for code, township in townships.items() for community in township.communities]
        return list(everywhere[:: sample_data("registry.yaml")["station_every"]])
    return [(code, None) for code, township in townships.items() if seats == "all" or township.street]


def _provider(number: int, post: _Post, namer: Namer, reference: date, seed: int) -> SampleProvider:
    rng = Random(f"provider-{seed}-{number}")
    company = post.kind is ProviderKind.COMPANY
    township = sample_townships()[post.seat or _seat(rng, post.anchor)]
    capacity = _capacity(rng, post)
    shop = company and capacity < 10 and rng.random() < 0.5
    standing = Standing.ACTIVE if post.anchor else _standing(rng)
    days = rng.randint(5, 60) if standing is Standing.TRIAL else rng.randint(400, 6_500)
    joined_on = reference - timedelta(days=days)
    lat, lon = _point(rng, township)
    lines = _lines(rng, post, joined_on, reference)
    needed = dict.fromkeys(code for line in lines for code in sample_items()[line.item].papers)
    prefix = "92" if shop else _CREDIT_CODES.get(post.kind, "91")
    return SampleProvider(
        number=number,
        trade=post.trade,
        name=_name(rng, post, township, namer, shop),
        kind=post.kind,
        uscc=None if post.kind is ProviderKind.VOLUNTEER_TEAM else namer.credit_code(rng, prefix),
        contact_name=person_name(rng, "adult"),
        phone=namer.phone(rng),
        township=township.code,
        community=post.community.code if post.community else None,
        lat=lat,
        lon=lon,
        rung=post.rung,
        standing=standing,
        reached_by=_reached_by(rng, capacity),
        capacity=capacity,
        joined_on=joined_on,
        baseline=_baseline(rng, joined_on, capacity) if company else None,
        lines=lines,
        papers=papers(needed, reference, rng, in_order=post.anchor),
        coverage=nearest_townships(township.code)[: post.reach or _reach(rng, post, capacity)],
        hours=_hours(rng, post),
    )


def _seat(rng: Random, anchor: bool) -> str:
    """Return the township that a provider is based in. Anchors are in urban ones."""
    seats: dict[str, int] = sample_data("registry.yaml")["seats"]
    open_to = {code: seats[code] for code, township in sample_townships().items() if township.urban or not anchor}
    return rng.choices(list(open_to), weights=list(open_to.values()))[0]


def _capacity(rng: Random, post: _Post) -> int:
    """Return how many unfinished jobs a provider takes at a time. The busiest trades have bigger providers."""
    if post.community:
        return rng.randint(4, 9)
    if post.anchor:
        return rng.randint(50, 60) if post.busy else rng.randint(20, 50)
    least, most = rng.choices(((4, 9), (10, 24), (25, 60)), weights=(15, 35, 50) if post.busy else (45, 40, 15))[0]
    return rng.randint(least, most)


def _reach(rng: Random, post: _Post, capacity: int) -> int:
    """Return how many townships the provider serves, nearest first."""
    if post.anchor or capacity >= 25:
        return len(sample_townships())
    return rng.randint(9, 14) if capacity >= 10 else rng.randint(6, 10)


def _standing(rng: Random) -> Standing:
    standings = (Standing.ACTIVE, Standing.TRIAL, Standing.WATCH, Standing.SUSPENDED)
    return rng.choices(standings, weights=(925, 30, 30, 15))[0]


def _reached_by(rng: Random, capacity: int) -> ReachedBy:
    """Return how a provider is reached. The bigger it is, the likelier it has software."""
    share = 0.45 if capacity < 10 else 0.65 if capacity < 25 else 0.75
    return ReachedBy.QUEUE if rng.random() < share else ReachedBy.PHONE


def _point(rng: Random, township: SampleTownship) -> tuple[float, float]:
    """Return a point near the township's, within that point's possible error."""
    km, turn = township.err_km * sqrt(rng.random()), 2 * pi * rng.random()
    lat = township.lat + km * sin(turn) / KM_PER_DEGREE
    lon = township.lon + km * cos(turn) / KM_PER_DEGREE / cos(radians(township.lat))
    return round(lat, 6), round(lon, 6)


def _name(rng: Random, post: _Post, township: SampleTownship, namer: Namer, shop: bool) -> str:
    forms: dict[str, Any] = sample_data("names.yaml")["company"]
    pattern = post.pattern or rng.choice(forms["shop" if shop else "company"])
    community = post.community.zh if post.community else ""
    return namer.name(rng, pattern, word=post.word, township=township.zh, community=community)


def _lines(rng: Random, post: _Post, joined_on: date, reference: date) -> tuple[PriceLine, ...]:
    """Return the price card. An anchor has all items; others have some, at the first tier and often cheaper ones."""
    level = rng.random()
    least = min(len(post.items), max(3, len(post.items) // 2))
    some = set(post.items if post.anchor else rng.sample(post.items, rng.randint(least, len(post.items))))
    pledges = {Tier.FREE: 0.25, Tier.LOW_FEE: 0.7, Tier.PAID: 1.0}
    until = date(reference.year + 1, 12, 31)
    return tuple(
        PriceLine(item.code, tier, *price(item, tier, level, rng), joined_on, until)
        for item in map(sample_items().__getitem__, post.items)
        for tier in item.tiers
        if item.code in some
        and tier in post.tiers
        and (post.anchor or tier == item.tiers[0] or rng.random() < pledges[tier])
    )


def _hours(rng: Random, post: _Post) -> tuple[Hours, ...]:
    if post.all_hours or post.anchor:
        (opens, closes), days = _ALL_DAY if post.all_hours else _LONG_DAY, 7
    else:
        (opens, closes), days = rng.choice(_OPENINGS)
    return tuple((weekday, opens, closes) for weekday in range(1, days + 1))


def _baseline(rng: Random, joined_on: date, capacity: int) -> BaselineMonth:
    turnover_fen = capacity * rng.randint(3_000, 8_000) * 100
    month = (joined_on.replace(day=1) - timedelta(days=1)).replace(day=1)
    return BaselineMonth(month, turnover_fen, round(turnover_fen * rng.uniform(0.05, 0.13)))
