"""Decides which tier a citizen may have: it tries the item's tiers one by one, from the one asked for to dearer ones.

A tier cheaper than the item's first one needs a rule for one of the citizen's groups, with a place left in the month in
which the request was received. A request uses a place while a provider may come, and keeps it once one came
(`queries.COMING`, `queries.DONE`). In any other state it uses none, and it needs a place to be dispatched again.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.models import Entitlement, Item, Tier
from app.catalog.snapshot import Snapshot
from app.intake import queries
from app.intake.errors import NotEntitled
from app.intake.models import Citizen, RequestStatus
from app.kit.db import Row, Tx

TIER_ORDER = list(Tier)


class Claimant(NamedTuple):
    """The citizen whose groups and places count, with the groups on the day and the local `month` in which the request
    was received.

    `request_id` is a recorded request, whose own place is not counted against it. If its status is still `received`,
    it is `promised`: its place is kept for it, and other received requests are not counted against it either.
    """

    citizen_id: UUID | None
    groups: Set[str]
    month: datetime
    request_id: UUID | None = None
    promised: bool = False

    @classmethod
    async def of(cls, tx: Tx, request: Mapping[str, Any] | Row, zone: ZoneInfo) -> Self:
        """Return the claimant of a recorded request."""
        day = request["received_at"].astimezone(zone).date()
        groups = {row.group_code for row in await queries.list_memberships(tx, request["citizen_id"], day)}
        promised = request["status"] == RequestStatus.RECEIVED
        return cls(request["citizen_id"], groups, month_of(request["received_at"], zone), request["id"], promised)


def month_of(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the month of `at` in the centre's zone."""
    return at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def claimant(tx: Tx, citizen: Citizen | None, at: datetime, zone: ZoneInfo) -> Claimant:
    """Return the claimant for a caller's new request. `citizen` is None if the caller is not known."""
    if citizen is None:
        return Claimant(None, frozenset(), month_of(at, zone))
    memberships = await queries.list_memberships(tx, citizen.id, at.astimezone(zone).date())
    return Claimant(citizen.id, {row.group_code for row in memberships}, month_of(at, zone))


class Opening(NamedTuple):
    """Whether a tier is open to the citizen and by which rule. `used` is the used part of the rule's monthly quota."""

    tier: Tier
    open: bool
    rule: Entitlement | None = None
    used: int | None = None


def dearer(one: str, other: str) -> bool:
    """Return whether tier `one` is dearer than tier `other`."""
    return TIER_ORDER.index(Tier(one)) > TIER_ORDER.index(Tier(other))


def needs_entitlement(item: Item, tier: Tier) -> bool:
    """Return whether the tier is cheaper than the item's first one, which is open to everybody."""
    return dearer(item.tiers[0], tier)


async def open_tier(tx: Tx, item: Item, tier: Tier, who: Claimant, catalog: Snapshot, *, lock: bool = True) -> Opening:
    """Return whether the tier is open to the citizen.

    With `lock` the citizen is locked, so that the answer holds until the transaction ends. Of several rules the one
    with the most places left counts.
    """
    if not needs_entitlement(item, tier):
        return Opening(tier, open=True)
    rules = catalog.entitlements_to(item, tier, who.groups)
    if not rules or who.citizen_id is None:
        return Opening(tier, open=False)
    unlimited = [rule for rule in rules if rule.quota_per_month is None]
    if unlimited:
        return Opening(tier, open=True, rule=unlimited[0])
    if lock:
        await queries.lock_citizen(tx, who.citizen_id)
    left: list[tuple[int, int, Entitlement]] = []
    for rule in rules:
        used = await queries.count_places(
            tx,
            who.citizen_id,
            tier,
            catalog.covered_by(rule),
            (who.month, _following(who.month)),
            of_received=not who.promised,
            other_than=who.request_id,
        )
        left.append(((rule.quota_per_month or 0) - used, used, rule))
    places, used, rule = max(left, key=lambda row: row[0])
    return Opening(tier, open=places > 0, rule=rule, used=used)


def _following(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


async def list_openings(tx: Tx, item: Item, who: Claimant, catalog: Snapshot) -> Sequence[Opening]:
    """Return the item's tiers, cheapest first, each with whether it is open. Locks nothing."""
    return [await open_tier(tx, item, tier, who, catalog, lock=False) for tier in TIER_ORDER if tier in item.tiers]


async def cheapest_open(
    tx: Tx, item: Item, asked: Tier, who: Claimant, catalog: Snapshot, *, lock: bool = True
) -> Tier:
    """Return the cheapest tier that is open to the citizen and not cheaper than the one asked for, or else the item's
    first tier."""
    first = Tier(item.tiers[0])
    for tier in TIER_ORDER[TIER_ORDER.index(asked) : TIER_ORDER.index(first)]:
        if tier in item.tiers and (await open_tier(tx, item, tier, who, catalog, lock=lock)).open:
            return tier
    return first


async def take_place_again(
    tx: Tx, request: Mapping[str, Any] | Row, catalog: Snapshot, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the tier columns of a locked request that is about to be dispatched again.

    The cheapest open tier from the one asked for on is served. Work that was done before is never served at a dearer
    tier than before. Raises NotEntitled if the cheapest open tier is dearer than the citizen has agreed to.
    """
    item, asked = catalog.item(request["item_code"]), Tier(request["tier_asked"])
    if not needs_entitlement(item, asked):
        return {}
    had = Tier(request["tier"])
    entitled = await cheapest_open(tx, item, asked, await Claimant.of(tx, request, zone), catalog)
    if dearer(entitled, had) and (
        request["status"] == RequestStatus.COMPLETED or request["close_reason"] in queries.DONE
    ):
        entitled = had
    agreed = request["tier_fallback"] or had
    if dearer(entitled, had) and dearer(entitled, agreed):
        raise NotEntitled(asked=had, entitled=entitled)
    return {"tier_entitled": entitled, "tier": entitled}
