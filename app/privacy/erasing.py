"""Erases a citizen: every row about them is blanked or deleted, in one transaction."""

from collections.abc import Sequence
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


async def get_person(tx: Tx, citizen_id: UUID) -> Sequence[Citizen]:
    """Return the citizens that are the same person, the main one first.

    They are locked until the transaction ends. Raises NotFound.
    """
    person = await queries.lock_person(tx, citizen_id)
    if not person:
        raise NotFound(what="citizen", key=str(citizen_id))
    return person


async def erase(act: Act, tx: Tx, citizen_id: UUID, body: ErasureIn) -> ErasureOut:
    """Erase the citizen and all citizens joined with them, at their request.

    What remains names nobody, and no figure changes.

    1. Lock the citizen and their requests. None of them may still be open.
    2. Blank these requests with everything that belongs to them, as the schedule does.
    3. Remove their number wherever else it is stored: in others' requests, in calls, contacts and stored answers.
    4. Delete the citizen with groups, bars and consents, and record when that happened, under their random key.

    Raises NotFound, StillOpen.
    """
    await queries.take_time(tx)
    person = await get_person(tx, citizen_id)
    ids, phones = [one.id for one in person], [one.phone for one in person]
    requests = await queries.lock_requests_of(tx, ids, phones)
    if still_open := [request["number"] for request in requests if request["open"]]:
        raise StillOpen(numbers=still_open)
    own = [request["id"] for request in requests if request["own"]]
    await queries.forget_words(tx, own, [text for one in person for text in (one.phone, one.name, one.address) if text])
    await queries.blank_requests(tx, own, act.now)
    for phone in phones:
        await queries.forget_number(tx, phone)
    await queries.delete_citizens(tx, ids)
    facts = {"at": act.now, "asked": body.asked, "by": act.who, "requests": len(own)}
    done = [Erasure(id=new_id(act.now), citizen_id=one, **facts) for one in ids]
    for citizen in person:
        tx.session.expunge(citizen)
    for one in ids:
        await add_audit(act, tx, "citizen.erased", f"citizen:{one}", asked=body.asked, requests=len(own))
    tx.session.add_all(done)
    return ErasureOut(id=done[0].id, at=act.now, requests=len(own))
