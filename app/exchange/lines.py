"""The lines that the server exchanges with the process that reads and writes files, and their limits."""

from collections.abc import Iterator
from typing import Any

MOST_ROWS = 100_000
MOST_COLUMNS = 40
MOST_BYTES = 200 * 1024 * 1024
"""The largest unpacked size, of all parts together. The texts that cells share, which are read at once, may take a
quarter."""
MOST_CHARACTERS = 1_000
"""The most characters of a cell; no column allows more."""
MOST_TEXT = 20 * 1024 * 1024
"""The most characters of all cells together. A text shared by many cells counts in each."""
MOST_FAULTS = 500
MEMORY = 1024 * 1024 * 1024
"""The memory that the process may use, in bytes."""
MOST_SECONDS = 180
"""The time that the process may take."""
ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
"""What a formula that failed leaves in a cell."""

Line = list[Any]
"""["sheet", name, hidden], ["row", number, texts] or ["fault", sheet, row, column, value, code, facts]."""


def column_name(heading: list[str], place: int) -> str:
    """Return the heading of the column at `place` (from 1), or its letter if it has none."""
    return (heading[place - 1] if place <= len(heading) else "") or column_letter(place)


def filled(sheet: str, number: int, texts: list[str]) -> Iterator[Line]:
    """Yield the row without the empty cells at its end, unless it is all empty. Yield a fault for too many columns."""
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        yield ["fault", sheet, number, "", texts[MOST_COLUMNS], "too_many_columns", {"most": MOST_COLUMNS}]
    if texts:
        yield ["row", number, texts[:MOST_COLUMNS]]


class Unreadable(Exception):
    """The file as a whole cannot be read. `code` says why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.line: Line = ["fault", "", 0, "", "", code, facts]


def column_letter(place: int) -> str:
    """Return the letter of the column at `place` (from 1), as a spreadsheet shows it."""
    return chr(64 + place) if place <= 26 else f"A{chr(38 + place)}"


def shortest(number: float) -> str:
    """Return a number with a spreadsheet's fifteen digits, so that 3.3000000000000003 becomes 3.3."""
    return f"{number:.15g}"
