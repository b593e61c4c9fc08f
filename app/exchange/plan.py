"""Compares the rows of a file with the registry and plans the changes. Pure: no SQL and no clock.

Each row of the first sheet is a provider. Its number or credit code identifies an existing one; if the row has neither,
its name does. Any other row is a new provider. On each of the other sheets, a provider's rows replace what it has.
Nothing changes if it has no rows there, or if the sheet is missing.
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
    """A row of the file with its parsed values by column."""

    sheet: str
    number: int
    values: Values


@dataclass(slots=True)
class Known:
    """A provider as it is in the registry, with its prices and parts."""

    id: UUID
    version: int
    facts: Values
    prices: list[Values] = field(default_factory=list)
    parts: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class Subject:
    """A provider that the file names. `known` is None for a new one; `row` is its row on the first sheet, if it has
    one."""

    id: UUID
    known: Known | None
    row: Row | None
    facts: Values
    rows: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What to write for one provider, and what the audit log says about it."""

    subject: Subject
    facts: Values = field(default_factory=dict)
    parts: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    added_prices: list[Values] = field(default_factory=list)
    dropped_prices: list[UUID] = field(default_factory=list)
    ended_prices: dict[UUID, date | None] = field(default_factory=dict)

    @property
    def changed_parts(self) -> list[str]:
        """The facts and sheets that change."""
        prices = self.added_prices or self.dropped_prices or self.ended_prices
        return [*self.facts, *self.parts, *(["prices"] if prices else [])]


@dataclass(slots=True)
class Plan:
    """The planned changes, faults and warnings. A fault prevents the whole import; a warning does not."""

    changes: list[Changes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    unread: set[str] = field(default_factory=set)
    """Sheets with rows that could not be read, and the names of providers whose own row is wrong. Faults that only
    follow from these are not reported."""

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
"""The columns of each part that is compared as a whole."""


def part_row(sheet: str, row: Row) -> tuple[Any, ...]:
    """Return the row as it is compared and stored, without its provider."""
    if sheet == "exceptions" and row.values["opens"] is None:
        return row.values["day"], MIDNIGHT, None
    return tuple(row.values[name] for name in PARTS[sheet])


def compare_parts(subject: Subject, today: date) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield the parts that change, each with all its rows. Past days are history and are left alone."""
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
    """Return what identifies a line of a price card."""
    return tuple(values[name] for name in PRICE_KEY)


def compare_prices(subject: Subject, changes: Changes, today: date) -> Iterator[tuple[Row, str]]:
    """Add the lines that are new, dropped or ended to `changes`. Yield invalid rows, each with the code of its
    fault."""
    if "prices" not in subject.rows:
        return
    have = {price_key(line): line for line in subject.known.prices} if subject.known else {}
    for row in subject.rows["prices"]:
        line, old = row.values, have.pop(price_key(row.values), None)
        if subject.known and old is None and line["valid_to"] is not None and line["valid_to"] < today:
            continue  # an ended line is history
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
    """Add the changes of every provider, and the faults in them, to the plan."""
    for subject in subjects:
        changes = Changes(subject)
        old = subject.known.facts if subject.known else {}
        changes.facts = {name: value for name, value in subject.facts.items() if name not in old or old[name] != value}
        changes.parts = dict(compare_parts(subject, today))
        for row, code in compare_prices(subject, changes, today):
            plan.faults.append(Fault("prices", row.number, "valid_from", str(row.values["valid_from"]), code, {}))
        if changes.changed_parts or subject.known is None:
            plan.changes.append(changes)
        else:
            plan.unchanged += 1
