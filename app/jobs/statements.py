"""Statements that change requests, offers, jobs and kept counts together, each in one round trip.

Callers lock the rows first (`queries.lock_…`), so the guards in the statements never lose a race; they are a safety
net. The parts of a CTE run in no defined order, and nothing here relies on one.
"""

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.catalog.models import Group, Tier
from app.events.kinds import EventKind
from app.events.transition import AT, NO_KEY, Moved, json_of, log
from app.intake.models import Request
from app.intake.rounds import NEXT_ROUND, OWN_TIMES, keep_round
from app.intake.states import REQUESTS
from app.jobs.models import Job, JobStatus, Offer, OfferEnd
from app.jobs.states import JOBS, OFFERS
from app.kit.db import Prepared
from app.kit.orm import Model, word
from app.registry.models import (
    WINDOW_COUNTS,
    WINDOW_DAYS,
    Provider,
    ProviderDay,
    ProviderItemMonth,
    ProviderReach,
    ProviderWindow,
    ReachedBy,
    Unreachable,
)

_JOBS = cast(Table, Job.__table__)
_OFFER = bindparam("offer_id", type_=Uuid)
_REQUEST = bindparam("request_id", type_=Uuid)
_PROVIDER = bindparam("provider_id", type_=Uuid)
_JOB = bindparam("job_id", type_=Uuid)
_DAY = bindparam("day", type_=Date)
_FREE = bindparam("free", type_=Boolean)
"""The return does not count, because the request was corrected after acceptance."""
PULLED = 5
"""How many waiting requests are matched when a provider becomes free."""


def add_counts(rows: FromClause, **counts: Any) -> list[CTE]:
    """Add the counts to the provider's day and window, once for each row of `rows`, which has a provider_id.

    Offers that count for fairness are also added to the month's count for the request's item.
    """
    window = {name: count for name, count in counts.items() if name in WINDOW_COUNTS}
    first_day = _DAY - (WINDOW_DAYS - 1)
    parts = [
        _add(ProviderDay, "kept", {"provider_id": rows.c.provider_id, "day": _DAY}, counts, rows),
        _add(ProviderWindow, "windowed", {"provider_id": rows.c.provider_id}, window, rows, first_day=first_day),
    ]
    if "counted" in counts:
        item = select(Request.item_code).where(Request.id == _REQUEST).scalar_subquery()
        month = sql_cast(func.date_trunc(word("month"), _DAY), Date)
        key = {"month": month, "item_code": item, "provider_id": rows.c.provider_id}
        parts.append(_add(ProviderItemMonth, "compared", key, {"counted": counts["counted"]}, rows))
    return parts


def _add(
    model: type[Model], name: str, key: dict[str, Any], counts: dict[str, Any], rows: FromClause, **at_first: Any
) -> CTE:
    table = cast(Table, model.__table__)
    values = {**key, **counts, **at_first}
    statement = upsert(table).from_select(list(values), select(*values.values()).select_from(rows))
    added = {column: table.c[column] + statement.excluded[column] for column in counts}
    return statement.on_conflict_do_update(index_elements=list(key), set_=added).cte(name)


def one_if(condition: ColumnElement[bool] | None = None) -> ColumnElement[int]:
    """Return 1, or with a condition 1 where it is true and 0 otherwise."""
    number = sql_cast(word("1"), Integer)
    return number if condition is None else func.coalesce(sql_cast(condition, Integer), 0)


def change_open_jobs(rows: FromClause, change: int, **values: Any) -> CTE:
    """Add `change` to the number of unfinished jobs of the provider in `rows`."""
    return (
        update(Provider)
        .where(Provider.id == rows.c.provider_id)
        .values(open_jobs=Provider.open_jobs + change, **values)
        .cte("load")
    )


def end_silence(rows: FromClause) -> CTE:
    """Reset the provider's count of silent offers, because it answered."""
    return (
        update(Provider)
        .where(Provider.id == rows.c.provider_id, Provider.silent_offers > 0)
        .values(silent_offers=0)
        .cte("heard")
    )


def count_silence(rows: FromClause) -> list[CTE]:
    """Count an offer that the provider let expire; after `silent_limit` of them in a row it is unreachable.

    For a provider reached by phone the offer counts only if somebody phoned.
    """
    over = Provider.reachable & (Provider.silent_offers + 1 >= bindparam("silent_limit", type_=Integer))
    silent = (
        update(Provider)
        .where(Provider.id == rows.c.provider_id)
        .where((Provider.reached_by == word(ReachedBy.QUEUE)) | (rows.c.phone_attempts > 0))
        .values(
            silent_offers=Provider.silent_offers + 1,
            reachable=Provider.reachable & ~over,
            unreachable_why=case((over, word(Unreachable.SILENT)), else_=Provider.unreachable_why),
            unreachable_at=case((over, AT), else_=Provider.unreachable_at),
        )
        .returning(Provider.id.label("provider_id"), Provider.reachable, Provider.silent_offers)
        .cte("silent")
    )
    # Provider is the row before this statement, `silent` the row after it.
    told = (
        select(silent)
        .join(Provider, Provider.id == silent.c.provider_id)
        .where(Provider.reachable, ~silent.c.reachable)
        .cte("told")
    )
    return [
        told,
        log(
            "told_event",
            EventKind.PROVIDER_UNREACHABLE,
            told,
            request_id=NO_KEY,
            provider_id=told.c.provider_id,
            data=json_of(silent_offers=told.c.silent_offers),
        ),
    ]


