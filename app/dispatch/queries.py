"""SQL of dispatching: what is due to be matched, expired, withdrawn or resumed, and the insertion of offers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    BigInteger,
    Date,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    null,
    select,
    text,
    true,
    update,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.catalog.models import Group
from app.events.kinds import EventKind
from app.events.transition import AT, json_of, log
from app.intake.models import Request
from app.jobs.capacity import MOMENTS, TAKEN, day_end
from app.jobs.models import Job, Offer
from app.jobs.queries import ASKED
from app.kit.db import Prepared, Tx
from app.kit.idempotency import store_answer
from app.kit.orm import as_text, word
from app.matching.models import Decision
from app.matching.policy import Step
from app.registry.models import Provider, ProviderPaper, ReachedBy, is_active, is_valid

_REQUEST = bindparam("request_id", type_=Uuid)
_LIMIT = bindparam("limit", type_=Integer)


def _add_offers() -> Prepared:
    """Insert the offers of one request with their decision and events, and take the request out of matching."""
    rows = (
        func.jsonb_to_recordset(sql_cast(bindparam("offers", type_=Text), JSONB))
        .table_valued(
            column("id", Uuid),
            column("provider_id", Uuid),
            column("price_kind", Text),
            column("price_fen", Integer),
            column("rank", Integer),
            column("scores", JSONB),
            column("offered_by", Text),
            column("ask_from", DateTime(timezone=True)),
            column("expires_at", DateTime(timezone=True)),
        )
        .render_derived(name="rows", with_types=True)
    )
    table = cast(Table, Offer.__table__)
    shared = ("tier", "redo", "policy_version")
    decision = _decision()
    made = (
        insert(Offer)
        .from_select(
            ["id", "provider_id", "price_kind", "price_fen", "rank", "scores", "offered_by", "ask_from",
             "expires_at", "request_id", "status", "offered_at", "decision_id", *shared],
            select(
                *rows.c,
                _REQUEST,
                word("pending"),
                AT,
                select(decision.c.id).scalar_subquery(),
                *(bindparam(name, type_=table.c[name].type) for name in shared),
            ),
        )
        .returning(Offer.id, Offer.request_id, Offer.provider_id, Offer.tier, Offer.rank, Offer.offered_by)
        .cte("made")
    )  # fmt: skip
    events = log(
        "made_event",
        EventKind.OFFER_MADE,
        made,
        request_id=made.c.request_id,
        provider_id=made.c.provider_id,
        data=json_of(offer_id=made.c.id, rank=made.c.rank, by=made.c.offered_by),
    )
    tier, rung = bindparam("tier", type_=Text), bindparam("rung", type_=Text)
    waiting = (
        update(Request)
        .where(Request.id == _REQUEST, Request.match_at.is_not(None) | (Request.tier != tier) | rung.is_not(None))
        .values(
            match_at=null(),
            tier=tier,
            rung=func.coalesce(rung, Request.rung),
            rung_until=func.coalesce(bindparam("rung_until", type_=DateTime(timezone=True)), Request.rung_until),
        )
        .cte("waiting")
    )
    return Prepared(select(literal_column("1")).add_cte(made, events, waiting, store_answer().cte("stored")))


def _decision() -> CTE:
    table = cast(Table, Decision.__table__)
    names = ("policy_version", "tier", "rung", "surge", "ranked", "totals", "rejected", "reasons")
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    return insert(Decision).values(request_id=_REQUEST, at=AT, **values).returning(Decision.id).cte("decision")


_ADD_OFFERS = _add_offers()
_ADD_DECISION = Prepared(select(_decision()))


async def add_offers(tx: Tx, **params: Any) -> None:
    """Insert offers (a JSON array of rows) with their decision and events, and store the answer under its key.

    The request is not matched again while they are pending.
    """
    await tx.rows(_ADD_OFFERS, **params)


async def add_decision(tx: Tx, **params: Any) -> None:
    """Record a decision that led to no offer."""
    await tx.rows(_ADD_DECISION, **params)


_DEFER = Prepared(
    update(Request)
    .where(Request.id == _REQUEST, Request.status == word("dispatching"))
    .values(
        match_at=bindparam("until", type_=DateTime(timezone=True)),
        deferred_until=bindparam("until"),
        deferral_told_at=bindparam("told_at", type_=DateTime(timezone=True)),
    )
)


async def defer_matching(tx: Tx, request_id: UUID, until: datetime, told_at: datetime | None) -> None:
    """Defer the request until `until` or until the surge ends. `told_at` is when the citizen was told, or None."""
    await tx.rows(_DEFER, request_id=request_id, until=until, told_at=told_at)


_POSTPONE = Prepared(
    update(Request)
    .where(Request.id == _REQUEST, Request.status == word("dispatching"))
    .values(match_at=bindparam("match_at", type_=DateTime(timezone=True)))
)


async def postpone_matching(tx: Tx, request_id: UUID, match_at: datetime | None) -> None:
    """Match the request again at `match_at`. With None, it is not due for matching by time."""
    await tx.rows(_POSTPONE, request_id=request_id, match_at=match_at)


_DUE_MATCHES = Prepared(
    select(Request.id)
    .join(Group, Group.code == Request.priority_group, isouter=True)
    .where(Request.status == word("dispatching"), Request.match_at <= AT)
    .order_by(Request.urgency_rank, Group.position.nulls_last(), Request.received_at)
    .limit(_LIMIT)
)


async def find_due_matches(tx: Tx, at: datetime, limit: int) -> Sequence[UUID]:
    """Return requests to match now, by urgency, then priority group, then age."""
    return [row["id"] for row in await tx.rows(_DUE_MATCHES, at=at, limit=limit)]


_EXPIRED = Prepared(
    select(Offer.id)
    .where(Offer.status == word("pending"), Offer.expires_at <= AT)
    .order_by(Offer.expires_at)
    .limit(_LIMIT)
)


async def find_expired_offers(tx: Tx, at: datetime, limit: int) -> Sequence[UUID]:
    """Return pending offers past their expiry, the earliest expiry first."""
    return [row["id"] for row in await tx.rows(_EXPIRED, at=at, limit=limit)]


# The query starts from the providers with pending offers, whose number does not grow with the open work. It checks each
# provider first, and then, by key, only the offers of the few that have a problem.
_VOID = Prepared(
    text(
        f"""
