"""Records the consents of citizens and their withdrawals."""

from collections.abc import Sequence
from uuid import UUID

from app.auth.queries import add_audit
from app.events.act import Act
from app.intake.models import Consent, Purpose
from app.kit.db import Tx
from app.privacy import queries
from app.privacy.erasing import get_person
from app.privacy.schemas import ConsentIn, ConsentOut


async def record_consent(act: Act, tx: Tx, citizen_id: UUID, purpose: Purpose, body: ConsentIn) -> Sequence[ConsentOut]:
    """Record that the citizen agrees to the purpose or withdraws consent. Return all their consents and withdrawals.

    A withdrawal removes at once what was kept for the purpose. Saying the same again changes nothing. Raises NotFound.
    """
    person = await get_person(tx, citizen_id)
    said = await queries.list_consents(tx, citizen_id)
    latest = next((one for one in reversed(said) if one.purpose == purpose), None)
    if latest is None or latest.given != body.given:
        fresh = Consent(
            citizen_id=citizen_id, purpose=purpose, given=body.given, at=act.now, asked=body.asked, taken_by=act.who
        )
        tx.session.add(fresh)
        person[0].changed_at = act.now
        if not body.given and purpose is Purpose.PROFILE:
            for one in person:
                one.name = one.address = one.note = one.community_code = None
        if not body.given and purpose is Purpose.GROUPS:
            await queries.end_memberships(tx, citizen_id)
        await tx.flush()
        facts = {"purpose": purpose, "given": body.given, "asked": body.asked}
        await add_audit(act, tx, "citizen.consent_recorded", f"citizen:{citizen_id}", **facts)
        said = [*said, fresh]
    return [show(one) for one in said]


def show(consent: Consent) -> ConsentOut:
    """Return the consent as the API shows it."""
    return ConsentOut.model_validate(consent, from_attributes=True)
