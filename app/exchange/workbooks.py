"""Reads XLSX row by row, in the process of app.exchange.files."""

import contextlib
import io
import zipfile
from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from app.exchange.lines import (
    ERRORS,
    MOST_COLUMNS,
    MOST_FAULTS,
    MOST_ROWS,
    Line,
    Unreadable,
    column_name,
    filled,
    shortest,
)
from app.kit.spreadsheet import plain

_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": SHEET_MAIN_NS.encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
}
"""Namespaces of the strict dialect, and those that openpyxl knows instead."""
_STRING_TAG, _MERGED_TAG = f"{{{SHEET_MAIN_NS}}}si", f"{{{SHEET_MAIN_NS}}}mergeCell"


class _Reader(ExcelReader):
    """Reads only the parts that the cells need. Properties, themes and names are skipped, because programs write them
    in any form."""

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        with contextlib.suppress(Exception):  # without styles a date arrives as a number, which can still be parsed
            apply_stylesheet(self.archive, self.wb)
        self.read_worksheets()

    def read_strings(self) -> None:
        """Read the shared texts, still escaped."""
        if part := self.package.find(SHARED_STRINGS):  # type: ignore[no-untyped-call]  # openpyxl leaves it untyped
            with self.archive.open(part.PartName[1:]) as source:
                for _, node in iterparse(source):
                    if node.tag == _STRING_TAG:
                        text: Any = Text.from_tree(node)
                        self.shared_strings.append(text.content)
                        node.clear()


class _Rows(WorkSheetParser):
    """Reads the rows of a sheet, and notes merged ranges and hidden rows."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.merged: list[str] = []
        self.hidden: list[int] = []

    def parse(self) -> Generator[Any, None, None]:
        for _, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                number, cells = self.parse_row(element)
                if element.get("hidden") in ("1", "true"):
                    self.hidden.append(number)
                element.clear()
                yield number, cells
            elif element.tag == _MERGED_TAG:
                if len(self.merged) < MOST_FAULTS:
                    self.merged.append(element.get("ref"))
                element.clear()


def read_workbook(archive: zipfile.ZipFile) -> Iterator[Line]:
    """Yield the lines of a workbook. Raises Unreadable if it contains macros."""
    if b"macroEnabled" in archive.read("[Content_Types].xml") or any(
        "vba" in name.lower() for name in archive.namelist()
    ):
        raise Unreadable("file_with_macros")
    reader = _Reader(_usual(archive), read_only=True, keep_links=False)
    reader.read()
    book: Any = reader.wb
    percent = {number for number, style in enumerate(book._cell_styles) if "%" in _format(book, style.numFmtId)}
    for sheet in book.worksheets:
        yield ["sheet", sheet.title, sheet.sheet_state != "visible"]
        with sheet._get_source() as source:
            rows = _Rows(
                source,
                reader.shared_strings,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            yield from _read_sheet(sheet.title, rows, percent)
        for ref in rows.merged:
            column, row = coordinate_from_string(ref.partition(":")[0])
            yield ["fault", sheet.title, row, column, ref, "merged", {}]
        if rows.hidden:
            facts = {"count": len(rows.hidden)}
            yield ["fault", sheet.title, rows.hidden[0], "", "", "hidden_rows", facts]


def _usual(archive: zipfile.ZipFile) -> Any:
    """Return the archive's file in the usual form: rewritten if it has the strict dialect or Windows paths."""
    assert archive.fp is not None
    names = archive.namelist()
    books = [name for name in names if name.endswith("workbook.xml")]
    strict = any(b"purl.oclc.org/ooxml" in archive.read(name) for name in books)
    if not strict and not any("\\" in name for name in names):
        return archive.fp
    usual = io.BytesIO()
    with zipfile.ZipFile(usual, "w") as written:
        for name in names:
            content = archive.read(name)
            for old, new in _STRICT.items() if name.endswith((".xml", ".rels")) else ():
                content = content.replace(old, new)
            written.writestr(name.replace("\\", "/"), content)
    return usual


def _format(book: Any, number: int) -> str:
    own = number - 164
    return book._number_formats[own] if 0 <= own < len(book._number_formats) else "%" if number in (9, 10) else ""


def _read_sheet(title: str, rows: _Rows, percent: set[int]) -> Iterator[Line]:
    heading: list[str] = []
    for number, cells in rows.parse():
        if number > MOST_ROWS + 2:
            return
        texts: list[str] = []
        for cell in cells:
            value, place = cell["value"], cell["column"]
            if value is None or place > MOST_COLUMNS + 1:
                continue
            column = column_name(heading, place)
            shown = str(getattr(value, "text", value))
            if cell["data_type"] == "e" or shown.lstrip("=") in ERRORS:
                yield ["fault", title, number, column, shown, "error_value", {}]
            elif cell["data_type"] == "f":
                yield ["fault", title, number, column, shown, "formula", {}]
            texts += [""] * (place - len(texts))
            texts[place - 1] = _text(value, percent=cell["style_id"] in percent)
        heading = heading or texts
        yield from filled(title, number, texts)


def _text(value: Any, *, percent: bool) -> str:
    """Return the value of a cell as a person would write it."""
    if isinstance(value, datetime):
        if value.year < 1901:  # how a time of 24:00 arrives
            return value.time().isoformat()
        return value.date().isoformat() if value.time() == time(0) else value.isoformat()
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds()) // 3600:02}:{int(value.total_seconds()) // 60 % 60:02}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{shortest(value * 100)}%" if percent else shortest(value)
    return plain(unescape(str(value)).strip())
