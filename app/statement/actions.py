"""A provider's statement: its figures month by month, and the amounts of one month."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.calendar import month_after, span_of
from app.catalog.models import Item, Tier
from app.catalog.snapshot import Snapshot
from app.credit.actions import show_row
from app.credit.queries import list_entries_between
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry.models import Provider, Standing
from app.registry.queries import find_provider
from app.statement import queries
from app.statement.errors import MonthsInvalid
from app.statement.schemas import JobLine, MonthFigures, MonthsAsked, MonthStatement, Share, StatementOut, Total

USUAL_MONTHS = 12
MOST_MONTHS = 36
COUNTS = ("accepted", "declined", "expired", "completed", "returned", "no_shows", "turnover_fen", "payout_fen")


async def read_statement(tx: Tx, provider_id: UUID, asked: MonthsAsked, today: date, zone: ZoneInfo) -> StatementOut:
    """Return the provider's figures month by month. Raises NotFound or MonthsInvalid."""
    provider = await _provider(tx, provider_id)
    months = _months(asked, today)
    figures = await _figures(tx, provider_id, months, zone)
    return StatementOut(
        provider_id=provider.id,
        provider_number=provider.number,
        provider_name=provider.name,
        standing=Standing(provider.standing),
        credit=provider.credit,
        months=[figures[month] for month in months],
    )


async def read_month(act: Act, tx: Tx, provider_id: UUID, month: date, catalog: Snapshot) -> MonthStatement:
    """Return the month's amounts job by job, with its figures and credit entries. Raises NotFound."""
    provider = await _provider(tx, provider_id)
    span = span_of(month, month_after(month), act.zone)
    rows = await queries.list_jobs_done(tx, provider_id, span)
    jobs = [_line(row, catalog.items[row["item_code"]]) for row in rows]
    tiers = dict.fromkeys(job.tier for job in jobs)
    entries = await list_entries_between(tx, provider_id, *span)
    return MonthStatement(
        provider_id=provider.id,
        provider_number=provider.number,
        provider_name=provider.name,
        credit=provider.credit,
        made_at=act.now,
        figures=(await _figures(tx, provider_id, [month], act.zone))[month],
        jobs=jobs,
        by_tier={tier: _total(job for job in jobs if job.tier == tier) for tier in Tier if tier in tiers},
        total=_total(jobs),
        credit_entries=[await show_row(tx, row) for row in entries],
    )


def _line(row: Mapping[Any, Any], item: Item) -> JobLine:
    return JobLine(**row, item_zh=item.zh, item_en=item.en, unit=item.unit)


async def list_no_shows(tx: Tx, provider_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]:
    """Return the jobs that the provider gave back because the citizen was absent, newest first. Raises NotFound."""
    await _provider(tx, provider_id)
    return await queries.list_no_shows(tx, provider_id, before, limit)


async def _provider(tx: Tx, provider_id: UUID) -> Provider:
    provider = await find_provider(tx, provider_id)
    if provider is None:
        raise NotFound(what="provider", key=str(provider_id))
    return provider


def _months(asked: MonthsAsked, today: date) -> list[date]:
    last = asked.to or today.replace(day=1)
    first = asked.from_ or _months_before(last, USUAL_MONTHS - 1)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MOST_MONTHS:
        raise MonthsInvalid(most=MOST_MONTHS)
    return [_months_before(last, back) for back in reversed(range(count))]


def _months_before(month: date, back: int) -> date:
    for _ in range(back):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


async def _figures(tx: Tx, provider_id: UUID, months: list[date], zone: ZoneInfo) -> Mapping[date, MonthFigures]:
    days = months[0], month_after(months[-1])
    counts = await queries.sum_months(tx, provider_id, days, span_of(*days, zone), zone)
    return {month: _month(month, counts.get(month, {})) for month in months}


def _month(month: date, counts: Mapping[str, int]) -> MonthFigures:
    def count(name: str) -> int:
        return counts.get(name, 0)

    return MonthFigures(
        month=month,
        **{name: count(name) for name in COUNTS},
        acceptance=Share.of(count("accepted"), count("accepted") + count("declined") + count("expired")),
        punctuality=Share.of(count("on_time"), count("completed")),
        solved=Share.of(count("solved"), count("reached")),
        satisfaction=Share.of(count("satisfied"), count("rated")),
        credit_change=count("credit_change"),
    )


def _total(jobs: Iterable[JobLine]) -> Total:
    listed = list(jobs)
    return Total(
        jobs=len(listed),
        amount_fen=sum(job.amount_fen for job in listed),
        payout_fen=sum(job.payout_fen for job in listed),
    )
