"""Enter and correct calendar days. The same transaction moves every period counted over the day, and sends notices."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from app.auth.queries import add_audit
from app.catalog.calendar import (
    Days,
    add_time,
    counted_time,
    is_working_day,
    is_year_known,
    list_holidays,
    list_make_up_days,
    yellow_at,
)
from app.catalog.models import Calendar
from app.catalog.queries import read_days
from app.catalog.snapshot import CATALOG_TOPIC
from app.credit.models import CreditEntry, EntryStatus
from app.danger.actions import list_open_lines
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import record
from app.intake.models import HoldCause, Request
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry.notices import send_notice
from app.workdays import queries
from app.workdays.errors import DayPast
from app.workdays.schemas import CalendarYear, Check, DayChanged, DayIn, Source, SpecialDay

Move = Callable[[datetime, datetime], datetime]
"""Maps a deadline to its new moment, given the moment from which it was counted."""
LOOKED_AHEAD_FROM = 10
"""From this month, check that next year is known. The State Council's notice comes in November."""


async def show_year(tx: Tx, year: int) -> CalendarYear:
    """Return the year's special days: the library's, overridden by those that the centre has entered."""
    entered = {row.day: row for row in await queries.list_entered(tx)}
    days = {
        day: SpecialDay(day=day, working=False, source=Source.LIBRARY, note=n) for day, n in list_holidays(year).items()
    }
    for day in list_make_up_days(year):
        days[day] = SpecialDay(day=day, working=True, source=Source.LIBRARY, note="Make-up working day")
    for day, row in entered.items():
        if day.year == year:
            days[day] = SpecialDay(day=day, working=row.working, source=Source.CENTRE, note=row.note)
    known = is_year_known(year, {day: row.working for day, row in entered.items()})
    return CalendarYear(year=year, known=known, days=[days[day] for day in sorted(days)])


async def enter_day(act: Act, tx: Tx, day: date, body: DayIn) -> DayChanged:
    """Enter or correct a future day, and announce what moves. Repeating it moves nothing. Raises DayPast."""
    _check_ahead(act, day)
    before = dict(await read_days(tx))
    await queries.enter_day(tx, day=day, working=body.working, note=body.note, entered_at=act.now)
    return await _changed(act, tx, day, before, {**before, day: body.working}, body.note)


async def forget_day(act: Act, tx: Tx, day: date) -> DayChanged:
    """Remove the centre's entry for a future day, so that the library's applies again. Raises NotFound or DayPast."""
    _check_ahead(act, day)
    before = dict(await read_days(tx))
    if not await queries.drop_day(tx, day):
        raise NotFound(what="calendar day", key=str(day))
    after = {other: working for other, working in before.items() if other != day}
    return await _changed(act, tx, day, before, after, None)


def _check_ahead(act: Act, day: date) -> None:
    first = act.today + timedelta(days=1)
    if day < first:
        raise DayPast(day=day.isoformat(), first=first.isoformat())


async def _changed(act: Act, tx: Tx, day: date, before: Days, after: Days, note: str | None) -> DayChanged:
    working = is_working_day(day, after)
    requests = periods = 0
    if working != is_working_day(day, before):

        def move(start: datetime, due: datetime) -> datetime:
            left = counted_time(Calendar.WORKING_DAYS, start, due, act.zone, before)
            return add_time(Calendar.WORKING_DAYS, start, left, act.zone, after)

        requests = await _move_requests(act, tx, day, move)
        periods = await _move_complaints(act, tx, move, after)
        periods += await _move_periods(act, tx, move)
    facts = {"working": working, "note": note}
    await add_audit(act, tx, "calendar.day_entered", f"day:{day}", **facts)
    tx.publish(CATALOG_TOPIC, DISPATCH_TOPIC)
    source = Source.CENTRE if day in after else Source.LIBRARY
    return DayChanged(day=day, working=working, source=source, requests_moved=requests, periods_moved=periods)


async def _move_requests(act: Act, tx: Tx, day: date, move: Move) -> int:
    moved = 0
    for request in await queries.lock_requests(tx, act.now):
        start = _counted_from(request, act.now)
        dues = {name: due for name in queries.DUES if (due := getattr(request, name)) and due > start}
        later = {name: after for name, due in dues.items() if (after := move(start, due)) != due}
        if later:
            moved += 1
            await queries.move_dues(tx, request.id, **later, alarm_at=act.now)
            data = {"day": str(day)} | {name: due.isoformat() for name, due in later.items()}
            await record(act, tx, EventKind.REQUEST_DEADLINES_MOVED, request_id=request.id, data=data)
    return moved


