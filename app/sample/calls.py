"""Callbacks about past requests: whether the citizen was reached, what they said, and complaints."""

from datetime import timedelta

from app.aftercare.actions import compare_bill
from app.aftercare.models import DISSATISFIED, CallbackStatus, Satisfaction
from app.aftercare.schedule import THIRDS, first_due, next_due, third_of
from app.aftercare.states import CALLBACKS
from app.complaints.models import ComplaintStatus
from app.events.kinds import EventKind
from app.intake.models import CloseReason
from app.jobs.models import Fault, OfferEnd
from app.kit.ids import new_id
from app.sample import texts
from app.sample.lives import STAFF, Life
from app.sample.past import Row, Served
from app.sample.reference import sample_data

MOST_REDOS = 2
COMPLAINT_DUE = timedelta(days=7)


def call_back(life: Life) -> None:
    """Call the citizen back. The request is closed, or redone if its problem is not solved."""
    provider, redos = life.provider, life.request["redos"]
    assert provider is not None
    solved = redos >= MOST_REDOS or life.past.rng.random() < provider.behaviour.solved_rate
    served = Served(life.request, life.job)
    reached = ring(life, served, solved=solved)
    if reached and not solved:
        cleared: Row = dict.fromkeys(("assigned_at", "started_at", "completed_at"))
        life.step("redo", redos=redos + 1, **cleared, **life.due())
        life.offer["end_reason"] = OfferEnd.REDONE
        life.redo = True
        return
    reason = CloseReason.SOLVED if reached else CloseReason.UNREACHED
    life.step("close", data={"close_reason": reason}, closed_at=life.now, close_reason=reason)
    if redos == 0 and reached:
        life.past.solved[life.item.code, life.request["township_code"]] = served


def ring(life: Life, served: Served, *, solved: bool) -> bool:
    """Call the citizen about the work in `served`. Returns whether anybody answered within three attempts."""
    zone, rng = life.past.zone, life.past.rng
    completed_at = served.job["completed_at"]
    callback: Row = {
        "id": new_id(completed_at),
        "request_id": life.request["id"],
        "job_id": served.job["id"],
        "status": CallbackStatus.DUE,
        "due_at": first_due(completed_at, served.request["urgency"], zone),
        "tried": [],
    }
    life.past.rows.callbacks.append(callback)
    about = {"job_id": served.job["id"], "provider_id": served.job["provider_id"]}
    while True:
        life.until(callback["due_at"] + timedelta(minutes=200 * rng.random() ** 2))
        if not life.past.chance("no_answer"):
            _finish(life, served, callback, about, solved)
            return True
        tried = [*callback["tried"], third_of(life.now, zone)]
        if len(tried) == len(THIRDS):
            life.take(CALLBACKS, callback, "give_up", data=about, tried=tried, ended_at=life.now)
            return False
        callback |= {"tried": tried, "due_at": next_due(life.now, tried, zone)}
        again: Row = {"callback_id": callback["id"], "attempt": len(tried), "due_at": callback["due_at"].isoformat()}
        life.log(EventKind.CALLBACK_MISSED, STAFF, data=about | again)


def _finish(life: Life, served: Served, callback: Row, about: Row, solved: bool) -> None:
    rng = life.past.rng
    answers: Row = {"solved": solved, "satisfaction": None, "paid_fen": None}
    remark = None
    if not solved or life.past.chance("rated"):
        steps = sample_data("history.yaml")["satisfaction"]["solved" if solved else "unsolved"]
        step = Satisfaction(rng.choices(list(steps), weights=list(steps.values()))[0])
        answers["satisfaction"] = step
        if step in DISSATISFIED or life.past.chance("remarked"):
            remark = texts.remark(life.item.code, step, rng)
    compared: Row = {}
    if life.request is served.request:
        answers["paid_fen"] = life.job["amount_fen"]
        if answers["paid_fen"] and life.past.chance("paid_otherwise"):
            answers["paid_fen"] += rng.choice((1000, 2000, 5000))
        compared = dict(compare_bill(life.job["amount_fen"], answers["paid_fen"]))
    life.take(
        CALLBACKS, callback, "finish", data=about | answers | compared, **answers, remark=remark, ended_at=life.now
    )
    if answers["satisfaction"] in DISSATISFIED:
        _open_complaint(life, served, answers["satisfaction"], remark)


def _open_complaint(life: Life, served: Served, cause: Satisfaction, words: str | None) -> None:
    complaint: Row = {
        "id": new_id(life.now),
        "request_id": life.request["id"],
        "job_id": served.job["id"],
        "cause": cause,
        "words": words,
        "opened_at": life.now,
        "provider_id": served.job["provider_id"],
        "due_at": life.now + COMPLAINT_DUE,
        "answer_attempts": 0,
    }
    life.past.rows.complaints.append(complaint)
    life.complaints.append(complaint)
    data = {"complaint_id": complaint["id"], "cause": cause}
    life.log(EventKind.COMPLAINT_OPENED, STAFF, served.job["provider_id"], data)


def decide_complaints(life: Life) -> None:
    """Decide each complaint, as a supervisor would once the request itself is over."""
    for complaint in life.complaints:
        life.after(life.past.lasts("complaint"))
        upheld = life.past.chance("upheld")
        decision = life.past.words("upheld" if upheld else "dismissed")
        fault = Fault.PROVIDER if upheld else None
        told = {"status": ComplaintStatus.ANSWERED, "answer_at": life.now, "answered_at": life.now}
        complaint |= {"decided_at": life.now, "upheld": upheld, "fault": fault, "decision": decision} | told
        data = {"complaint_id": complaint["id"], "upheld": upheld, "fault": fault}
        life.log(EventKind.COMPLAINT_DECIDED, STAFF, complaint["provider_id"], data)
        life.log(EventKind.COMPLAINT_ANSWERED, STAFF, complaint["provider_id"], {"complaint_id": complaint["id"]})
