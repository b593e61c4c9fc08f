"""Routes for admins to manage staff accounts, and for staff to manage their own."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.auth import account, staff
from app.auth.access import Router, Transaction, acting, token_of
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
from app.auth.tokens import token_hash
from app.events.act import Act
from app.kit.idempotency import SentKey, once
from app.kit.web import context_of

router = Router(tags=["staff"])
Oneself = Annotated[Act, Depends(acting(*STAFF_ROLES, even_if_due=True))]


ByAdmin = Annotated[Act, Depends(acting(Role.ADMIN))]


@router.get("/staff")
async def list_staff(act: ByAdmin, tx: Transaction) -> list[StaffOut]:
    """List all staff accounts, including deactivated ones, with their last sign-in."""
    return await staff.list_staff(tx, act.now)


@router.post("/staff", status_code=201)
async def add_staff(body: StaffIn, act: ByAdmin, tx: Transaction, idempotency_key: SentKey = None) -> StaffAdded:
    """Open a staff account with a temporary password, which its owner changes at the first sign-in.

    A retry with the same Idempotency-Key gets the answer without the password.
    """
    first = once(act.who, idempotency_key, "POST /staff", body.model_copy(update={"password": None}))
    return await staff.add_staff(act, tx, body, first)


@router.put("/staff/{staff_id}/roles")
async def set_roles_of_staff(staff_id: UUID, body: RolesIn, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Replace the person's roles. The new ones apply from the next call on."""
    return await staff.set_roles(act, tx, staff_id, body.roles)


@router.put("/staff/{staff_id}/deactivation")
async def deactivate_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Deactivate the account: sign the person out everywhere at once and refuse further sign-ins.

    Their past work stays under their name.
    """
    return await staff.deactivate(act, tx, staff_id)


@router.put("/staff/{staff_id}/reactivation")
async def reactivate_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Let the person sign in again."""
    return await staff.reactivate(act, tx, staff_id)


@router.put("/staff/{staff_id}/temporary-password")
async def reset_password_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> TemporaryPassword:
    """Set a temporary password, shown only this once, and sign the person out everywhere."""
    return await staff.reset_password(act, tx, staff_id, None)


@router.delete("/staff/{staff_id}/sessions")
async def end_sessions_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Sign the person out everywhere at once, live streams included."""
    return await staff.end_sessions(act, tx, staff_id)


@router.delete("/staff/{staff_id}/delay")
async def unlock_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Clear the failed sign-ins so that the person need not wait."""
    return await staff.unlock(act, tx, staff_id)


@router.delete("/staff/{staff_id}/second-factor")
async def remove_second_factor_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Remove the second factor of a person who lost the phone.

    The password alone signs them in until they set up another.
    """
    return await staff.remove_second_factor(act, tx, staff_id)


@router.put("/account/password", status_code=204)
async def change_password(body: PasswordChange, request: Request, act: Oneself) -> None:
    """Change your own password. All your other sessions end."""
    here = token_hash(token_of(request))
    await account.change_password(act, context_of(request), here, body)


@router.put("/account/second-factor")
async def begin_second_factor(body: Confirmation, request: Request, act: Oneself) -> SecondFactor:
    """Begin to set up a second factor: get the secret for your authenticator app.

    It takes effect once you confirm its first code.
    """
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        return await account.begin_second_factor(act, tx)


@router.put("/account/second-factor/confirmation")
async def finish_second_factor(body: FirstCode, request: Request, act: Oneself, tx: Transaction) -> RecoveryCodes:
    """Confirm the app's first code. The response has the recovery codes, shown only this once."""
    return await account.finish_second_factor(act, tx, body.code, context_of(request))


@router.put("/account/recovery-codes")
async def renew_recovery_codes(body: Confirmation, request: Request, act: Oneself) -> RecoveryCodes:
    """Replace your recovery codes. The new ones are shown only this once."""
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        return await account.renew_recovery_codes(act, tx)


@router.put("/account/second-factor/removal", status_code=204)
async def remove_second_factor(body: Confirmation, request: Request, act: Oneself) -> None:
    """Remove your own second factor. If your role requires one, you have to set up another at once."""
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        await account.remove_second_factor(act, tx)