def bring_forward_waiting(rows: FromClause) -> CTE:
    """Make the first waiting requests that the provider in `rows` can serve due now, because it can be asked again.

    Rows locked by others are skipped; they are matched anyway within a minute, or five in a surge.
    """
    reached = select(ProviderReach.provider_id).where(
        ProviderReach.township_code == Request.township_code,
        ProviderReach.item_code == Request.item_code,
        ProviderReach.tier.in_([word(tier) for tier in Tier]),
        ProviderReach.provider_id == select(rows.c.provider_id).scalar_subquery(),
    )
    waiting = (
        select(Request.id)
        .where(Request.status == word("dispatching"), Request.match_at > AT, reached.exists())
        .where(or_(Request.deferred_until.is_(None), Request.deferred_until <= AT))
        .join(Group, Group.code == Request.priority_group, isouter=True)
        .order_by(Request.urgency_rank, Group.position.nulls_last(), Request.received_at)
        .limit(PULLED)
        .with_for_update(of=Request, skip_locked=True)
        .cte("waiting")
        .prefix_with("MATERIALIZED")
    )
    ids = func.array(select(waiting.c.id).scalar_subquery())  # an array is looked up by key, a set may cause a scan
    return update(Request).where(Request.id == any_(ids)).values(match_at=AT).cte("pulled")


def _job_of(request: Moved) -> ColumnElement[bool]:
    """Return the condition that selects the job only if its request changes in the same statement."""
    return (Job.id == _JOB) & select(request.rows.c.id).exists()


def _seconds(clock: str) -> ColumnElement[int]:
    return bindparam(f"{clock}_seconds", type_=Integer)


def _withdrawn(rows: FromClause) -> ColumnElement[Any]:
    return json_of(reason=rows.c.withdraw_reason)


def _accept() -> Prepared:
    taken: dict[str, Any] = {"accept_seconds": _seconds("accept")}
    offer = OFFERS.move("accept", Offer.id == _OFFER, data=lambda rows: json_of(**taken), decided_at=AT)
    request = REQUESTS.move("assign", Request.id == _REQUEST, assigned_at=AT, match_at=None, **taken)
    others = OFFERS.move(
        "withdraw",
        (Offer.request_id == _REQUEST) & (Offer.id != _OFFER),
        data=_withdrawn,
        decided_at=AT,
        withdraw_reason=word("taken"),
    )
    names = ("appointment_from", "appointment_to", "quantity", "unit_cap_fen", "cap_fen", "agreed_fen", "agreed_how")
    facts = {name: bindparam(name, type_=_JOBS.c[name].type) for name in names}
    agreed_at = bindparam("agreed_at", type_=_JOBS.c.agreed_at.type)
    job = (
        insert(Job)
        .from_select(
            ["id", "request_id", "offer_id", "provider_id", "status", "tier", "price_kind", *names, "agreed_at",
             "accepted_at"],
            select(
                _JOB,
                request.rows.c.id,
                offer.rows.c.id,
                offer.rows.c.provider_id,
                word(JobStatus.ACCEPTED),
                offer.rows.c.tier,
                offer.rows.c.price_kind,
                *facts.values(),
                agreed_at,
                AT,
            ).select_from(offer.rows.join(request.rows, request.rows.c.id == offer.rows.c.request_id)),
        )
        .returning(*_JOBS.c)
        .cte("job")
    )  # fmt: skip
    counted = add_counts(offer.rows, accepted=one_if(), counted=one_if(offer.rows.c.offered_by == word("ranking")))
    withdrawn = select(func.array_agg(others.rows.c.provider_id)).scalar_subquery().label("withdrawn_provider_ids")
    loaded = change_open_jobs(job, 1, silent_offers=0)
    return Prepared(select(job, withdrawn).add_cte(offer.log, request.log, others.log, loaded, *counted))


_LEAVE_DATA: dict[str, Callable[[FromClause], ColumnElement[Any]]] = {
    "decline": lambda rows: json_of(reason=rows.c.decline_reason),
    "withdraw": lambda rows: json_of(reason=rows.c.withdraw_reason, remark_id=bindparam("remark_id", type_=Uuid)),
}


