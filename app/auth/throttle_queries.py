"""SQL for sign-in attempts and known browsers."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.auth.models import SignInTries, StaffDevice
from app.kit.db import Prepared, Tx

DEVICE_LIVES = timedelta(days=400)
"""How long a browser is known after its last sign-in: as long as browsers keep a cookie."""

_AT = bindparam("at", type_=DateTime(timezone=True))
_SECOND = literal(timedelta(seconds=1), Interval)


def _count() -> Prepared:
    """Count one more attempt if it is allowed now.

    Once the free ones are used up, the next is allowed after 1, 2, 4, … seconds. Simultaneous attempts may overtake one
    another: a free one is allowed even if another has already moved `free_at` on.
    """
    quiet = SignInTries.last_at < _AT - bindparam("quiet", type_=Interval)
    tries = case((quiet, 1), else_=SignInTries.tries + 1)
    free = bindparam("free", type_=Integer)
    beyond = tries - free
    wait = func.least(func.power(2, func.least(beyond, 20)) * _SECOND, bindparam("longest", type_=Interval))
    statement = insert(SignInTries).values(
        key=bindparam("key", type_=LargeBinary),
        staff_id=bindparam("staff_id", type_=Uuid),
        tries=1,
        last_at=_AT,
        free_at=_AT,
    )
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "tries": tries,
                "last_at": func.greatest(SignInTries.last_at, _AT),
                "free_at": case((beyond < 0, _AT), else_=_AT + wait),
            },
            where=or_(SignInTries.tries < free, SignInTries.free_at <= _AT),
        ).returning(SignInTries.tries)
    )


_COUNT = _count()
_KEY_IS = SignInTries.key == bindparam("tried_key", type_=LargeBinary)
_FREE_AT = Prepared(select(SignInTries.free_at).where(_KEY_IS))


async def count_try(
    tx: Tx, *, key: bytes, free: int, staff_id: UUID | None, at: datetime, quiet: timedelta, longest: timedelta
) -> datetime | None:
    """Count an attempt and return None. If none is allowed now, return when the next one will be."""
    counted = await tx.row(_COUNT, key=key, free=free, staff_id=staff_id, at=at, quiet=quiet, longest=longest)
    if counted:
        return None
    row = await tx.row(_FREE_AT, tried_key=key)
    assert row is not None, "its row stood in the way, and is locked"
    free_at: datetime = row["free_at"]
    return free_at


_FORGET = Prepared(delete(SignInTries).where(_KEY_IS))
_ONE_LESS = Prepared(update(SignInTries).where(_KEY_IS, SignInTries.tries > 0).values(tries=SignInTries.tries - 1))


async def uncount_try(tx: Tx, key: bytes, *, all_of_them: bool) -> None:
    """Take back the latest attempt, or all of them."""
    await tx.rows(_FORGET if all_of_them else _ONE_LESS, tried_key=key)


async def unlock(tx: Tx, staff_id: UUID) -> None:
    """Clear all failed attempts of this person, from anywhere."""
    await tx.session.execute(delete(SignInTries).where(SignInTries.staff_id == staff_id))


async def list_delayed(tx: Tx, at: datetime) -> dict[UUID, datetime]:
    """Return the staff whose sign-ins are refused from at least one place, and until when."""
    query = select(SignInTries.staff_id, func.max(SignInTries.free_at)).where(SignInTries.free_at > at)
    rows = await tx.session.execute(query.where(SignInTries.staff_id.is_not(None)).group_by(SignInTries.staff_id))
    return {staff_id: free_at for staff_id, free_at in rows if staff_id}


async def is_known_device(tx: Tx, device: bytes, staff_id: UUID) -> bool:
    """Return whether this person has signed in from that browser before."""
    return await tx.session.get(StaffDevice, (device, staff_id)) is not None


_KNOW = Prepared(
    insert(StaffDevice)
    .values(
        token_hash=bindparam("token_hash", type_=LargeBinary),
        staff_id=bindparam("staff_id", type_=Uuid),
        last_used_at=_AT,
    )
    .on_conflict_do_update(index_elements=["token_hash", "staff_id"], set_={"last_used_at": _AT})
)


async def know_device(tx: Tx, device: bytes, staff_id: UUID, at: datetime) -> None:
    """Record that this person signed in from that browser."""
    await tx.rows(_KNOW, token_hash=device, staff_id=staff_id, at=at)


async def forget_devices(tx: Tx, staff_id: UUID) -> None:
    """Forget all browsers of this person."""
    await tx.session.execute(delete(StaffDevice).where(StaffDevice.staff_id == staff_id))
