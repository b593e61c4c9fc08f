"""What-if: matching for a real or an imagined request, under the policy in force or any version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.catalog.calendar import Window, deadlines, default_window
from app.catalog.models import ArriveRule, Item, Tier
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.intake.actions import get_request
from app.intake.entitlement import cheapest_open, claimant, dearer
from app.intake.errors import AreaNeeded
from app.intake.queries import find_citizen
from app.intake.taking import check_window
from app.kit.db import Tx
from app.matching.actions import explain
from app.matching.ladder import CurrentRung
from app.matching.schemas import CandidatesOut, WhatIf
from app.matching.wanted import Wanted


async def preview(act: Act, tx: Tx, asked: WhatIf, catalog: Snapshot) -> CandidatesOut:
    """Return whom matching would ask, and why not the others. Changes nothing.

    Raises NotFound (no such request or policy), AreaNeeded (the request has no place), UnknownItem, UnknownArea,
    UnknownPlace, TierNotAllowed.
    """
    if asked.request_id:
        return await _preview_real(act, tx, asked.request_id, asked, catalog)
    wanted = await _imagine(act, tx, asked, catalog)
    return await explain(act, tx, wanted, version=asked.policy_version)


async def _preview_real(act: Act, tx: Tx, request_id: UUID, asked: WhatIf, catalog: Snapshot) -> CandidatesOut:
    found: dict[str, Any] = (await get_request(tx, request_id)).__dict__
    if found["township_code"] is None:
        raise AreaNeeded
    item = catalog.item(found["item_code"])
    if found["arrive_by"] is None:
        found = found | _when(act, item, found["wanted_from"], found["wanted_to"], catalog)
    wanted = Wanted.by(found, item, catalog.tier(item, asked.tier) if asked.tier else Tier(found["tier"]))
    current = CurrentRung.of(found)
    return await explain(act, tx, wanted, version=asked.policy_version, current=current)


async def _imagine(act: Act, tx: Tx, asked: WhatIf, catalog: Snapshot) -> Wanted:
    """Build what an imagined request wants, at a tier that is open to the caller if a phone is given."""
    item = catalog.item(asked.item or "")
    location = catalog.locate(asked.area, asked.place, asked.address)
    assert location is not None, "an imagined request names its area or place"
    spot = location.spot
    citizen = await find_citizen(tx, asked.phone) if asked.phone else None
    tier = catalog.tier(item, asked.tier)
    if asked.phone:
        who = await claimant(tx, citizen, act.now, act.zone)
        entitled = await cheapest_open(tx, item, tier, who, catalog, lock=False)
        tier = entitled if dearer(entitled, tier) else tier
    if asked.wanted_from and asked.wanted_to:
        check_window(asked.wanted_from, asked.wanted_to, act.now)
    return Wanted(
        item=item,
        tier=tier,
        township_code=spot.township.code,
        community_code=spot.community.code if spot.community else None,
        lat=spot.lat,
        lon=spot.lon,
        **_when(act, item, asked.wanted_from, asked.wanted_to, catalog),
        citizen_id=citizen.id if citizen else None,
        chosen_provider_id=asked.chosen_provider_id,
    )


def _when(act: Act, item: Item, start: datetime | None, end: datetime | None, catalog: Snapshot) -> dict[str, Any]:
    """Return the window and the arrival deadline that the request would have if it were dispatched now."""
    allowance = catalog.allowance(item.urgency)
    window = Window(start, end) if start and end else None
    if window is None and allowance.arrive_rule is ArriveRule.APPOINTMENT:
        window = default_window(act.now, act.zone)
    arrive_by = deadlines(allowance, act.now, window, act.zone).arrive_by
    return {"wanted_from": window and window.start, "wanted_to": window and window.end, "arrive_by": arrive_by}
