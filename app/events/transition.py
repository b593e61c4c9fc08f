"""The one place where a status changes: a guarded UPDATE and its event, in one statement.

Each feature keeps a table of its moves beside its status enum and makes a `Machine` of it. `Machine.move` returns the
two parts as CTEs, so that a hot path can put several moves into one statement. `Machine.transition` makes one move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, NamedTuple, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.dml import ReturningUpdate

from app.events.act import Act
from app.events.facts import FACTS, facts_of, has_facts, look_up
from app.events.kinds import EventKind
from app.events.models import Event
from app.kit.db import Prepared, Row, Tx
from app.kit.errors import HotlineError, NotFound
from app.kit.orm import Model, word

EVENTS = cast(Table, Event.__table__)


class StatusConflict(HotlineError):
    """The subject's status does not allow this step."""

    en = "The {subject} is {state}; this step is possible only if it is: {expected}."
    zh = "该{subject}当前状态为 {state}，仅在以下状态可以这样做：{expected}。"


AT = bindparam("at", type_=DateTime(timezone=True))
NO_DATA = sql_cast(literal_column("'{}'"), JSONB)
NO_KEY = sql_cast(null(), Uuid)


@dataclass(frozen=True)
class Step:
    """A move that logs no event, so nobody is told of it and no figure counts it."""

    sources: frozenset[StrEnum]
    target: StrEnum | None


@dataclass(frozen=True)
class Move:
    """A move from any of `sources` to `target`. With `target` None the subject returns to its remembered former
    state."""

    event: EventKind
    sources: frozenset[StrEnum]
    target: StrEnum | None


class Moved(NamedTuple):
    """The changed rows and the insert of their events. `log` must be made part of the statement (add_cte)."""

    rows: CTE
    log: CTE


_WRITTEN = ("at", "kind", "request_id", "provider_id", "actor_kind", "actor_id", "on_behalf", "trace_id", "data")


def log(
    name: str,
    kind: ColumnElement[Any] | EventKind,
    rows: FromClause,
    *,
    request_id: ColumnElement[Any],
    provider_id: ColumnElement[Any] = NO_KEY,
    data: ColumnElement[Any] = NO_DATA,
) -> CTE:
    """Return a CTE called `name` that inserts one event per row of `rows`.

    If the rows are requests, they provide the request's facts. Otherwise the facts are looked up as they were before
    the statement, except for the tier of an offer or job.
    """
    written = [
        AT,
        word(kind) if isinstance(kind, EventKind) else kind,
        request_id,
        provider_id,
        bindparam("actor_kind", type_=Text),
        bindparam("actor_id", type_=Uuid),
        bindparam("on_behalf", type_=Boolean),
        bindparam("trace_id", type_=Uuid),
        data,
    ]
    about, facts = _facts(rows, request_id)
    chosen = select(*written, *facts.values()).select_from(about)
    return insert(EVENTS).from_select([*_WRITTEN, *facts], chosen).cte(name)