WITH RECURSIVE {ASKED}, suspects AS MATERIALIZED (
  SELECT asked.provider_id, p.* FROM asked CROSS JOIN LATERAL (
    SELECT p.capacity, p.open_jobs, p.open_jobs >= p.capacity AS laden,
      NOT ({as_text(is_active(aliased(Provider, name="p")))} AND p.reachable) AS gone,
      ARRAY (SELECT paper_code FROM provider_papers held WHERE held.provider_id = p.id
        AND {as_text(is_valid(aliased(ProviderPaper, name="held"), bindparam("day")))}) AS papers
    FROM providers p WHERE p.id = asked.provider_id OFFSET 0
  ) p
  WHERE p.gone OR p.laden OR EXISTS (
    SELECT FROM provider_items line JOIN items i ON i.code = line.item_code
    WHERE line.provider_id = asked.provider_id AND NOT i.papers <@ p.papers)
)
SELECT offer.id FROM suspects p
CROSS JOIN LATERAL (
  SELECT id, request_id FROM offers WHERE provider_id = p.provider_id AND status = 'pending' OFFSET 0
) offer
CROSS JOIN LATERAL (
  SELECT item_code, wanted_from, wanted_to, round_arrive_by, arrive_by
  FROM requests WHERE id = offer.request_id OFFSET 0
) request
WHERE p.gone
  OR p.laden AND p.capacity <= {
            TAKEN.replace("p.id", "p.provider_id").format(
                start="greatest(request.wanted_from, :at)",
                end="coalesce(request.wanted_to, request.round_arrive_by, request.arrive_by, :at)",
            )
        }
  OR NOT (SELECT i.papers FROM items i WHERE i.code = request.item_code) <@ p.papers
UNION
SELECT offer.id FROM requests r CROSS JOIN LATERAL (
  SELECT id FROM offers WHERE request_id = r.id AND status = 'pending' OFFSET 0
) offer WHERE r.status = 'on_hold'
LIMIT :limit
"""
    ).bindparams(*MOMENTS, bindparam("day", type_=Date), bindparam("limit", type_=BigInteger))
)


async def find_void_offers(tx: Tx, at: datetime, zone: ZoneInfo, limit: int) -> Sequence[UUID]:
    """Return pending offers that can no longer be accepted.

    The provider is full, inactive or unreachable, or lacks a valid licence that the item requires, or the request is on
    hold.
    """
    moment = {"at": at, "day": at.astimezone(zone).date(), "day_end": day_end(at, zone)}
    return [row["id"] for row in await tx.rows(_VOID, **moment, limit=limit)]


_STRANDED = Prepared(
    select(Job.id)
    .join(Provider, Provider.id == Job.provider_id)
    .join(Request, Request.id == Job.request_id)
    .where(
        Job.status == word("accepted"),
        Request.status == word("assigned"),
        ~is_active(),
    )
    .limit(_LIMIT)
)


async def find_stranded_jobs(tx: Tx, limit: int) -> Sequence[UUID]:
    """Return unstarted jobs of providers that are no longer active."""
    return [row["id"] for row in await tx.rows(_STRANDED, limit=limit)]


_HELD = Prepared(select(Request.id).where(Request.status == word("on_hold"), Request.hold_until <= AT).limit(_LIMIT))


async def find_ended_holds(tx: Tx, at: datetime, limit: int) -> Sequence[UUID]:
    """Return requests whose hold has ended."""
    return [row["id"] for row in await tx.rows(_HELD, at=at, limit=limit)]


_PENDING = Prepared(select(Offer.id).where(Offer.request_id == _REQUEST, Offer.status == word("pending")).limit(1))


async def is_offered(tx: Tx, request_id: UUID) -> bool:
    """Return whether the request has a pending offer."""
    return await tx.row(_PENDING, request_id=request_id) is not None


async def find_pending_offer(tx: Tx, request_id: UUID, provider_id: UUID) -> Any:
    """Return the pending offer of the request to the provider, with the provider's name, or None."""
    query = (
        select(Offer.id, Offer.provider_id, Provider.name.label("provider_name"), Offer.rank, Offer.expires_at)
        .join(Provider, Provider.id == Offer.provider_id)
        .where(Offer.request_id == request_id, Offer.provider_id == provider_id)
        .where(Offer.status == word("pending"))
    )
    return (await tx.session.execute(query)).first()


