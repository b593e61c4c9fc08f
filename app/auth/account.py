"""One's own account: the password, and the second factor. A change asks for the password again: screens are left."""

from app.auth import queries, second_factor, throttle
from app.auth.errors import CodeNotRight, NoSecondFactor, PasswordSame, PasswordWrong, SecondFactorExists
from app.auth.models import Staff
from app.auth.passwords import HASHING, check_password, hash_of, is_right
from app.auth.schemas import PasswordChange, RecoveryCodes, SecondFactor
from app.auth.staff import audit_staff, get_staff
from app.auth.tokens import void_tokens
from app.events.act import Act
from app.kit.context import Context
from app.kit.db import Tx


async def confirm(act: Act, context: Context, password: str) -> Staff:
    """That it is really oneself; gives the account. Raises PasswordWrong, TooManyAttempts, SignInsCrowded."""
    tried = throttle.of_person(act.who, "password")
    with HASHING.place():
        async with context.db.begin() as tx:
            staff = await get_staff(tx, act.who)
            await throttle.count_try(tx, tried, context.clock, act.now)
        right = await is_right(staff.password_hash, password)
    if not right:
        raise PasswordWrong
    async with context.db.begin() as tx:
        await throttle.uncount_try(tx, tried)
    return staff


async def change_password(act: Act, context: Context, token_hash: bytes, body: PasswordChange) -> None:
    """Another password; the person stays signed in here and nowhere else.

    Raises as `confirm` does, and PasswordSame, PasswordWeak.
    """
    staff = await confirm(act, context, body.password)
    if body.new_password == body.password:
        raise PasswordSame
    await check_password(body.new_password, staff.username, staff.name)
    hashed = await hash_of(body.new_password)
    former = staff.password_hash
    async with context.db.begin() as tx:
        staff = await get_staff(tx, act.who)
        if staff.password_hash != former:  # reset meanwhile, and whoever asked was signed out
            raise PasswordWrong
        staff.password_hash, staff.password_temporary, staff.password_until = hashed, False, None
        ended = await queries.end_sessions_of(tx, act.who, act.now, but=token_hash)
        await audit_staff(act, tx, staff, "staff.password_changed", sessions_ended=ended)
        await void_tokens(tx)


async def begin_second_factor(act: Act, tx: Tx) -> SecondFactor:
    """A new secret for the app on the phone; it counts once its first code is given. Raises SecondFactorExists."""
    staff = await get_staff(tx, act.who)
    if staff.second_factor:
        raise SecondFactorExists
    staff.totp_seed, staff.totp_step = second_factor.new_seed(), None
    await audit_staff(act, tx, staff, "staff.second_factor_begun")
    return second_factor.show_secret(staff, act.settings.second_factor_key.get_secret_value())


async def finish_second_factor(act: Act, tx: Tx, code: str, context: Context) -> RecoveryCodes:
    """The app's first code: from now on it is asked for at each sign-in.

    Raises NoSecondFactor, SecondFactorExists, CodeNotRight.
    """
    staff = await get_staff(tx, act.who)
    if staff.second_factor:
        raise SecondFactorExists
    if staff.totp_seed is None:
        raise NoSecondFactor
    key = act.settings.second_factor_key.get_secret_value()
    if not second_factor.take_code(staff, code.strip(), key, context.clock.world_now()):
        raise CodeNotRight
    staff.totp_since = act.now
    codes = second_factor.new_recovery_codes(staff)
    await audit_staff(act, tx, staff, "staff.second_factor_set")
    await void_tokens(tx)
    return RecoveryCodes(recovery_codes=codes)


async def renew_recovery_codes(act: Act, tx: Tx) -> RecoveryCodes:
    """Ten new codes in place of the former. Raises NoSecondFactor."""
    staff = await get_staff(tx, act.who)
    if not staff.second_factor:
        raise NoSecondFactor
    codes = second_factor.new_recovery_codes(staff)
    await audit_staff(act, tx, staff, "staff.recovery_codes_renewed")
    return RecoveryCodes(recovery_codes=codes)


async def remove_second_factor(act: Act, tx: Tx) -> None:
    """No code is asked for any more; whose role needs one sets up another at once. Done before, nothing happens."""
    staff = await get_staff(tx, act.who)
    if staff.totp_seed:
        staff.forget_second_factor()
        await audit_staff(act, tx, staff, "staff.second_factor_removed")
        await void_tokens(tx)
