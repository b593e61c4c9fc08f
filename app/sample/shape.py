"""The shape of a hotline's year: how many requests arrive when, for what, from where and by which channel.

Days and hours are in the centre's zone. All figures are in data/shape.yaml. A random generator in the same
state always draws the same requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from app.catalog.models import Kind
from app.intake.models import Channel
from app.sample.reference import SEED, sample_data, sample_items

HOUR = 3_600


class Arrival(NamedTuple):
    """A request as it reaches the centre. `second` counts from local midnight."""

    second: int
    item: str
    township: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour's `share` of the day's requests, and the cumulative weights of the items in it."""

    share: float
    items: tuple[float, ...]


def expected(day: date, hour: int, scale: float = 1.0) -> float:
    """Return the mean number of requests in this hour of the day."""
    return expected_day(day, scale) * _mix_of(day)[hour].share


def expected_day(day: date, scale: float = 1.0) -> float:
    """Return the mean number of requests of the day. At scale 1 it is never under 10,000."""
    shape, event = _shape(), event_on(day)
    ordinary = shape["weekdays"][day.weekday()] * shape["months"][day.month - 1]
    return float(scale * shape["daily"] * (shape["events"][event]["volume"] if event else ordinary))


def event_on(day: date) -> str | None:
    """Return what makes the day unusual: `typhoon`, `festival_rush`, `festival_lull` or None."""
    if day in typhoon_days(day.year):
        return "typhoon"
    for new_year in _shape()["spring_festival"]:
        for event in ("festival_rush", "festival_lull"):
            first, last = _shape()["events"][event]["days"]
            if first <= (day - new_year).days <= last:
                return event
    return None


@cache
def typhoon_days(year: int, seed: int = SEED) -> frozenset[date]:
    """Return the storm days of a year. They are invented, but always the same."""
    storms, rng = _shape()["typhoons"], Random(f"typhoons-{seed}-{year}")
    starts = [
        date(year, rng.choice(storms["months"]), rng.randint(1, 28))
        for _ in range(rng.randint(storms["least"], storms["most"]))
    ]
    return frozenset(start + timedelta(days=n) for start in starts for n in range(rng.randint(1, storms["longest"])))


def draw_day(day: date, rng: Random, scale: float = 1.0) -> list[Arrival]:
    """Draw one day's requests in order of arrival."""
    return [arrival for hour in range(24) for arrival in draw_hour(day, hour, rng, scale)]


def draw_hour(day: date, hour: int, rng: Random, scale: float = 1.0) -> list[Arrival]:
    """Draw one hour's requests in order of arrival, as a Poisson process."""
    seconds = _moments(hour, expected(day, hour, scale), rng)
    items = rng.choices(_codes(), cum_weights=_mix_of(day)[hour].items, k=len(seconds))
    places, place_weights = _townships()
    townships = rng.choices(places, cum_weights=place_weights, k=len(seconds))
    ways, way_weights = _channels(hour)
    channels = rng.choices(ways, cum_weights=way_weights, k=len(seconds))
    alarms = _shape()["alarm_items"]
    return [
        Arrival(second, item, township, Channel.ALARM if item in alarms else channel)
        for second, item, township, channel in zip(seconds, items, townships, channels, strict=True)
    ]


def _moments(hour: int, mean: float, rng: Random) -> list[int]:
    """Return the seconds of the day at which requests arrive, `mean` of them on average."""
    if not mean:
        return []
    rate, moments = mean / HOUR, []
    at = rng.expovariate(rate)
    while at < HOUR:
        moments.append(hour * HOUR + int(at))
        at += rng.expovariate(rate)
    return moments


def _shape() -> Mapping[str, Any]:
    return sample_data("shape.yaml")


@cache
def _codes() -> tuple[str, ...]:
    return tuple(_shape()["items"])


@cache
def _townships() -> tuple[list[str], list[float]]:
    weights = _shape()["townships"]
    return list(weights), list(accumulate(weights.values()))


@cache
def _channels(hour: int) -> tuple[list[Channel], list[float]]:
    channels = _shape()["channels"]
    opens, closes = channels["station_hours"]
    shares = channels["day" if opens <= hour < closes else "night"]
    return list(map(Channel, shares)), list(accumulate(shares.values()))


def _mix_of(day: date) -> tuple[_Hour, ...]:
    return _mix(day.month, day.weekday() >= 5, event_on(day))


@cache
def _mix(month: int, weekend: bool, event: str | None) -> tuple[_Hour, ...]:
    """Return the hours of a day of this kind. Information keeps its share, whatever the season does to single items."""
    shape, items = _shape(), sample_items()
    info_share = shape["events"].get(event, {}).get("info_share", shape["info_share"])
    weights = {code: _weight(code, month, weekend, event) for code in _codes()}
    info = sum(weight for code, weight in weights.items() if items[code].kind is Kind.INFO)
    rest = sum(weights.values()) - info
    per_hour: list[list[float]] = [[] for _ in range(24)]
    for code, weight in weights.items():
        share = weight * (info_share / info if items[code].kind is Kind.INFO else (1 - info_share) / rest)
        hours = shape["profiles"][shape["items"][code][1]]["hours"]
        for hour, part in enumerate(hours):
            per_hour[hour].append(share * part / sum(hours))
    return tuple(_Hour(sum(shares), tuple(accumulate(shares))) for shares in per_hour)


def _weight(code: str, month: int, weekend: bool, event: str | None) -> float:
    shape = _shape()
    weight, profile, season = shape["items"][code]
    more = shape["events"].get(event, {}).get("more", {})
    factor = more.get(code, more.get(sample_items()[code].category, 1))
    at_weekend = shape["profiles"][profile]["weekend"] if weekend else 1
    return float(weight * factor * at_weekend * shape["seasons"][season][month - 1])
