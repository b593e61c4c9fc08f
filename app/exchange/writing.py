"""Writes a plan to the database in bulk, with the same few statements however many rows there are."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import orjson

from app.events.act import Act
from app.events.kinds import EventKind
from app.exchange import queries
from app.exchange.plan import PARTS, Changes, Plan
from app.kit.db import Tx
from app.kit.ids import new_id
from app.registry.models import Standing
from app.registry.states import PROVIDERS

BIRTHS: dict[Standing, tuple[str, ...]] = {
    Standing.APPLIED: (),
    Standing.TRIAL: ("admit",),
    Standing.ACTIVE: ("admit", "activate"),
    Standing.WATCH: ("admit", "activate", "watch"),
    Standing.SUSPENDED: ("admit", "activate", "suspend"),
    Standing.LEFT: ("admit", "activate", "leave"),
    Standing.EXPELLED: ("admit", "activate", "suspend", "expel"),
}
"""The steps that a new provider counts as having taken, by its standing in the file."""

LOOK = {"papers": "look_on"}
"""The column that makes the worker check imported licences at once."""


async def write_changes(act: Act, tx: Tx, plan: Plan) -> None:
    """Write every change, the events of new providers, and an audit entry per provider."""
    await queries.copy(tx, "providers", _PROVIDER, (_provider(change) for change in plan.added))
    facts = [(change.subject.id, change.subject.facts) for change in plan.changed if change.facts]
    if facts:
        await queries.update_facts(tx, facts)
    await queries.raise_versions(tx, [change.subject.id for change in plan.changed])
    for part in PARTS:
        await _write_part(tx, part, plan.changes, act.today)
    await _write_prices(act, tx, plan.changes)
    await queries.copy(tx, "events", _EVENT, _events(act, plan.added))
    await queries.copy(tx, "audit_entries", _AUDIT, _audit(act, plan))


_PROVIDER = ("id", *queries.FACTS.values(), "standing", "former_standing", "joined_on")
_EVENT = ("at", "kind", "provider_id", "actor_kind", "actor_id", "trace_id", "data")
_AUDIT = ("at", "actor_kind", "actor_id", "action", "subject", "data")
_PRICE = ("id", "provider_id", "item_code", "tier", "price_kind", "price_fen", "valid_from", "valid_to", "approved_at")


def _provider(change: Changes) -> tuple[Any, ...]:
    facts = change.subject.facts
    former = Standing.ACTIVE if facts["standing"] is Standing.SUSPENDED else None
    return change.subject.id, *(facts[name] for name in queries.FACTS), facts["standing"], former, facts["joined_on"]


async def _write_part(tx: Tx, part: str, changes: Sequence[Changes], today: date) -> None:
    table, columns = queries.TABLES[part]
    touched = [change for change in changes if part in change.parts]
    await queries.clear_part(tx, part, [change.subject.id for change in touched], today)
    looked = (today,) if part in LOOK else ()
    rows = ((change.subject.id, *row, *looked) for change in touched for row in change.parts[part])
    await queries.copy(tx, table, ("provider_id", *columns, *([LOOK[part]] if part in LOOK else [])), rows)


async def _write_prices(act: Act, tx: Tx, changes: Sequence[Changes]) -> None:
    dropped = [line for change in changes for line in change.dropped_prices]
    ended = [line for change in changes for line in change.ended_prices.items()]
    await queries.change_prices(tx, dropped, ended)
    rows = (
        (
            new_id(act.now),
            change.subject.id,
            line["item"],
            line["tier"],
            line["price_kind"],
            line["price"],
            line["valid_from"],
            line["valid_to"],
            act.now if line["approved"] else None,
        )
        for change in changes
        for line in change.added_prices
    )
    await queries.copy(tx, "provider_items", _PRICE, rows)


def _events(act: Act, added: Sequence[Changes]) -> Iterator[tuple[Any, ...]]:
    """Yield the events that each new provider's steps would have logged."""
    for change in added:
        _, events = PROVIDERS.path(Standing.APPLIED, *BIRTHS[change.subject.facts["standing"]])
        for kind in (EventKind.PROVIDER_APPLIED, *events):
            yield act.now, kind, change.subject.id, act.actor.kind, act.who, act.trace_id, '{"reason": "import"}'


def _audit(act: Act, plan: Plan) -> Iterator[tuple[Any, ...]]:
    counts = orjson.dumps({"added": len(plan.added), "changed": len(plan.changed), "rows": plan.rows}).decode()
    yield act.now, act.actor.kind, act.who, "registry.imported", "registry", counts
    for change in plan.changes:
        action = "provider.added" if change.subject.known is None else "provider.edited"
        data = {"import": True, "changed": change.changed_parts, **{name: change.facts[name] for name in change.facts}}
        encoded = orjson.dumps(data, default=str).decode()
        yield act.now, act.actor.kind, act.who, action, f"provider:{change.subject.id}", encoded
