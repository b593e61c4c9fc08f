"""Reads and writes XLSX row by row; part of the process that app.exchange.files is."""

import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string

from app.exchange.lines import MOST_COLUMNS, MOST_ROWS, Line, Unreadable, column_name, filled, harmless, plain

_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref="([A-Z0-9:]{1,30})"')
"""Bounded, so that no file makes it look at the same bytes again and again."""


def read_workbook(archive: zipfile.ZipFile) -> Iterator[Line]:
    if b"macroEnabled" in archive.read("[Content_Types].xml") or any(
        "vba" in name.lower() for name in archive.namelist()
    ):
        raise Unreadable("file_with_macros")
    assert archive.fp is not None
    book = load_workbook(archive.fp, read_only=True, keep_links=False)
    worksheets: list[Any] = book.worksheets  # its stubs leave out what a sheet that is only read has
    for sheet in worksheets:
        yield ["sheet", sheet.title]
        with sheet._get_source() as source:
            merged = list(_merged(source))
        yield from (["fault", sheet.title, row, column, ref, "merged", {}] for row, column, ref in merged)
        sheet.reset_dimensions()
        yield from _read_sheet(sheet)


def _merged(source: Any) -> Iterator[tuple[int, str, str]]:
    """The merged ranges of a sheet's XML: row and column of the first cell, and the range."""
    tail = b""
    while chunk := source.read(1 << 20):
        text = tail + chunk
        for found in _MERGED.finditer(text):
            column, row = coordinate_from_string(found[1].decode().partition(":")[0])
            yield row, column, found[1].decode()
        tail = text[text.rfind(b"<") :] if b"<" in text else b""


def _read_sheet(sheet: Any) -> Iterator[Line]:
    heading: list[str] = []
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1), 1):
        texts = []
        for place, cell in enumerate(row, 1):
            if cell.value is None:
                texts.append("")
                continue
            column = column_name(heading, place)
            if cell.data_type == "f":
                yield ["fault", sheet.title, number, column, str(cell.value), "formula", {}]
            elif cell.data_type == "e":
                yield ["fault", sheet.title, number, column, str(cell.value), "error_value", {}]
            texts.append(_text(cell.value))
        heading = heading or texts
        yield from filled(sheet.title, number, texts)


def _text(value: Any) -> str:
    """What a cell holds, as a person would write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        if value.year < 1901:  # a time of 24:00
            return value.time().isoformat()
        return value.date().isoformat() if value.time() == time(0) else value.isoformat()
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds()) // 3600:02}:{int(value.total_seconds()) // 60 % 60:02}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return plain(str(value).strip())


def write_workbook(lines: Iterable[Line], out: BinaryIO) -> None:
    """An XLSX of ["sheet", key, title, headings, widths] and ["row", cells] lines."""
    book = Workbook(write_only=True)
    sheet: Any = None
    for line in lines:
        if line[0] == "row":
            sheet.append([harmless(cell) for cell in line[1]])
            continue
        _, _, title, headings, numeric = line
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for place, heading in enumerate(headings, 1):
            column = sheet.column_dimensions[get_column_letter(place)]
            column.width = max(12, 3 * len(heading))
            column.number_format = "General" if numeric[place - 1] else "@"  # text: Excel leaves long numbers alone
        sheet.append([_bold(sheet, heading) for heading in headings])
    book.save(out)


def _bold(sheet: Any, heading: str) -> Any:
    cell = WriteOnlyCell(sheet, heading)
    cell.font = Font(bold=True)
    return cell
