"""Limits for unidentified callers: a number of calls per time span, counted in the database for all processes.

A call counts whether it succeeds or not, so it is counted in a transaction of its own.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from sqlalchemy import DateTime, Text, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Prepared, Tx
from app.kit.errors import HotlineError
from app.kit.orm import Model


class CallCount(Model):
    """The number of calls in the span that starts at `begins`.

    `key` is the limit's name and, unless the limit is for everybody together, the hash of the caller's network.
    """

    __tablename__ = "call_counts"

    key: Mapped[str] = mapped_column(primary_key=True)
    begins: Mapped[datetime] = mapped_column(primary_key=True)
    calls: Mapped[int]


class TooManyCalls(HotlineError):
    status = 429
    en = "Too many calls: {most} per {span_seconds} seconds are allowed here. Try again in {wait_seconds} seconds."
    zh = "请求过于频繁：此处每 {span_seconds} 秒最多 {most} 次，请 {wait_seconds} 秒后再试。"

    def headers(self) -> dict[str, str]:
        """Return when a retry makes sense, and that no calls remain until then."""
        wait = self.facts["wait_seconds"]
        return {"Retry-After": str(wait), "RateLimit": f'"{self.facts["limit"]}";r=0;t={wait}'}


class Limit(NamedTuple):
    """At most this many calls per span, for each network, or for everybody `together`."""

    name: str
    most: int
    span: timedelta
    together: bool = False

    def key(self, address: str) -> str:
        """Return the key to count under. Only a hash of the address is stored, and it is deleted after a day."""
        return self.name if self.together else f"{self.name}:{sha256(network_of(address).encode()).hexdigest()[:32]}"


_COUNT = Prepared(
    insert(CallCount)
    .values(key=bindparam("key", type_=Text), begins=bindparam("begins", type_=DateTime(timezone=True)), calls=1)
    .on_conflict_do_update(index_elements=["key", "begins"], set_={"calls": CallCount.calls + 1})
    .returning(CallCount.calls)
)


def network_of(address: str) -> str:
    """Return an IPv4 address itself, and the /64 network of an IPv6 address, because one caller has many of those."""
    parsed = parsed_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed) if parsed else address


def parsed_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse an IP address; return None if it is not one. An IPv4 address mapped into IPv6 becomes IPv4."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


async def count_call(tx: Tx, limit: Limit, address: str, now: datetime) -> None:
    """Count one call. Raises TooManyCalls when it exceeds what the span allows."""
    seconds = int(limit.span.total_seconds())
    begins = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    row = await tx.row(_COUNT, key=limit.key(address), begins=begins)
    if row is not None and row["calls"] > limit.most:
        wait = ceil((begins + limit.span - now).total_seconds())
        raise TooManyCalls(limit=limit.name, most=limit.most, span_seconds=seconds, wait_seconds=wait)
