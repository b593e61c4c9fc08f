"""Turns the counts in SQL into the figures that a manager reads."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.catalog.errors import UnknownArea, UnknownCategory
from app.catalog.models import Item, is_counted
from app.catalog.snapshot import Snapshot
from app.intake.models import RequestStatus
from app.intake.states import OPEN
from app.kit.db import Tx
from app.metrics import call_queries, queries, turnover_queries
from app.metrics.call_schemas import CallCounts, CallRow, Calls, CallsAsked
from app.metrics.counting import BY_HOUR
from app.metrics.errors import RangeInvalid
from app.metrics.schemas import (
    Clock,
    Clocks,
    Counts,
    DayAsked,
    DayOut,
    Dimension,
    Filters,
    Fulfilment,
    Funnel,
    NowOut,
    ProviderTurnover,
    Rate,
    Rates,
    Received,
    ReceivedRow,
    Selection,
    TotalGrowth,
    TurnoverTotal,
    VolumeRow,
    Volumes,
    VolumesAsked,
    Work,
    WorkRow,
)
from app.registry.schemas import Growth

KEPT_DAYS = 366
"""The longest range in days for kept counts."""
COUNTED_DAYS = 31
"""The longest range in days for figures counted from the requests themselves."""
_STEPS = ("dispatch", "accept", "arrive", "complete")


async def read_volumes(tx: Tx, asked: VolumesAsked, catalog: Snapshot, zone: ZoneInfo) -> Volumes:
    """Return the volumes of a range by one or two dimensions, up to this moment.

    Raises RangeInvalid, UnknownCategory, UnknownArea.
    """
    by = list(dict.fromkeys(asked.by))
    hourly = Dimension.HOUR in by
    check_selection(asked, catalog, COUNTED_DAYS if hourly else KEPT_DAYS)
    if hourly:
        found = await queries.sum_by_hour(tx, asked, *span(asked, zone), zone, by)
    else:
        found = await queries.sum_volumes(tx, asked, zone, by)
    rows = [VolumeRow.model_validate(dict(row)) for row in found]
    names = BY_HOUR if hourly else Counts.model_fields
    return Volumes(rows=rows, total=Counts(**{name: sum(getattr(row, name) for row in rows) for name in names}))


async def read_fulfilment(tx: Tx, asked: Selection, catalog: Snapshot, zone: ZoneInfo, now: datetime) -> Fulfilment:
    """Return the funnel and rates of what happened in a range, and the clocks of the requests received in it.

    Raises RangeInvalid, UnknownCategory, UnknownArea.
    """
    check_selection(asked, catalog, COUNTED_DAYS)
    counts = (await queries.sum_volumes(tx, asked, zone))[0]
    return _fulfilment(counts, await queries.measure_clocks(tx, asked, *span(asked, zone), now))


def _fulfilment(counts: Mapping[Any, Any], clocks: Mapping[Any, Any]) -> Fulfilment:
    funnel = {name: counts[name] for name in Funnel.model_fields if name != "created"}
    return Fulfilment(
        funnel=Funnel(created=counts["requests"], **funnel),
        rates=Rates(
            answered_in_call=rate(counts, "answered_in_call", "requests"),
            answered_by_article=rate(counts, "answered_by_article", "answered_in_call"),
            on_time=rate(clocks, "on_time", "due"),
            on_time_by_original=rate(clocks, "on_time_by_original", "due_by_original"),
            returned=rate(counts, "returned", "accepted"),
            no_response=rate(counts, "expired", "offered"),
            unmatched=rate(counts, "unmatched", "dispatched"),
            reached=rate(counts, "reached", "callbacks"),
            solved=rate(counts, "solved", "reached"),
            satisfied=rate(counts, "satisfied", "rated"),
        ),
        clocks=Clocks(**{step: _clock(clocks, step) for step in _STEPS}),
        wait=_clock(clocks, "wait"),
    )


async def read_calls(tx: Tx, asked: CallsAsked, zone: ZoneInfo) -> Calls:
    """Return how many calls there were and how they ended, up to this moment. Raises RangeInvalid."""
    if not 0 <= (asked.to - asked.from_).days < KEPT_DAYS:
        raise RangeInvalid(days=KEPT_DAYS)
    found = await call_queries.sum_calls(tx, asked, zone, list(dict.fromkeys(asked.by)))
    rows = [CallRow.model_validate(dict(row)) for row in found]
    total = {name: sum(getattr(row, name) for row in rows) for name in CallCounts.model_fields}
    return Calls(rows=rows, total=CallCounts(**total))


async def read_work(tx: Tx, asked: Selection, catalog: Snapshot, zone: ZoneInfo) -> Work:
    """Return how much work was done per item. Raises RangeInvalid, UnknownCategory, UnknownArea."""
    check_selection(asked, catalog, COUNTED_DAYS)
    done = {row["item_code"]: row for row in await queries.sum_work(tx, asked, *span(asked, zone))}
    return Work(rows=[_work(item, done[code]) for code, item in catalog.items.items() if code in done])


def _work(item: Item, done: Mapping[Any, Any]) -> WorkRow:
    return WorkRow(
        item=item.code,
        zh=item.zh,
        en=item.en,
        unit=item.unit,
        completed=done["completed"],
        quantity=done["quantity"] if is_counted(item.unit) else None,
        turnover_fen=done["turnover_fen"],
    )


async def read_day(tx: Tx, asked: DayAsked, catalog: Snapshot, zone: ZoneInfo, now: datetime) -> DayOut:
    """Return all figures of one day up to this moment, or as they were at a given time of that day.

    Raises UnknownCategory, UnknownArea.
    """
    _check_filters(asked, catalog)
    only = asked.model_dump(exclude={"day", "until"})
    selection = Selection.model_validate(only | {"from": asked.day, "to": asked.day})
    since, before = span(selection, zone)
    until = before if asked.until is None else datetime.combine(asked.day, asked.until, zone)
    hours = await queries.sum_by_hour(tx, selection, since, before, zone, [Dimension.HOUR])
    whole = _keyed([*await queries.cut_volumes(tx, selection, zone), *hours])
    early = whole if asked.until is None else _keyed(await queries.cut_between(tx, selection, since, until, zone))
    at = now if asked.until is None else min(now, until)
    fulfilment = _fulfilment(early[None], await queries.measure_clocks(tx, selection, since, until, at))
    received = {key: _received(row, early.get(key, {})) for key, row in whole.items()}
    cuts: dict[Dimension, list[ReceivedRow]] = {dimension: [] for dimension in queries.CUTS}
    for key, counts in received.items():
        if key and (counts.requests or counts.answered_in_call):
            cuts[key[0]].append(ReceivedRow(key=str(key[1]), **dict(counts)))
    return DayOut(
        **dict(fulfilment),
        day=asked.day,
        until=asked.until,
        received=received[None],
        cuts=cuts,
        total=Counts.model_validate(dict(early[None])),
    )


_Key = tuple[Dimension, Any] | None
"""The key of a cut's row: its dimension and that dimension's value, or None for the total."""


def _keyed(rows: Sequence[Mapping[Any, Any]]) -> dict[_Key, Mapping[Any, Any]]:
    keys = ([(d, row[d]) for d in queries.CUTS if row.get(d) is not None] for row in rows)
    return {key[0] if key else None: row for key, row in zip(keys, rows, strict=True)}


def _received(whole: Mapping[Any, Any], early: Mapping[Any, Any]) -> Received:
    counts = {name: whole[name] for name in BY_HOUR} | {f"{name}_until": early.get(name, 0) for name in BY_HOUR}
    return Received(**counts)


def check_selection(asked: Selection, catalog: Snapshot, days: int) -> None:
    """Raise RangeInvalid if the range is empty or longer than `days`, UnknownCategory, UnknownArea."""
    if not 0 <= (asked.to - asked.from_).days < days:
        raise RangeInvalid(days=days)
    _check_filters(asked, catalog)


def _check_filters(asked: Filters, catalog: Snapshot) -> None:
    if asked.category is not None and asked.category not in catalog.categories:
        raise UnknownCategory(category=asked.category)
    if asked.township is not None and asked.township not in catalog.townships:
        raise UnknownArea(area=asked.township)


def span(asked: Selection, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the start of the first day and the start of the day after the last one."""
    after = asked.to + timedelta(days=1)
    return datetime.combine(asked.from_, time(0), zone), datetime.combine(after, time(0), zone)


