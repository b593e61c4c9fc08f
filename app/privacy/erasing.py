"""Erases a citizen: every row about them is blanked or deleted, in one transaction."""

from uuid import UUID

from app.auth.queries import add_audit
from app.events.act import Act
from app.intake.models import Citizen
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.privacy import queries
from app.privacy.errors import StillOpen
from app.privacy.models import Erasure
from app.privacy.schemas import ErasureIn, ErasureOut


async def get_citizen(tx: Tx, citizen_id: UUID) -> Citizen:
    """Return the citizen, locked until the transaction ends. Raises NotFound."""
    citizen = await tx.session.get(Citizen, citizen_id, with_for_update=True)
    if citizen is None:
        raise NotFound(what="citizen", key=str(citizen_id))
    return citizen


async def erase(act: Act, tx: Tx, citizen_id: UUID, body: ErasureIn) -> ErasureOut:
    """Erase the citizen, as they have asked. What remains names nobody, so no figure changes.

    1. Lock the citizen and their requests. None of them may still be open.
    2. Blank these requests with everything that belongs to them, as the schedule does.
    3. Remove their number wherever else it stands: in others' requests, in calls, contacts and stored answers.
    4. Delete the citizen with groups, bars and consents, and note that and when it happened, under the random key.

    Raises NotFound, StillOpen.
    """
    await queries.take_time(tx)
    citizen = await get_citizen(tx, citizen_id)
    requests = await queries.lock_requests_of(tx, citizen.id, citizen.phone)
    if still_open := [request["number"] for request in requests if request["open"]]:
        raise StillOpen(numbers=still_open)
    own = [request["id"] for request in requests if request["own"]]
    await queries.forget_words(tx, own, [text for text in (citizen.phone, citizen.name, citizen.address) if text])
    await queries.blank_requests(tx, own, act.now)
    await queries.forget_number(tx, citizen.phone)
    await queries.delete_citizen(tx, citizen.id)
    done = Erasure(
        id=new_id(act.now), citizen_id=citizen_id, at=act.now, asked=body.asked, by=act.who, requests=len(own)
    )
    tx.session.expunge(citizen)
    tx.session.add(done)
    await add_audit(act, tx, "citizen.erased", f"citizen:{citizen_id}", asked=body.asked, requests=len(own))
    return ErasureOut(id=done.id, at=act.now, requests=len(own))
