"""How a simulated provider behaves: what it says to an offer, and when and at which price it does a job.

Pure: the moment and the chance are handed in, so whoever acts for a firm on the phone can use it as well. All spans
are the centre's time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from hotline_provider.models import Job

MOST_SPREAD = timedelta(hours=3)
"""Work that may be done all day is begun within this time."""
LEAST_SPREAD = timedelta(minutes=10)
UNTIL_ARRIVAL = timedelta(hours=1)
"""Where neither the citizen nor a deadline says when."""
AWAY_MINUTES = 10, 60
QUOTE_STEP_FEN = 500


@dataclass(frozen=True)
class Member:
    """A provider of the fleet and its habits.

    `accept_rate` of the offers it is made, `answer_rate` of those it does not accept (the others just expire),
    `response_seconds` the mean until it answers, `punctuality` and `return_rate` of the jobs it has accepted.
    """

    key: str
    name: str
    accept_rate: float
    answer_rate: float
    response_seconds: float
    punctuality: float
    return_rate: float
    by_phone: bool


class Answer(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Decision:
    """What the member says to an offer, and how long after it was made."""

    answer: Answer
    after: timedelta


@dataclass(frozen=True)
class Plan:
    """When the member stands at the door and when it is done; or, at `arrive`, that it gives the job back."""

    arrive: datetime
    finish: datetime
    gives_back: bool


def decide(member: Member, rng: Random) -> Decision:
    """What the member says to an offer."""
    after = timedelta(seconds=rng.gammavariate(2, member.response_seconds / 2))
    if rng.random() < member.accept_rate:
        return Decision(Answer.ACCEPT, after)
    return Decision(Answer.DECLINE if rng.random() < member.answer_rate else Answer.IGNORE, after)


def away(rng: Random) -> timedelta:
    """How long after an offer that it let expire the member is back and looks at what the centre thinks of it."""
    return timedelta(minutes=rng.uniform(*AWAY_MINUTES))


def plan(member: Member, job: Job, now: datetime, rng: Random) -> Plan:
    """When the member does the job: within the appointment and the deadlines if it is punctual this time."""
    punctual = rng.random() < member.punctuality
    earliest = max(now, job.appointment_from or now)
    latest = max(earliest, job.appointment_to or job.arrive_by or earliest + UNTIL_ARRIVAL)
    if punctual:
        arrive = earliest + rng.uniform(0.1, 0.9) * min(max(latest - earliest, LEAST_SPREAD), MOST_SPREAD)
    else:
        arrive = latest + timedelta(minutes=rng.uniform(5, 60))
    work = timedelta(minutes=rng.uniform(20, 90))
    if punctual and job.complete_by and job.complete_by > arrive:
        work = min(work, 0.9 * (job.complete_by - arrive))
    return Plan(arrive, arrive + work, job.status == "accepted" and rng.random() < member.return_rate)


def quote_fen(job: Job, starting_fen: int, rng: Random) -> int:
    """A price for the whole job from the card's starting price per unit, within the job's cap."""
    amount = round(starting_fen * float(job.quantity) * rng.uniform(1.0, 1.6) / QUOTE_STEP_FEN) * QUOTE_STEP_FEN
    return amount if job.cap_fen is None else min(amount, job.cap_fen)
