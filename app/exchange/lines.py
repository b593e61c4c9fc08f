"""What passes between the server and the process that reads and writes files, and how much there may be of it."""

from collections.abc import Iterator
from typing import Any

MOST_ROWS = 100_000
MOST_COLUMNS = 40
MOST_BYTES = 200 * 1024 * 1024
"""Unpacked, all parts together; the texts that the cells share, which are read at once, a quarter of it."""
MOST_CHARACTERS = 1_000
"""Of one cell; no column holds more."""
MOST_TEXT = 20 * 1024 * 1024
"""Characters of all cells together, one that stands in many cells counted in each."""
MOST_FAULTS = 500
MEMORY = 1024 * 1024 * 1024
MOST_SECONDS = 180
ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
"""What a formula that went wrong leaves."""

Line = list[Any]
"""["sheet", name, hidden], ["row", number, texts] or ["fault", sheet, row, column, value, code, facts]."""


def column_name(heading: list[str], place: int) -> str:
    """The heading of the first, second … column, or what a spreadsheet calls it."""
    return (heading[place - 1] if place <= len(heading) else "") or column_letter(place)


def filled(sheet: str, number: int, texts: list[str]) -> Iterator[Line]:
    """The row, if anything stands in it, without the empty cells at its end."""
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        yield ["fault", sheet, number, "", texts[MOST_COLUMNS], "too_many_columns", {"most": MOST_COLUMNS}]
    if texts:
        yield ["row", number, texts[:MOST_COLUMNS]]


class Unreadable(Exception):
    """The file as a whole cannot be read; the code says why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.line: Line = ["fault", "", 0, "", "", code, facts]


def column_letter(place: int) -> str:
    """What a spreadsheet calls its first, second … column."""
    return chr(64 + place) if place <= 26 else f"A{chr(38 + place)}"


def shortest(number: float) -> str:
    """A number in the 15 digits that a spreadsheet keeps: what it computed as 3.3000000000000003 is 3.3."""
    return f"{number:.15g}"
