"""Staff accounts, managed by an admin or from the command line. Every change is in the audit log.

A change that takes access away takes effect at once, even on open streams: every process looks the person up again.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.auth import queries, throttle_queries
from app.auth.errors import LastAdmin, NoStaffRole, UsernameTaken
from app.auth.models import STAFF_ROLES, Role, Staff
from app.auth.passwords import check_password, hash_of
from app.auth.schemas import StaffAdded, StaffIn, StaffOut, TemporaryPassword
from app.auth.tokens import void_tokens
from app.events.act import Act
from app.kit.codes import new_code
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once
from app.kit.ids import new_id

TEMPORARY_LIVES = timedelta(days=7)
"""How long a temporary password is valid."""


async def add_staff(act: Act, tx: Tx, body: StaffIn, first: Once | None) -> StaffAdded:
    """Open an account with a temporary password. A retry with the same key returns the account without the password.

    Raises UsernameTaken, PasswordWeak or SignInsCrowded; NoStaffRole for a role that only providers have.
    """
    if first and (made := await first.replay(tx, act.now)):
        return StaffAdded(**show(await get_staff(tx, UUID(made.decode()))).model_dump(), temporary_password=None)
    _check_roles(body.roles)
    if body.password:
        await check_password(body.password, body.username, body.name)
    if await queries.find_staff(tx, body.username):
        raise UsernameTaken(username=body.username)
    password = body.password or _new_password()
    staff = Staff(
        id=new_id(act.now),
        username=body.username,
        name=body.name,
        password_hash=await hash_of(password),
        password_temporary=True,
        password_until=act.now + TEMPORARY_LIVES,
        roles=sorted(set(body.roles)),
        active=True,
        created_at=act.now,
        recovery_hashes=[],
    )
    tx.session.add(staff)
    try:
        await tx.flush()
    except IntegrityError as error:  # somebody else took the name while the password was hashed
        raise UsernameTaken(username=body.username) from error
    await audit_staff(act, tx, staff, "staff.added", roles=staff.roles)
    if first:
        await first.keep(tx, str(staff.id).encode())
    return StaffAdded(**show(staff).model_dump(), temporary_password=None if body.password else password)


def _new_password() -> str:
    return f"{new_code()}-{secrets.randbelow(10_000):04}"


def _check_roles(roles: list[Role]) -> None:
    if not set(roles) <= set(STAFF_ROLES):
        raise NoStaffRole(roles=list(STAFF_ROLES))


def show(staff: Staff, delayed: dict[UUID, datetime] | None = None) -> StaffOut:
    """Return the account as admins see it. `delayed` says until when each person's sign-ins are refused."""
    return StaffOut.model_validate(staff).model_copy(update={"delayed_until": (delayed or {}).get(staff.id)})


async def list_staff(tx: Tx, now: datetime) -> list[StaffOut]:
    """Return all accounts, sorted by user name."""
    delayed = await throttle_queries.list_delayed(tx, now)
    return [show(staff, delayed) for staff in await queries.list_staff(tx)]


async def get_staff(tx: Tx, staff_id: UUID) -> Staff:
    """Return the account, locked until the transaction ends. Raises NotFound."""
    staff = await queries.lock_staff(tx, staff_id)
    if staff is None:
        raise NotFound(what="member of staff", key=str(staff_id))
    return staff


async def set_roles(act: Act, tx: Tx, staff_id: UUID, roles: list[Role]) -> StaffOut:
    """Replace the roles from the next call on. Raises NotFound, LastAdmin or NoStaffRole."""
    _check_roles(roles)
    staff = await _get_sparing_an_admin(tx, staff_id, remains=Role.ADMIN in roles)
    wanted = sorted(set(roles))
    if staff.roles != wanted:
        await audit_staff(act, tx, staff, "staff.roles_changed", former=staff.roles, roles=wanted)
        staff.roles = [str(role) for role in wanted]
        await void_tokens(tx)
    return show(staff)


