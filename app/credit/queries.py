"""SQL for the credit ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import distinct_on

from app.aftercare.models import Callback
from app.complaints.models import Complaint
from app.credit.models import CreditEntry, CreditRules, EntryStatus
from app.credit.states import CREDIT
from app.events.kinds import EventKind
from app.events.models import Event
from app.events.sequence import move_cursor, next_events, one_event
from app.events.transition import AT, json_of, log
from app.intake.models import Request
from app.jobs.models import Fault, Job
from app.kit.db import Prepared, Row, Tx
from app.kit.orm import word
from app.registry.models import FULL_CREDIT, Provider, ProviderNotice

READER = "credit"
_ENTRIES = cast(Table, CreditEntry.__table__)
_ID = bindparam("id", type_=Uuid)
_EFFECT = bindparam("effect", type_=Integer)
_FRESH = {"populate_existing": True}
LIVE = CreditEntry.status.not_in([EntryStatus.DROPPED, EntryStatus.REVOKED, EntryStatus.REVERSED])
"""The condition for entries that count, or may come to count."""


async def find_rules(tx: Tx, version: str) -> CreditRules | None:
    """Return this version of the rules, or None."""
    return await tx.session.get(CreditRules, version)


async def list_rules(tx: Tx, after: tuple[datetime, str] | None, limit: int) -> Sequence[CreditRules]:
    """Return every version of the rules, latest loaded first."""
    key = tuple_(CreditRules.loaded_at, CreditRules.version)
    query = select(CreditRules).order_by(CreditRules.loaded_at.desc(), CreditRules.version.desc()).limit(limit)
    return (await tx.session.execute(query.where(key < after) if after else query)).scalars().all()


async def find_version_in_force(tx: Tx) -> str | None:
    """Return the version loaded last, or None."""
    query = select(CreditRules.version).order_by(CreditRules.loaded_at.desc(), CreditRules.version.desc()).limit(1)
    return (await tx.session.execute(query)).scalar_one_or_none()


def _provider_of(event: Any) -> ColumnElement[Any]:
    """Return the provider that an event is about: the one it names, or the one whose work it concerns."""
    spoken_of = (
        select(Job.provider_id)
        .join(Callback, Callback.job_id == Job.id)
        .where(Callback.id == sql_cast(event.c.data["callback_id"].as_string(), Uuid))
        .scalar_subquery()
    )
    complained_of = (
        select(Complaint.provider_id)
        .where(Complaint.id == sql_cast(event.c.data["complaint_id"].as_string(), Uuid))
        .where(func.coalesce(Complaint.fault, word(Fault.PROVIDER)) == word(Fault.PROVIDER))
        .scalar_subquery()
    )
    return case(
        (event.c.kind == word(EventKind.CALLBACK_DONE), spoken_of),
        (event.c.kind == word(EventKind.COMPLAINT_DECIDED), complained_of),
        else_=event.c.provider_id,
    )


def _read_log(events: Select[Any], *, on: bool) -> Prepared:
    batch = events.cte("batch")
    kinds = bindparam("kinds", type_=ARRAY(Text))
    found = (
        select(
            batch.c.id, batch.c.seq, batch.c.at, batch.c.kind, batch.c.request_id, batch.c.data,
            _provider_of(batch).label("provider_id"),
        )
        .where(batch.c.kind == any_(kinds))
        .subquery("found")
    )  # fmt: skip
    moved = move_cursor(READER, select(func.max(batch.c.seq)).scalar_subquery())
    size = select(func.count()).select_from(batch).scalar_subquery().label("events")
    one = select(literal_column("1").label("one")).subquery("one")
    query = select(size, found).select_from(one.join(found, true(), isouter=True)).order_by(found.c.seq)
    return Prepared(query.add_cte(moved) if on else query)


_READ_LOG, _READ_EVENT = _read_log(next_events(READER), on=True), _read_log(one_event(), on=False)


async def read_log(tx: Tx, kinds: Sequence[str], batch: int) -> tuple[int, Sequence[Row]]:
    """Read the next events from the log, at most a batch, and move the cursor past them.

    Return how many there were, and those of these kinds that concern a provider.
    """
    rows = await tx.rows(_READ_LOG, kinds=list(kinds), batch=batch)
    return rows[0]["events"], [row for row in rows if row["id"] is not None and row["provider_id"] is not None]


async def read_event(tx: Tx, kinds: Sequence[str], event_id: int) -> Sequence[Row]:
    """Return the event, if it is of these kinds and concerns a provider; otherwise an empty list."""
    rows = await tx.rows(_READ_EVENT, kinds=list(kinds), event_id=event_id)
    return [row for row in rows if row["id"] is not None and row["provider_id"] is not None]


_SKIP_LOG = Prepared(
    select(literal_column("1")).add_cte(
        move_cursor(READER, select(func.max(Event.seq)).where(Event.seq.is_not(None)).scalar_subquery())
    )
)


async def skip_log(tx: Tx) -> None:
    """Move the cursor to the end of the log, so that the ledger starts with events logged from now on."""
    await tx.rows(_SKIP_LOG)


async def sum_points(tx: Tx, provider_id: UUID, rule_code: str, since: datetime) -> int:
    """Return the provider's total points under the rule: live entries with a cause after `since`."""
    query = select(func.coalesce(func.sum(CreditEntry.points), 0)).where(
        CreditEntry.provider_id == provider_id,
        CreditEntry.rule_code == rule_code,
        CreditEntry.cause_at > since,
        LIVE,
    )
    return (await tx.session.execute(query)).scalar_one()


