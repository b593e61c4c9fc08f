"""When a failed delivery is retried, and when an endpoint counts as dead."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 28_800, 36_000)
"""The wait after each failure: 5 s, 5 min, 30 min, 2 h, 5 h, 8 h, 10 h; 25.6 hours in all."""
JITTER = 0.2
"""The largest share added to a wait, so that deliveries that failed together are not retried together."""
LONGEST_WAIT = timedelta(hours=10)
DEAD_AFTER = timedelta(hours=24)
"""An endpoint that has accepted nothing for this long is disabled."""


def next_try(now: datetime, attempts: int, chance: Random, not_before: datetime | None = None) -> datetime | None:
    """Return when to try again after this many failed attempts, or None when retries are used up.

    `not_before` is what the receiver asked for (Retry-After); it is respected for at most LONGEST_WAIT.
    """
    if attempts > len(RETRY_SECONDS):
        return None
    wait = RETRY_SECONDS[attempts - 1] * (1 + JITTER * chance.random())
    due = now + timedelta(seconds=wait)
    return due if not_before is None else max(due, min(not_before, now + LONGEST_WAIT))


def retry_after(value: str | None, world_now: datetime) -> timedelta | None:
    """Return the wait that Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3), at most LONGEST_WAIT.

    Returns None when the header is missing or unusable.
    """
    if value is None:
        return None
    try:
        if re.fullmatch("[0-9]{1,9}", value):
            asked = timedelta(seconds=int(value))
        else:
            asked = parsedate_to_datetime(value) - world_now
    except (ValueError, TypeError, OverflowError):  # a date without a zone, or out of range
        return None
    return min(asked, LONGEST_WAIT)
