"""The open requests that an operator follows, with their clocks, and those left by colleagues off shift."""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.snapshot import Snapshot
from app.desk.schemas import OpenRequest
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import StatusConflict, record
from app.intake.actions import get_locked, get_request
from app.intake.filters import CLOSED
from app.intake.models import Request, RequestStatus
from app.intake.queries import list_followed, list_left, set_follower
from app.intake.views import running_clocks, show
from app.kit.db import Tx

MOST = 200
"""The most requests listed of each sort."""


async def list_mine(act: Act, tx: Tx, catalog: Snapshot) -> list[OpenRequest]:
    """Return the caller's latest 200 open requests and at most 200 left by staff who are off shift.

    The soonest due comes first; those without clocks come last.
    """
    mine = [_with_clocks(row, catalog, act.zone) for row in await list_followed(tx, act.who, MOST)]
    known = {one.request.id for one in mine}
    left = [row for row in await list_left(tx, act.now, MOST) if row.id not in known]
    mine += [_with_clocks(row, catalog, act.zone, handed_over=True) for row in left]
    return sorted(
        mine, key=lambda one: (not one.clocks, one.clocks[0].due_at if one.clocks else one.request.received_at)
    )


async def take_over(act: Act, tx: Tx, request_id: UUID, catalog: Snapshot) -> OpenRequest:
    """Make the caller follow the request from now on. Repeating it changes nothing. Raises NotFound, StatusConflict."""
    request = await get_locked(tx, request_id)
    if request["status"] in CLOSED:
        raise StatusConflict(subject="request", state=RequestStatus(request["status"]), expected="open")
    before = request["followed_by"] or request["created_by"]
    if before != act.who:
        await set_follower(tx, request_id, act.who)
        data: Mapping[str, str] = {"from": str(before)} if before else {}
        await record(act, tx, EventKind.REQUEST_TAKEN_OVER, request_id=request_id, data=dict(data))
    return _with_clocks(await get_request(tx, request_id), catalog, act.zone)


def _with_clocks(row: Request, catalog: Snapshot, zone: ZoneInfo, *, handed_over: bool = False) -> OpenRequest:
    return OpenRequest(request=show(row), clocks=running_clocks(row, catalog, zone), handed_over=handed_over)
