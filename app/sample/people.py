"""Generated citizens. The same number is always the same person, so that citizens call again."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from app.sample.naming import person_name
from app.sample.reference import SEED, SampleCommunity, sample_data, sample_items, sample_townships

CITIZEN_PREFIX = "154"
"""A prefix assigned to no network, so that a sample number rings nobody."""

EAGERNESS = 1.5
"""At 1 all citizens call equally often. Above 1 those with the lowest numbers call more often."""


@dataclass(frozen=True, slots=True)
class SampleCitizen:
    """A generated citizen. `address` is the part below the community; `groups` are codes of entitlements.yaml."""

    index: int
    name: str
    phone: str
    township: str
    community: str
    address: str
    elder: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """The citizens of a township: `size` of them starting at `first`, the eldest first."""

    township: str
    first: int
    size: int
    elders: int
    aged_80: int


class Population:
    """`size` citizens, distributed over the townships as requests are."""

    def __init__(self, size: int = 300_000, seed: int = SEED) -> None:
        weights: dict[str, int] = sample_data("shape.yaml")["townships"]
        bounds = [0, *(size * part // sum(weights.values()) for part in accumulate(weights.values()))]
        people = sample_data("people.yaml")
        self.size = size
        self._seed = seed
        self._blocks = []
        for township, first, end in zip(weights, bounds, bounds[1:], strict=False):
            elders = round((end - first) * people["elders"])
            self._blocks.append(_Block(township, first, end - first, elders, round(elders * people["aged_80"])))
        self._firsts = bounds[:-1]
        self._block_of = {block.township: block for block in self._blocks}

    def citizen(self, index: int) -> SampleCitizen:
        """Return the citizen with this number, from 0 to size - 1. Raises IndexError beyond."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        block = self._blocks[bisect_right(self._firsts, index) - 1]
        rng = Random(self._seed << 32 | index)
        place = index - block.first
        elder = place < block.elders
        community = rng.choice(sample_townships()[block.township].communities)
        return SampleCitizen(
            index=index,
            name=person_name(rng, "elder" if elder else rng.choice(("adult", "young"))),
            phone=f"{CITIZEN_PREFIX}{(index * 48_271 + SEED) % 10**8:08d}",
            township=block.township,
            community=community.code,
            address=_address(rng, block.township, community),
            elder=elder,
            groups=_groups(rng, elder, place < block.aged_80),
        )

    def draw_caller(self, rng: Random, township: str, item: str) -> int:
        """Draw a citizen of the township to ask for the item, and return their number.

        The share of elders is the one that people.yaml gives for the item.
        """
        block = self._block_of[township]
        if rng.random() < _elder_share(item):
            return block.first + int(block.elders * rng.random() ** EAGERNESS)
        others = block.size - block.elders
        return block.first + block.elders + int(others * rng.random() ** EAGERNESS)


def _elder_share(item: str) -> float:
    shares: dict[str, float] = sample_data("people.yaml")["callers"]
    return shares.get(item) or shares.get(sample_items()[item].category) or shares["other"]


def _groups(rng: Random, elder: bool, aged_80: bool) -> tuple[str, ...]:
    shares = sample_data("people.yaml")["groups"]
    drawn = [group for group, share in shares.items() if rng.random() < share["elder" if elder else "other"]]
    return ("aged_80", *drawn) if aged_80 else tuple(drawn)


def _address(rng: Random, township: str, community: SampleCommunity) -> str:
    names = sample_data("names.yaml")
    road, house = rng.choice(names["roads"][township]), rng.randint(1, 399)
    if community.kind == "村":
        return f"{community.zh}{rng.randint(1, 12)}组{rng.randint(1, 80)}号"
    room = f"{rng.choice((*range(1, 7), *range(1, 7), *range(7, 19)))}0{rng.randint(1, 4)}室"
    estate = community.zh.removesuffix("社区").removesuffix("居委会") + rng.choice(names["estates"])
    return rng.choice(
        (
            f"{road}{house}弄{rng.randint(1, 40)}号{room}",
            f"{road}{house}号{room}",
            f"{estate}{rng.randint(1, 36)}幢{room}",
        )
    )
