"""SQL for a provider's statement."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    RowMapping,
    Text,
    Uuid,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy import cast as sql_cast

from app.aftercare.models import SATISFIED, Callback, CallbackStatus
from app.credit.models import CreditEntry
from app.intake.models import Request, same_person
from app.jobs.models import Fault, Job, JobStatus, Offer, ReturnReason
from app.kit.db import Tx
from app.kit.orm import word
from app.registry.models import Provider, ProviderDay
from app.statement.models import StatementLink

ZONE = bindparam("zone", type_=Text)
_NO_SHOW = (
    (Job.status == word(JobStatus.RETURNED))
    & (Job.return_reason == word(ReturnReason.CITIZEN_ABSENT))
    & (Job.fault.is_(None) | (Job.fault == word(Fault.CITIZEN)))
)
"""The provider reported the citizen absent, and no supervisor has found otherwise."""


def _month(moment: Any) -> ColumnElement[date]:
    """Return the month of a moment in the centre's time zone."""
    return sql_cast(func.date_trunc(word("month"), func.timezone(ZONE, moment)), Date).label("month")


async def sum_months(
    tx: Tx, provider_id: UUID, days: tuple[date, date], span: tuple[datetime, datetime], zone: ZoneInfo
) -> dict[date, dict[str, int]]:
    """Return the counts and sums of each month, keyed by its first day. Months without any are left out.

    `days` and `span` are the same range, as dates and as moments; both exclude their end.
    """
    kept = sql_cast(func.date_trunc(word("month"), ProviderDay.day), Date).label("month")
    names = ("accepted", "declined", "expired", "completed", "on_time", "returned", "turnover_fen")
    day = (ProviderDay.provider_id == provider_id, ProviderDay.day >= days[0], ProviderDay.day < days[1])
    done = (Job.provider_id == provider_id, Job.completed_at >= span[0], Job.completed_at < span[1])
    reached = Callback.status == word(CallbackStatus.DONE)
    of_jobs = _month(Job.completed_at)
    ended = _month(Job.ended_at)
    decided = _month(CreditEntry.decided_at)
    queries = (
        select(kept, *(func.sum(getattr(ProviderDay, name)).label(name) for name in names)).where(*day).group_by(kept),
        select(of_jobs, func.sum(Job.payout_fen).label("payout_fen")).where(*done).group_by(of_jobs),
        select(
            of_jobs,
            func.count().label("reached"),
            func.count().filter(Callback.solved.is_(True)).label("solved"),
            func.count(Callback.satisfaction).label("rated"),
            func.count().filter(Callback.satisfaction.in_(SATISFIED)).label("satisfied"),
        )
        .join(Callback, Callback.job_id == Job.id)
        .where(*done, reached)
        .group_by(of_jobs),
        select(ended, func.count().label("no_shows"))
        .where(Job.provider_id == provider_id, _NO_SHOW, Job.ended_at >= span[0], Job.ended_at < span[1])
        .group_by(ended),
        select(decided, func.sum(CreditEntry.effect).label("credit_change"))
        .where(CreditEntry.provider_id == provider_id)
        .where(CreditEntry.decided_at >= span[0], CreditEntry.decided_at < span[1])
        .group_by(decided),
    )
    months: dict[date, dict[str, int]] = {}
    for query in queries:
        for row in (await tx.session.execute(query, {"zone": zone.key})).mappings():
            counts = {name: int(value or 0) for name, value in row.items() if name != "month"}
            months.setdefault(row["month"], {}).update(counts)
    return months


async def list_jobs_done(tx: Tx, provider_id: UUID, span: tuple[datetime, datetime]) -> Sequence[RowMapping]:
    """Return the jobs that the provider completed in the span, in order of completion."""
    query = (
        select(
            Job.id.label("job_id"),
            Request.number,
            Request.item_code,
            Job.quantity,
            Job.tier,
            Offer.redo,
            Job.completed_at,
            Job.amount_fen,
            Job.amount_corrected_at,
            func.coalesce(Job.payout_fen, 0).label("payout_fen"),
        )
        .join(Request, Request.id == Job.request_id)
        .join(Offer, Offer.id == Job.offer_id)
        .where(Job.provider_id == provider_id, Job.completed_at >= span[0], Job.completed_at < span[1])
        .order_by(Job.completed_at, Job.id)
    )
    return (await tx.session.execute(query)).mappings().all()


