"""The monthly return: filed by the provider or entered from paper, reviewed, locked, and reopened for a correction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.catalog.calendar import month_after
from app.events.act import Act
from app.events.due import one_by_one
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry import month_queries as queries
from app.registry.edit import audit_provider, begin_edit, finish_edit
from app.registry.errors import MonthChanged, MonthLocked, MonthNotOver
from app.registry.models import MonthStatus, ProviderMonth
from app.registry.notices import send_notice
from app.registry.schemas import (
    Declared,
    Growth,
    MonthIn,
    MonthOfProvider,
    MonthReturn,
    MonthsAsked,
    MonthState,
    Notice,
)
from app.registry.states import MONTHS

REMIND_DAYS_BEFORE = 5
DUE = Notice(
    zh="请在 {due} 前申报 {month} 的营业额和利税。",
    en="Please file your turnover and profit-and-tax for {month} by {due}.",
)
OVERDUE = Notice(
    zh="{month} 的营业额和利税申报已逾期（截止 {due}），请尽快申报或致电服务中心。",
    en="Your return of turnover and profit-and-tax for {month} was due on {due}. File it now, or call the centre.",
)
REOPENED = Notice(
    zh="{month} 的月报已重新开启，请更正后重新申报。原因：{reason}",
    en="Your return for {month} has been reopened. Correct it and file it again. Reason: {reason}",
)


async def file_month(act: Act, tx: Tx, provider_id: UUID, month: date, body: MonthIn, *, on_paper: bool) -> None:
    """File the return, replacing an earlier one. Filing the same figures again does not change them.

    Raises NotFound, MonthNotOver or MonthLocked.
    """
    provider = await begin_edit(tx, provider_id)
    if month >= act.today.replace(day=1):
        raise MonthNotOver(month=_name(month))
    filed = await queries.find_month(tx, provider_id, month)
    if filed and filed.status == MonthStatus.LOCKED:
        raise MonthLocked(month=_name(month))
    if body.baseline:
        await queries.clear_baseline(tx, provider_id)
    facts = body.model_dump() | {"filed_at": act.now, "on_paper": on_paper}
    facts["baseline"] = body.baseline or bool(filed and filed.baseline)
    await tx.session.merge(ProviderMonth(provider_id=provider_id, month=month, **facts))
    declared = {"month": month, **body.model_dump()}
    await record(act, tx, EventKind.MONTH_FILED, provider_id=provider_id, data=declared)
    await finish_edit(act, tx, provider, "provider.month_filed", on_paper=on_paper, **declared)


async def lock_month(act: Act, tx: Tx, provider_id: UUID, month: date, reviewed: Declared) -> MonthReturn:
    """Lock the return that was reviewed. From then on it counts. Locking it again changes nothing.

    Raises NotFound, or MonthChanged when the figures differ from those reviewed.
    """
    filed = await _find(act, tx, provider_id, month)
    if (filed.turnover_fen, filed.profit_tax_fen) != (reviewed.turnover_fen, reviewed.profit_tax_fen):
        raise MonthChanged(month=_name(month))
    if filed.status == MonthStatus.FILED:
        who = {"locked_at": act.now, "locked_by": act.who}
        await _move(act, tx, "lock", filed, **who)
    return await show_month(tx, provider_id, month)


async def reopen_month(act: Act, tx: Tx, provider_id: UUID, month: date, reason: str) -> MonthReturn:
    """Reopen a locked return for a correction and send the provider the reason. Raises NotFound or StatusConflict."""
    filed = await _find(act, tx, provider_id, month)
    await _move(act, tx, "reopen", filed, locked_at=None, locked_by=None, reopened_why=reason)
    words = _filled(REOPENED, month=_name(month), reason=reason)
    await send_notice(act, tx, provider_id, "month_reopened", f"{_name(month)} {act.now.isoformat()}", words)
    return await show_month(tx, provider_id, month)


async def _find(act: Act, tx: Tx, provider_id: UUID, month: date) -> ProviderMonth:
    await begin_edit(tx, provider_id)
    return await get_month(tx, provider_id, month)


async def _move(act: Act, tx: Tx, step: str, filed: ProviderMonth, **values: Any) -> None:
    data = {"month": filed.month, "turnover_fen": filed.turnover_fen, "profit_tax_fen": filed.profit_tax_fen}
    await MONTHS.transition(act, tx, step, filed.id, data=data, **values)
    await audit_provider(
        act, tx, filed.provider_id, MONTHS.moves[step].event, reason=values.get("reopened_why"), **data
    )


async def get_month(tx: Tx, provider_id: UUID, month: date) -> ProviderMonth:
    """Return the provider's return for the month. Raises NotFound."""
    filed = await queries.find_month(tx, provider_id, month)
    if filed is None:
        raise NotFound(what="return of month", key=_name(month))
    return filed


