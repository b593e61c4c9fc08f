"""Complaints as cases: each has an owner and a deadline, the provider is heard, and a supervisor decides."""

from uuid import UUID

from app.catalog.calendar import add_working_days, yellow_at
from app.catalog.models import Calendar
from app.catalog.queries import read_days
from app.complaints import queries
from app.complaints.errors import ComplaintDecided, NoProviderToBlame, NotASupervisor
from app.complaints.models import Cause, Complaint, ComplaintStatus
from app.complaints.schemas import ComplaintOut, Decision, OwnComplaint
from app.complaints.states import COMPLAINTS
from app.dispatch.raising_danger import raise_danger_from_contact
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.intake.actions import get_request
from app.intake.danger import Known
from app.intake.models import Contact
from app.intake.schemas import ContactIn
from app.jobs.contacts import record_contact
from app.jobs.models import Fault, Job
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.phones import is_service_line
from app.registry.notices import send_notice
from app.registry.schemas import Notice

OPENED = Notice(
    zh="请求 {number} 的求助人投诉：{words}。请在 {reply_by} 前说明情况；逾期未说明也会作出裁定。",
    en="The citizen of request {number} has complained: {words}. Please reply by {reply_by}; after that the complaint "
    "may be decided without your reply.",
)
DECIDED = Notice(
    zh="请求 {number} 的投诉已裁定：{verdict_zh}。{decision}",
    en="The complaint about request {number} has been decided: {verdict_en}. {decision}",
)
VERDICTS = {
    None: ("投诉不成立", "not upheld"),
    Fault.PROVIDER: ("投诉成立，责任在贵单位", "upheld, and you are at fault"),
}
UPHELD = ("投诉成立，责任不在贵单位", "upheld, but you are not at fault")


async def add_contact_or_complaint(act: Act, tx: Tx, request_id: UUID, body: ContactIn, about: Known) -> Contact:
    """Record a later call or message about the request, and any danger it reports, and return it.

    A complaint opens a case, whatever the status of the request. Raises NotFound.
    """
    contact = await record_contact(act, tx, request_id, body)
    if body.note:
        await raise_danger_from_contact(act, tx, request_id, body.note, about.catalog, about.dangers)
    if body.purpose == "complaint":
        served = (await get_request(tx, request_id)).parent_id or request_id
        job = await queries.find_last_job(tx, served)
        phone = None if body.phone and is_service_line(body.phone) else body.phone
        await open_case(act, tx, request_id, job, Cause.SAID, body.note, phone=phone)
    return contact


async def open_case(
    act: Act, tx: Tx, request_id: UUID, job: Job | None, cause: Cause, words: str | None, *, phone: str | None = None
) -> None:
    """Open a case about this job, or add to the open one. The provider is told of a new case and may reply."""
    await queries.open_alone(tx, request_id)
    job_id, provider_id = (job.id, job.provider_id) if job else (None, None)
    case = await queries.find_open(tx, request_id, job_id)
    kind = EventKind.COMPLAINT_REPEATED if case else EventKind.COMPLAINT_OPENED
    if case:
        case.words = "\n".join(filter(None, (case.words, words))) or None
        case.phone = phone or case.phone
    else:
        days = await read_days(tx)
        due_at = add_working_days(act.now, act.settings.complaint_working_days, act.zone, days)
        case = Complaint(
            id=new_id(act.now),
            request_id=request_id,
            job_id=job_id,
            provider_id=provider_id,
            status=ComplaintStatus.OPEN,
            cause=cause,
            words=words,
            phone=phone,
            owner_id=await queries.find_least_busy(tx),
            opened_at=act.now,
            due_at=due_at,
            alarm_at=yellow_at(Calendar.WORKING_DAYS, act.now, due_at, act.zone, days),
            reply_by=add_working_days(act.now, act.settings.complaint_reply_days, act.zone, days) if job else None,
        )
        tx.session.add(case)
        await _tell_opened(act, tx, case)
    data = {"complaint_id": case.id, "cause": cause}
    await record(act, tx, kind, request_id=request_id, provider_id=provider_id, data=data)
    await tx.flush()


async def _tell_opened(act: Act, tx: Tx, case: Complaint) -> None:
    if case.provider_id is None or case.reply_by is None:
        return
    number = (await get_request(tx, case.request_id)).number
    until = case.reply_by.astimezone(act.zone).strftime("%Y-%m-%d %H:%M")
    facts = {"number": number, "words": case.words or "-", "reply_by": until}
    await send_notice(act, tx, case.provider_id, "complaint_opened", str(case.id), _filled(OPENED, **facts))


