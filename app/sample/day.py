"""Generates a day of past requests, each from its arrival to its end, status by status."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from app.catalog.calendar import add_minutes, default_window
from app.catalog.models import ArriveRule, Kind
from app.intake.models import CloseReason, RequestStatus
from app.intake.taking import answered
from app.sample import texts
from app.sample.calls import call_back, decide_complaints, ring
from app.sample.lives import Life
from app.sample.offering import decide, seek
from app.sample.past import Past, Rows, Served
from app.sample.reference import SEED
from app.sample.shape import draw_day
from app.sample.work import finish, visit

AT_A_TIME = 20
"""How many requests to generate before yielding, so that concurrent database writes are not kept waiting."""


async def generate_day(past: Past, day: date, midnight: datetime, scale: float) -> Rows:
    """Generate the day's requests and everything that follows from them: always the same, except for the ids.

    Yields to other tasks in between.
    """
    past.begin(Random(f"history-{SEED}-{day}"))
    for n, arrival in enumerate(draw_day(day, past.rng, scale)):
        _play(Life(past, arrival, midnight + timedelta(seconds=arrival.second)))
        if n % AT_A_TIME == 0:
            await asyncio.sleep(0)
    return past.rows


def _play(life: Life) -> None:
    """Play the request from its arrival to its end. Nothing is left open."""
    earlier = _same_work(life)
    if life.item.kind is Kind.INFO:
        _take_question(life)
    elif earlier is not None:
        _merge(life, earlier)
    else:
        _send(life)
    while act := _NEXT.get(life.request["status"]):
        act(life)
    decide_complaints(life)


def _take_question(life: Life) -> None:
    if life.past.chance("answered_in_call"):
        life.request["answered_in_call"] = True
        _answer(life)
    else:
        allowance = life.allowance
        life.request["answer_by"] = add_minutes(
            allowance.calendar, life.now, allowance.complete_minutes or 0, life.past.zone
        )


def _answer(life: Life) -> None:
    answer = texts.answer(life.item.code, life.past.rng)
    said = answered({"articles": None, **life.request}, life.seconds_since(life.request["received_at"]))
    life.step("answer", data=said, answer=answer, answered_at=life.now)
    reason = CloseReason.ANSWERED
    life.step("close", data={"close_reason": reason}, closed_at=life.now, close_reason=reason)


def _find_out(life: Life) -> None:
    life.after(life.past.lasts("answer"))
    _answer(life)


def _send(life: Life) -> None:
    """Dispatch the request, relay it, or both, as it is created."""
    item, request = life.item, life.request
    if item.kind is Kind.RELAY:
        number = f"{life.local():%y%m%d}{life.past.rng.randrange(10_000):04d}"
        to = texts.relay_target(item.code)
        life.step("relay", data={"to": to}, relay_to=to, outside_number=number, relayed_at=life.now)
        if not life.past.market.offers(item.code, request["tier"]) or not life.past.chance("relayed_and_sent"):
            return
    elif life.allowance.arrive_rule is ArriveRule.APPOINTMENT:
        _name_time(life)
    life.step("dispatch", data={"after_seconds": life.seconds_since(request["received_at"])}, **life.due())


def _name_time(life: Life) -> None:
    """Set when the citizen wants the visit: two to four hours on one of the next days, or the default window."""
    window, rng = default_window(life.now, life.past.zone), life.past.rng
    if life.past.chance("named_time"):
        start = window.start + timedelta(days=rng.randint(0, 3), hours=rng.randint(0, 8))
        window = window._replace(start=start, end=start + timedelta(hours=rng.randint(2, 4)))
    life.request |= {"wanted_from": window.start, "wanted_to": window.end}


def _hear_back(life: Life) -> None:
    life.after(life.past.lasts("relay"))
    reason = CloseReason.RELAYED
    note = {"close_reason": reason, "note": life.past.words("relayed")}
    life.step("close", data=note, closed_at=life.now, close_reason=reason)


def _same_work(life: Life) -> Served | None:
    """Draw whether the request repeats an earlier one. Return that one, or None.

    It is for the same item and township, and its work ends more than 30 minutes from now.
    """
    if life.item.kind is Kind.INFO or not life.past.chance("duplicate"):
        return None
    earlier = life.past.solved.get((life.item.code, life.request["township_code"]))
    ahead = life.now + timedelta(minutes=30)
    return earlier if earlier and earlier.job["completed_at"] > ahead else None


def _merge(life: Life, earlier: Served) -> None:
    """Merge the request into a neighbour's earlier one about the same problem. Both callers are called back."""
    place = ("community_code", "address", "lat", "lon")
    life.request |= {name: earlier.request[name] for name in place}
    life.after(timedelta(minutes=life.past.rng.uniform(1, 10)))
    life.step("merge", merged_at=life.now, parent_id=earlier.request["id"])
    ring(life, earlier, solved=True)


_NEXT: dict[RequestStatus, Callable[[Life], None]] = {
    RequestStatus.RECEIVED: _find_out,
    RequestStatus.RELAYED: _hear_back,
    RequestStatus.DISPATCHING: seek,
    RequestStatus.UNMATCHED: decide,
    RequestStatus.ASSIGNED: visit,
    RequestStatus.IN_PROGRESS: finish,
    RequestStatus.COMPLETED: call_back,
}
"""What happens next to a request in this status. In other statuses nothing more happens."""
