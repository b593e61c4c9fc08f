"""Joins two citizens that a supervisor found to be the same person, and undoes it."""

from uuid import UUID

from app.auth.queries import add_audit
from app.events.act import Act
from app.intake.models import Citizen
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.privacy import queries
from app.privacy.errors import AlreadyJoined, JoinedWithItself
from app.privacy.schemas import JoiningIn

JOINED, PARTED = "citizen.joined", "citizen.parted"


async def join(act: Act, tx: Tx, citizen_id: UUID, body: JoiningIn) -> None:
    """Join the citizen into another. From now on, what belongs to either counts for both. Repeating it changes nothing.

    No row moves: reads follow `joined_into`, so that each gets back what it had when the joining is undone. Raises
    NotFound, JoinedWithItself, AlreadyJoined.
    """
    if citizen_id == body.into:
        raise JoinedWithItself
    citizen, main = await _lock(tx, citizen_id, body.into)
    if citizen.joined_into == main.id:
        return
    if citizen.joined_into or main.joined_into or await queries.has_joined(tx, citizen.id):
        raise AlreadyJoined
    citizen.joined_into = main.id
    citizen.changed_at = main.changed_at = act.now
    await tx.flush()
    for one, other in ((citizen, main), (main, citizen)):
        await add_audit(act, tx, JOINED, f"citizen:{one.id}", other=other.id, main=main.id, why=body.why)


async def part(act: Act, tx: Tx, citizen_id: UUID) -> None:
    """Undo the joining of the citizen into another. Nothing happens if it was not joined. Raises NotFound."""
    [citizen] = await _lock(tx, citizen_id)
    if citizen.joined_into is None:
        return
    main_id, citizen.joined_into, citizen.changed_at = citizen.joined_into, None, act.now
    await tx.flush()
    for one, other in ((citizen_id, main_id), (main_id, citizen_id)):
        await add_audit(act, tx, PARTED, f"citizen:{one}", other=other, main=main_id)


async def _lock(tx: Tx, *ids: UUID) -> list[Citizen]:
    found = {citizen.id: citizen for citizen in await queries.lock_citizens(tx, ids)}
    for one in ids:
        if one not in found:
            raise NotFound(what="citizen", key=str(one))
    return [found[one] for one in ids]
