"""The clocks of a request: which ones run in which state, when each turns yellow and red, and how a hold moves them.

Each clock counts time on its own calendar and leaves out holds that the citizen caused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.catalog.calendar import (
    Allowance,
    Window,
    add_time,
    counted_time,
    deadlines,
    default_window,
    is_night,
    next_morning,
    yellow_at,
)
from app.catalog.models import ArriveRule, Calendar
from app.intake.models import RequestStatus as S
from app.kit.terms import Term

_COMPLETION = ("complete_by", "original_complete_by", "round_complete_by")
USUAL_VISIT = timedelta(hours=2)
"""The assumed length of an appointment if only its end is known."""


RING_AT_NIGHT = ("emergency", "urgent")
"""The urgencies for which people are phoned at night too."""


class Clock(Term):
    """A step that has a deadline."""

    ANSWER = "answer", "答复", "answer", "The answer; counted from receipt."
    ACCEPT = "accept", "接单", "accept", "A provider's acceptance; counted from dispatch."
    ARRIVE = "arrive", "到场", "arrive", "The provider's arrival; counted from dispatch."
    COMPLETE = "complete", "完工", "complete", "The completion of the work; counted from dispatch."


class Level(Term):
    """How close a deadline is."""

    YELLOW = "yellow", "将到时限", "due soon", "Three quarters of the time have passed."
    RED = "red", "超过时限", "overdue", "The deadline has passed."


RUNS_WHILE: dict[Clock, frozenset[S]] = {
    Clock.ANSWER: frozenset({S.RECEIVED}),
    Clock.ACCEPT: frozenset({S.DISPATCHING, S.UNMATCHED}),
    Clock.ARRIVE: frozenset({S.DISPATCHING, S.UNMATCHED, S.ASSIGNED}),
    Clock.COMPLETE: frozenset({S.DISPATCHING, S.UNMATCHED, S.ASSIGNED, S.IN_PROGRESS}),
}
"""The states in which each clock runs. None runs while a request is on hold."""


class Alarm(NamedTuple):
    """The moment at which a running clock turns yellow or red."""

    at: datetime
    level: Level
    clock: Clock
    due: datetime


def list_alarms(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo) -> list[Alarm]:
    """Return all past and future alarms of the clocks that run in the request's state, in order."""
    alarms: list[Alarm] = []
    pauses = pauses_of(request)
    for clock, states in RUNS_WHILE.items():
        due = request[f"{clock}_by"]
        if due is None or request["status"] not in states:
            continue
        start = request["received_at"] if clock is Clock.ANSWER else request["dispatched_at"]
        early = yellow_at(calendar_of(clock, allowance), start, due, zone, allowance.days, pauses)
        alarms += [Alarm(early, Level.YELLOW, clock, due), Alarm(due, Level.RED, clock, due)]
    return sorted(alarms)


def pauses_of(request: Mapping[str, Any]) -> Sequence[Window]:
    """Return the citizen's holds in the present round."""
    paused = request.get("paused") or ()
    return [Window(*pair) for pair in zip(paused[::2], paused[1::2], strict=True)]


def after_pauses(
    clock: Clock, start: datetime, due: datetime, request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo
) -> datetime:
    """Return `due`, moved by the citizen's holds since `start`. Holds after the clock stopped don't move it."""
    stopped = {Clock.ACCEPT: request["assigned_at"], Clock.ARRIVE: request["started_at"]}.get(clock)
    for pause in pauses_of(request):
        if start <= pause.start < due and not (stopped and stopped <= pause.start):
            due = _go_on(calendar_of(clock, allowance), pause.start, due, allowance, zone, pause.end)
    return due


def calendar_of(clock: Clock, allowance: Allowance) -> Calendar:
    """Return the calendar of the clock: the urgency's, but plain hours for the 24 hours after an appointment."""
    plain = clock is Clock.COMPLETE and allowance.arrive_rule is ArriveRule.APPOINTMENT
    return Calendar.ALWAYS if plain else allowance.calendar


