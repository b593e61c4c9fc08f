"""Limits at the edge: from which address a call comes, and routes that hold to a limit."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from app.kit.limits import Limit, TooManyCalls, count_call, parsed_address
from app.kit.web import Now, context_of


def address_of(request: Request) -> str:
    """The caller's address, as the trusted proxy gives it; IPv4 as such also where it came inside IPv6."""
    host = request.client.host if request.client else ""
    parsed = parsed_address(host)
    return str(parsed) if parsed else host


def limited(*limits: Limit) -> Callable[..., Awaitable[None]]:
    """As a dependency of a public route: every call counts."""

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