def _leave_pending(step: str, **values: Any) -> Prepared:
    """Return the statement that ends a pending offer without acceptance.

    The request is matched again if no other provider is being asked.
    """
    offer = OFFERS.move(
        step,
        Offer.id == _OFFER,
        data=_LEAVE_DATA.get(step),
        decided_at=AT,
        **values,
    )
    others = select(Offer.id).where(
        Offer.request_id == _REQUEST, Offer.id != _OFFER, Offer.status.in_([word("pending"), word("accepted")])
    )
    again = (
        update(Request)
        .where(Request.id == _REQUEST, Request.status == word("dispatching"), ~others.exists())
        .values(match_at=AT)
        .cte("again")
    )
    parts = [offer.log, again]
    if step != "withdraw":
        column = "declined" if step == "decline" else "expired"
        counts: dict[str, Any] = {column: one_if(), "counted": one_if(offer.rows.c.offered_by == word("ranking"))}
        parts += [bring_forward_waiting(offer.rows), *add_counts(offer.rows, **counts)]
        parts += [end_silence(offer.rows)] if step == "decline" else count_silence(offer.rows)
    return Prepared(select(offer.rows).add_cte(*parts), optional=("remark_id",) if step == "withdraw" else ())


def _reported(**parts: Any) -> ColumnElement[Any]:
    """Return the event's data, with the time that the provider reports for the step, if any."""
    happened_at = bindparam("happened_at", type_=DateTime(timezone=True))
    return func.jsonb_strip_nulls(json_of(happened_at=happened_at, **parts))


def _start() -> Prepared:
    taken: dict[str, Any] = {"arrive_seconds": _seconds("arrive")}
    request = REQUESTS.move("start", Request.id == _REQUEST, started_at=AT, **taken)
    job = JOBS.move("start", _job_of(request), data=lambda rows: _reported(**taken), started_at=AT)
    return Prepared(select(job.rows).add_cte(job.log, request.log))


def _since_receipt(requests: FromClause) -> ColumnElement[int]:
    return sql_cast(func.extract("epoch", AT - requests.c.received_at), Integer)


def _complete() -> Prepared:
    names = ("amount_fen", "payout_fen", "result", "quantity", "cap_fen", "agreed_fen", "agreed_how", "agreed_at")
    facts: dict[str, Any] = {name: bindparam(name, type_=_JOBS.c[name].type) for name in names}
    on_time = bindparam("on_time", type_=Boolean)
    taken: dict[str, Any] = {"complete_seconds": _seconds("complete")}
    request = REQUESTS.move(
        "complete",
        Request.id == _REQUEST,
        data=lambda rows: json_of(after_seconds=_since_receipt(rows)),
        completed_at=AT,
        **taken,
    )
    job = JOBS.move(
        "complete",
        _job_of(request),
        data=lambda rows: _reported(
            amount_fen=rows.c.amount_fen,
            payout_fen=rows.c.payout_fen,
            quantity=func.trim_scale(rows.c.quantity),
            on_time=on_time,
            **taken,
        ),
        completed_at=AT,
        **facts,
    )
    offer = OFFERS.move("end", Offer.id == job.rows.c.offer_id, ended_at=AT, end_reason=word(OfferEnd.DONE))
    counted = add_counts(job.rows, completed=one_if(), on_time=one_if(on_time), turnover_fen=job.rows.c.amount_fen)
    return Prepared(
        select(job.rows).add_cte(
            job.log,
            request.log,
            offer.rows,
            offer.log,
            change_open_jobs(job.rows, -1),
            bring_forward_waiting(job.rows),
            *counted,
        )
    )


def _leave_job(step: str, request_step: str, end: OfferEnd, **request_values: Any) -> Prepared:
    """Return the statement that ends a job that was not done: it ends the offer, frees the provider's place, and begins
    the next round."""
    values: dict[str, Any] = {"ended_at": AT}
    if step == "return":
        values |= {name: bindparam(name, type_=Text) for name in ("return_reason", "return_note")}
    elif step == "fail":
        values["result"] = func.coalesce(bindparam("result", type_=Text), _JOBS.c.result)
    request = REQUESTS.move(request_step, Request.id == _REQUEST, **request_values)
    job = JOBS.move(
        step,
        _job_of(request),
        data=(lambda rows: json_of(reason=rows.c.return_reason)) if step == "return" else None,
        **values,
    )
    offer = OFFERS.move("end", Offer.id == job.rows.c.offer_id, ended_at=AT, end_reason=word(end))
    parts = [
        keep_round(),
        job.log,
        request.log,
        offer.rows,
        offer.log,
        change_open_jobs(job.rows, -1),
        bring_forward_waiting(job.rows),
    ]
    if step == "return":
        parts += add_counts(job.rows, returned=one_if(~_FREE))
    return Prepared(select(job.rows).add_cte(*parts))