def seconds_taken(clock: Clock, request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime) -> int:
    """Return how long the present round has taken, in seconds on the clock's calendar without pauses."""
    calendar, start = calendar_of(clock, allowance), request["round_from"] or request["dispatched_at"]
    return int(counted_time(calendar, start, now, zone, allowance.days, pauses_of(request)).total_seconds())


def may_phone(request: Mapping[str, Any] | Any, zone: ZoneInfo, now: datetime) -> bool:
    """Return whether people may be phoned about the request now: at night only if it is urgent or wanted before the
    morning."""
    if not is_night(now, zone) or request["urgency"] in RING_AT_NIGHT:
        return True
    return bool(request["wanted_to"] and request["wanted_to"] <= next_morning(now, zone))


def next_alarm(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when a running clock next turns yellow or red after `now`, or None."""
    return min((alarm.at for alarm in list_alarms(request, allowance, zone) if alarm.at > now), default=None)


def begin_round(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return the deadlines and the wanted window of a round that begins now.

    A wanted window that has passed is dropped. Booked work without a window gets the next day's service hours.
    """
    window = Window(request["wanted_from"], request["wanted_to"]) if request["wanted_from"] else None
    if window and window.end <= now:
        window = None
    if window is None and allowance.arrive_rule is ArriveRule.APPOINTMENT:
        window = default_window(now, zone)
    wanted = {"wanted_from": window.start if window else None, "wanted_to": window.end if window else None}
    return wanted | {"dispatched_at": now} | deadlines(allowance, now, window, zone)._asdict()


def resume_clocks(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return the changes that end a hold caused by the citizen: each clock keeps the time that it had left.

    A clock that was overdue or had stopped before the hold stays as it is.
    """
    values: dict[str, Any] = {"paused": [*request["paused"], request["held_at"], now]}
    done = {Clock.ACCEPT: request["assigned_at"], Clock.ARRIVE: request["started_at"]}
    names = {f"{clock}_by": clock for clock in Clock} | {"round_arrive_by": Clock.ARRIVE}
    names |= dict.fromkeys(_COMPLETION, Clock.COMPLETE)
    for name, clock in names.items():
        due = request[name]
        if due and due > request["held_at"] and not done.get(clock):
            values[name] = _go_on(calendar_of(clock, allowance), request["held_at"], due, allowance, zone, now)
    if allowance.arrive_rule is ArriveRule.APPOINTMENT and request["arrive_by"] and not request["started_at"]:
        return values | _keep_appointment(request, allowance, zone, now)
    if request["wanted_to"] and request["wanted_to"] <= now:
        values |= {"wanted_from": None, "wanted_to": None}
    return values


def _go_on(
    calendar: Calendar, stopped: datetime, due: datetime, allowance: Allowance, zone: ZoneInfo, now: datetime
) -> datetime:
    """Return a deadline with as much counted time left after `now` as `due` had after `stopped`. If no counted time was
    left, the plain time between them is added instead."""
    left = counted_time(calendar, stopped, due, zone, allowance.days)
    return add_time(calendar, now, left, zone, allowance.days) if left else now + (due - stopped)


def _keep_appointment(
    request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """Keep an appointment that is still to come, extend one that the hold overlaps, and move one that passed during the
    hold to the next day."""
    due, held_at = request["arrive_by"], request["held_at"]
    named = request["wanted_to"] == due
    window = Window(request["wanted_from"] if named else due - USUAL_VISIT, due)
    if due <= held_at:
        return {}
    if now <= window.start:
        moved = window
    elif now < due:
        start = max(held_at, window.start)
        moved = window._replace(end=_go_on(allowance.calendar, start, due, allowance, zone, now))
    else:
        moved = default_window(now, zone)
    later = moved.end - due
    values = {name: request[name] + later for name in ("round_arrive_by", *_COMPLETION) if request[name]}
    wanted = {"wanted_from": moved.start, "wanted_to": moved.end} if named else {}
    return values | wanted | {"arrive_by": moved.end}