async def deactivate(act: Act, tx: Tx, staff_id: UUID) -> StaffOut:
    """Deactivate the account and sign the person out everywhere. Their past work stays under their name.

    Raises NotFound or LastAdmin.
    """
    staff = await _get_sparing_an_admin(tx, staff_id, remains=False)
    if staff.active:
        staff.active = False
        await audit_staff(act, tx, staff, "staff.deactivated")
        await _sign_out_everywhere(act, tx, staff)
    return show(staff)


async def _get_sparing_an_admin(tx: Tx, staff_id: UUID, *, remains: bool) -> Staff:
    """Return the account, locked. Raises NotFound, or LastAdmin when no admin would remain.

    All admins are locked first, in one order, so that two admins who remove each other wait for each other.
    """
    admins = await queries.lock_admins(tx)
    staff = await get_staff(tx, staff_id)
    if not remains and [admin.id for admin in admins] == [staff_id]:
        raise LastAdmin(username=staff.username)
    return staff


async def reactivate(act: Act, tx: Tx, staff_id: UUID) -> StaffOut:
    """Let the person sign in again, with the former password. Raises NotFound."""
    staff = await get_staff(tx, staff_id)
    if not staff.active:
        staff.active = True
        await audit_staff(act, tx, staff, "staff.reactivated")
    return show(staff)


async def reset_password(act: Act, tx: Tx, staff_id: UUID, password: str | None) -> TemporaryPassword:
    """Set a temporary password, given or generated, and sign the person out everywhere.

    It is valid for a week and has to be changed at the next sign-in. Raises NotFound, PasswordWeak or SignInsCrowded.
    """
    staff = await get_staff(tx, staff_id)
    if password:
        await check_password(password, staff.username, staff.name)
    temporary = password or _new_password()
    staff.password_hash, staff.password_temporary = await hash_of(temporary), True
    staff.password_until = act.now + TEMPORARY_LIVES
    await throttle_queries.unlock(tx, staff_id)
    await audit_staff(act, tx, staff, "staff.password_reset")
    await _sign_out_everywhere(act, tx, staff)
    return TemporaryPassword(temporary_password=temporary)


async def end_sessions(act: Act, tx: Tx, staff_id: UUID) -> StaffOut:
    """Sign the person out everywhere and forget their known browsers. Raises NotFound."""
    staff = await get_staff(tx, staff_id)
    await _sign_out_everywhere(act, tx, staff)
    return show(staff)


async def _sign_out_everywhere(act: Act, tx: Tx, staff: Staff) -> None:
    ended = await queries.end_sessions_of(tx, staff.id, act.now)
    await throttle_queries.forget_devices(tx, staff.id)
    await audit_staff(act, tx, staff, "staff.sessions_ended", sessions=ended)
    await void_tokens(tx)


async def unlock(act: Act, tx: Tx, staff_id: UUID) -> StaffOut:
    """Clear the failed sign-ins, so that the next attempt is allowed at once. Raises NotFound."""
    staff = await get_staff(tx, staff_id)
    await throttle_queries.unlock(tx, staff_id)
    await audit_staff(act, tx, staff, "staff.unlocked")
    return show(staff)


async def remove_second_factor(act: Act, tx: Tx, staff_id: UUID) -> StaffOut:
    """Remove the second factor of a person who lost both phone and recovery codes, and sign them out everywhere.

    The password alone signs them in until they set up another. Raises NotFound.
    """
    staff = await get_staff(tx, staff_id)
    if staff.totp_seed:
        staff.forget_second_factor()
        await audit_staff(act, tx, staff, "staff.second_factor_removed")
        await _sign_out_everywhere(act, tx, staff)
    return show(staff)


async def audit_staff(act: Act, tx: Tx, staff: Staff, action: str, **data: Any) -> None:
    """Write to the audit log what was done to the account."""
    await queries.add_audit(act, tx, action, f"user:{staff.username}", **data)
