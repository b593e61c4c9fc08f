"""Keyset pages: a list is bounded, and its `next` cursor says where to go on (RFC 8288 Link beside it)."""

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
"""So many rows of history one page looks at for those that fit its filter."""


class Page(BaseModel, Generic[T]):
    """A page of a list; `next` is null on the last one. A page may be short, even empty, where few rows fit a filter:
    the list goes on as long as there is a `next`."""

    items: list[T]
    next: str | None = None


class Paging(BaseModel):
    """What the caller asked for: how many, and after which row."""

    limit: Annotated[int, Query(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Query(max_length=1000)] = None

    def after(self, *parts: Any) -> Any:
        """The key of the last row seen, a tuple of these types; None on the first page. Raises CursorInvalid."""
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
    """The cursor that goes on after this key."""
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
    """The page of `rows`, of which one more than `limit` was read, and its Link header.

    `looked_to`: the key of the last row that was looked at where the list goes on beyond it: the page may be short.
    """
    more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    following = cursor_of(*key(rows[-1])) if more else cursor_of(*looked_to) if looked_to else None
    if following:
        url = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return Page(items=[show(row) for row in rows], next=following)
