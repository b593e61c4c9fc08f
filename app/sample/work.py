"""What providers do about past requests that they have accepted: visits, quotes, bills, returns."""

from datetime import datetime, time, timedelta

from app.catalog.models import ArriveRule
from app.events.kinds import EventKind
from app.intake.models import UnmatchedReason
from app.jobs.models import JobStatus, OfferEnd
from app.jobs.states import JOBS, OFFERS
from app.kit.quantity import shown
from app.sample import texts
from app.sample.lives import Life
from app.sample.market import PricedProvider
from app.sample.offering import cancel, give_up
from app.sample.past import Row
from app.sample.reference import sample_data

MOST_RETURNS = 2
OPENS, CLOSES = 8, 20
"""Work that is not urgent is done between these hours of the day."""


def visit(life: Life) -> None:
    """Let the provider come, unless it gives the work back or the citizen cancels."""
    provider = life.provider
    assert provider is not None
    if life.past.chance("progress_call"):
        life.after(life.past.lasts("on_the_way"))
        life.contact("progress")
    on_site = sample_data("history.yaml")["shares"]["returned_on_site"]
    if _returns(life, 1 - on_site):
        life.after(life.past.lasts("on_the_way"))
        _give_back(life, provider)
    elif life.past.chance("cancelled"):
        life.after(life.past.lasts("on_the_way"))
        cancel(life)
    else:
        life.until(_arrival(life, provider))
        life.step("start", provider.actor, started_at=life.now)
        taken = {"arrive_seconds": life.seconds_since(life.request["dispatched_at"])}
        life.take(JOBS, life.job, "start", provider.actor, taken, started_at=life.now)


def _returns(life: Life, share: float) -> bool:
    provider = life.provider
    return (
        provider is not None
        and life.request["returns"] < MOST_RETURNS
        and life.past.rng.random() < provider.behaviour.return_rate * share
    )


def _arrival(life: Life, provider: PricedProvider) -> datetime:
    """Return when the provider arrives: usually early in the time left, late if it is unpunctual."""
    rng, job = life.past.rng, life.job
    earliest: datetime = job["appointment_from"] or life.now + timedelta(minutes=10)
    latest: datetime = job["appointment_to"] or life.request["arrive_by"]
    if rng.random() < provider.behaviour.punctuality and latest > earliest:
        moment = earliest + (latest - earliest) * rng.random() ** 2
    else:
        moment = max(earliest, latest) + timedelta(minutes=rng.uniform(10, 120))
    return moment if life.allowance.arrive_rule is ArriveRule.MINUTES else _in_hours(life, moment)


def _in_hours(life: Life, moment: datetime) -> datetime:
    """Return the moment or, if it is out of hours, some time in the morning that follows."""
    local = moment.astimezone(life.past.zone)
    if OPENS <= local.hour < CLOSES:
        return moment
    day = local.date() + timedelta(days=local.hour >= CLOSES)
    opening = datetime.combine(day, time(OPENS), tzinfo=life.past.zone).astimezone(life.now.tzinfo)
    return opening + timedelta(minutes=life.past.rng.uniform(0, 180))


def finish(life: Life) -> None:
    """Let the provider complete and bill the work, or give it back on site."""
    provider = life.provider
    assert provider is not None
    if _returns(life, sample_data("history.yaml")["shares"]["returned_on_site"]):
        life.after(timedelta(minutes=20))
        _give_back(life, provider)
        return
    if life.job["agreed_fen"] is None:
        life.after(timedelta(minutes=10))
        _quote(life, provider)
    life.after(timedelta(minutes=15) + life.past.lasts("site"))
    if life.past.chance("parts_missing"):
        life.until(_in_hours(life, life.now + life.past.lasts("parts")))
    _complete(life, provider)


def _quote(life: Life, provider: PricedProvider) -> None:
    """Quote between the starting price and three times as much, agreed on site."""
    price = round(provider.price_fen * (1 + 2 * life.past.rng.random() ** 2) / 100) * 100
    quoted: Row = {"quote_fen": price, "quoted_at": life.now}
    life.job |= quoted | {"agreed_fen": price, "agreed_at": life.now, "agreed_how": "on_site"}
    data = {"job_id": life.job["id"], "quantity": shown(life.job["quantity"])}
    data |= {"quote_fen": price, "agreed_fen": price, "how": "on_site"}
    life.log(EventKind.JOB_QUOTED, provider.actor, provider.provider_id, data)


def _complete(life: Life, provider: PricedProvider) -> None:
    request, job, rng = life.request, life.job, life.past.rng
    payouts = sample_data("history.yaml")["payouts"].get(life.item.code)
    payout = int(job["quantity"]) * rng.randint(*payouts) if payouts else None
    bill: Row = {"amount_fen": job["agreed_fen"], "payout_fen": payout}
    on_time = life.now <= request["complete_by"]
    result = texts.result(life.item.code, rng)
    taken = {"complete_seconds": life.seconds_since(request["dispatched_at"])}
    facts = bill | {"quantity": shown(job["quantity"]), "on_time": on_time} | taken
    life.take(JOBS, job, "complete", provider.actor, facts, completed_at=life.now, result=result, **bill)
    after = {"after_seconds": life.seconds_since(request["received_at"])}
    life.step("complete", provider.actor, after, completed_at=life.now)
    life.take(OFFERS, life.offer, "end", provider.actor, ended_at=life.now, end_reason=OfferEnd.DONE)
    life.count(provider.provider_id, completed=1, on_time=int(on_time), turnover_fen=job["amount_fen"])


def _give_back(life: Life, provider: PricedProvider) -> None:
    """Give the work back. Before the start others are asked; later, or the second time, a supervisor decides."""
    reason, note = texts.give_back(life.item.code, life.past.rng)
    on_site, again = life.job["status"] is JobStatus.STARTED, life.request["returns"] > 0
    words: Row = {"return_reason": reason, "return_note": note}
    life.take(JOBS, life.job, "return", provider.actor, {"reason": reason}, ended_at=life.now, **words)
    life.step("return", provider.actor, assigned_at=None, started_at=None, returns=life.request["returns"] + 1)
    life.take(OFFERS, life.offer, "end", provider.actor, ended_at=life.now, end_reason=OfferEnd.RETURNED)
    life.count(provider.provider_id, returned=1)
    if on_site or again:
        give_up(life, UnmatchedReason.RETURNED, provider.actor)
