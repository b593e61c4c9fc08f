"""Keyset pages: lists are bounded, and the `next` cursor leads to the following page (also as an RFC 8288 Link)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query, Request, Response
from pydantic import BaseModel, TypeAdapter

from app.kit.errors import CursorInvalid

T = TypeVar("T")
LOOKED_AT = 20_000
"""How many rows of history a page scans at most for rows that match its filter."""


class Page(BaseModel, Generic[T]):
    """A page of a list. `next` is null on the last page. If few rows match a filter, a page may be short or even empty;
    the list goes on as long as there is a `next`."""

    items: list[T]
    next: str | None = None


class Paging(BaseModel):
    """How many rows the caller wants, and the row after which they begin."""

    limit: Annotated[int, Query(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Query(max_length=1000)] = None

    def after(self, *parts: Any) -> Any:
        """Return the key of the last row seen, a tuple of these types, or None on the first page.

        Raises CursorInvalid.
        """
        if self.cursor is None:
            return None
        try:
            return _key_of(parts).validate_json(base64.urlsafe_b64decode(self.cursor.encode()))
        except (ValueError, binascii.Error):
            raise CursorInvalid from None


@cache
def _key_of(parts: tuple[Any, ...]) -> TypeAdapter[Any]:
    return TypeAdapter(tuple[parts])  # type: ignore[valid-type]  # a tuple type made at run time


def cursor_of(*key: Any) -> str:
    """Return the cursor that continues after this key."""
    return base64.urlsafe_b64encode(orjson.dumps(key, default=str)).decode()


def page(
    rows: Sequence[Any],
    paging: Paging,
    key: Callable[[Any], tuple[Any, ...]],
    show: Callable[[Any], T],
    request: Request,
    response: Response,
    looked_to: tuple[Any, ...] | None = None,
) -> Page[T]:
    """Return the page and set its Link header. `rows` holds up to one row more than `limit`.

    `looked_to` is the key of the last row scanned, if the list goes on beyond it; the page may then be short.
    """
    found = page_of(rows, paging, key, show, looked_to)
    if found.next:
        url = request.url.include_query_params(cursor=found.next)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return found


def page_of(
    rows: Sequence[Any],
    paging: Paging,
    key: Callable[[Any], tuple[Any, ...]],
    show: Callable[[Any], T],
    looked_to: tuple[Any, ...] | None = None,
) -> Page[T]:
    """Like `page`, for a list requested with POST. It sets no Link header, because the next page has no address."""
    more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    following = cursor_of(*key(rows[-1])) if more else cursor_of(*looked_to) if looked_to else None
    return Page(items=[show(row) for row in rows], next=following)