def _facts(rows: FromClause, request_id: ColumnElement[Any]) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Return the rows joined with the facts of their requests, and the facts by column; no facts if no request is
    named."""
    if request_id is NO_KEY:
        return rows, {}
    if has_facts(rows):
        return rows, dict(zip(FACTS, facts_of(rows), strict=True))
    found = look_up(request_id)
    facts = {name: found.c[name] for name in FACTS}
    return rows.outerjoin(found, true()), facts | ({"tier": rows.c.tier} if "tier" in rows.c else {})


class Steps:
    """The status moves of a table that logs no events for them.

    `column` holds the state, and `former` the one to return to.
    """

    def __init__(
        self, model: type[Model], moves: Mapping[str, Step | Move], *, column: str = "status", former: str = "held_from"
    ) -> None:
        self.table = cast(Table, model.__table__)
        self.moves = moves
        self._column = self.table.c[column]
        self._former = former

    def change(self, step: str, where: ColumnElement[bool], **values: Any) -> ReturningUpdate[Any]:
        """Return the UPDATE by which the rows matching `where` take the step and get these `values`."""
        move = self.moves[step]
        target = self.table.c[self._former] if move.target is None else word(move.target)
        return (
            update(self.table)
            .where(where, self._column.in_([word(source) for source in sorted(move.sources)]))
            .values({self._column.name: target, **values})
            .returning(*self.table.c)
        )


class Machine(Steps):
    """The states of one table, whose moves log events.

    `subject` is its name in events and errors, `column` holds the state, and `former` the one to return to.
    """

    moves: Mapping[str, Move]

    def __init__(
        self,
        model: type[Model],
        subject: str,
        moves: Mapping[str, Move],
        *,
        column: str = "status",
        former: str = "held_from",
    ) -> None:
        super().__init__(model, moves, column=column, former=former)
        self.subject = subject
        self._statement = cache(self._build)

    def move(
        self,
        step: str,
        where: ColumnElement[bool],
        *,
        data: Callable[[FromClause], ColumnElement[Any]] | None = None,
        name: str | None = None,
        **values: Any,
    ) -> Moved:
        """Return the CTEs that move the rows matching `where`, set these `values`, and log an event for each row."""
        name = name or f"{self.subject}_{step}"
        rows = self.change(step, where, **values).cte(name)
        return Moved(
            rows,
            log(
                f"{name}_event",
                self.moves[step].event,
                rows,
                request_id=self._key(rows, "request"),
                provider_id=self._key(rows, "provider"),
                data=self._facts(rows, data),
            ),
        )

    def _facts(self, rows: FromClause, data: Callable[[FromClause], ColumnElement[Any]] | None) -> ColumnElement[Any]:
        """Return the event's `data`, with the id of the row that moved if the event's own columns do not name it."""
        if self.subject in ("request", "provider"):
            return NO_DATA if data is None else data(rows)
        which = json_of(**{f"{self.subject}_id": rows.c.id})
        return which if data is None else data(rows).op("||")(which)

    def _key(self, rows: FromClause, subject: str) -> ColumnElement[Any]:
        """Return the id of that subject in these rows: their own, a reference, or none."""
        return rows.c.id if subject == self.subject else rows.c.get(f"{subject}_id", NO_KEY)

    def path(self, start: StrEnum, *steps: str) -> tuple[StrEnum, list[EventKind]]:
        """Return the status that the steps lead to from `start`, and their events, for inserting a row that has already
        taken them.

        Raises ValueError for a step that the table does not allow.
        """
        events: list[EventKind] = []
        status = start
        for step in steps:
            move = self.moves[step]
            if status not in move.sources or move.target is None:
                raise ValueError(f"{self.subject}: no {step} from {status}")
            status = move.target
            events.append(move.event)
        return status, events

    def _build(self, step: str, columns: tuple[str, ...]) -> Prepared:
        values: dict[str, Any] = {name: bindparam(f"set_{name}", type_=self.table.c[name].type) for name in columns}
        moved = self.move(
            step,
            self.table.c.id == bindparam("id", type_=Uuid),
            data=lambda rows: sql_cast(bindparam("data", type_=Text), JSONB),
            **values,
        )
        return Prepared(select(moved.rows).add_cte(moved.log))

    async def transition(
        self, act: Act, tx: Tx, step: str, subject_id: UUID, *, data: Mapping[str, Any] | None = None, **values: Any
    ) -> Row:
        """Take the step for one subject, log it and return the changed row.

        Raises NotFound, or StatusConflict if the status does not allow the step; nothing changes then.
        """
        statement = self._statement(step, tuple(sorted(values)))
        row = await tx.row(
            statement,
            id=subject_id,
            data=orjson.dumps(data or {}, default=str).decode(),
            **act.parameters(),
            **{f"set_{name}": value for name, value in values.items()},
        )
        if row is None:
            raise await self.refusal(tx, step, subject_id)
        return row

    async def refusal(self, tx: Tx, step: str, subject_id: UUID) -> HotlineError:
        """Return the error that says why the step could not be taken."""
        row = await tx.row(self._status, id=subject_id)
        if row is None:
            return NotFound(what=self.subject, key=str(subject_id))
        expected = sorted(self.moves[step].sources)
        state = type(expected[0])(row["status"])
        return StatusConflict(subject=self.subject, state=state, expected=expected)

    @cached_property
    def _status(self) -> Prepared:
        return Prepared(select(self._column.label("status")).where(self.table.c.id == bindparam("id", type_=Uuid)))


_SUBJECT = select(bindparam("request_id", type_=Uuid).label("request_id")).cte("subject")
_RECORD = Prepared(
    select(literal_column("1")).add_cte(
        log(
            "recorded",
            bindparam("kind", type_=Text),
            _SUBJECT,
            request_id=_SUBJECT.c.request_id,
            provider_id=bindparam("provider_id", type_=Uuid),
            data=sql_cast(bindparam("data", type_=Text), JSONB),
        )
    )
)


async def record(
    act: Act,
    tx: Tx,
    kind: EventKind,
    *,
    request_id: UUID | None = None,
    provider_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Log an event that changes no status."""
    await tx.rows(
        _RECORD,
        kind=kind,
        request_id=request_id,
        provider_id=provider_id,
        data=orjson.dumps(data or {}, default=str).decode(),
        **act.parameters(),
    )


def json_of(**parts: Any) -> ColumnElement[Any]:
    """Return a jsonb object of these columns, for an event's data."""
    pairs: list[Any] = []
    for name, value in parts.items():
        pairs += [word(name), value]
    return cast(ColumnElement[Any], func.jsonb_build_object(*pairs))


__all__ = [
    "AT",
    "Machine",
    "Move",
    "Moved",
    "StatusConflict",
    "Step",
    "Steps",
    "json_of",
    "log",
    "record",
    "word",
]
