"""What is done in a danger, for staff."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import Role
from app.catalog.snapshot import CurrentCatalog
from app.danger import actions
from app.danger.actions import By
from app.danger.kinds import DangerKind
from app.danger.schemas import DangerOut, GuideDraft, GuideVersionOut, Noted
from app.kit.etags import IfMatch, set_etag
from app.kit.fields import RowNumber
from app.kit.web import Now

router = APIRouter(prefix="/dangers", tags=["dangers"])
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER, Role.ADMIN))]


def _acting(*roles: Role) -> Any:
    async def by(principal: Annotated[Principal, Depends(allow(*roles))], now: Now) -> By:
        return By(principal, now)

    return Depends(by)


Writing = Annotated[By, _acting(Role.REGISTRAR)]
Approving = Annotated[By, _acting(Role.SUPERVISOR)]
Either = Annotated[By, _acting(Role.REGISTRAR, Role.SUPERVISOR)]


@router.get("", dependencies=readers)
async def list_dangers(tx: Transaction) -> list[DangerOut]:
    """All kinds of danger with their guides, the most pressing first."""
    return await actions.list_dangers(tx)


@router.get("/{kind}", dependencies=readers)
async def read_danger(kind: DangerKind, response: Response, tx: Transaction) -> DangerOut:
    """The guide in force, the draft that waits, and the words that tell the danger."""
    await actions.get_versions(tx, kind)
    shown = await actions.show(tx, kind)
    set_etag(response, shown.newest)
    return shown


@router.get("/{kind}/versions", dependencies=readers)
async def list_versions(kind: DangerKind, tx: Transaction) -> list[GuideVersionOut]:
    """Every version, the newest first; none is ever edited."""
    return [GuideVersionOut.model_validate(version) for version in await actions.get_versions(tx, kind)]


@router.put("/{kind}/draft")
async def write_draft(
    kind: DangerKind,
    body: GuideDraft,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    by: Writing,
    if_match: IfMatch = None,
) -> DangerOut:
    """Write the next version: script, lines, words. What is approved stays in force until a supervisor approves it."""
    shown = await actions.write_draft(tx, kind, body, if_match, catalog, by)
    set_etag(response, shown.newest)
    return shown


@router.put("/{kind}/versions/{number}/approval")
async def approve(
    kind: DangerKind, number: RowNumber, tx: Transaction, catalog: CurrentCatalog, by: Approving
) -> DangerOut:
    """Put the draft in force; every desk has it at once. Whoever wrote it cannot."""
    return await actions.approve(tx, kind, number, catalog, by)


@router.put("/{kind}/versions/{number}/refusal")
async def refuse(kind: DangerKind, number: RowNumber, body: Noted, tx: Transaction, by: Either) -> DangerOut:
    """Discard the draft, with the reason."""
    return await actions.discard(tx, kind, number, body.note, by)
