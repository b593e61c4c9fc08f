"""Price cards and licences of generated providers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.catalog.models import Tier
from app.registry.models import PriceKind
from app.sample.reference import SampleItem, sample_data

_STEPS = ((1_000, 10), (10_000, 100), (100_000, 500))


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A line of the price card. `price_fen` is per charging unit; with a quote it is the call-out or starting price."""

    item: str
    tier: Tier
    price_kind: PriceKind
    price_fen: int
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Paper:
    """A licence or certificate, valid up to and including `expires_on`."""

    code: str
    number: str
    issued_on: date
    expires_on: date


def price(item: SampleItem, tier: Tier, level: float, rng: Random) -> tuple[PriceKind, int]:
    """Return a price kind and a price in fen for the item at the tier. `level` runs from 0 (cheap) to 1 (dear)."""
    if tier is Tier.FREE:
        return PriceKind.FREE, 0
    share = min(1.0, max(0.0, level + rng.gauss(0, 0.15)))
    if tier is Tier.LOW_FEE:
        return PriceKind.FIXED, _rounded(item.cap_fen * (0.7 + 0.3 * share))
    prices = sample_data("prices.yaml")
    kind = PriceKind.FIXED if item.code in prices["fixed"] else PriceKind.QUOTE
    low, high = prices[kind][item.code]
    return kind, _rounded(low + (high - low) * share)


def _rounded(fen: float) -> int:
    """Round down to a sum that a person would write on a price card."""
    step = next((step for bound, step in _STEPS if fen < bound), 5_000)
    return int(fen // step) * step


def papers(codes: Iterable[str], reference: date, rng: Random, *, in_order: bool) -> tuple[Paper, ...]:
    """Return licences of these kinds as of the reference date.

    3 % expire within 30 days. 2 % have expired, unless `in_order`.
    """
    return tuple(_paper(code, reference, rng, in_order) for code in codes)


def _paper(code: str, reference: date, rng: Random, in_order: bool) -> Paper:
    kind = sample_data("registry.yaml")["papers"][code]
    days = kind["years"] * 365
    luck = rng.random()
    if luck < 0.03:
        left = rng.randint(0, 30)
    elif luck < 0.05 and not in_order:
        left = -rng.randint(1, 60)
    else:
        left = rng.randint(31, days)
    expires_on = reference + timedelta(days=left)
    issued_on = expires_on - timedelta(days=days)
    number = kind["number"].format(year=issued_on.year, serial=f"{rng.randrange(1, 100_000):05d}")
    return Paper(code, number, issued_on, expires_on)
