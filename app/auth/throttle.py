"""Tries to sign in, slowed down as they fail: by name and network together, by network, by the browser that is known.

A try counts before the password is looked at, so that a hundred at once are no way around it, and is taken back when
it succeeds. Nothing counts for a name alone: whoever fails elsewhere does not keep its owner out.
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
"""Tries of one name from one network, or from one browser, before each further one doubles the wait."""
FREE_OF_CODE = 10
"""Second factors tried with the right password, from wherever."""
FREE_OF_NETWORK = 100
"""Of a network: a whole centre may sit behind one address."""
LONGEST = timedelta(minutes=15)
QUIET = timedelta(hours=1)
"""After so long without a try all is forgotten."""


class Tried(NamedTuple):
    """Where a try counts: `free` of them do not wait."""

    key: bytes
    free: int
    staff_id: UUID | None = None


def _key(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).digest()


def of_stranger(username: str, staff: Staff | None, address: str) -> list[Tried]:
    """The name from this network, and the network. An unknown name may be a password that slipped into the wrong
    field: of it 16 bits are kept, which tell nobody anything."""
    name = str(staff.id) if staff else f"?{_key(username)[:2].hex()}"
    of_name = Tried(_key("name", name, network_of(address)), FREE_OF_NAME, staff.id if staff else None)
    return [of_name, *of_network("password", address)]


def of_network(what: str, address: str) -> list[Tried]:
    """All tries of this kind from one network."""
    return [Tried(_key("network", what, network_of(address)), FREE_OF_NETWORK)]


def of_browser(device: bytes, staff: Staff) -> list[Tried]:
    """A browser from which this person signed in before: no one else's failures count."""
    return [Tried(_key("browser", device.hex(), str(staff.id)), FREE_OF_NAME, staff.id)]


def of_person(staff_id: UUID, what: str) -> list[Tried]:
    """What only somebody can try who has the right password, or a session: `what`."""
    return [Tried(_key(what, str(staff_id)), FREE_OF_CODE, staff_id)]


async def count_try(tx: Tx, tried: list[Tried], clock: Clock, now: datetime) -> None:
    """Count the try before it is made. Raises TooManyAttempts, after which nothing may be committed: a try that is not
    taken does not count."""
    for one in tried:
        free_at = await throttle_queries.count_try(tx, **one._asdict(), at=now, quiet=QUIET, longest=LONGEST)
        if free_at:
            raise TooManyAttempts(wait_seconds=max(1, ceil(clock.real_seconds(free_at - now))))


async def uncount_try(tx: Tx, tried: list[Tried]) -> None:
    """The try succeeded: what this person failed before is forgotten; of its network only this try."""
    for one in tried:
        await throttle_queries.uncount_try(tx, one.key, all_of_them=one.staff_id is not None)
