"""Turns rows of requests into what the API shows."""

from typing import Any
from zoneinfo import ZoneInfo

from app.catalog.snapshot import Snapshot
from app.intake.clocks import Level, list_alarms
from app.intake.models import Request
from app.intake.schemas import RequestOut, RunningClock
from app.kit.db import Row
from app.kit.personal import mask_name, mask_phone
from app.kit.personal_words import as_reader_may_see, find_places

COLUMNS = [name for name in RequestOut.model_fields if name != "personal_words"]
"""The fields that are columns of the request."""
_NAMES = ("contact_name", "helped_name", "callback_name")
_WORDS = ("description", "answer", "cancel_reason", "hold_reason")
_UNSET = dict.fromkeys(COLUMNS, None) | {
    "returns": 0,
    "redos": 0,
    "reopens": 0,
    "round": 1,
    "version": 1,
    "unannounced": False,
    "undone": False,
}


def show_new(values: dict[str, Any]) -> RequestOut:
    """Return a request from the values of its new row, with phones and names masked, and list where its texts contain
    personal data."""
    return _masked(_UNSET | values, typed=True)


def show(request: Request | Row, *, typed: bool = False) -> RequestOut:
    """Return the request with phones and names masked, and without the address.

    With `typed`, it also lists where its texts contain personal data; use this after a step in which text was typed.
    """
    if isinstance(request, Request):
        return _masked({name: getattr(request, name) for name in COLUMNS}, typed)
    return _masked(dict(request), typed)


def _masked(values: dict[str, Any], typed: bool) -> RequestOut:
    names = [values[name] for name in _NAMES]
    shown = RequestOut.model_validate(
        values
        | {name: as_reader_may_see(values[name], names) for name in _WORDS}
        | {name: mask_name(values[name]) for name in _NAMES}
        | {name: mask_phone(values[name]) for name in ("contact_phone", "callback_phone")}
    )
    if typed:
        texts = {name: values[name] for name in _WORDS}
        texts |= {f"details.{n}.answer": one.answer for n, one in enumerate(shown.details)}
        shown.personal_words = find_places(texts, names)
    return shown


def running_clocks(request: Request, catalog: Snapshot, zone: ZoneInfo) -> list[RunningClock]:
    """Return the running clocks of the request, soonest due first."""
    alarms = list_alarms(request.__dict__, catalog.allowance(request.urgency), zone)
    yellow = {alarm.clock: alarm.at for alarm in alarms if alarm.level is Level.YELLOW}
    return [
        RunningClock(clock=alarm.clock, yellow_at=yellow[alarm.clock], due_at=alarm.due)
        for alarm in alarms
        if alarm.level is Level.RED
    ]
