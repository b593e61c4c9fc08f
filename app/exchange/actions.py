"""Imports the registry from a file, all or nothing."""

import asyncio
from functools import partial

import orjson

from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.sequence import step_alone
from app.events.topics import DISPATCH_TOPIC
from app.exchange import queries
from app.exchange.errors import ImportInvalid, ImportRunning, RegistryChanged
from app.exchange.plan import Plan, compare
from app.exchange.rows import read_rows
from app.exchange.schemas import ImportOut
from app.exchange.sheets import Sheet, sheets
from app.exchange.showing import show_faults
from app.exchange.subjects import find_subjects
from app.exchange.writing import write_changes
from app.kit.db import Tx
from app.kit.ids import new_id
from app.kit.languages import Language

MOST_LISTED = 200
"""The most changed providers listed in the answer."""


def plan_import(
    act: Act, content: bytes, registry: queries.Registry, catalog: Snapshot, language: Language
) -> tuple[Plan, dict[str, Sheet]]:
    """Return what the file's lines change in the registry, and the sheets by key. Takes seconds for a large file, so
    run it in a thread."""
    plan, by_key = Plan(), {sheet.key: sheet for sheet in sheets(catalog)}
    lines = map(orjson.loads, content.splitlines())
    rows = read_rows(lines, list(by_key.values()), plan, language)
    subjects = find_subjects(rows, registry.known(), catalog, act.today, plan, by_key, partial(new_id, act.now))
    compare(subjects, act.today, plan)
    return plan, by_key


async def import_registry(
    act: Act, tx: Tx, content: bytes, catalog: Snapshot, *, dry_run: bool, language: Language
) -> ImportOut:
    """Import the lines that `app.exchange.process` read. Importing the same file again changes nothing.

    1. Take the import's lock, and read the registry.
    2. Plan the changes in a thread. If there is any fault, refuse the file.
    3. Unless it is a dry run, check that nobody edited the providers meanwhile, and write the changes.

    Raises ImportInvalid with the first 500 faults, ImportRunning, RegistryChanged; nothing is changed then.
    """
    if not await step_alone(tx, "registry_import"):
        raise ImportRunning
    registry = await queries.read_registry(tx, act.today)
    plan, by_key = await asyncio.to_thread(plan_import, act, content, registry, catalog, language)
    if plan.faults:
        errors = [fault.model_dump() for fault in show_faults(plan.faults, by_key, language)]
        raise ImportInvalid(total=len(plan.faults), errors=errors)
    if not dry_run and plan.changes:
        await _check_versions(tx, plan)
        await write_changes(act, tx, plan)
        tx.publish(DISPATCH_TOPIC)
    changed_parts = [
        f"{change.subject.facts['name']}: {', '.join(change.changed_parts)}" for change in plan.changes[:MOST_LISTED]
    ]
    return ImportOut(
        dry_run=dry_run,
        rows=plan.rows,
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        changes=changed_parts,
        warned=len(plan.warnings),
        warnings=list(show_faults(plan.warnings, by_key, language)),
    )


async def _check_versions(tx: Tx, plan: Plan) -> None:
    read = {change.subject.id: change.subject.known.version for change in plan.changed if change.subject.known}
    present = await queries.lock_versions(tx, list(read))
    if changed := sum(present.get(key) != version for key, version in read.items()):
        raise RegistryChanged(count=changed)
