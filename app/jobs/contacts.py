"""Records what is said about a request after it was taken down, and tells the provider that works on it."""

from uuid import UUID

from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import provider_topic
from app.events.transition import record
from app.intake.actions import add_contact, get_request
from app.intake.models import Contact
from app.intake.schemas import ContactIn
from app.jobs import queries
from app.kit.db import Tx


async def record_contact(act: Act, tx: Tx, request_id: UUID, body: ContactIn) -> Contact:
    """Record a later call or message about the request. Raises NotFound.

    The provider that has the work is told; for a merged request, the one that has the parent's. It is not told of a
    complaint, which becomes a case of its own.
    """
    request = await get_request(tx, request_id)
    served = request.parent_id or request.id
    provider = await queries.note_contact(tx, served, act.now) if body.purpose != "complaint" else None
    if provider:
        tx.publish(provider_topic(provider))
    contact = await add_contact(act, tx, request_id, body)
    data = {"purpose": body.purpose, "about_number": request.number}
    for told in dict.fromkeys((request_id, served)):
        of_it = provider if told == served else None
        await record(act, tx, EventKind.REQUEST_CONTACTED, request_id=told, provider_id=of_it, data=data)
    return contact
