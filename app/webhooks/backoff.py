"""When a failed delivery is tried again, and when an endpoint counts as dead."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 28_800, 36_000)
"""How long to wait after each failure: 5 s, 5 min, 30 min, 2 h, 5 h, 8 h, 10 h; a day and a half hour in all."""
JITTER = 0.2
"""At most so much longer, so that what failed together does not come back together."""
LONGEST_WAIT = timedelta(hours=10)
DEAD_AFTER = timedelta(hours=24)
"""An endpoint that has taken nothing for so long is disabled."""


def next_try(now: datetime, attempts: int, chance: Random, not_before: datetime | None = None) -> datetime | None:
    """When to try again after so many failed attempts; None: never.

    `not_before` is what the receiver asks for; it is heard for at most LONGEST_WAIT.
    """
    if attempts > len(RETRY_SECONDS):
        return None
    wait = RETRY_SECONDS[attempts - 1] * (1 + JITTER * chance.random())
    due = now + timedelta(seconds=wait)
    return due if not_before is None else max(due, min(not_before, now + LONGEST_WAIT))


def retry_after(value: str | None, world_now: datetime) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3), LONGEST_WAIT at most; None when it says
    nothing usable."""
    if value is None:
        return None
    try:
        if re.fullmatch("[0-9]{1,9}", value):
            asked = timedelta(seconds=int(value))
        else:
            asked = parsedate_to_datetime(value) - world_now
    except (ValueError, TypeError, OverflowError):  # a date without a zone, or with one that leads beyond all years
        return None
    return min(asked, LONGEST_WAIT)