async def show_month(tx: Tx, provider_id: UUID, month: date) -> MonthReturn:
    """Return the month's figures compared with the baseline month's. Raises NotFound."""
    return show(await get_month(tx, provider_id, month), await queries.find_baseline(tx, provider_id))


def show(filed: ProviderMonth, baseline: ProviderMonth | None) -> MonthReturn:
    """Return the month's figures compared with the baseline month's."""
    compared = {
        "turnover": Growth.of(filed.turnover_fen, baseline.turnover_fen if baseline else None),
        "profit_tax": Growth.of(filed.profit_tax_fen, baseline.profit_tax_fen if baseline else None),
    }
    facts = {name: getattr(filed, name) for name in MonthReturn.model_fields if name not in compared}
    return MonthReturn(**facts, **compared)


async def list_own(tx: Tx, provider_id: UUID, before: date | None, limit: int) -> list[MonthReturn]:
    """Return the provider's returns, latest month first."""
    baseline = await queries.find_baseline(tx, provider_id)
    return [show(filed, baseline) for filed in await queries.list_months(tx, provider_id, before, limit)]


async def list_providers_of_month(tx: Tx, month: date, asked: MonthsAsked) -> list[MonthOfProvider]:
    """Return the companies that must file for the month, by name, with what they filed."""
    after = asked.after(str, UUID)
    rows = await queries.list_months_of_all(tx, month, month_after(month), asked.state, after, asked.limit + 1)
    baselines = await queries.list_baselines(tx, [provider.id for provider, _ in rows])
    return [
        MonthOfProvider(
            provider_id=provider.id,
            number=provider.number,
            name=provider.name,
            reached_by=provider.reached_by,
            standing=provider.standing,
            state=MonthState(filed.status) if filed else MonthState.MISSING,
            filed=show(filed, baselines.get(provider.id)) if filed else None,
        )
        for provider, filed in rows
    ]


async def remind_of_months(context: Context) -> int:
    """Remind companies of the month that has ended: shortly before it is due and once it is overdue, once each.

    Returns how many companies it reminded.
    """
    today = context.clock.now().astimezone(context.settings.zone).date()
    following = today.replace(day=1)
    month = (following - timedelta(days=1)).replace(day=1)
    due = following.replace(day=context.settings.month_due_day)
    if today < due - timedelta(days=REMIND_DAYS_BEFORE):
        return 0
    kind, sentence = ("month_due", DUE) if today <= due else ("month_overdue", OVERDUE)
    words = _filled(sentence, month=_name(month), due=due)

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_unreminded(tx, month, following, kind, _name(month), limit)

    async def change(act: Act, tx: Tx, provider_id: UUID) -> None:
        await send_notice(act, tx, provider_id, kind, _name(month), words)

    return await one_by_one(context, "remind_of_months", find, change)


def _filled(notice: Notice, **facts: object) -> dict[str, str]:
    return {lang: text.format(**facts) for lang, text in notice.model_dump().items()}


def _name(month: date) -> str:
    return f"{month:%Y-%m}"
