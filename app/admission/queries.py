"""SQL for applications to join."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select

from app.admission.models import Application, ApplicationStatus
from app.kit.db import Tx
from app.kit.names import same_form
from app.registry.uscc import organisation_code

_FRESH = {"populate_existing": True}


async def find_application(tx: Tx, application_id: UUID) -> Application | None:
    """Return the application, locked until the transaction ends."""
    query = select(Application).where(Application.id == application_id).with_for_update()
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalar_one_or_none()


async def find_by_code(tx: Tx, number: int, code_hash: bytes) -> Application | None:
    """Return the application with this number and query code, locked until the transaction ends."""
    query = select(Application).where(Application.number == number, Application.code_hash == code_hash)
    return (await tx.session.execute(query.with_for_update().execution_options(**_FRESH))).scalar_one_or_none()


async def find_same(tx: Tx, uscc: str | None, name: str, phone: str) -> Sequence[Application]:
    """Return up to three waiting applications with the same credit code, name or phone number."""
    same = [func.same_form(Application.name) == same_form(name), Application.phone == phone]
    if inner := organisation_code(uscc) if uscc else None:
        same.append(func.substr(Application.uscc, 9, 9) == inner)
    waiting = Application.status == ApplicationStatus.FILED
    return (await tx.session.execute(select(Application).where(waiting, or_(*same)).limit(3))).scalars().all()


async def count_waiting(tx: Tx) -> int:
    """Return how many applications are waiting."""
    query = select(func.count()).where(Application.status == ApplicationStatus.FILED)
    return (await tx.session.execute(query)).scalar_one()


async def list_applications(tx: Tx, status: str, after: int | None, limit: int) -> Sequence[Application]:
    """Return applications with this status, oldest first. `after` is the number to continue above."""
    query = select(Application).where(Application.status == status).order_by(Application.number).limit(limit)
    if after is not None:
        query = query.where(Application.number > after)
    return (await tx.session.execute(query)).scalars().all()
