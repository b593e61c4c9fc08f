"""Reads and writes the files themselves, as a process of its own: `python -m app.exchange.files read | write`.

Whoever uploads a zip bomb or a workbook of a million rows costs this process its bounded memory and time, and nobody
else anything. `read` takes the file on standard input and gives JSON lines: a sheet's name, its rows as texts, faults.
`write` takes such lines and gives the file. Nothing here knows what the columns mean.
"""

import contextlib
import csv
import io
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import orjson
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string

MOST_ROWS = 100_000
MOST_COLUMNS = 40
MOST_BYTES = 200 * 1024 * 1024
"""Unpacked, all parts together; the texts that the cells share, which are read at once, a quarter of it."""
MOST_FAULTS = 500
MEMORY = 1024 * 1024 * 1024

Line = list[Any]
"""["sheet", name], ["row", number, texts] or ["fault", sheet, row, column, value, code, facts]."""

_RISKY = re.compile(r"'*[=+\-@#\t\r]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')


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


def read(content: bytes) -> Iterator[Line]:
    """The lines of the file. Raises Unreadable."""
    if not content:
        raise Unreadable("file_empty")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("file_old_excel")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
            names = archive.namelist()
            yield from _read_workbook(archive) if "[Content_Types].xml" in names else _read_csvs(archive)
    else:
        yield from _read_csv("", content)


def _check_size(archive: zipfile.ZipFile) -> None:
    """`zipfile` unpacks no part beyond the size that it declares."""
    sizes = [part.file_size for part in archive.infolist()]
    texts = [part.file_size for part in archive.infolist() if "sharedStrings" in part.filename]
    if sum(sizes) > MOST_BYTES or sum(texts) > MOST_BYTES // 4 or len(sizes) > 1000:
        raise Unreadable("file_too_large")


def _read_workbook(archive: zipfile.ZipFile) -> Iterator[Line]:
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
    first = next(sheet.iter_rows(max_row=1, max_col=MOST_COLUMNS, values_only=True), ())
    heading = [_text(value) for value in first]
    width = max((place for place, name in enumerate(heading, 1) if name), default=1)
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=width), 1):
        texts = []
        for place, cell in enumerate(row):
            column = heading[place] or get_column_letter(place + 1)
            if cell.data_type == "f":
                yield ["fault", sheet.title, number, column, str(cell.value), "formula", {}]
            elif cell.data_type == "e":
                yield ["fault", sheet.title, number, column, str(cell.value), "error_value", {}]
            texts.append(_text(cell.value))
        if any(texts):
            yield ["row", number, texts]


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


def _read_csvs(archive: zipfile.ZipFile) -> Iterator[Line]:
    for part in archive.infolist():
        if part.filename.lower().endswith(".csv") and "__MACOSX" not in part.filename:
            yield from _read_csv(part.filename.rpartition("/")[2][:-4], archive.read(part))


def _read_csv(name: str, content: bytes) -> Iterator[Line]:
    text = _decode(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    yield ["sheet", name]
    heading: list[str] = []
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        cells = [cell.strip() for cell in row[:MOST_COLUMNS]]
        for place, cell in enumerate(cells):
            if cell.startswith("="):
                column = heading[place] if place < len(heading) else get_column_letter(place + 1)
                yield ["fault", name, number, column, cell, "formula", {}]
        heading = heading or cells
        if any(cells):
            yield ["row", number, [plain(cell) for cell in cells]]


def _decode(content: bytes) -> str:
    """The text of a CSV file: UTF-8 with or without its mark, or GB18030, which covers GBK, as Chinese Excel saves."""
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:
                return text
    raise Unreadable("encoding")


def bounded(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, up to as many rows and faults as there may be. Raises Unreadable."""
    rows = faults = 0
    for line in lines:
        rows += line[0] == "row"
        faults += line[0] == "fault"
        if rows > MOST_ROWS:
            raise Unreadable("too_many_rows", most=MOST_ROWS)
        if line[0] != "fault" or faults <= MOST_FAULTS:
            yield line


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


def write_csvs(lines: Iterable[Line], out: BinaryIO) -> None:
    """A ZIP of one CSV per sheet, in UTF-8 with the mark without which Excel shows no Chinese."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text: Any = None
        writer: Any = None
        for line in lines:
            if line[0] == "row":
                writer.writerow([harmless(cell) for cell in line[1]])
                continue
            if text:
                text.close()
            text = io.TextIOWrapper(archive.open(f"{line[1]}.csv", "w"), "utf-8-sig", newline="")
            writer = csv.writer(text)
            writer.writerow(line[3])
        text.close()


def main(task: str, out: BinaryIO, source: BinaryIO) -> None:
    """Read or write; what cannot be read is a fault of the whole file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")  # openpyxl warns of what it leaves out: styles, drawings
    if task == "read":
        try:
            for line in bounded(read(source.read())):
                out.write(orjson.dumps(line) + b"\n")
        except Unreadable as unreadable:
            out.write(orjson.dumps(unreadable.line) + b"\n")
        except Exception as error:  # whatever a broken file makes its readers raise
            sys.stderr.write(f"{error!r}\n")
            out.write(orjson.dumps(Unreadable("file_unreadable").line) + b"\n")
    else:
        lines = (orjson.loads(line) for line in source)
        {"xlsx": write_workbook, "csv": write_csvs}[task](lines, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.stdout.buffer, sys.stdin.buffer)