async def renew_rung(tx: Tx, request_id: UUID, ladder: Sequence[Step], at: datetime) -> None:
    """Restart the time of the ladder step on which free help is being looked for. The request is locked."""
    for step in ladder:
        until = at + timedelta(seconds=step.timeout_seconds)
        here = update(Request).where(Request.id == request_id, Request.rung == step.rung)
        await tx.session.execute(here.values(rung_until=until))


async def find_last_offer(tx: Tx, request_id: UUID) -> Offer | None:
    """Return the offer under which the work was last completed, or None."""
    query = (
        select(Offer)
        .join(Job, Job.offer_id == Offer.id)
        .where(Offer.request_id == request_id, Job.completed_at.is_not(None))
        .order_by(Job.completed_at.desc())
        .limit(1)
    )
    return (await tx.session.execute(query)).scalar_one_or_none()


async def relabel_done_offers(tx: Tx, request_id: UUID, end_reason: str) -> None:
    """Change why the request's completed offers ended, because the work turned out not to be done."""
    await tx.session.execute(
        update(Offer).where(Offer.request_id == request_id, Offer.end_reason == "done").values(end_reason=end_reason)
    )


async def edit_request(tx: Tx, request_id: UUID, values: Mapping[str, Any]) -> None:
    """Change these columns of a locked request, but never its status."""
    await tx.session.execute(update(Request).where(Request.id == request_id).values(**values))


async def list_children(tx: Tx, request_id: UUID) -> Sequence[Request]:
    """Return the requests merged into the request."""
    query = select(Request).where(Request.parent_id == request_id).order_by(Request.id)
    return (await tx.session.execute(query, execution_options={"populate_existing": True})).scalars().all()


async def find_live_job(tx: Tx, request_id: UUID) -> Job | None:
    """Return the request's unfinished job, or None."""
    query = select(Job).where(Job.request_id == request_id, Job.status.in_([word("accepted"), word("started")]))
    return (await tx.session.execute(query, execution_options={"populate_existing": True})).scalar_one_or_none()


async def note_corrected(tx: Tx, job_id: UUID, at: datetime) -> None:
    """Record that the request was corrected after acceptance, so that the provider may return the job free."""
    await tx.session.execute(update(Job).where(Job.id == job_id).values(corrected_at=at))


async def move_appointment(tx: Tx, job_id: UUID, start: datetime | None, end: datetime | None) -> None:
    """Move the appointment to the corrected time, unless the agreed one lies within it."""
    within = (Job.appointment_from >= start) & (Job.appointment_to <= end)
    await tx.session.execute(
        update(Job)
        .where(Job.id == job_id, func.coalesce(~within, true()))
        .values(appointment_from=start, appointment_to=end)
    )


async def list_pending(tx: Tx, request_id: UUID) -> Sequence[tuple[UUID, UUID]]:
    """Return the ids of the request's pending offers, each with its provider's."""
    query = select(Offer.id, Offer.provider_id).where(Offer.request_id == request_id, Offer.status == word("pending"))
    return [(row.id, row.provider_id) for row in await tx.session.execute(query.order_by(Offer.id))]


async def adopt_children(tx: Tx, request_id: UUID, parent_id: UUID) -> None:
    """Move the requests merged into this one to its new parent, so that parents never form a chain."""
    await tx.session.execute(update(Request).where(Request.parent_id == request_id).values(parent_id=parent_id))


async def list_asked(tx: Tx, request_id: UUID) -> Sequence[UUID]:
    """Return the providers that may have seen the request: the one that accepted it, and those with a pending offer.
    One that is reached by phone counts only once an operator has taken the offer to phone it."""
    heard = (Provider.reached_by != word(ReachedBy.PHONE)) | Offer.phoned_by.is_not(None)
    known = (Offer.status == word("accepted")) | ((Offer.status == word("pending")) & heard)
    query = select(Offer.provider_id).join(Provider).where(Offer.request_id == request_id, known)
    return (await tx.session.execute(query.order_by(Offer.provider_id))).scalars().all()
