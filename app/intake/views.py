"""Turns rows of requests into what the API shows."""

from typing import Any
from zoneinfo import ZoneInfo

from app.catalog.snapshot import Snapshot
from app.intake.clocks import Level, list_alarms
from app.intake.models import Request
from app.intake.schemas import RequestOut, RunningClock
from app.kit.db import Row
from app.kit.personal import mask_name, mask_phone

_UNSET = dict.fromkeys(RequestOut.model_fields, None) | {
    "returns": 0,
    "redos": 0,
    "reopens": 0,
    "round": 1,
    "version": 1,
    "unannounced": False,
    "undone": False,
}


def show_new(values: dict[str, Any]) -> RequestOut:
    """Return a request from the values of its new row, phones and names masked."""
    return _masked(_UNSET | values)


def show(request: Request | Row) -> RequestOut:
    """Return a request, phones and names masked, without the address."""
    if isinstance(request, Request):
        return _masked({name: getattr(request, name) for name in RequestOut.model_fields})
    return _masked(dict(request))


def _masked(values: dict[str, Any]) -> RequestOut:
    return RequestOut.model_validate(
        values
        | {
            "contact_phone": mask_phone(values["contact_phone"]),
            "contact_name": mask_name(values["contact_name"]),
            "helped_name": mask_name(values["helped_name"]),
            "callback_name": mask_name(values["callback_name"]),
            "callback_phone": mask_phone(values["callback_phone"]),
        }
    )


def running_clocks(request: Request, catalog: Snapshot, zone: ZoneInfo) -> list[RunningClock]:
    """Return the running clocks of the request, the first due first."""
    alarms = list_alarms(request.__dict__, catalog.allowance(request.urgency), zone)
    yellow = {alarm.clock: alarm.at for alarm in alarms if alarm.level is Level.YELLOW}
    return [
        RunningClock(clock=alarm.clock, yellow_at=yellow[alarm.clock], due_at=alarm.due)
        for alarm in alarms
        if alarm.level is Level.RED
    ]
