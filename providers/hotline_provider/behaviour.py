"""How a simulated provider behaves: its answer to an offer, when it does a job, and at what price.

Pure functions: the moment and the random numbers are passed in, so code that acts for a provider by phone can use
them too. All durations are in the centre's time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from hotline_provider.models import Job

MOST_SPREAD = timedelta(hours=3)
"""A punctual member arrives within this time of the earliest moment, even if it has all day."""
LEAST_SPREAD = timedelta(minutes=10)
UNTIL_ARRIVAL = timedelta(hours=1)
"""The assumed time to arrival when neither the citizen nor a deadline sets one."""
AWAY_MINUTES = 10, 60
QUOTE_STEP_FEN = 500


@dataclass(frozen=True)
class Member:
    """A provider of the fleet and its habits.

    It accepts `accept_rate` of its offers and answers `answer_rate` of the rest; the others expire. `response_seconds`
    is its mean time to answer. Of the jobs it accepts, it does `punctuality` in time and gives back `return_rate`.
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
    """The member's answer to an offer, and how long after the offer it comes."""

    answer: Answer
    after: timedelta


@dataclass(frozen=True)
class Plan:
    """When the member arrives and when it finishes. With `gives_back` it gives the job back on arrival instead."""

    arrive: datetime
    finish: datetime
    gives_back: bool


def decide(member: Member, rng: Random) -> Decision:
    """Return the member's answer to an offer."""
    after = timedelta(seconds=rng.gammavariate(2, member.response_seconds / 2))
    if rng.random() < member.accept_rate:
        return Decision(Answer.ACCEPT, after)
    return Decision(Answer.DECLINE if rng.random() < member.answer_rate else Answer.IGNORE, after)


def away(rng: Random) -> timedelta:
    """Return how long a member is away after letting an offer expire. Then it checks whether it still gets offers."""
    return timedelta(minutes=rng.uniform(*AWAY_MINUTES))


def plan(member: Member, job: Job, now: datetime, rng: Random) -> Plan:
    """Return when the member does the job. If it is punctual this time, it keeps the appointment and the deadlines."""
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
    """Return a price in fen for the whole job, from the card's starting price per unit and within the job's cap."""
    amount = round(starting_fen * float(job.quantity) * rng.uniform(1.0, 1.6) / QUOTE_STEP_FEN) * QUOTE_STEP_FEN
    return amount if job.cap_fen is None else min(amount, job.cap_fen)
