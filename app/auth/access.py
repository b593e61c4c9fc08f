"""Access control: every route declares `allow(...)`, `acting(...)` or `public`. A test checks that each one does."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, NamedTuple, cast
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.auth import queries
from app.auth.cookies import session_of
from app.auth.errors import FormerProvider, NotAllowed, NotSignedIn, PasswordDue, SecondFactorDue
from app.auth.models import READ_IN_FULL, Due, Role
from app.auth.tokens import AUTH_TOPIC, token_hash
from app.events.act import Act, Actor
from app.events.models import ActorKind
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.errors import HotlineError
from app.kit.personal_words import in_full
from app.kit.quotas import quotas_of
from app.kit.tracing import current_trace
from app.kit.web import context_of
from app.settings import Settings

CACHE_SIZE = 20_000
FRESH_SECONDS = 0.05
"""How old the cached generation may be when no notification has arrived, in real seconds."""
SESSION_NOTED_EVERY = timedelta(minutes=1)
KEY_NOTED_EVERY = timedelta(minutes=5)
"""How often the use of a session or a key is recorded. Like idle minutes, this is real time, in which people sit at a
screen even when the centre's clock runs fast."""
LONGEST_IDLE = timedelta(days=1)
IDLE_HEADER = "hotline-idle"
NEVER = datetime.min.replace(tzinfo=UTC)


class Principal(NamedTuple):
    """The signed-in caller: a member of staff or a provider's software."""

    kind: ActorKind
    id: UUID
    roles: frozenset[Role]
    due: Due | None = None

    @property
    def actor(self) -> Actor:
        """Return the caller as the event log names it."""
        return Actor(self.kind, self.id)


class _Known(NamedTuple):
    """A token's entry in the cache.

    It is valid for one generation, until the token expires or the session has been idle for too long.
    """

    principal: Principal
    generation: int
    expires_at: datetime | None
    seen_at: datetime


class Authenticator:
    """Looks up who holds a token and caches the answer.

    Every transaction that takes access away (a revoked key, an ended session, changed roles, an expelled provider) also
    raises the generation, and a cached entry is valid only for the generation it was read in. A process that is
    notified reads the generation again at once. If the notification is lost, the cached generation is at most
    FRESH_SECONDS old. A look-up that was running while the generation rose belongs to the old generation, so later
    calls do not use it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[bytes, _Known] = {}
        self._generation = 0
        self._fresh_until = 0.0
        self._reading: asyncio.Task[None] | None = None
        context.pubsub.on_message(self._on_message)

    def _on_message(self, topics: set[str]) -> None:
        if not topics or AUTH_TOPIC in topics:
            self._fresh_until, self._reading = 0.0, None

    async def principal(self, token: str, idle: timedelta | None = None) -> Principal:
        """Return the holder of the token.

        `idle` is how long nobody has touched the screen, in real time. None means that the call does not show that
        somebody is there. Raises NotSignedIn when the token is unknown, revoked, expired or idle for too long.
        """
        now, key = self._context.clock.now(), token_hash(token)
        await self._look_for_news()
        known = self._known.get(key)
        if known is None or known.generation < self._generation or self._is_over(known, now):
            known = await self._look_up(key, now)
        if idle is not None:
            seen_at = now - self._spanned(idle)
            if seen_at - known.seen_at >= self._spanned(_noted_every(known.principal)):
                known = self._known[key] = known._replace(seen_at=seen_at)
                await self._note(key, seen_at)
        return known.principal

    async def _look_for_news(self) -> None:
        """Read the generation unless it was read just now. Simultaneous calls share one read."""
        if asyncio.get_running_loop().time() >= self._fresh_until:
            self._reading = self._reading or asyncio.create_task(self._read())
            await asyncio.shield(self._reading)

    async def _read(self) -> None:
        me, begun = asyncio.current_task(), asyncio.get_running_loop().time()
        try:
            self._generation = max(self._generation, await self._context.db.read(queries.read_generation))
            if self._reading is me:  # otherwise a notification arrived meanwhile
                self._fresh_until = begun + FRESH_SECONDS
        finally:
            if self._reading is me:
                self._reading = None

    def _spanned(self, real: timedelta) -> timedelta:
        """Return how much of the centre's time passes in this much real time."""
        return real / self._context.clock.real_seconds(timedelta(seconds=1))

    @property
    def _allowed_idle(self) -> timedelta | None:
        minutes = self._context.settings.idle_minutes
        return self._spanned(timedelta(minutes=minutes)) if minutes else None

    def _is_over(self, known: _Known, now: datetime) -> bool:
        if known.expires_at and known.expires_at <= now:
            return True
        allowed = self._allowed_idle
        return bool(allowed and known.principal.kind is ActorKind.STAFF and known.seen_at + allowed <= now)

    async def _look_up(self, key: bytes, now: datetime) -> _Known:
        allowed = self._allowed_idle
        seen_after = now - allowed if allowed else None
        found = await self._context.db.read(lambda tx: queries.find_token(tx, key, now, seen_after))
        if found is None:
            self._known.pop(key, None)
            raise NotSignedIn
        roles = frozenset(Role(role) for role in found["roles"])
        due = due_of(roles, found["password_temporary"], found["second_factor"], self._context.settings)
        known = _Known(
            principal=Principal(ActorKind(found["kind"]), found["id"], roles, due),
            generation=found["generation"],
            expires_at=found["expires_at"],
            seen_at=found["seen_at"] or NEVER,
        )
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        self._known[key] = known
        return known

    async def _note(self, key: bytes, seen_at: datetime) -> None:
        """Record that the token was used. Callers do this at intervals, not on every call.

        A database that accepts no writes is no reason to turn anybody away, so errors are ignored.
        """
        with contextlib.suppress(HotlineError, asyncpg.PostgresError):
            async with self._context.db.autocommit() as tx:
                await queries.note_use(tx, key, seen_at)


