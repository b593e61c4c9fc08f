"""The catalogue that each process keeps in memory. It is read at start and again after every edit."""

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from app.catalog import queries
from app.catalog.beyond import YINZHOU, named_beyond
from app.catalog.calendar import Allowance, Days
from app.catalog.errors import TierNotAllowed, UnknownArea, UnknownItem, UnknownPlace
from app.catalog.gazetteer import Entry, Found, Gazetteer, Known, KnownPlace, core
from app.catalog.models import (
    ArriveRule,
    Calendar,
    Category,
    Community,
    District,
    Entitlement,
    Group,
    Guess,
    Item,
    PaperKind,
    PlaceKind,
    Tier,
    Township,
    UrgencyTimes,
)
from app.catalog.search import Index
from app.kit.cached import Cached
from app.kit.db import Database

CATALOG_TOPIC = "catalog"


@dataclass(frozen=True)
class Spot:
    """Where a request is: its township, its community if known, and a representative point (WGS-84)."""

    township: Township
    community: Community | None
    lat: float
    lon: float
    point_of: Known
    """Whose point it is. A community without one has its township's."""
    place: KnownPlace | None = None
    """The place that was chosen, or that the address names."""


class Location(NamedTuple):
    """Where a request is, and what its address names outside the chosen area."""

    spot: Spot
    elsewhere: Sequence[Found]


@dataclass(frozen=True)
class Snapshot:
    """Everything that changes rarely, by code."""

    categories: dict[str, Category]
    items: dict[str, Item]
    urgencies: dict[str, UrgencyTimes]
    paper_kinds: dict[str, PaperKind]
    groups: dict[str, Group]
    entitlements: Sequence[Entitlement]
    townships: dict[str, Township]
    communities: dict[str, Community]
    bounds: Sequence[float] | None
    """The bounds of the district's outline: west, south, east, north (WGS-84 degrees)."""
    gazetteer: Gazetteer
    index: Index
    days: Days

    def item(self, code: str) -> Item:
        """Return the item. Raises UnknownItem."""
        item = self.items.get(code)
        if item is None:
            raise UnknownItem(item=code)
        return item

    def tier(self, item: Item, tier: Tier | None) -> Tier:
        """Return the requested tier, or the item's first by default. Raises TierNotAllowed."""
        if tier is None:
            return Tier(item.tiers[0])
        if tier not in item.tiers:
            raise TierNotAllowed(item=item.code, tier=Tier(tier), allowed=[Tier(one) for one in item.tiers])
        return tier

    def allowance(self, urgency: str) -> Allowance:
        """Return the time that the urgency allows."""
        row = self.urgencies[urgency]
        return Allowance(
            row.accept_minutes,
            row.arrive_minutes,
            ArriveRule(row.arrive_rule),
            row.complete_minutes,
            Calendar(row.calendar),
            self.days,
        )

    @property
    def most_urgent(self) -> UrgencyTimes:
        """Return the highest urgency, which every danger gets."""
        return min(self.urgencies.values(), key=lambda urgency: urgency.rank)

    def spot(self, area: str) -> Spot:
        """Return the spot for the code of a township or community. Raises UnknownArea."""
        community = self.communities.get(area)
        township = self.townships.get(community.township_code if community else area)
        if township is None:
            raise UnknownArea(area=area)
        if community and community.lat is not None and community.lon is not None:
            return Spot(township, community, community.lat, community.lon, Known.COMMUNITY)
        return Spot(township, community, township.lat, township.lon, Known.TOWNSHIP)

    def spot_of(self, place: KnownPlace) -> Spot:
        """Return the spot for a place, with its own point or that of its community or township."""
        spot = self.spot(place.community_code or place.township_code)
        if place.lat is None or place.lon is None:
            return spot
        return replace(spot, lat=place.lat, lon=place.lon, point_of=Known.PLACE)

    def locate(self, area: str | None, place: UUID | None, address: str | None) -> Location | None:
        """Return where a request is, given an area or a place, and an address. Return None without an area or place.

        The point is the place's, if it has one. A place that the address names counts if it is in the area. Raises
        UnknownArea or UnknownPlace.
        """
        known = self._place(place) if place else None
        area = area or (known and (known.community_code or known.township_code))
        if not area:
            return None
        spot = self.spot(area)
        named = self.gazetteer.named(address) if address else []
        within = {found.found_in for found in named if not self._is_outside(found.entry, spot)}
        elsewhere = [found for found in named if found.found_in not in within]
        here = within or core(spot.township.zh) in (address or "")
        elsewhere += [one for one in named_beyond(address or "") if not (here and one.entry.code == YINZHOU)]
        if known:
            entry = self.gazetteer.entry_of(known)
            if self._is_outside(entry, spot) and entry.code not in {found.entry.code for found in elsewhere}:
                elsewhere.append(Found(entry, 1.0, known.zh, ""))
        else:
            places = [self.gazetteer.places[one.entry.code] for one in named if one.entry.kind is Known.PLACE]
            within_it = [
                one
                for one in places
                if one.township_code == spot.township.code and not self._is_outside(self.gazetteer.entry_of(one), spot)
            ]
            known = min(
                within_it, key=lambda one: (one.lat is None, one.kind == PlaceKind.ROAD, -len(one.zh)), default=None
            )
        if known is None:
            return Location(spot, elsewhere)
        if known.lat is None or known.lon is None:
            return Location(replace(spot, place=known), elsewhere)
        return Location(replace(spot, lat=known.lat, lon=known.lon, point_of=Known.PLACE, place=known), elsewhere)

    def _place(self, place: UUID) -> KnownPlace:
        known = self.gazetteer.places.get(str(place))
        if known is None:
            raise UnknownPlace(place=place)
        return known

    def _is_outside(self, entry: Entry, spot: Spot) -> bool:
        """Return whether the entry is certainly in another township or community.

        Roads do not count, as they run through several.
        """
        place = self.gazetteer.places.get(entry.code)
        if place and (place.kind == PlaceKind.ROAD or place.guessed == Guess.TOWNSHIP):
            return False
        if entry.township != spot.township.code:
            return True
        sure = entry.community if not (place and place.guessed) else None
        return bool(sure and spot.community and sure != spot.community.code)

    def entitlements_to(self, item: Item, tier: Tier, groups: Set[str]) -> Sequence[Entitlement]:
        """Return the rules under which a member of these groups can have the item at this tier."""
        return [
            rule
            for rule in self.entitlements
            if rule.tier == tier
            and rule.group_code in groups
            and (rule.item_code == item.code or rule.category_code == item.category_code)
        ]

    def covered_by(self, rule: Entitlement) -> Sequence[str]:
        """Return the items that count against the rule's quota.

        For a category, these are the items that cost everybody else more.
        """
        if rule.item_code:
            return [rule.item_code]
        tiers = list(Tier)
        return [
            item.code
            for item in self.items.values()
            if item.category_code == rule.category_code
            and rule.tier in item.tiers
            and tiers.index(Tier(item.tiers[0])) > tiers.index(Tier(rule.tier))
        ]


