"""The health of the worker's periodic steps, and the subjects that they could not process.

A subject that fails is left alone for a while, longer each time. After the last try it is set aside until a person
releases it, so that the others have their turn and nothing is retried for ever. A subject that somebody else has locked
is tried again a little later.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Index,
    Integer,
    Text,
    Uuid,
    all_,
    bindparam,
    delete,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Prepared, Row, Tx
from app.kit.errors import NotFound
from app.kit.logs import without_quotations
from app.kit.orm import Model

BATCH = 200
RETRY_SECONDS = (5, 30, 120, 600)
"""How long a subject is left alone after each failure, in seconds. After one more failure it is set aside."""
BUSY_SECONDS = 5
KEPT = timedelta(days=1)
"""How long a retried subject is remembered after its last failure. After that it counts as processed."""
MOST_SHOWN = 300

logger = logging.getLogger(__name__)


class StepTrouble(Model):
    """A subject that a step could not process.

    The step skips it until `retry_at`, or, if that is NULL, until a person releases it.
    """

    __tablename__ = "step_troubles"

    step: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    error: Mapped[str]

    __table_args__ = (Index("ix_step_troubles_aside", "step", postgresql_where=text("retry_at IS NULL")),)


class WorkerStep(Model):
    """The health of a step, as written by the last worker that ran it."""

    __tablename__ = "worker_steps"

    step: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    """When a worker last reported on the step."""
    done_at: Mapped[datetime | None]
    """When the step last ran to its end."""
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Failures in a row."""
    error: Mapped[str | None]


_STEP, _SUBJECT = bindparam("step", type_=Text), bindparam("subject_id", type_=Uuid)
_AT = bindparam("at", type_=DateTime(timezone=True))
_LEFT_ALONE = Prepared(
    select(StepTrouble.subject_id).where(
        StepTrouble.step == _STEP, or_(StepTrouble.retry_at.is_(None), StepTrouble.retry_at > _AT)
    )
)


def _note() -> Prepared:
    new = insert(StepTrouble).values(
        step=_STEP,
        subject_id=_SUBJECT,
        tries=bindparam("tries"),
        since=_AT,
        last_at=_AT,
        retry_at=bindparam("retry_at", type_=DateTime(timezone=True)),
        error=bindparam("error", type_=Text),
    )
    changed = {"tries": StepTrouble.tries + new.excluded.tries} | {
        name: new.excluded[name] for name in ("last_at", "retry_at", "error")
    }
    return Prepared(
        new.on_conflict_do_update(index_elements=["step", "subject_id"], set_=changed).returning(StepTrouble.tries)
    )


_NOTE = _note()
_LATER = Prepared(
    update(StepTrouble)
    .where(StepTrouble.step == _STEP, StepTrouble.subject_id == _SUBJECT)
    .values(retry_at=bindparam("retry", type_=DateTime(timezone=True)))
)
_DUE = Prepared(
    select(StepTrouble.subject_id)
    .where(StepTrouble.step == _STEP, StepTrouble.retry_at <= _AT)
    .order_by(StepTrouble.subject_id)
    .limit(BATCH)
)
_SETTLE = Prepared(
    delete(StepTrouble).where(StepTrouble.step == _STEP, StepTrouble.subject_id == _SUBJECT).returning(StepTrouble.step)
)
_FORGET = Prepared(
    delete(StepTrouble).where(
        StepTrouble.retry_at <= _AT,
        StepTrouble.last_at < bindparam("before"),
        StepTrouble.step != all_(bindparam("kept", type_=ARRAY(Text))),
    )
)
_RELEASE = Prepared(
    update(StepTrouble)
    .where(StepTrouble.step == _STEP, StepTrouble.subject_id == _SUBJECT)
    .values(tries=0, retry_at=_AT)
    .returning(StepTrouble.step)
)
_ASIDE = Prepared(
    select(*StepTrouble.__table__.c)
    .where(StepTrouble.retry_at.is_(null()))
    .order_by(StepTrouble.since, StepTrouble.subject_id)
    .limit(MOST_SHOWN)
)
_BEAT = Prepared(
    text(
        """
INSERT INTO worker_steps AS kept (step, beat_at, done_at, failing_since, failures, error)
SELECT step, :at, done_at, failing_since, failures, error
FROM unnest(:steps, :done, :failing, :failures, :errors) AS told (step, done_at, failing_since, failures, error)
ON CONFLICT (step) DO UPDATE SET
    beat_at = EXCLUDED.beat_at, done_at = coalesce(EXCLUDED.done_at, kept.done_at),
    failing_since = EXCLUDED.failing_since, failures = EXCLUDED.failures, error = EXCLUDED.error
"""
    ).bindparams(
        bindparam("at", type_=DateTime(timezone=True)),
        bindparam("steps", type_=ARRAY(Text)),
        bindparam("done", type_=ARRAY(DateTime(timezone=True))),
        bindparam("failing", type_=ARRAY(DateTime(timezone=True))),
        bindparam("failures", type_=ARRAY(Integer)),
        bindparam("errors", type_=ARRAY(Text)),
    )
)
_STEPS = Prepared(select(*WorkerStep.__table__.c).order_by(WorkerStep.step))


