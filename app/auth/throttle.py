"""Slows down sign-in attempts as they fail: per name and network, per network, and per known browser.

An attempt is counted before its password is checked, so that a hundred attempts at once gain nothing. If it succeeds,
it is uncounted. No counter is kept for a name alone, because failures elsewhere must not lock its owner out.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import NamedTuple
from uuid import UUID

from app.auth import throttle_queries
from app.auth.errors import TooManyAttempts
from app.auth.models import Staff
from app.kit.clock import Clock
from app.kit.db import Tx
from app.kit.limits import network_of

FREE_OF_NAME = 5
"""Free attempts for one name from one network, or from one browser. Then each further one doubles the wait."""
FREE_OF_CODE = 10
"""Free attempts from anywhere at a person's second factor, or at their password in a session."""
FREE_OF_NETWORK = 100
"""Free attempts from one network. A whole centre may share one address."""
LONGEST = timedelta(minutes=15)
QUIET = timedelta(hours=1)
"""After this long without an attempt, all earlier ones are forgotten."""


class Tried(NamedTuple):
    """A counter of attempts. The first `free` attempts need not wait."""

    key: bytes
    free: int
    staff_id: UUID | None = None


def _key(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).digest()


def of_stranger(username: str, staff: Staff | None, address: str) -> list[Tried]:
    """Return the counters for this name from this network, and for the network.

    An unknown name may be a password typed into the wrong field, so only 16 bits of its hash are kept, which reveal
    nothing.
    """
    name = str(staff.id) if staff else f"?{_key(username)[:2].hex()}"
    of_name = Tried(_key("name", name, network_of(address)), FREE_OF_NAME, staff.id if staff else None)
    return [of_name, *of_network("password", address)]


def of_network(what: str, address: str) -> list[Tried]:
    """Return the counter for all attempts of this kind from one network."""
    return [Tried(_key("network", what, network_of(address)), FREE_OF_NETWORK)]


def of_browser(device: bytes, staff: Staff) -> list[Tried]:
    """Return the counter for a browser from which this person has signed in. Nobody else's failures add to it."""
    return [Tried(_key("browser", device.hex(), str(staff.id)), FREE_OF_NAME, staff.id)]


def of_person(staff_id: UUID, what: str) -> list[Tried]:
    """Return the counter for this person's attempts at `what`, which require the right password or a session."""
    return [Tried(_key(what, str(staff_id)), FREE_OF_CODE, staff_id)]


async def count_try(tx: Tx, tried: list[Tried], clock: Clock, now: datetime) -> None:
    """Count the attempt before it is made.

    Raises TooManyAttempts. Then roll back, because a refused attempt does not count.
    """
    for one in tried:
        free_at = await throttle_queries.count_try(tx, **one._asdict(), at=now, quiet=QUIET, longest=LONGEST)
        if free_at:
            raise TooManyAttempts(wait_seconds=max(1, ceil(clock.real_seconds(free_at - now))))


async def uncount_try(tx: Tx, tried: list[Tried]) -> None:
    """Clear this person's failures after a successful attempt. For the network, take back only this attempt."""
    for one in tried:
        await throttle_queries.uncount_try(tx, one.key, all_of_them=one.staff_id is not None)
