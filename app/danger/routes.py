"""Routes for staff to read, write and approve the guides for dangers."""

from typing import Annotated

from fastapi import Depends, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.danger import actions
from app.danger.kinds import DangerKind
from app.danger.schemas import DangerOut, GuideDraft, GuideVersionOut, Noted
from app.events.act import Act
from app.kit.etags import IfMatch, set_etag
from app.kit.fields import RowNumber

router = Router(prefix="/dangers", tags=["dangers"])
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER, Role.ADMIN))]


Writing = Annotated[Act, Depends(acting(Role.REGISTRAR))]
Approving = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Either = Annotated[Act, Depends(acting(Role.REGISTRAR, Role.SUPERVISOR))]


@router.get("", dependencies=readers)
async def list_dangers(tx: Transaction) -> list[DangerOut]:
    """List all kinds of danger with their guides, most urgent first."""
    return await actions.list_dangers(tx)


@router.get("/{kind}", dependencies=readers)
async def read_danger(kind: DangerKind, response: Response, tx: Transaction) -> DangerOut:
    """Return the guide in force, the draft awaiting a decision, and the words that reveal the danger."""
    await actions.get_versions(tx, kind)
    shown = await actions.show(tx, kind)
    set_etag(response, shown.newest)
    return shown


@router.get("/{kind}/versions", dependencies=readers)
async def list_danger_versions(kind: DangerKind, tx: Transaction) -> list[GuideVersionOut]:
    """List every version, newest first. A version is never edited."""
    return [GuideVersionOut.model_validate(version) for version in await actions.get_versions(tx, kind)]


@router.put("/{kind}/draft")
async def write_danger_draft(
    kind: DangerKind,
    body: GuideDraft,
    response: Response,
    act: Writing,
    tx: Transaction,
    catalog: CurrentCatalog,
    if_match: IfMatch = None,
) -> DangerOut:
    """Write the next version: script, lines and words.

    The approved version stays in force until a supervisor approves this one.
    """
    shown = await actions.write_draft(act, tx, kind, body, if_match, catalog)
    set_etag(response, shown.newest)
    return shown


@router.put("/{kind}/versions/{number}/approval")
async def approve_danger_draft(
    kind: DangerKind, number: RowNumber, act: Approving, tx: Transaction, catalog: CurrentCatalog
) -> DangerOut:
    """Put the draft in force; every desk gets it at once. Whoever wrote the draft cannot approve it."""
    return await actions.approve(act, tx, kind, number, catalog)


@router.put("/{kind}/versions/{number}/refusal")
async def refuse_danger_draft(
    kind: DangerKind, number: RowNumber, body: Noted, act: Either, tx: Transaction
) -> DangerOut:
    """Discard the draft, with the reason."""
    return await actions.discard(act, tx, kind, number, body.note)