def _filled(notice: Notice, **facts: object) -> dict[str, str]:
    return {lang: text.format(**facts) for lang, text in notice.model_dump().items()}


async def get_locked(tx: Tx, complaint_id: UUID, provider_id: UUID | None = None) -> Complaint:
    """Return the complaint, locked until the transaction ends.

    Raises NotFound, also when `provider_id` is given and the complaint is not about that provider.
    """
    case = await queries.lock_complaint(tx, complaint_id)
    if case is None or provider_id not in (None, case.provider_id):
        raise NotFound(what="complaint", key=str(complaint_id))
    return case


async def show(tx: Tx, complaint_id: UUID) -> ComplaintOut:
    """Return the complaint as staff see it."""
    await tx.flush()
    return ComplaintOut.model_validate(await queries.get_complaint(tx, complaint_id))


async def show_own(tx: Tx, complaint_id: UUID) -> OwnComplaint:
    """Return the complaint as its provider sees it."""
    await tx.flush()
    return OwnComplaint.model_validate(await queries.get_complaint(tx, complaint_id))


async def hand_over(act: Act, tx: Tx, complaint_id: UUID, staff_id: UUID) -> ComplaintOut:
    """Make this supervisor the owner of the case. Raises NotFound or NotASupervisor."""
    case = await get_locked(tx, complaint_id)
    if not await queries.is_supervisor(tx, staff_id):
        raise NotASupervisor
    if case.owner_id != staff_id:
        case.owner_id = staff_id
        data = {"complaint_id": complaint_id, "owner_id": staff_id}
        await record(act, tx, EventKind.COMPLAINT_HANDED_OVER, request_id=case.request_id, data=data)
    return await show(tx, complaint_id)


async def reply(act: Act, tx: Tx, complaint_id: UUID, text: str) -> None:
    """Record the provider's reply to the complaint. Until the decision, a new reply replaces the last.

    Raises NotFound, or StatusConflict once it is decided.
    """
    case = await get_locked(tx, complaint_id, act.provider_id)
    if case.reply == text:
        return
    if case.status != ComplaintStatus.OPEN:
        raise await COMPLAINTS.refusal(tx, "decide", complaint_id)
    case.reply, case.replied_at = text, act.now
    data = {"complaint_id": complaint_id}
    await record(
        act, tx, EventKind.COMPLAINT_REPLIED, request_id=case.request_id, provider_id=case.provider_id, data=data
    )


async def decide(act: Act, tx: Tx, complaint_id: UUID, body: Decision) -> ComplaintOut:
    """Decide a complaint, once. The provider is notified, and the citizen is to be phoned if there is a number.

    Repeating the same decision changes nothing. Return the complaint's current state. Raises NotFound, ComplaintDecided
    or NoProviderToBlame.
    """
    case = await get_locked(tx, complaint_id)
    fault = body.fault or (Fault.PROVIDER if body.upheld and case.provider_id else None)
    if fault == Fault.PROVIDER and case.provider_id is None:
        raise NoProviderToBlame
    if case.decided_at is not None:
        if (case.upheld, case.decision, case.fault) != (body.upheld, body.decision, fault):
            raise ComplaintDecided(decided_at=case.decided_at.isoformat())
        return await show(tx, complaint_id)
    await COMPLAINTS.transition(
        act,
        tx,
        "decide",
        complaint_id,
        data={"upheld": body.upheld, "fault": fault},
        decided_at=act.now,
        decided_by=act.actor.id,
        upheld=body.upheld,
        fault=fault,
        decision=body.decision,
        answer_at=act.now,
        alarm_at=None,
    )
    if (await queries.get_complaint(tx, complaint_id)).contact_phone is None:
        data = {"reason": "no_number"}
        await COMPLAINTS.transition(act, tx, "give_up", complaint_id, data=data, answered_at=act.now)
    if case.provider_id:
        zh, en = VERDICTS.get(fault if body.upheld else None, UPHELD)
        number = (await get_request(tx, case.request_id)).number
        words = _filled(DECIDED, number=number, verdict_zh=zh, verdict_en=en, decision=body.decision)
        await send_notice(act, tx, case.provider_id, "complaint_decided", str(complaint_id), words)
    return await show(tx, complaint_id)
