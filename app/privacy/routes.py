"""Routes for citizens' rights to their own data, used by staff who have checked who is asking."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse

from app.auth.access import Router, Transaction, acting
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.intake.models import Purpose
from app.kit.idempotency import repeatable
from app.kit.languages import Language
from app.privacy import consenting, copying, erasing, joining
from app.privacy.schemas import CitizenCopy, ConsentIn, ConsentOut, ErasureIn, ErasureOut, JoiningIn
from app.statement.routes import PAGE

router = Router(prefix="/personal-data/citizens", tags=["personal data"])
Operator = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]


@router.get("/{citizen_id}")
async def copy_citizen(citizen_id: UUID, act: Supervisor, tx: Transaction) -> CitizenCopy:
    """Return a copy of all that is kept about a citizen, in full. The reading is recorded in the audit log."""
    return await copying.copy(act, tx, citizen_id)


@router.get("/{citizen_id}/page", response_model=str, response_class=HTMLResponse)
async def print_citizen(
    citizen_id: UUID, act: Supervisor, tx: Transaction, catalog: CurrentCatalog, lang: Language = Language.ZH
) -> HTMLResponse:
    """Return the copy as a page to read or print. The reading is recorded in the audit log."""
    return HTMLResponse(copying.as_page(await copying.copy(act, tx, citizen_id), lang, act, catalog), headers=PAGE)


@router.put("/{citizen_id}/consents/{purpose}")
@repeatable
async def record_data_consent(
    citizen_id: UUID, purpose: Purpose, body: ConsentIn, act: Operator, tx: Transaction
) -> list[ConsentOut]:
    """Record that a citizen agrees to a purpose or withdraws consent.

    A withdrawal removes at once what was kept for the purpose. Returns all their consents and withdrawals, oldest
    first.
    """
    return list(await consenting.record_consent(act, tx, citizen_id, purpose, body))


@router.put("/{citizen_id}/joining", status_code=204)
@repeatable
async def join_citizen(citizen_id: UUID, body: JoiningIn, act: Supervisor, tx: Transaction) -> None:
    """Join a citizen into another who is the same person.

    Requests, quotas, groups, providers not wanted and consents of either count for both, and either number shows the
    main citizen's card. It can be undone.
    """
    await joining.join(act, tx, citizen_id, body)


@router.delete("/{citizen_id}/joining", status_code=204)
@repeatable
async def part_citizen(citizen_id: UUID, act: Supervisor, tx: Transaction) -> None:
    """Undo the joining of a citizen into another.

    Each has again what came from their own number. Nothing happens if the citizen was not joined.
    """
    await joining.part(act, tx, citizen_id)


@router.post("/{citizen_id}/erasure")
@repeatable
async def erase_citizen(citizen_id: UUID, body: ErasureIn, act: Supervisor, tx: Transaction) -> ErasureOut:
    """Erase a citizen who asked for it.

    Their requests stay without personal data, so no figure changes. It cannot be undone, and is refused while a request
    or a complaint of theirs is open.
    """
    return await erasing.erase(act, tx, citizen_id, body)
