"""What all past requests share: the centre, its callers, its providers, and a day's rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot, Spot
from app.kit.ids import new_id
from app.matching.policy import Policy
from app.sample.market import Market
from app.sample.people import Population, SampleCitizen
from app.sample.reference import sample_data
from app.sample.shape import Arrival

Row = dict[str, Any]


class Caller(NamedTuple):
    """A citizen with their id in the database."""

    id: UUID
    citizen: SampleCitizen
    place: Spot
    priority_group: str | None


class Served(NamedTuple):
    """A completed request and the job that completed it."""

    request: Row
    job: Row


@dataclass
class Rows:
    """The rows that a day's requests leave behind, by table. The requests still lack their numbers.

    `events` are tuples; `counts` are keyed by provider, day and column; `months` by first of the month, item and
    provider.
    """

    citizens: list[Row] = field(default_factory=list)
    citizen_groups: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    offers: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    callbacks: list[Row] = field(default_factory=list)
    complaints: list[Row] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    counts: Counter[tuple[UUID, date, str]] = field(default_factory=Counter)
    months: Counter[tuple[date, str, UUID]] = field(default_factory=Counter)


class Past:
    """The centre in the past. Nothing happens at or after `end`; `known` maps phone numbers to existing citizens."""

    def __init__(
        self, catalog: Snapshot, zone: ZoneInfo, market: Market, policy: Policy, end: datetime, known: dict[str, UUID]
    ) -> None:
        self.catalog, self.zone, self.market, self.policy, self.end = catalog, zone, market, policy, end
        self.allowances = {code: catalog.allowance(code) for code in catalog.urgencies}
        self.ranks = {code: urgency.rank for code, urgency in catalog.urgencies.items()}
        self.timeouts = {
            code: policy.offer_timeout(code, allowance.accept_minutes) for code, allowance in self.allowances.items()
        }
        self.solved: dict[tuple[str, str], Served] = {}
        """For each item and township, the last request that was solved at the first attempt."""
        self._places = {code: catalog.spot(code) for code in catalog.communities}
        self._rank = list(catalog.groups).index
        self._population = Population()
        self._known = known
        self._callers: dict[int, Caller] = {}
        self._cheapest: dict[tuple[str, tuple[str, ...]], Tier] = {}
        history = sample_data("history.yaml")
        self._shares, self._minutes, self._words = history["shares"], history["minutes"], history["words"]

    def begin(self, rng: Random) -> None:
        """Begin another day, with its own random numbers and no rows."""
        self.rng, self.rows = rng, Rows()

    def chance(self, what: str) -> bool:
        """Draw whether something happens, with the probability in history.yaml."""
        return bool(self.rng.random() < self._shares[what])

    def lasts(self, what: str) -> timedelta:
        """Draw how long something takes, with the mean in history.yaml."""
        return timedelta(minutes=self.rng.expovariate(1 / self._minutes[what]))

    def words(self, about: str) -> str:
        """Return what somebody says about the subject."""
        return str(self.rng.choice(self._words[about]))

    def cheapest(self, item: str, groups: tuple[str, ...]) -> Tier:
        """Return the item's cheapest tier to which members of these groups are entitled."""
        key = (item, groups)
        if key not in self._cheapest:
            self._cheapest[key] = min(self._entitled(*key), key=list(Tier).index)
        return self._cheapest[key]

    def _entitled(self, code: str, groups: Iterable[str]) -> Iterable[Tier]:
        item = self.catalog.items[code]
        yield Tier(item.tiers[0])
        yield from (Tier(t) for t in item.tiers[1:] if self.catalog.entitlements_to(item, Tier(t), set(groups)))

    def caller(self, arrival: Arrival, at: datetime) -> Caller:
        """Draw who calls. A citizen who has never called before is added."""
        index = self._population.draw_caller(self.rng, arrival.township, arrival.item)
        if index not in self._callers:
            self._callers[index] = self._meet(self._population.citizen(index), at)
        return self._callers[index]

    def _meet(self, citizen: SampleCitizen, at: datetime) -> Caller:
        key = self._known.get(citizen.phone)
        if key is None:
            key = new_id(at)
            self.rows.citizens.append(
                {
                    "id": key,
                    "phone": citizen.phone,
                    "name": citizen.name,
                    "community_code": citizen.community,
                    "address": citizen.address,
                    "created_at": at,
                }
            )
            self.rows.citizen_groups.extend(
                {"citizen_id": key, "group_code": group, "source": "社区登记"} for group in citizen.groups
            )
        return Caller(key, citizen, self._places[citizen.community], min(citizen.groups, key=self._rank, default=None))