_latest: list[Gazetteer] = []
"""The gazetteer built last, reused until something in it changes: building one takes a second for 20,000 places."""


async def _gazetteer(
    townships: dict[str, Township], communities: dict[str, Community], places: Sequence[KnownPlace]
) -> Gazetteer:
    if not (_latest and _latest[0].is_of(townships, communities, places)):
        _latest[:] = [await asyncio.to_thread(Gazetteer, townships, communities, places)]
    return _latest[0]


async def read_snapshot(db: Database) -> Snapshot:
    """Read the catalogue from the database."""
    async with db.begin() as tx:
        items = await queries.list_all(tx, Item, Item.position)
        categories = await queries.list_all(tx, Category, Category.position)
        urgencies = await queries.list_all(tx, UrgencyTimes, UrgencyTimes.rank)
        paper_kinds = await queries.list_all(tx, PaperKind, PaperKind.code)
        groups = await queries.list_all(tx, Group, Group.position)
        entitlements = await queries.list_all(tx, Entitlement, Entitlement.id)
        districts = await queries.list_all(tx, District, District.code)
        townships = {row.code: row for row in await queries.list_all(tx, Township, Township.code)}
        communities = {row.code: row for row in await queries.list_all(tx, Community, Community.code)}
        places = await queries.list_places(tx)
        days = await queries.read_days(tx)
    return Snapshot(
        categories={row.code: row for row in categories},
        items={row.code: row for row in items},
        urgencies={row.code: row for row in urgencies},
        paper_kinds={row.code: row for row in paper_kinds},
        groups={row.code: row for row in groups},
        entitlements=entitlements,
        townships=townships,
        communities=communities,
        bounds=next((district.bounds for district in districts if district.bounds), None),
        gazetteer=await _gazetteer(townships, communities, places),
        index=Index(items),
        days=days,
    )


class Catalog(Cached[Snapshot]):
    """The catalogue of one process."""

    topic = CATALOG_TOPIC
    read_anew = staticmethod(read_snapshot)
