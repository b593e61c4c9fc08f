"""Staff accounts for admins, and one's own account."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app.auth import account, staff
from app.auth.access import Principal, Transaction, allow, token_hash, token_of
from app.auth.models import STAFF_ROLES, Role
from app.auth.schemas import (
    Confirmation,
    FirstCode,
    PasswordChange,
    RecoveryCodes,
    RolesIn,
    SecondFactor,
    StaffAdded,
    StaffIn,
    StaffOut,
    TemporaryPassword,
)
from app.auth.staff import By
from app.kit.idempotency import SentKey, once
from app.kit.web import Now, context_of

router = APIRouter(tags=["staff"])
Oneself = Annotated[Principal, Depends(allow(*STAFF_ROLES, even_if_due=True))]


async def _by_admin(principal: Annotated[Principal, Depends(allow(Role.ADMIN))], now: Now) -> By:
    return By(principal, now)


ByAdmin = Annotated[By, Depends(_by_admin)]


@router.get("/staff")
async def list_staff(tx: Transaction, by: ByAdmin) -> list[StaffOut]:
    """All staff accounts, also of those who have left, with when they signed in last."""
    return await staff.list_staff(tx, by.now)


@router.post("/staff", status_code=201)
async def add_staff(
    body: StaffIn,
    tx: Transaction,
    by: ByAdmin,
    idempotency_key: SentKey = None,
) -> StaffAdded:
    """Open a staff account, with a temporary password that its owner changes at the first sign-in. Repeated with its
    key, the answer is without the password."""
    assert by.principal
    first = once(by.principal.id, idempotency_key, "POST /staff", body.model_copy(update={"password": None}))
    return await staff.add_staff(tx, body, first, by)


@router.put("/staff/{staff_id}/roles")
async def set_roles(staff_id: UUID, body: RolesIn, tx: Transaction, by: ByAdmin) -> StaffOut:
    """Other roles in place of the present; they hold from the next call on."""
    return await staff.set_roles(tx, staff_id, body.roles, by)


@router.put("/staff/{staff_id}/deactivation")
async def deactivate(staff_id: UUID, tx: Transaction, by: ByAdmin) -> StaffOut:
    """End the account: signed out everywhere at once, and in no more. What the person did stays under their name."""
    return await staff.deactivate(tx, staff_id, by)


@router.put("/staff/{staff_id}/reactivation")
async def reactivate(staff_id: UUID, tx: Transaction, by: ByAdmin) -> StaffOut:
    """Let the person sign in again."""
    return await staff.reactivate(tx, staff_id, by)


@router.put("/staff/{staff_id}/temporary-password")
async def reset_password(staff_id: UUID, tx: Transaction, by: ByAdmin) -> TemporaryPassword:
    """A temporary password in place of the present one, shown this once; the person is signed out everywhere."""
    return await staff.reset_password(tx, staff_id, None, by)


@router.delete("/staff/{staff_id}/sessions")
async def end_sessions(staff_id: UUID, tx: Transaction, by: ByAdmin) -> StaffOut:
    """Sign the person out everywhere at once, live streams as well."""
    return await staff.end_sessions(tx, staff_id, by)


@router.delete("/staff/{staff_id}/delay")
async def unlock(staff_id: UUID, tx: Transaction, by: ByAdmin) -> StaffOut:
    """Forget the failed sign-ins: the person need not wait."""
    return await staff.unlock(tx, staff_id, by)


@router.delete("/staff/{staff_id}/second-factor")
async def remove_second_factor_of(staff_id: UUID, tx: Transaction, by: ByAdmin) -> StaffOut:
    """The phone is lost: the password alone opens the door, until another second factor is set up."""
    return await staff.remove_second_factor(tx, staff_id, by)


@router.put("/account/password", status_code=204)
async def change_password(body: PasswordChange, request: Request, now: Now, principal: Oneself) -> None:
    """Another password of one's own; signed in here and nowhere else from then on."""
    here = token_hash(token_of(request))
    await account.change_password(context_of(request), here, principal.id, body, By(principal, now))


@router.put("/account/second-factor")
async def begin_second_factor(body: Confirmation, request: Request, now: Now, principal: Oneself) -> SecondFactor:
    """Begin to set up a second factor: what goes into the app on the phone. It counts once its first code is given."""
    context = context_of(request)
    await account.confirm(context, principal.id, body.password, now)
    key = context.settings.second_factor_key.get_secret_value()
    async with context.db.begin() as tx:
        return await account.begin_second_factor(tx, principal.id, key, By(principal, now))


@router.put("/account/second-factor/confirmation")
async def finish_second_factor(
    body: FirstCode, request: Request, tx: Transaction, now: Now, principal: Oneself
) -> RecoveryCodes:
    """The app's first code; gives the recovery codes, this once."""
    return await account.finish_second_factor(tx, principal.id, body.code, context_of(request), By(principal, now))


@router.put("/account/recovery-codes")
async def renew_recovery_codes(body: Confirmation, request: Request, now: Now, principal: Oneself) -> RecoveryCodes:
    """New recovery codes in place of the former, shown this once."""
    context = context_of(request)
    await account.confirm(context, principal.id, body.password, now)
    async with context.db.begin() as tx:
        return await account.renew_recovery_codes(tx, principal.id, By(principal, now))


@router.put("/account/second-factor/removal", status_code=204)
async def remove_second_factor(body: Confirmation, request: Request, now: Now, principal: Oneself) -> None:
    """No code is asked for any more. Whose role needs a second factor sets up another at once."""
    context = context_of(request)
    await account.confirm(context, principal.id, body.password, now)
    async with context.db.begin() as tx:
        await account.remove_second_factor(tx, principal.id, By(principal, now))