async def is_made(tx: Tx, provider_id: UUID, rule_code: str, cause: str) -> bool:
    """Return whether the rule has an entry for this cause."""
    query = select(CreditEntry.id).where(
        CreditEntry.provider_id == provider_id, CreditEntry.rule_code == rule_code, CreditEntry.cause == cause
    )
    return (await tx.session.execute(query)).first() is not None


async def list_judged(tx: Tx, correction: Row) -> Sequence[Row]:
    """Return the logged events about the bill that this event corrects, with the bill's current amount.

    They are the completion, the callback about it, and the first correction.
    """
    return await tx.rows(_JUDGED, job_id=UUID(correction["data"]["job_id"]), kind=correction["kind"])


def _list_judged() -> Prepared:
    of_job = Event.data["job_id"].as_string() == sql_cast(Job.id, Text)
    about = select(Callback.id).where(Callback.job_id == Job.id).correlate(Job)
    of_callback = sql_cast(Event.data["callback_id"].as_string(), Uuid).in_(about)
    subject = ((Event.kind != word(EventKind.CALLBACK_DONE)) & of_job) | (
        (Event.kind == word(EventKind.CALLBACK_DONE)) & of_callback
    )
    kinds = [word(EventKind.JOB_COMPLETED), bindparam("kind", type_=Text), word(EventKind.CALLBACK_DONE)]
    query = (
        select(Event.id, Event.at, Event.kind, Event.request_id, Event.data, Job.provider_id, Job.amount_fen)
        .join(Job, Job.request_id == Event.request_id)
        .where(Job.id == bindparam("job_id", type_=Uuid), Event.kind.in_(kinds), subject)
        .ext(distinct_on(Event.kind))
        .order_by(Event.kind, Event.id)
    )
    return Prepared(query)


_JUDGED = _list_judged()


async def list_live(tx: Tx, provider_id: UUID, cause: str) -> Sequence[Any]:
    """Return live entries made for this cause, or for it as corrected: id, rule and version of the rules."""
    query = select(CreditEntry.id, CreditEntry.rule_code, CreditEntry.rules_version).where(
        CreditEntry.provider_id == provider_id,
        (CreditEntry.cause == cause) | CreditEntry.cause.startswith(f"{cause}/"),
        LIVE,
    )
    return (await tx.session.execute(query.order_by(CreditEntry.id))).all()


async def find_number(tx: Tx, request_id: UUID) -> int | None:
    """Return the request's number, for reading out, or None."""
    return (await tx.session.execute(select(Request.number).where(Request.id == request_id))).scalar_one_or_none()