def _counted_from(request: Request, now: datetime) -> datetime:
    """Return the moment from which remaining time counts: now, or when a hold by the citizen stopped the clocks."""
    return request.held_at if request.held_at and request.hold_cause == HoldCause.CITIZEN else now


async def _move_complaints(act: Act, tx: Tx, move: Move, days: Days) -> int:
    moved = 0
    for complaint in await queries.lock_complaints(tx, act.now):
        due_at = move(act.now, complaint.due_at) if complaint.due_at > act.now else complaint.due_at
        runs = complaint.reply_by is not None and complaint.reply_by > act.now
        reply_by = move(act.now, complaint.reply_by) if complaint.reply_by and runs else complaint.reply_by
        if (due_at, reply_by) == (complaint.due_at, complaint.reply_by):
            continue
        moved += 1
        replies = reply_by != complaint.reply_by and complaint.replied_at is None
        if due_at != complaint.due_at:
            complaint.alarm_at = yellow_at(Calendar.WORKING_DAYS, complaint.opened_at, due_at, act.zone, days)
        complaint.due_at, complaint.reply_by = due_at, reply_by
        data = {"complaint_id": str(complaint.id), "complaint_due_at": due_at.isoformat()}
        request_id = complaint.request_id
        await record(act, tx, EventKind.REQUEST_DEADLINES_MOVED, request_id=request_id, data=data)
        if complaint.provider_id and reply_by and replies:
            until = reply_by.astimezone(act.zone).strftime("%Y-%m-%d %H:%M")
            words = {
                "zh": f"工作日历有调整，您对投诉的答复期改为 {until} 截止。",
                "en": f"The working-day calendar has changed. You can now reply to the complaint until {until}.",
            }
            await send_notice(
                act, tx, complaint.provider_id, "complaint_period_moved", f"{complaint.id} {until}", words
            )
    await tx.flush()
    return moved


async def _move_periods(act: Act, tx: Tx, move: Move) -> int:
    moved = 0
    for entry in await queries.lock_entries(tx, act.now):
        proposed = entry.status == EntryStatus.PROPOSED
        due = entry.reply_by if proposed else entry.appeal_by
        assert due is not None, "the query selects entries by this deadline"
        later = move(act.now, due)
        if later == due:
            continue
        moved += 1
        if proposed:
            entry.reply_by = later
        else:
            entry.appeal_by = later
        await _tell(act, tx, entry, later.astimezone(act.zone).strftime("%Y-%m-%d %H:%M"), proposed=proposed)
    await tx.flush()
    return moved


async def _tell(act: Act, tx: Tx, entry: CreditEntry, until: str, *, proposed: bool) -> None:
    zh, en = ("申辩", "reply to the proposed deduction") if proposed else ("申诉", "appeal the deduction")
    words = {
        "zh": f"工作日历有调整，您对信用分记录的{zh}期改为 {until} 截止。",
        "en": f"The working-day calendar has changed. You can now {en} until {until}.",
    }
    await send_notice(act, tx, entry.provider_id, "credit_period_moved", f"{entry.id} {until}", words)


async def list_checks(act: Act, tx: Tx) -> list[Check]:
    """Return what an admin must attend to.

    The checks report unknown make-up working days of this year and, from October, of next year, and emergency lines of
    the centre without a number.
    """
    today, days = act.today, await read_days(tx)
    years = [today.year] + [today.year + 1] * (today.month >= LOOKED_AHEAD_FROM)
    calendar = [
        Check(
            code="calendar_unknown",
            year=year,
            zh=f"{year} 年的调休安排尚未录入：请按国务院办公厅通知填写放假和调休上班的日期。",
            en=f"The make-up working days of {year} are unknown. Enter its holidays and make-up days as announced.",
        )
        for year in years
        if not is_year_known(year, days)
    ]
    lines = [
        Check(
            code="danger_line_missing",
            year=None,
            zh=f"{guide.zh}：“{line.zh}”的号码尚未填写。请加盟管理员起草、值班长批准（/dangers/{kind}）。",
            en=f"{guide.en}: “{line.en}” has no number yet. A registrar drafts it, a supervisor approves it "
            f"(/dangers/{kind}).",
        )
        for kind, guide, line in await list_open_lines(tx)
    ]
    return lines + calendar