UNDONE = "undone"
"""The reason recorded for a request that was dispatched by mistake and taken back at once."""


def _end_request(step: str, why: str | None = None, **values: Any) -> Prepared:
    """Return the statement that ends a request without the work: it withdraws the offers and cancels the job."""
    data = why and (lambda rows: json_of(reason=word(why)))
    unheld: dict[str, Any] = dict.fromkeys(("held_at", "held_from", "hold_cause", "hold_reason", "hold_until"), null())
    request = REQUESTS.move(step, Request.id == _REQUEST, match_at=null(), data=data or None, **unheld, **values)
    ended = Offer.request_id.in_(select(request.rows.c.id))
    withdrawn = OFFERS.move("withdraw", ended, data=_withdrawn, decided_at=AT, withdraw_reason=word(why or step))
    job = JOBS.move("cancel", Job.request_id.in_(select(request.rows.c.id)), data=data or None, ended_at=AT)
    offer = OFFERS.move("end", Offer.id == job.rows.c.offer_id, ended_at=AT, end_reason=word(OfferEnd.CANCELLED))
    told = union_all(select(withdrawn.rows.c.provider_id), select(job.rows.c.provider_id)).subquery()
    providers = select(func.array_agg(told.c.provider_id)).scalar_subquery().label("provider_ids")
    return Prepared(
        select(request.rows, providers).add_cte(
            request.log,
            withdrawn.log,
            job.log,
            offer.rows,
            offer.log,
            change_open_jobs(job.rows, -1),
            bring_forward_waiting(job.rows),
        )
    )


_ROUND_TIMES = (*OWN_TIMES, "wanted_from", "wanted_to")
_BACK: dict[str, Any] = {
    **NEXT_ROUND,
    **{name: bindparam(name, type_=DateTime(timezone=True)) for name in _ROUND_TIMES},
    "assigned_at": null(),
    "started_at": null(),
    "match_at": AT,
    "alarm_at": AT,
}

ACCEPT = _accept()
DECLINE = _leave_pending(
    "decline", decline_reason=bindparam("reason", type_=Text), decline_note=bindparam("note", type_=Text)
)
EXPIRE = _leave_pending("expire")
WITHDRAW = _leave_pending("withdraw", withdraw_reason=bindparam("reason", type_=Text))
START = _start()
COMPLETE = _complete()
RETURN = _leave_job("return", "return", OfferEnd.RETURNED, returns=Request.returns + one_if(~_FREE), **_BACK)
FAIL = _leave_job("fail", "return", OfferEnd.FAILED, returns=Request.returns + 1, **_BACK)
REASSIGN = _leave_job("cancel", "reassign", OfferEnd.REASSIGNED, **_BACK)
CANCEL = _end_request("cancel", cancelled_at=AT, cancel_reason=bindparam("reason", type_=Text), unmatched_at=null())
UNDO = _end_request("cancel", UNDONE, cancelled_at=AT, cancel_reason=word(UNDONE), undone=true(), unmatched_at=null())
MERGE = _end_request("merge", merged_at=AT, parent_id=bindparam("parent_id", type_=Uuid), unmatched_at=null())


def _uncount() -> Prepared:
    """Take the providers' answers to the request out of their counts, as if they had not been asked."""
    zone = bindparam("zone", type_=Text)
    each = {
        "accepted": one_if(Offer.status == word("accepted")),
        "declined": one_if(Offer.status == word("declined")),
        "counted": one_if(Offer.offered_by == word("ranking")),
    }
    day = sql_cast(func.timezone(zone, Offer.decided_at), Date).label("day")
    said = (
        select(Offer.provider_id, day, *(func.sum(number).label(name) for name, number in each.items()))
        .where(Offer.request_id == _REQUEST, Offer.status.in_([word("accepted"), word("declined")]))
        .group_by(Offer.provider_id, day)
        .cte("said")
    )
    item = select(Request.item_code).where(Request.id == _REQUEST).scalar_subquery()
    month = sql_cast(func.date_trunc(word("month"), said.c.day), Date)

    def less(model: type[Model], *names: str, **key: Any) -> CTE:
        table = cast(Table, model.__table__)
        mine = and_(table.c.provider_id == said.c.provider_id, *(table.c[name] == value for name, value in key.items()))
        return update(table).where(mine).values({name: table.c[name] - said.c[name] for name in names}).cte(table.name)

    parts = (
        less(ProviderDay, *each, day=said.c.day),
        less(ProviderWindow, *each),
        less(ProviderItemMonth, "counted", month=month, item_code=item),
    )
    return Prepared(select(func.count().label("providers")).select_from(said).add_cte(*parts))


UNCOUNT = _uncount()
