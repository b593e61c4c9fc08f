"""Staff accounts for admins, and one's own account."""

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
    """All staff accounts, also of those who have left, with when they signed in last."""
    return await staff.list_staff(tx, act.now)


@router.post("/staff", status_code=201)
async def add_staff(body: StaffIn, act: ByAdmin, tx: Transaction, idempotency_key: SentKey = None) -> StaffAdded:
    """Open a staff account, with a temporary password that its owner changes at the first sign-in. Repeated with its
    key, the answer is without the password."""
    first = once(act.who, idempotency_key, "POST /staff", body.model_copy(update={"password": None}))
    return await staff.add_staff(act, tx, body, first)


@router.put("/staff/{staff_id}/roles")
async def set_roles_of_staff(staff_id: UUID, body: RolesIn, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Other roles in place of the present; they hold from the next call on."""
    return await staff.set_roles(act, tx, staff_id, body.roles)


@router.put("/staff/{staff_id}/deactivation")
async def deactivate_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """End the account: signed out everywhere at once, and in no more. What the person did stays under their name."""
    return await staff.deactivate(act, tx, staff_id)


@router.put("/staff/{staff_id}/reactivation")
async def reactivate_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Let the person sign in again."""
    return await staff.reactivate(act, tx, staff_id)


@router.put("/staff/{staff_id}/temporary-password")
async def reset_password_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> TemporaryPassword:
    """A temporary password in place of the present one, shown this once; the person is signed out everywhere."""
    return await staff.reset_password(act, tx, staff_id, None)


@router.delete("/staff/{staff_id}/sessions")
async def end_sessions_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Sign the person out everywhere at once, live streams as well."""
    return await staff.end_sessions(act, tx, staff_id)


@router.delete("/staff/{staff_id}/delay")
async def unlock_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """Forget the failed sign-ins: the person need not wait."""
    return await staff.unlock(act, tx, staff_id)


@router.delete("/staff/{staff_id}/second-factor")
async def remove_second_factor_of_staff(staff_id: UUID, act: ByAdmin, tx: Transaction) -> StaffOut:
    """The phone is lost: the password alone opens the door, until another second factor is set up."""
    return await staff.remove_second_factor(act, tx, staff_id)


@router.put("/account/password", status_code=204)
async def change_password(body: PasswordChange, request: Request, act: Oneself) -> None:
    """Another password of one's own; signed in here and nowhere else from then on."""
    here = token_hash(token_of(request))
    await account.change_password(act, context_of(request), here, body)


@router.put("/account/second-factor")
async def begin_second_factor(body: Confirmation, request: Request, act: Oneself) -> SecondFactor:
    """Begin to set up a second factor: what goes into the app on the phone. It counts once its first code is given."""
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        return await account.begin_second_factor(act, tx)


@router.put("/account/second-factor/confirmation")
async def finish_second_factor(body: FirstCode, request: Request, act: Oneself, tx: Transaction) -> RecoveryCodes:
    """The app's first code; gives the recovery codes, this once."""
    return await account.finish_second_factor(act, tx, body.code, context_of(request))


@router.put("/account/recovery-codes")
async def renew_recovery_codes(body: Confirmation, request: Request, act: Oneself) -> RecoveryCodes:
    """New recovery codes in place of the former, shown this once."""
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        return await account.renew_recovery_codes(act, tx)


@router.put("/account/second-factor/removal", status_code=204)
async def remove_second_factor(body: Confirmation, request: Request, act: Oneself) -> None:
    """No code is asked for any more. Whose role needs a second factor sets up another at once."""
    context = context_of(request)
    await account.confirm(act, context, body.password)
    async with context.db.begin() as tx:
        await account.remove_second_factor(act, tx)
