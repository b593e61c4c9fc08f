"""One's own account: the password, and the second factor. A change asks for the password again: screens are left."""

from datetime import datetime
from uuid import UUID

from app.auth import queries, second_factor, throttle
from app.auth.access import void_tokens
from app.auth.errors import CodeNotRight, NoSecondFactor, PasswordSame, PasswordWrong, SecondFactorExists
from app.auth.models import Staff
from app.auth.passwords import HASHING, check_password, hash_of, is_right
from app.auth.schemas import PasswordChange, RecoveryCodes, SecondFactor
from app.auth.staff import By, get_staff
from app.kit.context import Context
from app.kit.db import Tx


async def confirm(context: Context, staff_id: UUID, password: str, now: datetime) -> Staff:
    """That it is really oneself; gives the account. Raises PasswordWrong, TooManyAttempts, SignInsCrowded."""
    tried = throttle.of_person(staff_id, "password")
    with HASHING.place():
        async with context.db.begin() as tx:
            staff = await get_staff(tx, staff_id)
            await throttle.count_try(tx, tried, context.clock, now)
        right = await is_right(staff.password_hash, password)
    if not right:
        raise PasswordWrong
    async with context.db.begin() as tx:
        await throttle.take_back(tx, tried)
    return staff


async def change_password(context: Context, token_hash: bytes, staff_id: UUID, body: PasswordChange, by: By) -> None:
    """Another password; the person stays signed in here and nowhere else.

    Raises as `confirm` does, and PasswordSame, PasswordWeak.
    """
    staff = await confirm(context, staff_id, body.password, by.now)
    if body.new_password == body.password:
        raise PasswordSame
    await check_password(body.new_password, staff.username, staff.name)
    hashed = await hash_of(body.new_password)
    former = staff.password_hash
    async with context.db.begin() as tx:
        staff = await get_staff(tx, staff_id)
        if staff.password_hash != former:  # reset meanwhile, and whoever asked was signed out
            raise PasswordWrong
        staff.password_hash, staff.password_temporary, staff.password_until = hashed, False, None
        ended = await queries.end_sessions_of(tx, staff_id, by.now, but=token_hash)
        await by.audit(tx, staff, "staff.password_changed", sessions_ended=ended)
        await void_tokens(tx)


async def begin_second_factor(tx: Tx, staff_id: UUID, key: str, by: By) -> SecondFactor:
    """A new secret for the app on the phone; it counts once its first code is given. Raises SecondFactorExists."""
    staff = await get_staff(tx, staff_id)
    if staff.second_factor:
        raise SecondFactorExists
    staff.totp_seed, staff.totp_step = second_factor.new_seed(), None
    await by.audit(tx, staff, "staff.second_factor_begun")
    return second_factor.show_secret(staff, key)


async def finish_second_factor(tx: Tx, staff_id: UUID, code: str, context: Context, by: By) -> RecoveryCodes:
    """The app's first code: from now on it is asked for at each sign-in.

    Raises NoSecondFactor, SecondFactorExists, CodeNotRight.
    """
    staff = await get_staff(tx, staff_id)
    if staff.second_factor:
        raise SecondFactorExists
    if staff.totp_seed is None:
        raise NoSecondFactor
    key = context.settings.second_factor_key.get_secret_value()
    if not second_factor.take_code(staff, code.strip(), key, context.clock.world_now()):
        raise CodeNotRight
    staff.totp_since = by.now
    codes = second_factor.new_recovery_codes(staff)
    await by.audit(tx, staff, "staff.second_factor_set")
    await void_tokens(tx)
    return RecoveryCodes(recovery_codes=codes)


async def renew_recovery_codes(tx: Tx, staff_id: UUID, by: By) -> RecoveryCodes:
    """Ten new codes in place of the former. Raises NoSecondFactor."""
    staff = await get_staff(tx, staff_id)
    if not staff.second_factor:
        raise NoSecondFactor
    codes = second_factor.new_recovery_codes(staff)
    await by.audit(tx, staff, "staff.recovery_codes_renewed")
    return RecoveryCodes(recovery_codes=codes)


async def remove_second_factor(tx: Tx, staff_id: UUID, by: By) -> None:
    """No code is asked for any more; whose role needs one sets up another at once. Done before, nothing happens."""
    staff = await get_staff(tx, staff_id)
    if staff.totp_seed:
        staff.forget_second_factor()
        await by.audit(tx, staff, "staff.second_factor_removed")
        await void_tokens(tx)