def _noted_every(principal: Principal) -> timedelta:
    return KEY_NOTED_EVERY if principal.kind is ActorKind.PROVIDER else SESSION_NOTED_EVERY


def due_of(roles: Iterable[str], password_temporary: bool, second_factor: bool, settings: Settings) -> Due | None:
    """Return what the member of staff has to do before anything else, or None."""
    if password_temporary:
        return Due.PASSWORD
    return Due.SECOND_FACTOR if set(roles) & set(settings.second_factor_roles) and not second_factor else None


async def _identify(request: Request) -> Principal:
    """Identify the caller and count the call. Raises NotSignedIn, CrossSite or CallerTooFast."""
    principal = await authenticator_of(request).principal(token_of(request), _idle_for(request))
    quotas_of(request).calls.count(principal.id)
    request.state.caller = principal.id
    return principal


async def _identified(request: Request) -> Principal:
    return cast(Principal, request.state.principal)


Identified = Annotated[Principal, Depends(_identified)]
"""The caller that the gates admitted."""


def _idle_for(request: Request) -> timedelta | None:
    """Return how long nobody has touched the screen, as the console reports it.

    Return None for a stream, because it stays open even if nobody is there.
    """
    if "text/event-stream" in request.headers.get("accept", ""):
        return None
    seconds = request.headers.get(IDLE_HEADER, "")
    return min(timedelta(seconds=int(seconds)), LONGEST_IDLE) if re.fullmatch("[0-9]{1,9}", seconds) else timedelta(0)


def authenticator_of(request: Request) -> Authenticator:
    """Return the process's authenticator."""
    return cast(Authenticator, request.app.state.authenticator)


def token_of(request: Request) -> str:
    """Return the bearer token, or else the token in the console's cookie. Raises NotSignedIn or CrossSite."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = session_of(request) or ""
    if not token:
        raise NotSignedIn
    return token


async def _begin(request: Request, principal: Identified) -> AsyncIterator[Tx]:
    async with context_of(request).db.begin() as tx:
        yield tx


Transaction = Annotated[Tx, Depends(_begin, scope="function")]
"""The request's transaction. It commits before the response is sent.

It opens only once the caller is known, so that a request never needs two connections at a time: requests that each held
one and waited for another would block each other.
"""


class Gate:
    """The roles that may call a route."""

    def __init__(self, roles: Iterable[Role], *, even_if_due: bool = False) -> None:
        self.roles = frozenset(roles)
        self.even_if_due = even_if_due

    def check(self, principal: Principal) -> None:
        """Check that the caller may pass. Raises FormerProvider, NotAllowed, PasswordDue or SecondFactorDue."""
        if not self.roles & principal.roles:
            if Role.FORMER_PROVIDER in principal.roles and Role.PROVIDER in self.roles:
                raise FormerProvider
            raise NotAllowed(roles=sorted(self.roles - {Role.FORMER_PROVIDER}))
        if principal.due and not self.even_if_due:
            raise PasswordDue if principal.due is Due.PASSWORD else SecondFactorDue


class Allow(Gate):
    """A dependency that provides the Principal. The route checks the roles first (GuardedRoute)."""

    async def __call__(self, principal: Identified) -> Principal:
        return principal


class Acting(Gate):
    """A dependency that provides the Act. The route checks the roles first (GuardedRoute)."""

    def __init__(self, roles: Iterable[Role], *, on_behalf: bool = False, even_if_due: bool = False) -> None:
        super().__init__(roles, even_if_due=even_if_due)
        self.on_behalf = on_behalf

    async def __call__(self, request: Request, principal: Identified) -> Act:
        context = context_of(request)
        actor = Actor(principal.kind, principal.id, self.on_behalf)
        return Act(actor, context.clock.now(), context.settings, principal.roles, current_trace())


def allow(*roles: Role, even_if_due: bool = False) -> Allow:
    """Return a dependency that lets only holders of these roles call the route.

    With `even_if_due`, it also lets in staff who still have to change a temporary password or set up the second factor
    that their role requires.
    """
    return Allow(roles, even_if_due=even_if_due)


def acting(*roles: Role, on_behalf: bool = False, even_if_due: bool = False) -> Acting:
    """Return a dependency that admits only callers with one of these roles, and gives their Act.

    The Act takes place at the moment of the request. With `on_behalf`, staff act for a provider on the phone.
    `even_if_due` is as in `allow`.
    """
    return Acting(roles, on_behalf=on_behalf, even_if_due=even_if_due)


async def public() -> None:
    """Declare that anybody may call the route."""


async def authorize(request: Request, gates: Iterable[Gate]) -> None:
    """Identify the caller and check that every gate lets them pass.

    Raises NotSignedIn, CrossSite, CallerTooFast, and what `Gate.check` raises.
    """
    principal = request.state.principal = await _identify(request)
    for gate in gates:
        gate.check(principal)


class GuardedRoute(APIRoute):
    """A route that checks the caller before it reads anything else of the request.

    A caller who may not use the route must not learn what was wrong with the request.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the route's gates."""
        answer = super().get_route_handler()
        gates = list(_gates(self.dependant))
        if not gates:
            return answer

        async def guarded(request: Request) -> Response:
            await authorize(request, gates)
            in_full.set(bool(request.state.principal.roles & READ_IN_FULL))
            return await answer(request)

        return guarded


def _gates(dependant: Dependant) -> Iterator[Gate]:
    if isinstance(dependant.call, Gate):
        yield dependant.call
    for dependency in dependant.dependencies:
        yield from _gates(dependency)


Router = partial(APIRouter, route_class=GuardedRoute)
"""The router to use for the routes of a feature."""
