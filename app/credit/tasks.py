"""The worker's steps for credit."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from app.catalog.calendar import add_working_days
from app.catalog.queries import read_days
from app.credit import actions, queries
from app.credit.judging import correct_for_bill
from app.credit.making import make_entry, make_recovery
from app.credit.models import EntryStatus
from app.credit.rules import CORRECTED, Rules, read_rules
from app.events.act import Act, act_of
from app.events.due import one_by_one
from app.events.reading import walk
from app.kit.context import Context
from app.kit.db import Row, Tx

BATCH = 5_000
MONTHS_BACK = 3
"""A month held up by an open decision is still credited if the decision comes within this many months."""


async def make_entries(context: Context, batch: int = BATCH) -> int:
    """Make the entries that the next events call for, at most a batch of events. Return how many events were read.

    The cursor moves in the same transaction. Also return 0 while another transaction does this, or if there are no
    rules.
    """
    async with context.db.begin() as tx:
        found = await read_rules(tx)
    if found is None:
        return 0
    rules, kinds = found, sorted({rule.event for rule in found.rules} | {CORRECTED})

    async def make(tx: Tx, events: Sequence[Row]) -> None:
        for event in events:
            judge = correct_for_bill if event["kind"] == CORRECTED else make_entry
            await judge(act_of(context), tx, event, rules)

    async def take(tx: Tx, size: int) -> int:
        count, events = await queries.read_log(tx, kinds, size)
        await make(tx, events)
        return count

    async def take_one(tx: Tx, event_id: int) -> None:
        await make(tx, await queries.read_event(tx, kinds, event_id))

    return await walk(context, "make_entries", queries.READER, batch, take, take_one)


async def begin_reply_periods(context: Context) -> int:
    """Begin the reply period of proposals that were read to their provider on the phone.

    Return how many were dealt with.
    """

    async def change(act: Act, tx: Tx, entry_id: UUID) -> None:
        _, entry = await actions.get_locked(tx, entry_id)
        told_at = await queries.find_notified_at(tx, entry.notice_id)
        rules = await read_rules(tx, entry.rules_version)
        if entry.reply_by is None and told_at and rules:
            days = rules.rule(entry.rule_code).reply_working_days or 0
            entry.reply_by = add_working_days(told_at, days, act.zone, await read_days(tx))

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_notified(tx, limit)

    return await one_by_one(context, "begin_reply_periods", find, change)


async def apply_unanswered(context: Context) -> int:
    """Apply deductions that were not answered within the reply period. Return how many."""

    async def change(act: Act, tx: Tx, entry_id: UUID) -> None:
        provider, entry = await actions.get_locked(tx, entry_id)
        if entry.status == EntryStatus.PROPOSED and entry.reply_by is not None and entry.reply_by <= act.now:
            await actions.apply(act, tx, provider, entry, None)

    return await one_by_one(context, "apply_unanswered", queries.find_due, change)


async def recover_credit(context: Context) -> int:
    """Give the points for whole months without a deduction. Return how many were given, one per provider and month."""
    async with context.db.begin() as tx:
        rules = await read_rules(tx)
    if rules is None:
        return 0
    return sum([await _recover(context, rules, month) for month in _months_before(context)])


def _months_before(context: Context) -> list[date]:
    """Return the first days of the last whole months, oldest first."""
    first = context.clock.now().astimezone(context.settings.zone).date().replace(day=1)
    months: list[date] = []
    for _ in range(MONTHS_BACK):
        first = (first - timedelta(days=1)).replace(day=1)
        months.insert(0, first)
    return months


async def _recover(context: Context, rules: Rules, month: date) -> int:
    zone, cause = context.settings.zone, f"month:{month:%Y-%m}"
    begins = datetime.combine(month, time(0), zone)
    ends = datetime.combine((month + timedelta(days=31)).replace(day=1), time(0), zone)

    async def change(act: Act, tx: Tx, provider_id: UUID) -> None:
        await make_recovery(act, tx, provider_id, cause, ends, rules)

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await queries.find_recovering(tx, cause, begins, ends, limit)

    return await one_by_one(context, "recover_credit", find, change)
