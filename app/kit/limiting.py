"""Limits at the edge: the address a call comes from, and routes with a limit."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from app.kit.limits import Limit, TooManyCalls, count_call, parsed_address
from app.kit.web import Now, context_of


def address_of(request: Request) -> str:
    """Return the caller's address as the trusted proxy gives it. An IPv4 address mapped into IPv6 is shown as IPv4."""
    host = request.client.host if request.client else ""
    parsed = parsed_address(host)
    return str(parsed) if parsed else host


def limited(*limits: Limit) -> Callable[..., Awaitable[None]]:
    """Return a dependency for a public route that counts every call. It raises TooManyCalls."""

    async def count(request: Request, now: Now) -> None:
        address = address_of(request)
        refusal: TooManyCalls | None = None
        async with context_of(request).db.begin() as tx:
            for limit in limits:
                try:
                    await count_call(tx, limit, address, now)
                except TooManyCalls as error:
                    refusal = error
                    break
        if refusal:
            raise refusal

    return count
