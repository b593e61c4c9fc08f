"""What passes between the server and the process that reads and writes files, and how much there may be of it."""

import re
from typing import Any

MOST_ROWS = 100_000
MOST_COLUMNS = 40
MOST_BYTES = 200 * 1024 * 1024
"""Unpacked, all parts together; the texts that the cells share, which are read at once, a quarter of it."""
MOST_FAULTS = 500
MEMORY = 1024 * 1024 * 1024

Line = list[Any]
"""["sheet", name], ["row", number, texts] or ["fault", sheet, row, column, value, code, facts]."""

_RISKY = re.compile(r"'*[=+\-@#\t\r]")


class Unreadable(Exception):
    """The file as a whole cannot be read; the code says why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.line: Line = ["fault", "", 0, "", "", code, facts]


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; `plain` takes it off again."""
    return f"'{value}" if isinstance(value, str) and _RISKY.match(value) else value


def plain(value: str) -> str:
    """The text without the apostrophe that keeps it from being a formula."""
    return value[1:] if value.startswith("'") and _RISKY.match(value) else value