def rate(counts: Mapping[Any, Any], numerator: str, denominator: str) -> Rate:
    """Return one count divided by another. The rate is None if the denominator is 0."""
    part, whole = counts[numerator], counts[denominator]
    return Rate(numerator=part, denominator=whole, rate=part / whole if whole else None)


def _clock(clocks: Mapping[Any, Any], step: str) -> Clock:
    seconds = clocks[f"{step}_seconds"]
    median, p90 = map(round, seconds) if seconds else (None, None)
    return Clock(count=clocks[f"{step}_count"], median_seconds=median, p90_seconds=p90)


def turnover_key(row: Mapping[Any, Any]) -> tuple[int, str]:
    """Return the key by which the list of turnovers is sorted."""
    return row["turnover_fen"], str(row["id"])


def show_turnover(row: Mapping[Any, Any]) -> ProviderTurnover:
    """Return a provider's month as the API shows it."""
    declared = row["declared_turnover_fen"] is not None
    turnover, profit_tax = row["baseline_turnover_fen"], row["baseline_profit_tax_fen"]
    return ProviderTurnover(
        provider_id=row["id"],
        name=row["name"],
        kind=row["kind"],
        completed=row["completed"],
        baseline_month=row["baseline_month"],
        hotline=Growth.of(row["turnover_fen"], turnover),
        declared_turnover=Growth.of(row["declared_turnover_fen"], turnover) if declared else None,
        declared_profit_tax=Growth.of(row["declared_profit_tax_fen"], profit_tax) if declared else None,
    )


