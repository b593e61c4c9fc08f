"""Reads and writes the files, as a process of its own: `python -m app.exchange.files read | xlsx | csv`.

A zip bomb or a workbook of a million rows can use up only this process's limited memory and time; expat itself stops
entities that expand without end. `read` takes the file on standard input and writes JSON lines: a sheet's name, its
rows as texts, faults. The others take such lines and write the file. Nothing here knows what the columns mean.
"""

import codecs
import contextlib
import csv
import io
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from app.exchange.lines import (
    ERRORS,
    MEMORY,
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_FAULTS,
    MOST_ROWS,
    MOST_SECONDS,
    MOST_TEXT,
    Line,
    Unreadable,
    column_letter,
    column_name,
    filled,
)
from app.kit.spreadsheet import decode, harmless, plain

if TYPE_CHECKING:
    from app.kit.workbook import Sheet

OTHERS = {
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"<!doctype html": "HTML",
    b"<html": "HTML",
    b"<table": "HTML",
    b"<?xml": "XML",
}
"""Other formats that are sent under the name of a workbook, by their first bytes."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_KEPT_TEXT = re.compile(r'="([^"=]*)"')
"""How a CSV keeps a text from becoming a number: ="0574"."""


def read(content: bytes) -> Iterator[Line]:
    """Yield the lines of the file. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("file_empty")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("file_encrypted" if ENCRYPTED in content else "file_old_excel")
    beginning = content[:200].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for mark, form in OTHERS.items():
        if beginning.startswith(mark.lower()):
            raise Unreadable("file_other", form=form)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                if any(name.endswith("workbook.bin") for name in names):
                    raise Unreadable("file_other", form="XLSB")
                from app.exchange.workbooks import read_workbook  # loading it takes longer than reading most CSVs

                yield from read_workbook(archive)
            elif "mimetype" in names:
                raise Unreadable("file_other", form="ODS")
            else:
                yield from _read_csvs(archive)
    else:
        yield from _read_csv("", content)


def _check_size(archive: zipfile.ZipFile) -> None:
    """Raise Unreadable for a file that is too large or encrypted. `zipfile` unpacks no part beyond its declared
    size."""
    sizes = [part.file_size for part in archive.infolist()]
    texts = [part.file_size for part in archive.infolist() if "sharedStrings" in part.filename]
    if sum(sizes) > MOST_BYTES or sum(texts) > MOST_BYTES // 4 or len(sizes) > 1000:
        raise Unreadable("file_too_large")
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise Unreadable("file_encrypted")


def _read_csvs(archive: zipfile.ZipFile) -> Iterator[Line]:
    for part in archive.infolist():
        if part.filename.lower().endswith((".csv", ".txt")) and "__MACOSX" not in part.filename:
            yield from _read_csv(_name(part).rpartition("/")[2][:-4], archive.read(part))


def _name(part: zipfile.ZipInfo) -> str:
    """Return the part's name. Chinese Windows writes it in GBK without saying so."""
    if not part.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            return part.filename.encode("cp437").decode("gb18030")
    return part.filename


def _read_csv(name: str, content: bytes) -> Iterator[Line]:
    text = _decode(content)
    first, _, rest = text.partition("\n")
    said = first.strip().lower()
    skipped = said.startswith("sep=")  # this line tells Excel the delimiter
    if skipped:
        text, first = rest, rest.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    yield ["sheet", name, False]
    heading: list[str] = []
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1 + skipped):
        cells = [_KEPT_TEXT.sub(r"\1", cell.strip()) for cell in row]
        for place, cell in enumerate(cells[:MOST_COLUMNS], 1):
            code = "formula" if cell.startswith("=") else "error_value" if cell in ERRORS else ""
            if code:
                yield ["fault", name, number, column_name(heading, place), cell, code, {}]
        heading = heading or cells
        yield from filled(name, number, [plain(cell) for cell in cells])


def _decode(content: bytes) -> str:
    """Return the text of a CSV file. Raises Unreadable."""
    try:
        return decode(content)
    except ValueError:
        raise Unreadable("encoding") from None


def bounded(lines: Iterable[Line], most: int = MOST_ROWS) -> Iterator[Line]:
    """Yield the lines as long as rows and characters stay within the limits, and at most MOST_FAULTS faults. Raises
    Unreadable."""
    rows = faults = characters = 0
    title = ""
    for line in lines:
        if line[0] == "sheet":
            title = line[1]
        found = list(_cut(title, line)) if line[0] == "row" else [line]
        rows += line[0] == "row"
        characters += sum(map(len, line[2])) if line[0] == "row" else 0
        if rows > most:
            raise Unreadable("too_many_rows", most=most)
        if characters > MOST_TEXT:
            raise Unreadable("file_too_large")
        for one in found:
            faults += one[0] == "fault"
            if one[0] != "fault" or faults <= MOST_FAULTS:
                yield one


def _cut(title: str, row: Line) -> Iterator[Line]:
    """Yield the row with each cell cut to the longest length, and a fault for each cell that was longer."""
    _, number, cells = row
    for place, cell in enumerate(cells, 1):
        if len(cell) > MOST_CHARACTERS:
            yield ["fault", title, number, column_letter(place), cell[:60], "too_long", {"most": MOST_CHARACTERS}]
    yield ["row", number, [cell[:MOST_CHARACTERS] for cell in cells]]


def write_csvs(lines: Iterable[Line], out: BinaryIO) -> None:
    """Write a ZIP with one CSV per sheet, in UTF-8 with the byte order mark that Excel needs to show Chinese."""
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


def write_sheets(lines: Iterator[Line], out: BinaryIO) -> None:
    """Write the same lines as an XLSX."""
    from app.kit.workbook import write_workbook

    write_workbook(_sheets(lines), out)


def _sheets(lines: Iterator[Line]) -> "Iterator[Sheet]":
    """Yield the sheets of ["sheet", key, title, headings, numeric] and ["row", cells] lines. Read each sheet to its end
    before you take the next."""
    from app.kit.workbook import Sheet

    heads: list[Line] = []

    def rows() -> Iterator[Sequence[object]]:
        for line in lines:
            if line[0] == "sheet":
                heads.append(line)
                return
            yield line[1]

    for _ in rows():  # skips to the first head; no row precedes it
        pass
    while heads:
        _, _, title, headings, numeric = heads.pop()
        yield Sheet(title, headings, numeric, rows())


def main(task: str, out: BinaryIO, source: BinaryIO) -> None:
    """Read or write a file. A file that cannot be read becomes a fault of the whole file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    warnings.simplefilter("ignore")  # openpyxl warns about the styles and drawings that it leaves out
    if task == "read":
        try:
            for line in bounded(read(source.read())):
                out.write(orjson.dumps(line) + b"\n")
        except Unreadable as unreadable:
            out.write(orjson.dumps(unreadable.line) + b"\n")
        except Exception as error:  # a broken file can make its reader raise anything
            sys.stderr.write(f"{error!r}\n")
            out.write(orjson.dumps(Unreadable("file_unreadable").line) + b"\n")
    elif task == "csv":
        write_csvs(map(orjson.loads, source), out)
    else:
        write_sheets(map(orjson.loads, source), out)


if __name__ == "__main__":
    main(sys.argv[1], sys.stdout.buffer, sys.stdin.buffer)
