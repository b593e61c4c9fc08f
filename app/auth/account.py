"""Staff members' own accounts: password and second factor.

Most changes ask for the password again, because people leave screens unattended.
"""

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
    """Check the caller's own password again and return the account.

    Raises PasswordWrong, TooManyAttempts or SignInsCrowded.
    """
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
    """Change the caller's own password and end all their other sessions; the session of `token_hash` stays.

    Raises PasswordSame, PasswordWeak, and what `confirm` raises.
    """
    staff = await confirm(act, context, body.password)
    if body.new_password == body.password:
        raise PasswordSame
    await check_password(body.new_password, staff.username, staff.name)
    hashed = await hash_of(body.new_password)
    former = staff.password_hash
    async with context.db.begin() as tx:
        staff = await get_staff(tx, act.who)
        if staff.password_hash != former:  # an admin reset it meanwhile and signed the person out
            raise PasswordWrong
        staff.password_hash, staff.password_temporary, staff.password_until = hashed, False, None
        ended = await queries.end_sessions_of(tx, act.who, act.now, but=token_hash)
        await audit_staff(act, tx, staff, "staff.password_changed", sessions_ended=ended)
        await void_tokens(tx)


async def begin_second_factor(act: Act, tx: Tx) -> SecondFactor:
    """Make a new secret for the caller's authenticator app. It takes effect with `finish_second_factor`.

    Raises SecondFactorExists.
    """
    staff = await get_staff(tx, act.who)
    if staff.second_factor:
        raise SecondFactorExists
    staff.totp_seed, staff.totp_step = second_factor.new_seed(), None
    await audit_staff(act, tx, staff, "staff.second_factor_begun")
    return second_factor.show_secret(staff, act.settings.second_factor_key.get_secret_value())


async def finish_second_factor(act: Act, tx: Tx, code: str, context: Context) -> RecoveryCodes:
    """Check the app's first code and switch the second factor on: every later sign-in asks for a code.

    Return the recovery codes. Raises NoSecondFactor, SecondFactorExists or CodeNotRight.
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
    """Replace the recovery codes with ten new ones and return them. Raises NoSecondFactor."""
    staff = await get_staff(tx, act.who)
    if not staff.second_factor:
        raise NoSecondFactor
    codes = second_factor.new_recovery_codes(staff)
    await audit_staff(act, tx, staff, "staff.recovery_codes_renewed")
    return RecoveryCodes(recovery_codes=codes)


async def remove_second_factor(act: Act, tx: Tx) -> None:
    """Switch the second factor off; do nothing if there is none.

    A person whose role requires one has to set up another before doing anything else.
    """
    staff = await get_staff(tx, act.who)
    if staff.totp_seed:
        staff.forget_second_factor()
        await audit_staff(act, tx, staff, "staff.second_factor_removed")
        await void_tokens(tx)