_FACTS = ("id", "provider_id", "rules_version", "rule_code", "points", "cause", "cause_at", "request_id")


def _add(status: EntryStatus, *names: str, **values: Any) -> Prepared:
    """Insert an entry and its event, and change the provider's credit with it."""
    facts: dict[str, Any] = {name: bindparam(name, type_=_ENTRIES.c[name].type) for name in (*_FACTS, *names)}
    facts |= {"status": word(status), "made_at": AT} | values
    row = insert(_ENTRIES).from_select(list(facts), select(*facts.values())).returning(*_ENTRIES.c).cte("made")
    data = json_of(credit_id=row.c.id, rule=row.c.rule_code, points=row.c.points, effect=row.c.effect)
    kind = EventKind.CREDIT_PROPOSED if status is EntryStatus.PROPOSED else EventKind.CREDIT_APPLIED
    event = log("made_event", kind, row, request_id=row.c.request_id, provider_id=row.c.provider_id, data=data)
    return Prepared(select(row.c.id).add_cte(event, _keep(row, row.c.effect)))


def _keep(rows: Any, change: ColumnElement[int]) -> Any:
    """Change the provider's credit together with its ledger, in the same statement."""
    kept = update(Provider).where(Provider.id == rows.c.provider_id, change != 0)
    return kept.values(credit=Provider.credit + change).cte("kept")


_PROPOSE = _add(EntryStatus.PROPOSED, "notice_id", "reply_by")
_GIVE = _add(EntryStatus.APPLIED, effect=_EFFECT, decided_at=AT)


async def add_proposal(tx: Tx, **params: Any) -> None:
    """Insert a proposed deduction."""
    await tx.rows(_PROPOSE, **params)


async def add_gain(tx: Tx, **params: Any) -> None:
    """Insert a gain and raise the provider's credit by its `effect`. The provider must be locked."""
    await tx.rows(_GIVE, **params)


def _change(step: str, *names: str, **values: Any) -> Prepared:
    """Move the entry on by this step, and change its effect and the provider's credit by `effect`."""
    facts: dict[str, Any] = {name: bindparam(f"set_{name}", type_=_ENTRIES.c[name].type) for name in names}
    moved = CREDIT.move(
        step,
        _ENTRIES.c.id == _ID,
        data=lambda rows: json_of(rule=rows.c.rule_code, effect=rows.c.effect),
        effect=_ENTRIES.c.effect + _EFFECT,
        **facts,
        **values,
    )
    return Prepared(select(moved.rows.c.id).add_cte(moved.log, _keep(moved.rows, _EFFECT)))


APPLY = _change("apply", "decided_by", "decision_note", "appeal_by", decided_at=AT)
REVOKE = _change("revoke", "appeal_decided_by", "appeal_note", appeal_decided_at=AT)
REVERSE = _change("reverse", reversed_at=AT, decided_at=func.coalesce(_ENTRIES.c.decided_at, AT))


async def change_effect(tx: Tx, statement: Prepared, entry_id: UUID, effect: int, **params: Any) -> bool:
    """Run APPLY, REVOKE or REVERSE. Return whether the entry could take the step. The provider must be locked."""
    return await tx.row(statement, id=entry_id, effect=effect, **params) is not None


async def lock_entry(tx: Tx, entry_id: UUID) -> tuple[Provider, CreditEntry] | None:
    """Return the entry and its provider, both locked, the provider first; or None."""
    of_entry = select(CreditEntry.provider_id).where(CreditEntry.id == entry_id).scalar_subquery()
    lock = select(Provider).where(Provider.id == of_entry).with_for_update(key_share=True)
    provider = (await tx.session.execute(lock.execution_options(**_FRESH))).scalar_one_or_none()
    if provider is None:
        return None
    query = select(CreditEntry).where(CreditEntry.id == entry_id).with_for_update()
    return provider, (await tx.session.execute(query.execution_options(**_FRESH))).scalar_one()


_NAMED = (
    select(CreditEntry, Provider.name, Request.number)
    .join(Provider, Provider.id == CreditEntry.provider_id)
    .join(Request, Request.id == CreditEntry.request_id, isouter=True)
)


