"""Signing in and out, and staff accounts."""

import asyncio
import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.auth import queries
from app.auth.access import AUTH_TOPIC, Principal, token_hash
from app.auth.errors import KeyRefused, NoSession, SignInFailed, TooManyAttempts, UsernameTaken
from app.auth.models import STAFF_ROLES, ProviderSession, Role, Staff, StaffSession
from app.auth.schemas import ClockOut, SessionOut, SignIn, StaffIn, StaffOut, Whoami
from app.kit.db import Tx
from app.kit.errors import Invalid
from app.kit.ids import new_id
from app.kit.web import Context

FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)

_hasher = PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Checked where there is no such user, so that the time taken does not tell."""
    return _hasher.hash("nobody has this password")


async def sign_in(context: Context, body: SignIn, now: datetime) -> SessionOut:
    """Check the password and open a session.

    Raises SignInFailed (kept in the audit log), TooManyAttempts after ten failures in 15 minutes.
    """
    async with context.db.begin() as tx:
        failures = await queries.count_failed_sign_ins(tx, body.username, now - FAILURE_WINDOW)
        if failures >= FAILURES_ALLOWED:
            raise TooManyAttempts(minutes=FAILURE_WINDOW.seconds // 60)
        staff = await queries.find_staff(tx, body.username)
    right = await asyncio.to_thread(_verify, staff.password_hash if staff else _nobodys_hash(), body.password)
    async with context.db.begin() as tx:
        result = "sign_in.succeeded" if right and staff else "sign_in.failed"
        await queries.add_audit(
            tx,
            result,
            f"user:{body.username}",
            at=now,
            actor_kind="staff",
            actor_id=staff.id if staff else None,
        )
        session = await _open_session(tx, staff, now, context) if right and staff else None
    if session is None:
        raise SignInFailed
    return session


async def _open_session(tx: Tx, staff: Staff, now: datetime, context: Context) -> SessionOut:
    token = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=context.settings.session_hours)
    tx.session.add(StaffSession(token_hash=token_hash(token), staff_id=staff.id, created_at=now, expires_at=expires_at))
    return SessionOut(token=token, expires_at=expires_at, staff=StaffOut.model_validate(staff))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (InvalidHashError, VerificationError):  # a hash that is none locks the account
        return False


async def sign_in_provider(tx: Tx, key: str, now: datetime, lasts: timedelta) -> tuple[str, datetime]:
    """Open a session with a provider's key; gives its token and when it expires. Raises KeyRefused."""
    found = await queries.find_live_key(tx, token_hash(key))
    if found is None:
        raise KeyRefused
    token, expires_at = secrets.token_urlsafe(32), now + lasts
    tx.session.add(
        ProviderSession(token_hash=token_hash(token), key_hash=found.token_hash, created_at=now, expires_at=expires_at)
    )
    subject = f"provider:{found.provider_id}"
    await queries.add_audit(
        tx, "sign_in.succeeded", subject, at=now, actor_kind="provider", actor_id=found.provider_id, label=found.label
    )
    return token, expires_at


async def sign_out(tx: Tx, token: str, now: datetime) -> None:
    """End the session; every process forgets the token. Raises NoSession for a provider's key."""
    if not await queries.end_session(tx, token_hash(token), now):
        raise NoSession
    tx.wake(AUTH_TOPIC)


async def whoami(tx: Tx, principal: Principal, context: Context) -> Whoami:
    """Who the caller is, and the centre's time."""
    return Whoami(
        kind=principal.kind,
        id=principal.id,
        name=await queries.find_staff_name(tx, principal.id),
        roles=sorted(principal.roles),
        clock=clock_out(context),
    )


def clock_out(context: Context) -> ClockOut:
    """The centre's time, and how fast it goes."""
    clock = context.clock
    factor = 1 / clock.real_seconds(timedelta(seconds=1))
    return ClockOut(now=clock.now(), factor=factor, zone=context.settings.timezone)


async def add_staff(tx: Tx, body: StaffIn, principal: Principal | None, now: datetime) -> Staff:
    """Open an account. Raises UsernameTaken; Invalid for the role that only providers have."""
    if Role.PROVIDER in body.roles:
        raise Invalid(detail=f"roles of staff are {', '.join(STAFF_ROLES)}")
    if await queries.find_staff(tx, body.username):
        raise UsernameTaken(username=body.username)
    staff = Staff(
        id=new_id(now),
        username=body.username,
        name=body.name,
        password_hash=await asyncio.to_thread(_hasher.hash, body.password),
        roles=sorted(set(body.roles)),
        active=True,
        created_at=now,
    )
    tx.session.add(staff)
    await queries.add_audit(
        tx,
        "staff.added",
        f"user:{body.username}",
        at=now,
        actor_kind="staff" if principal else "system",
        actor_id=principal.id if principal else None,
        roles=staff.roles,
    )
    return staff
