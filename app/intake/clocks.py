"""The clocks of a request: which run in its state, and when each turns yellow and red."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.catalog.calendar import Allowance, yellow_at
from app.catalog.models import ArriveRule, Calendar
from app.intake.models import RequestStatus as S


class Clock(StrEnum):
    ANSWER = "answer"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    COMPLETE = "complete"


class Level(StrEnum):
    YELLOW = "yellow"
    RED = "red"


RUNS_WHILE: dict[Clock, frozenset[S]] = {
    Clock.ANSWER: frozenset({S.RECEIVED}),
    Clock.ACCEPT: frozenset({S.DISPATCHING, S.UNMATCHED}),
    Clock.ARRIVE: frozenset({S.DISPATCHING, S.UNMATCHED, S.ASSIGNED}),
    Clock.COMPLETE: frozenset({S.DISPATCHING, S.UNMATCHED, S.ASSIGNED, S.IN_PROGRESS}),
}
"""A held request has no clock that runs."""


class Alarm(NamedTuple):
    """A running clock turns yellow or red."""

    at: datetime
    level: Level
    clock: Clock
    due: datetime


def list_alarms(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo) -> list[Alarm]:
    """Every alarm of the clocks that run in the request's state, past and to come, in order."""
    alarms: list[Alarm] = []
    for clock, states in RUNS_WHILE.items():
        due = request[f"{clock}_by"]
        if due is None or request["status"] not in states:
            continue
        start = request["received_at"] if clock is Clock.ANSWER else request["dispatched_at"]
        early = yellow_at(_calendar(clock, allowance), start, due, zone)
        alarms += [Alarm(early, Level.YELLOW, clock, due), Alarm(due, Level.RED, clock, due)]
    return sorted(alarms)


def _calendar(clock: Clock, allowance: Allowance) -> Calendar:
    """Arrival and completion by the day's close or an appointment are counted in wall time."""
    counted = clock in (Clock.ANSWER, Clock.ACCEPT) or allowance.arrive_rule is ArriveRule.MINUTES
    return allowance.calendar if counted else Calendar.ALWAYS


def next_alarm(request: Mapping[str, Any], allowance: Allowance, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When a running clock turns yellow or red next, after now."""
    return min((alarm.at for alarm in list_alarms(request, allowance, zone) if alarm.at > now), default=None)