async def total_turnover(tx: Tx, month: date, following: date) -> TurnoverTotal:
    """Return the month's turnover of all providers together."""
    sums = await turnover_queries.sum_turnovers(tx, month, following)

    def total(name: str) -> TotalGrowth:
        providers = sums[f"{name}_providers"]
        return TotalGrowth.of(sums[f"{name}_month_fen"], sums[f"{name}_baseline_fen"], providers=providers)

    return TurnoverTotal(
        providers=sums["providers"],
        with_baseline=sums["with_baseline"],
        declared=sums["declared"],
        completed=sums["completed"],
        turnover_fen=sums["turnover_fen"],
        hotline=total("hotline"),
        declared_turnover=total("declared_turnover"),
        declared_profit_tax=total("declared_profit_tax"),
    )


async def read_now(tx: Tx, asked: Filters, catalog: Snapshot, zone: ZoneInfo, now: datetime) -> NowOut:
    """Return what is open and waiting now, and today's counts so far.

    Raises UnknownCategory, UnknownArea.
    """
    _check_filters(asked, catalog)
    unfinished = await queries.list_unfinished(tx, asked)
    waiting = await queries.count_waiting(tx, asked, now)
    day = now.astimezone(zone).date()
    today = Selection.model_validate(asked.model_dump() | {"from": day, "to": day})
    counts = (await queries.sum_volumes(tx, today, zone))[0]
    return NowOut(
        at=now,
        requests={row["status"]: row["requests"] for row in unfinished},
        oldest_open_received_at=min(
            (row["oldest"] for row in unfinished if row["status"] in OPEN | {RequestStatus.ON_HOLD}), default=None
        ),
        offers_waiting=waiting["offers"],
        callbacks_due=waiting["callbacks"],
        today=Counts.model_validate(dict(counts)),
    )
