"""Writing XLSX row by row. Import this only where a workbook is written: openpyxl takes a while to load."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.kit.spreadsheet import harmless

_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Sheet(NamedTuple):
    """A sheet with its rows below the headings. Cells are text, even if all digits, except in `numeric` columns."""

    title: str
    headings: Sequence[str]
    numeric: Sequence[bool]
    rows: Iterable[Sequence[object]]


def write_workbook(sheets: Iterable[Sheet], out: BinaryIO) -> None:
    """Write an XLSX file of these sheets, a row at a time."""
    book = Workbook(write_only=True)
    for title, headings, numeric, rows in sheets:
        sheet: Any = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for place, (heading, is_number) in enumerate(zip(headings, numeric, strict=True), 1):
            column = sheet.column_dimensions[get_column_letter(place)]
            column.width = max(12, 3 * len(heading))
            column.number_format = "General" if is_number else "@"  # text: Excel leaves long numbers alone
        sheet.append([_bold(sheet, heading) for heading in headings])
        for row in rows:
            sheet.append([_written(cell) for cell in row])
    book.save(out)


def _written(value: Any) -> Any:
    """Return the cell's value without characters that the format cannot hold. Text like an escape is itself escaped."""
    if isinstance(value, str):
        return _ESCAPED.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("", harmless(value)))
    return value


def _bold(sheet: Any, heading: str) -> Any:
    cell = WriteOnlyCell(sheet, heading)
    cell.font = Font(bold=True)
    return cell
