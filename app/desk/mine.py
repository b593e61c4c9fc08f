"""What the operator took down and is still open, with its clocks."""

from zoneinfo import ZoneInfo

from app.auth.access import Principal
from app.catalog.snapshot import Snapshot
from app.desk.schemas import OpenRequest, RunningClock
from app.intake.clocks import Level, list_alarms
from app.intake.filters import RequestFilter
from app.intake.models import Request
from app.intake.queries import list_requests
from app.intake.views import show
from app.kit.db import Tx

MOST = 200


async def list_mine(tx: Tx, principal: Principal, catalog: Snapshot, zone: ZoneInfo) -> list[OpenRequest]:
    """The latest 200 open requests that the principal took down: first due first, those without clocks at the end."""
    wanted = RequestFilter(open=True, taken_by="me").conditions(principal)
    mine = [_with_clocks(row, catalog, zone) for row in await list_requests(tx, wanted, None, MOST)]
    return sorted(
        mine, key=lambda one: (not one.clocks, one.clocks[0].due_at if one.clocks else one.request.received_at)
    )


def _with_clocks(row: Request, catalog: Snapshot, zone: ZoneInfo) -> OpenRequest:
    alarms = list_alarms(row.__dict__, catalog.allowance(row.urgency), zone)
    yellow = {alarm.clock: alarm.at for alarm in alarms if alarm.level is Level.YELLOW}
    clocks = [
        RunningClock(clock=alarm.clock, yellow_at=yellow[alarm.clock], due_at=alarm.due)
        for alarm in alarms
        if alarm.level is Level.RED
    ]
    return OpenRequest(request=show(row), clocks=clocks)