async def list_entries(
    tx: Tx, provider_id: UUID | None, status: EntryStatus | None, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Return entries of one provider or of all, newest first, with the provider's name and the request's number."""
    query = _NAMED.order_by(CreditEntry.id.desc()).limit(limit)
    if provider_id:
        query = query.where(CreditEntry.provider_id == provider_id)
    if status:
        query = query.where(CreditEntry.status == status)
    if before:
        query = query.where(CreditEntry.id < before)
    return (await tx.session.execute(query.execution_options(**_FRESH))).all()


async def find_named_entry(tx: Tx, entry_id: UUID) -> Any:
    """Return the entry with the provider's name and the request's number."""
    query = _NAMED.where(CreditEntry.id == entry_id)
    return (await tx.session.execute(query.execution_options(**_FRESH))).one()


_UNBEGUN = (
    select(CreditEntry.id)
    .join(ProviderNotice, ProviderNotice.id == CreditEntry.notice_id)
    .where(CreditEntry.status == word(EntryStatus.PROPOSED), CreditEntry.reply_by.is_(None))
    .where(ProviderNotice.read_at.is_not(None))
)


async def find_notified(tx: Tx, limit: int) -> Sequence[UUID]:
    """Return proposals whose provider has been notified but whose reply period has not begun."""
    return (await tx.session.execute(_UNBEGUN.order_by(CreditEntry.id).limit(limit))).scalars().all()


async def find_notified_at(tx: Tx, notice_id: UUID | None) -> datetime | None:
    """Return when the provider was notified, or None if it has not been."""
    query = select(ProviderNotice.read_at).where(ProviderNotice.id == notice_id)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def find_due(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
    """Return proposals whose reply period has ended without a reply, earliest first."""
    query = select(CreditEntry.id).where(CreditEntry.status == word(EntryStatus.PROPOSED), CreditEntry.reply_by <= now)
    return (await tx.session.execute(query.order_by(CreditEntry.reply_by).limit(limit))).scalars().all()


async def find_recovering(tx: Tx, cause: str, begins: datetime, ends: datetime, limit: int) -> Sequence[UUID]:
    """Return providers below full credit that had no deduction in this month and have not yet been given points for it.

    A deduction counts if its cause falls in the month, or if it was applied after the month began.
    """
    theirs = CreditEntry.provider_id == Provider.id
    given = select(CreditEntry.id).where(theirs, CreditEntry.cause == cause).exists()
    applied = CreditEntry.decided_at >= begins
    deducted = (
        select(CreditEntry.id)
        .where(theirs, LIVE, CreditEntry.points < 0)
        .where((CreditEntry.cause_at >= begins) & (CreditEntry.cause_at < ends) | applied)
        .exists()
    )
    query = select(Provider.id).where(Provider.credit < FULL_CREDIT, ~given, ~deducted).order_by(Provider.id)
    return (await tx.session.execute(query.limit(limit))).scalars().all()


async def find_last_move(tx: Tx, provider_id: UUID, kind: str) -> Event | None:
    """Return the provider's latest change of standing of this kind, or None."""
    query = (
        select(Event)
        .where(Event.provider_id == provider_id, Event.request_id.is_(None), Event.kind == kind)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return (await tx.session.execute(query)).scalar_one_or_none()


async def list_entries_between(tx: Tx, provider_id: UUID, begins: datetime, ends: datetime) -> Sequence[Any]:
    """Return the provider's entries that were made, decided or reversed in the span, oldest first."""
    made = (CreditEntry.made_at >= begins) & (CreditEntry.made_at < ends)
    decided = (CreditEntry.decided_at >= begins) & (CreditEntry.decided_at < ends)
    taken_back = (CreditEntry.reversed_at >= begins) & (CreditEntry.reversed_at < ends)
    query = _NAMED.where(CreditEntry.provider_id == provider_id, made | decided | taken_back).order_by(CreditEntry.id)
    return (await tx.session.execute(query.execution_options(**_FRESH))).all()
