"""Sign in, sign out, and say who the caller is."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from app.auth import queries, second_factor, throttle, throttle_queries
from app.auth.access import Principal, due_of
from app.auth.errors import CodeNeeded, CodeWrong, KeyRefused, NoSession, PasswordRunOut, SignInFailed, TooManyAttempts
from app.auth.models import ProviderSession, Staff, StaffSession
from app.auth.passwords import HASHING, is_right
from app.auth.schemas import ClockOut, SessionOut, SignIn, StaffOut, Whoami
from app.auth.throttle import Tried
from app.auth.tokens import token_hash, void_tokens
from app.events.act import Act, Actor
from app.events.models import ActorKind
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.errors import HotlineError

UNKNOWN = "user:?"
"""The audit subject when no account has that user name.

The name itself is not logged: it may be a password typed into the wrong field.
"""


class SignInOrigin(NamedTuple):
    """Where a sign-in comes from: the address, and the token of a browser that has signed in before."""

    address: str
    device: str | None = None


class SignedIn(NamedTuple):
    """The session, and the token that identifies the browser from now on."""

    session: SessionOut
    device: str


async def sign_in(act: Act, context: Context, body: SignIn, origin: SignInOrigin) -> SignedIn:
    """Check the password, and the second factor if there is one, and open a session.

    Failures are written to the audit log with the address.

    Raises SignInFailed, PasswordRunOut, CodeNeeded, CodeWrong, SignInsCrowded or TooManyAttempts. Too many attempts at
    passwords are refused before the password is checked, too many at codes after it.
    """
    device = token_hash(origin.device) if origin.device else None
    async with context.db.begin() as tx:
        staff = await queries.find_staff(tx, body.username)
        known = bool(staff and device and await throttle_queries.is_known_device(tx, device, staff.id))
    if known and staff and device:
        tried = throttle.of_browser(device, staff)
    else:
        tried = throttle.of_stranger(body.username, staff, origin.address)
    with HASHING.place(known=known):
        async with context.db.begin() as tx:
            await throttle.count_try(tx, tried, context.clock, act.now)
        checked = staff.password_hash if staff and staff.active else None
        right = await is_right(checked, body.password, known=known)
    async with context.db.begin() as tx:
        signed_in = await _decide(act, tx, body, checked if right else None, tried, origin, context)
    if isinstance(signed_in, HotlineError):
        raise signed_in
    return signed_in


async def _decide(
    act: Act, tx: Tx, body: SignIn, right: str | None, tried: list[Tried], origin: SignInOrigin, context: Context
) -> SignedIn | HotlineError:
    """Decide the outcome under a lock.

    `right` is the hash that the password matched, or None. The password may have been reset meanwhile. Errors are
    returned, not raised, so that the transaction keeps what they recorded.
    """
    staff = await queries.lock_staff_named(tx, body.username)
    if staff is None or staff.password_hash != right or not staff.active:
        await _note(act, tx, "sign_in.failed", staff, origin)
        return SignInFailed()
    if staff.password_until and staff.password_until <= act.now:
        await throttle.uncount_try(tx, tried)
        await _note(act, tx, "sign_in.failed", staff, origin, why="run_out")
        return PasswordRunOut()
    if staff.second_factor:
        if body.code is None:
            await throttle.uncount_try(tx, tried)
            return CodeNeeded()
        codes = throttle.of_person(staff.id, "code")
        try:
            await throttle.count_try(tx, codes, context.clock, act.now)
        except TooManyAttempts as error:
            return error
        if not _take_code(staff, body.code, context):
            await _note(act, tx, "sign_in.failed", staff, origin, why="code")
            return CodeWrong()
        tried = [*tried, *codes]
    await throttle.uncount_try(tx, tried)
    await _note(act, tx, "sign_in.succeeded", staff, origin)
    staff.last_signed_in_at = act.now
    token, device = secrets.token_urlsafe(32), origin.device or secrets.token_urlsafe(32)
    expires_at = act.now + timedelta(hours=context.settings.session_hours)
    tx.session.add(
        StaffSession(token_hash=token_hash(token), staff_id=staff.id, created_at=act.now, expires_at=expires_at)
    )
    await tx.flush()
    await throttle_queries.know_device(tx, token_hash(device), staff.id, act.now)
    due = due_of(staff.roles, staff.password_temporary, staff.second_factor, context.settings)
    session = SessionOut(token=token, expires_at=expires_at, staff=StaffOut.model_validate(staff), due=due)
    return SignedIn(session, device)


def _take_code(staff: Staff, code: str, context: Context) -> bool:
    key = context.settings.second_factor_key.get_secret_value()
    at = context.clock.world_now()
    return second_factor.take_code(staff, code.strip(), key, at) or second_factor.take_recovery_code(staff, code)


async def _note(act: Act, tx: Tx, action: str, staff: Staff | None, origin: SignInOrigin, **data: str) -> None:
    subject = f"user:{staff.username}" if staff else UNKNOWN
    own = act._replace(actor=Actor(ActorKind.STAFF, staff.id if staff else None))
    await queries.add_audit(own, tx, action, subject, address=origin.address, **data)


async def sign_in_provider(act: Act, context: Context, key: str, address: str) -> tuple[str, datetime]:
    """Open a session with a provider's key. Return its token and when it expires.

    Raises KeyRefused or TooManyAttempts.
    """
    tried = throttle.of_network("key", address)
    async with context.db.begin() as tx:
        await throttle.count_try(tx, tried, context.clock, act.now)
        found = await queries.find_live_key(tx, token_hash(key), act.now)
        own = act._replace(actor=Actor(ActorKind.PROVIDER, found.provider_id if found else None))
        if found is None:
            await queries.add_audit(own, tx, "sign_in.failed", "provider:?", address=address)
        else:
            await throttle.uncount_try(tx, tried)
            token, expires_at = (
                secrets.token_urlsafe(32),
                act.now + timedelta(days=context.settings.provider_session_days),
            )
            expires_at = min(expires_at, found.expires_at or expires_at)
            session = {"token_hash": token_hash(token), "key_hash": found.token_hash}
            tx.session.add(ProviderSession(**session, created_at=act.now, expires_at=expires_at))
            await queries.add_audit(
                own,
                tx,
                "sign_in.succeeded",
                f"provider:{found.provider_id}",
                label=found.label,
                address=address,
            )
    if found is None:
        raise KeyRefused
    return token, expires_at


async def sign_out(tx: Tx, token: str, now: datetime) -> None:
    """End the session; every process forgets the token. Raises NoSession for a provider's key."""
    if not await queries.end_session(tx, token_hash(token), now):
        raise NoSession
    await void_tokens(tx)


async def whoami(tx: Tx, principal: Principal, context: Context) -> Whoami:
    """Return who the caller is, and the centre's time."""
    staff = await queries.get_staff(tx, principal.id)
    return Whoami(
        kind=principal.kind,
        id=principal.id,
        name=staff.name if staff else None,
        roles=sorted(principal.roles),
        due=principal.due,
        second_factor=bool(staff and staff.second_factor),
        idle_minutes=context.settings.idle_minutes if staff else 0,
        clock=clock_out(context),
    )


def clock_out(context: Context) -> ClockOut:
    """Return the centre's time and how fast it runs."""
    clock = context.clock
    factor = 1 / clock.real_seconds(timedelta(seconds=1))
    return ClockOut(now=clock.now(), factor=factor, zone=context.settings.timezone)
