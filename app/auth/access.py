"""Who may call a route: each declares `allow(...)` or `public`, and a test walks them all."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, NamedTuple, cast
from uuid import UUID

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase

from app.auth import queries
from app.auth.cookies import session_of
from app.auth.errors import NotAllowed, NotSignedIn
from app.auth.models import Role
from app.events.models import ActorKind
from app.events.transition import Actor
from app.kit.db import Tx
from app.kit.quotas import quotas_of
from app.kit.web import Context, context_of

AUTH_TOPIC = "auth"
CACHE_SECONDS = 300
"""Real seconds, whatever the centre's clock does."""
CACHE_SIZE = 20_000


class Principal(NamedTuple):
    """The signed-in caller: a member of staff, or a provider's software."""

    kind: ActorKind
    id: UUID
    roles: frozenset[Role]

    @property
    def actor(self) -> Actor:
        """The caller as the event log names it."""
        return Actor(self.kind, self.id)


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode()).digest()


class Doorman:
    """Finds who holds a token. Remembers it, but only while it can hear that somebody was signed out."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[bytes, tuple[Principal, datetime | None, float]] = {}
        context.wakes.on_hearing(self._hear)

    def _hear(self, topics: set[str]) -> None:
        if not topics or AUTH_TOPIC in topics:
            self._known.clear()

    async def principal(self, token: str) -> Principal:
        """The holder of the token. Raises NotSignedIn."""
        now, real = self._context.clock.now(), asyncio.get_running_loop().time()
        key = token_hash(token)
        if (known := self._known.get(key)) and self._context.wakes.connected:
            principal, until, remembered_until = known
            if real < remembered_until and (until is None or now < until):
                return principal
        async with self._context.db.look() as tx:
            found = await queries.find_token(tx, key, now)
        if found is None:
            raise NotSignedIn
        principal = Principal(ActorKind(found["kind"]), found["id"], frozenset(map(Role, found["roles"])))
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        self._known[key] = principal, found["until"], real + CACHE_SECONDS
        return principal


async def identify(request: Request) -> Principal:
    """Who calls. Raises NotSignedIn, CallerTooFast."""
    principal = await doorman_of(request).principal(token_of(request))
    quotas_of(request).calls.count(principal.id)
    request.state.caller = principal.id
    return principal


def doorman_of(request: Request) -> Doorman:
    """The process's doorman."""
    return cast(Doorman, request.app.state.doorman)


def token_of(request: Request) -> str:
    """The bearer token, or the one in the console's cookie. Raises NotSignedIn, CrossSite."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = session_of(request) or ""
    if not token:
        raise NotSignedIn
    return token


async def _begin(request: Request, principal: Annotated[Principal, Depends(identify)]) -> AsyncIterator[Tx]:
    async with context_of(request).db.begin() as tx:
        yield tx


Transaction = Annotated[Tx, Depends(_begin, scope="function")]
"""The request's transaction, opened once the caller is known (never two connections at a time: they would wait for each
other); it commits before the answer leaves."""


class Allow(SecurityBase):
    """A route's declaration of the roles that may call it; as a dependency it gives the Principal."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self.roles = frozenset(roles)
        self.model = HTTPBearerModel(description="the token of POST /sessions, or a provider's key")
        self.scheme_name = "bearer"

    async def __call__(self, principal: Annotated[Principal, Depends(identify)]) -> Principal:
        if not self.roles & principal.roles:
            raise NotAllowed(roles=sorted(self.roles))
        return principal


def allow(*roles: Role) -> Allow:
    """Only holders of one of the roles may call the route."""
    return Allow(roles)


async def public() -> None:
    """Anybody may call the route."""
