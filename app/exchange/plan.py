"""What an import changes: the rows of the file against the registry as it stands. Pure: no SQL, no clock.

A row of the first sheet is a provider: a known one by its number or credit code (without either, by its name), or a new
one. On each of the other sheets the rows of a provider replace what it has there; a provider without rows on a sheet,
and a sheet that is left out, stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID

from app.exchange.faults import Fault

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, read: its values by column."""

    sheet: str
    number: int
    values: Values


@dataclass(slots=True)
class Known:
    """A provider as the registry has it, with its parts."""

    id: UUID
    version: int
    facts: Values
    prices: list[Values] = field(default_factory=list)
    parts: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class Subject:
    """A provider that the file speaks of: `known` is None for a new one; `row` where its facts stand, if anywhere."""

    id: UUID
    known: Known | None
    row: Row | None
    facts: Values
    rows: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What is to be written for one provider, and how to say it in the audit log."""

    subject: Subject
    facts: Values = field(default_factory=dict)
    parts: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    added_prices: list[Values] = field(default_factory=list)
    dropped_prices: list[UUID] = field(default_factory=list)
    ended_prices: dict[UUID, date | None] = field(default_factory=dict)

    @property
    def told(self) -> list[str]:
        """Which facts and sheets change."""
        prices = self.added_prices or self.dropped_prices or self.ended_prices
        return [*self.facts, *self.parts, *(["prices"] if prices else [])]


@dataclass(slots=True)
class Plan:
    """The changes, or what is wrong: with a fault nothing is changed; `warnings` keep nothing out."""

    changes: list[Changes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    unread: set[str] = field(default_factory=set)
    """Sheets with rows that could not be read, and what providers whose own row is wrong are called: what only follows
    from these is no fault of its own."""

    @property
    def added(self) -> list[Changes]:
        return [change for change in self.changes if change.subject.known is None]

    @property
    def changed(self) -> list[Changes]:
        return [change for change in self.changes if change.subject.known is not None]


MIDNIGHT = time(0)
PARTS: Mapping[str, tuple[str, ...]] = {
    "papers": ("paper", "number", "issued_on", "expires_on"),
    "coverage": ("township",),
    "hours": ("weekday", "opens", "closes"),
    "exceptions": ("day", "opens", "closes"),
}
"""The columns that make a row of each part that is compared whole."""


def part_row(sheet: str, row: Row) -> tuple[Any, ...]:
    """The row as it is compared and stored, without its provider."""
    if sheet == "exceptions" and row.values["opens"] is None:
        return row.values["day"], MIDNIGHT, None
    return tuple(row.values[name] for name in PARTS[sheet])


def compare_parts(subject: Subject, today: date) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The parts that change, each with all its rows; days that have passed are history and left alone."""
    for sheet in PARTS:
        if sheet not in subject.rows:
            continue
        wanted = [part_row(sheet, row) for row in subject.rows[sheet]]
        if sheet == "exceptions":
            wanted = [row for row in wanted if row[0] >= today]
        have = subject.known.parts.get(sheet, set()) if subject.known else set()
        if set(wanted) != have:
            yield sheet, wanted


PRICE_KEY = ("item", "tier", "valid_from", "approved")


def price_key(values: Values) -> tuple[Any, ...]:
    """What makes a line of the price card the same line."""
    return tuple(values[name] for name in PRICE_KEY)


def compare_prices(subject: Subject, changes: Changes, today: date) -> Iterator[tuple[Row, str]]:
    """Put the lines that come, go or end into `changes`; gives the rows that cannot be, with the code of why."""
    if "prices" not in subject.rows:
        return
    have = {price_key(line): line for line in subject.known.prices} if subject.known else {}
    for row in subject.rows["prices"]:
        line, old = row.values, have.pop(price_key(row.values), None)
        if subject.known and old is None and line["valid_to"] is not None and line["valid_to"] < today:
            continue  # it has ended: history
        if old is None or (old["price_kind"], old["price"]) != (line["price_kind"], line["price"]):
            if subject.known and line["valid_from"] < today:
                yield row, "in_the_past"
            if old:
                changes.dropped_prices.append(old["id"])
            changes.added_prices.append(line)
        elif old["valid_to"] != line["valid_to"]:
            changes.ended_prices[old["id"]] = line["valid_to"]
    for line in have.values():
        if line["approved"] and line["valid_from"] < today:
            changes.ended_prices[line["id"]] = date.fromordinal(today.toordinal() - 1)
        else:
            changes.dropped_prices.append(line["id"])


def compare(subjects: Sequence[Subject], today: date, plan: Plan) -> None:
    """Put the changes of every provider, or what keeps them from being, into the plan."""
    for subject in subjects:
        changes = Changes(subject)
        old = subject.known.facts if subject.known else {}
        changes.facts = {name: value for name, value in subject.facts.items() if name not in old or old[name] != value}
        changes.parts = dict(compare_parts(subject, today))
        for row, code in compare_prices(subject, changes, today):
            plan.faults.append(Fault("prices", row.number, "valid_from", str(row.values["valid_from"]), code, {}))
        if changes.told or subject.known is None:
            plan.changes.append(changes)
        else:
            plan.unchanged += 1
