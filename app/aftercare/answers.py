"""Call citizens to tell them the decisions on their complaints."""

from uuid import UUID

from app.aftercare.actions import TAKEN_FOR
from app.aftercare.schedule import THIRDS, is_calling_hour, next_due, third_of
from app.auth.models import RevealReason
from app.auth.reveals import note_reveal
from app.complaints import queries
from app.complaints.actions import get_locked, show
from app.complaints.errors import AnswerNotTaken
from app.complaints.models import ComplaintStatus
from app.complaints.schemas import Answer, ComplaintOut, ToAnswer
from app.complaints.states import COMPLAINTS
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx


async def take_next(act: Act, tx: Tx) -> ToAnswer | None:
    """Take the decided complaint whose citizen has waited longest for the answer, and reserve it for ten minutes.

    Return None if there is none, or outside calling hours.
    """
    if not is_calling_hour(act.now, act.zone):
        return None
    complaint_id = await queries.take_to_answer(tx, act.now, act.now + TAKEN_FOR)
    if complaint_id is None:
        return None
    case = await queries.get_complaint(tx, complaint_id)
    await note_reveal(act, tx, f"request:{case.request_id}", RevealReason.COMPLAINT)
    return ToAnswer.model_validate(case)


async def record_answer(act: Act, tx: Tx, complaint_id: UUID, body: Answer) -> ComplaintOut:
    """Record that the citizen was told, or was not reached.

    After a missed call, the next is due in the next third of the calling hours. After three, the complaint ends as
    unreached. A repeated report changes nothing. Return the complaint's current state.

    Raises NotFound, StatusConflict or AnswerNotTaken.
    """
    case = await get_locked(tx, complaint_id)
    ended = ComplaintStatus.ANSWERED if body.reached else ComplaintStatus.UNREACHED
    if case.status == ended:
        return await show(tx, complaint_id)
    if case.status != ComplaintStatus.DECIDED:
        raise await COMPLAINTS.refusal(tx, "answer", complaint_id)
    if not body.reached and case.answer_taken_until is None:
        if not case.answer_attempts:
            raise AnswerNotTaken
        return await show(tx, complaint_id)
    attempts = case.answer_attempts + (not body.reached)
    if body.reached or attempts == len(THIRDS):
        await COMPLAINTS.transition(
            act,
            tx,
            "answer" if body.reached else "give_up",
            complaint_id,
            answer_attempts=attempts,
            answered_at=act.now,
            answered_by=act.actor.id,
            answer_note=body.note,
        )
    else:
        case.answer_attempts, case.answer_taken_until = attempts, None
        case.answer_at = next_due(act.now, [third_of(act.now, act.zone)], act.zone)
        data = {"complaint_id": complaint_id, "attempt": attempts}
        await record(act, tx, EventKind.COMPLAINT_MISSED, request_id=case.request_id, data=data)
    return await show(tx, complaint_id)
