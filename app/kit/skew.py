"""Measures how far this machine's clock is from the database server's. All deadlines rely on both clocks."""

from datetime import datetime

from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Prepared, Tx

TOLERATED_SECONDS = 2.0
"""Machines that keep their clocks synchronised stay far below this."""
_THEIRS = Prepared(text("SELECT clock_timestamp() AS at"))


class ClockSkewed(Exception):
    """This machine's clock and the database server's are too far apart."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"this machine's clock is {seconds:+.1f} s from the database server's")


async def measure_skew(tx: Tx, clock: Clock) -> float:
    """Return by how many seconds this machine's clock is ahead of the database server's (negative: behind).

    It is off by at most half the time that the database took to answer.
    """
    await tx.rows(_THEIRS)  # the first run also prepares the statement
    asked = clock.world_now()
    [row] = await tx.rows(_THEIRS)
    answered = clock.world_now()
    theirs: datetime = row["at"]
    return (asked + (answered - asked) / 2 - theirs).total_seconds()
