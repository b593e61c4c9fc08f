"""No file, however it is made, uses more than its share of the server's resources."""

import io
import resource

import openpyxl
import orjson
import pytest

from app.exchange import cells
from app.exchange.faults import WrongCell
from app.exchange.files import bounded
from app.exchange.lines import MOST_CHARACTERS, MOST_TEXT, Line, Unreadable
from app.exchange.process import run_files

MEBI = 1 << 20


def test_a_long_cell_is_a_fault_and_leaves_only_its_beginning() -> None:
    lines: list[Line] = [["sheet", "单位", False], ["row", 2, ["x", "长" * (MOST_CHARACTERS + 1)]]]
    sheet, fault, row = bounded(lines)
    assert sheet == lines[0]
    assert fault == ["fault", "单位", 2, "B", "长" * 60, "too_long", {"most": MOST_CHARACTERS}]
    assert row == ["row", 2, ["x", "长" * MOST_CHARACTERS]]


async def test_one_text_in_many_cells_counts_in_each() -> None:
    """One text of 32 KiB in 9,600 cells is a file of half a megabyte, but used to take 300 MiB of the server's
    memory."""
    book = openpyxl.Workbook()
    for _ in range(300):
        book.worksheets[0].append(["x" * 32_767] * 32)
    out = io.BytesIO()
    book.save(out)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await run_files("read", out.getvalue())
    assert orjson.loads(answer.splitlines()[-1])[5] == "file_too_large"
    assert len(answer) < 2 * MEBI
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 100 * MEBI


def test_the_text_of_all_cells_together_is_limited() -> None:
    full: list[Line] = [
        ["row", n, ["x" * MOST_CHARACTERS] * 40] for n in range(MOST_TEXT // (40 * MOST_CHARACTERS) + 1)
    ]
    with pytest.raises(Unreadable) as refused:
        list(bounded(full))
    assert refused.value.line[5] == "file_too_large"


@pytest.mark.parametrize("value", ["9e999999", "1e99999", "9" * 1_000, "-1e400000", "nan", "inf", "1e-999999"])
def test_a_price_of_a_million_digits_is_wrong_at_once(value: str) -> None:
    with pytest.raises(WrongCell):
        cells.fen(value)
    with pytest.raises(WrongCell):
        cells.integer(1, 1000)(value)
    if value != "9" * 1_000:
        with pytest.raises(WrongCell):
            cells.phone(value)
