"""Identifiers: UUIDv7, so that rows created together are stored together."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id(at: datetime) -> UUID:
    """Return a new UUIDv7 whose time part is `at`."""
    return uuid7(nanoseconds=int(at.timestamp() * 1_000_000_000))
