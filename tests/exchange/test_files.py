"""The files themselves: what is read, what is refused, and that no written cell is a formula."""

import csv
import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from app.exchange.files import bounded, read, write_csvs, write_sheets
from app.exchange.lines import MOST_BYTES, Line, Unreadable
from app.kit.spreadsheet import harmless, plain

TEXTS = st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"), min_size=1)


def rows(content: bytes) -> list[list[str]]:
    return [line[2] for line in read(content) if line[0] == "row"]


def found(content: bytes) -> list[tuple[int, str, str]]:
    return [(line[2], line[3], line[5]) for line in read(content) if line[0] == "fault"]


def saved(*table: Any, change: Any = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in table:
        sheet.append(row)
    if change:
        change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


@given(st.text())
def test_no_text_that_is_written_begins_like_a_formula(value: str) -> None:
    written = harmless(value)
    assert not written.strip(" ").startswith((*"=+-@＝＋－＠", "\t", "\r", "\n"))
    assert plain(written) == value


@settings(max_examples=30)
@given(st.lists(TEXTS.map(str.strip).filter(bool), min_size=1, max_size=5))
def test_texts_come_back_from_either_format(texts: list[str]) -> None:
    lines: list[Line] = [["sheet", "one", "表", ["甲"] * len(texts), [False] * len(texts)], ["row", texts]]
    for write in (write_sheets, write_csvs):
        out = io.BytesIO()
        write(iter(lines), out)
        if write is write_csvs:
            with zipfile.ZipFile(io.BytesIO(out.getvalue())) as packed:
                table = csv.reader(io.StringIO(packed.read("one.csv").decode("utf-8-sig"), newline=""))
            assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)
        assert rows(out.getvalue())[1] == texts


def test_what_spreadsheets_hold_is_read_as_a_person_would_write_it() -> None:
    table = [date(2026, 11, 24), datetime(2026, 11, 24), time(8, 30), 13805741234, 120.5, 120.0, None, " 江厦 "]  # noqa: DTZ001 (a cell has no zone)
    assert rows(saved(["a"] * len(table), table))[1] == [
        "2026-11-24", "2026-11-24", "08:30:00", "13805741234", "120.5", "120", "", "江厦",
    ]  # fmt: skip


def test_formulas_and_merged_cells_are_named_by_their_place() -> None:
    content = saved(
        ["名称", "价格"], ["=1+1", "=SUM(A1:A9)"], ["甲", 1], change=lambda sheet: sheet.merge_cells("A3:B4")
    )
    assert sorted(found(content)) == [(2, "价格", "formula"), (2, "名称", "formula"), (3, "A", "merged")]
    assert found("名称,价格\n甲,=1+1\n".encode()) == [(2, "价格", "formula")]


def test_styles_and_empty_rows_do_no_harm() -> None:
    def change(sheet: Any) -> None:
        sheet["A9"] = "远"
        sheet["A9"].font = Font(bold=True)

    lines = list(read(saved(["名称"], ["近"], change=change)))
    assert [(line[1], line[2]) for line in lines if line[0] == "row"] == [(1, ["名称"]), (2, ["近"]), (9, ["远"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_as_chinese_excel_saves_it(encoding: str, delimiter: str) -> None:
    text = f"单位名称{delimiter}联系人\r\n海曙便民服务部{delimiter}陈师傅\r\n"
    assert rows(text.encode(encoding)) == [["单位名称", "联系人"], ["海曙便民服务部", "陈师傅"]]


def _of_macros() -> bytes:
    return archive(**{"[Content_Types].xml": b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"})


def _bomb() -> bytes:
    return archive(**{"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": bytes(MOST_BYTES + 1)})


def _texts_bomb() -> bytes:
    return archive(**{"[Content_Types].xml": b"<Types/>", "xl/sharedStrings.xml": bytes(MOST_BYTES // 4 + 1)})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"", "file_empty"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_old_excel"),
        (_of_macros, "file_with_macros"),
        (_bomb, "file_too_large"),
        (_texts_bomb, "file_too_large"),
        (lambda: archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "file_other"),
        (lambda: archive(**{"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "file_other"),
        (lambda: b"\xef\xbb\xbf\r\n<HTML><table>", "file_other"),
        (lambda: b"\xff\xff\xff", "encoding"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(content: Any, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list(read(content()))
    assert refused.value.line[5] == code


def test_the_number_of_rows_is_limited() -> None:
    for content in (saved(*[["x"]] * 3), b"x\n" * 3):
        assert len(list(bounded(read(content), most=3))) == 4
        with pytest.raises(Unreadable) as refused:
            list(bounded(read(content), most=2))
        assert refused.value.line[5:] == ["too_many_rows", {"most": 2}]
