"""Identifiers: UUIDv7, so that rows made together lie together."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id(at: datetime) -> UUID:
    """A fresh UUIDv7 whose time part is `at`."""
    return uuid7(nanoseconds=int(at.timestamp() * 1_000_000_000))