_DECISIONS = """
SELECT d.id, d.at, d.request_id, r.number, r.item_code, r.township_code, d.tier, d.policy_version,
  cardinality(d.ranked) AS ranked, array_position(d.ranked, :me) AS place,
  d.totals[array_position(d.ranked, :me)] AS total, d.reasons[array_position(d.rejected, :me)] AS reason,
  mine.scores AS own, best.scores AS best_scores, best.offered_by, d.totals[best.place] AS best_total
FROM decisions d JOIN requests r ON r.id = d.request_id
LEFT JOIN offers mine ON mine.request_id = d.request_id AND mine.decision_id = d.id AND mine.provider_id = :me
LEFT JOIN LATERAL (
  SELECT o.scores, o.offered_by, o.provider_id, array_position(d.ranked, o.provider_id) AS place FROM offers o
  WHERE o.request_id = d.request_id AND o.decision_id = d.id ORDER BY o.rank, o.id LIMIT 1
) best ON best.provider_id <> :me
WHERE (:me = ANY (d.ranked) OR :me = ANY (d.rejected)) AND NOT r.undone AND {}
"""
_ME = bindparam("me", type_=Uuid)
# Ordered by time because, in id order, PostgreSQL would walk from the newest decision down to the day asked for.
_OF_SPAN = text(
    _DECISIONS.format("d.at >= :begins AND (d.at, d.id) < (:ends, :before)")
    + "ORDER BY d.at DESC, d.id DESC LIMIT :most"
).bindparams(
    _ME,
    bindparam("begins", type_=DateTime(timezone=True)),
    bindparam("ends", type_=DateTime(timezone=True)),
    bindparam("before", type_=BigInteger),
)
_OF_REQUEST = text(_DECISIONS.format("d.request_id = :request") + "ORDER BY d.id").bindparams(
    _ME, bindparam("request", type_=Uuid)
)


async def list_own_decisions(
    tx: Tx, provider_id: UUID, span: tuple[datetime, datetime], after: tuple[datetime, int] | None, limit: int
) -> Sequence[Any]:
    """Return the decisions about the provider in the span, newest first. `after` is the previous page's last row."""
    ends, before = after or (span[1], 0)
    values = {"me": provider_id, "begins": span[0], "ends": ends, "before": before, "most": limit}
    return (await tx.session.execute(_OF_SPAN, values)).all()


async def list_own_decisions_of(tx: Tx, provider_id: UUID, request_id: UUID) -> Sequence[Any]:
    """Return the decisions about the provider for the request, oldest first."""
    return (await tx.session.execute(_OF_REQUEST, {"me": provider_id, "request": request_id})).all()


_NO_SHOWS = (
    select(
        Job.id.label("job_id"),
        Job.request_id,
        Request.number,
        Request.item_code,
        Job.ended_at,
        Job.appointment_from,
        Job.appointment_to,
        Job.return_note.label("note"),
        Job.fault,
        Provider.name.label("provider_name"),
    )
    .join(Request, Request.id == Job.request_id)
    .join(Provider, Provider.id == Job.provider_id)
    .where(_NO_SHOW)
    .order_by(Job.id.desc())
)


async def list_no_shows(tx: Tx, provider_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]:
    """Return the jobs that the provider gave back because the citizen was absent, newest first."""
    query = _NO_SHOWS.where(Job.provider_id == provider_id).limit(limit)
    return (await tx.session.execute(query.where(Job.id < before) if before else query)).all()


async def list_no_shows_of(tx: Tx, citizen_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]:
    """Return the jobs given back because this citizen was absent, newest first."""
    query = _NO_SHOWS.where(Request.citizen_id == same_person(citizen_id)).limit(limit)
    return (await tx.session.execute(query.where(Job.id < before) if before else query)).all()


async def lock_link(tx: Tx, token_hash: bytes) -> StatementLink | None:
    """Lock and return the link with this token hash, so that its openings can be counted."""
    query = select(StatementLink).where(StatementLink.token_hash == token_hash).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def find_link(tx: Tx, provider_id: UUID, link_id: UUID) -> StatementLink | None:
    """Return the link if it belongs to the provider."""
    query = select(StatementLink).where(StatementLink.id == link_id, StatementLink.provider_id == provider_id)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def list_links(tx: Tx, provider_id: UUID, before: UUID | None, limit: int) -> Sequence[StatementLink]:
    """Return the links to the provider's statements, newest first."""
    query = select(StatementLink).where(StatementLink.provider_id == provider_id)
    query = query.order_by(StatementLink.id.desc()).limit(limit)
    return (await tx.session.execute(query.where(StatementLink.id < before) if before else query)).scalars().all()
