"""The worker's heartbeat, stored so that outages of the centre are known afterwards.

The heartbeat is one row of `worker_steps`, shared by all workers.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Text, bindparam, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import Clock
from app.kit.db import Database, Prepared, Tx
from app.kit.orm import Model
from app.kit.steps import WorkerStep

BEAT_SECONDS = 5.0
"""Real seconds between two beats."""
DOWN_AFTER_SECONDS = 30.0
"""Real seconds without a beat after which the centre counts as down."""


class Outage(Model):
    """A period without a running worker, in which nobody could be expected to answer an offer."""

    __tablename__ = "outages"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (CheckConstraint("until > since", name="order"), Index(None, "until"))


_AT = bindparam("at", type_=DateTime(timezone=True))
_SINCE = bindparam("since", type_=DateTime(timezone=True))
_NAME = literal("centre", Text)
_LAST = Prepared(select(WorkerStep.beat_at).where(WorkerStep.step == _NAME).with_for_update())
_BEGIN = Prepared(insert(WorkerStep).values(step=_NAME, beat_at=_AT).on_conflict_do_nothing())
_BEAT = Prepared(update(WorkerStep).where(WorkerStep.step == _NAME).values(beat_at=_AT))
_KEEP = Prepared(insert(Outage).values(since=_SINCE, until=_AT))


async def beat(db: Database, clock: Clock) -> int:
    """Record that a worker is running. If the last beat is more than DOWN_AFTER_SECONDS ago, store an outage.

    Return 0, like any step that has nothing left to do.
    """
    now = clock.now()
    real_second = clock.real_seconds(timedelta(seconds=1))
    async with db.begin() as tx:
        last = await tx.row(_LAST)
        if last is None:
            await tx.rows(_BEGIN, at=now)
            return 0
        gap = (now - last["beat_at"]).total_seconds() * real_second
        if gap > DOWN_AFTER_SECONDS:
            await tx.rows(_KEEP, since=last["beat_at"], at=now)
        if gap > BEAT_SECONDS:
            await tx.rows(_BEAT, at=now)
    return 0


_DOWN = Prepared(
    select(Outage.id)
    .where(Outage.until > bindparam("start", type_=DateTime(timezone=True)))
    .where(Outage.since < bindparam("end", type_=DateTime(timezone=True)))
    .limit(1)
)


async def was_down(tx: Tx, start: datetime, end: datetime) -> bool:
    """Return whether the centre was down at any time between the two moments."""
    return await tx.row(_DOWN, start=start, end=end) is not None