async def list_left_alone(tx: Tx, step: str, now: datetime) -> Set[UUID]:
    """Return the subjects that the step must skip now: they failed lately or are set aside."""
    return {row["subject_id"] for row in await tx.rows(_LEFT_ALONE, step=step, at=now)}


async def note_trouble(
    tx: Tx, step: str, subject_id: UUID, error: Exception, now: datetime, *, counted: bool = True
) -> None:
    """Leave the subject alone for a while, or set it aside after the last try.

    A failure that is not `counted` does not count as a try.
    """
    busy_until = now + timedelta(seconds=BUSY_SECONDS)
    facts = {"step": step, "subject_id": subject_id}
    [row] = await tx.rows(_NOTE, **facts, tries=int(counted), at=now, retry_at=busy_until, error=describe(error))
    if not counted:
        return
    left = len(RETRY_SECONDS) - row["tries"]
    wait = None if left < 0 else now + timedelta(seconds=RETRY_SECONDS[row["tries"] - 1])
    await tx.rows(_LATER, **facts, retry=wait)
    if wait is None:
        logger.error("%s: %s was set aside after %s tries", step, subject_id, row["tries"])


async def list_due_troubles(tx: Tx, step: str, now: datetime) -> Sequence[UUID]:
    """Return a batch of the subjects that the step should try again now."""
    return [row["subject_id"] for row in await tx.rows(_DUE, step=step, at=now)]


async def settle_trouble(tx: Tx, step: str, subject_id: UUID) -> bool:
    """Delete the record of trouble with a subject that this transaction has processed.

    Return False if another transaction already deleted it.
    """
    return bool(await tx.rows(_SETTLE, step=step, subject_id=subject_id))


_OF_STEP = Prepared(select(StepTrouble.subject_id).where(StepTrouble.step == _STEP).with_for_update())


async def lock_troubles(tx: Tx, step: str) -> list[UUID]:
    """Return and lock the subjects that the step has yet to retry or has set aside."""
    return [row["subject_id"] for row in await tx.rows(_OF_STEP, step=step)]


@dataclass
class Health:
    """The health of a step in this process."""

    done_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    error: str | None = None

    def done(self, now: datetime) -> None:
        """Record that the step ran to its end."""
        self.done_at, self.failing_since, self.failures, self.error = now, None, 0, None

    def failed(self, error: Exception, now: datetime) -> None:
        """Record that the step failed."""
        self.failing_since = self.failing_since or now
        self.failures += 1
        self.error = describe(error)


def describe(error: Exception) -> str:
    """Return the error and its cause as text for people, at most 500 characters, without what they quote from rows."""
    cause = f" ({without_quotations(str(error.__cause__))})" if error.__cause__ else ""
    return f"{type(error).__name__}: {without_quotations(str(error))}{cause}".replace("\0", "")[:500]


async def write_health(tx: Tx, steps: Mapping[str, Health], now: datetime) -> None:
    """Store the health of the steps for observers outside the worker."""
    await tx.rows(
        _BEAT,
        at=now,
        steps=list(steps),
        done=[health.done_at for health in steps.values()],
        failing=[health.failing_since for health in steps.values()],
        failures=[health.failures for health in steps.values()],
        errors=[health.error for health in steps.values()],
    )


async def list_set_aside(tx: Tx) -> Sequence[Row]:
    """Return what steps have set aside, the oldest trouble first, at most `MOST_SHOWN` rows."""
    return await tx.rows(_ASIDE)


async def list_steps(tx: Tx) -> Sequence[Row]:
    """Return the worker's steps and their health."""
    return await tx.rows(_STEPS)


async def release(tx: Tx, step: str, subject_id: UUID, now: datetime) -> None:
    """Have the step try the subject again, with the full number of tries. Raises NotFound."""
    if not await tx.rows(_RELEASE, step=step, subject_id=subject_id, at=now):
        raise NotFound(what="trouble", key=f"{step}/{subject_id}")


async def forget_troubles(tx: Tx, now: datetime, but: Iterable[str] = ()) -> None:
    """Drop the troubles of subjects that have not failed for KEPT. The steps in `but` settle theirs themselves."""
    await tx.rows(_FORGET, at=now, before=now - KEPT, kept=list(but))
