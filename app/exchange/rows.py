"""The lines that the file's reader gives, as rows of known sheets with their values; what cannot be read is a fault."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.exchange.faults import Fault, WrongCell
from app.exchange.lines import column_letter
from app.exchange.plan import Plan, Row
from app.exchange.sheets import Column, Sheet

NOTES = {"说明", "notes"}
"""The sheet of explanations in the template is not read."""

Line = Sequence[Any]


def read_rows(lines: Iterable[Line], sheets: Sequence[Sheet], plan: Plan, *, chinese: bool) -> list[Row]:
    """Every row that can be read; what is wrong goes into the plan. Sheets and columns are named as in the file."""
    rows: list[Row] = []
    for title, body in _by_sheet(lines, plan):
        heading = [str(cell).strip().rstrip("*") for cell in body[0][2]] if body else []
        sheet = _sheet(title, heading, sheets)
        if title.casefold() in NOTES or (sheet is None and not body):
            continue
        if sheet is None:
            known = "、".join(sheet.title(chinese=chinese) for sheet in sheets)
            plan.faults.append(Fault(title, 0, "", title, "sheet_unknown", {"known": known}))
        elif sheet.key in plan.rows:
            plan.faults.append(Fault(title, 0, "", title, "sheet_twice", {}))
        else:
            plan.rows[sheet.key] = max(0, len(body) - 1)
            rows += _rows(sheet, heading, body, plan, chinese=chinese)
    if not rows and not plan.faults:
        plan.faults.append(Fault("", 0, "", "", "nothing_to_import", {}))
    return rows


def _by_sheet(lines: Iterable[Line], plan: Plan) -> Iterator[tuple[str, list[Line]]]:
    """Each sheet's title with its rows; faults of the reader go into the plan."""
    title, body = "", list[Line]()
    begun = False
    for line in lines:
        if line[0] == "fault":
            plan.faults.append(Fault(*line[1:]))
        elif line[0] == "row":
            body.append(line)
        else:
            if begun:
                yield title, body
            title, body, begun = line[1], [], True
    if begun:
        yield title, body


def _sheet(title: str, heading: Sequence[str], sheets: Sequence[Sheet]) -> Sheet | None:
    """The sheet of this title; a file with a name of its own is known by most of its headings."""
    for sheet in sheets:
        if title.casefold() in {sheet.key, sheet.zh, sheet.en.casefold()}:
            return sheet
    names = {name for name in heading if name}
    known = {sheet.key: sum(_column(name, sheet) is not None for name in names) for sheet in sheets}
    best = max(sheets, key=lambda sheet: known[sheet.key])
    return best if known[best.key] > max(1, len(names) / 2) else None


def _column(name: str, sheet: Sheet) -> Column | None:
    return next((c for c in sheet.columns if name.casefold() in {c.key, c.zh, c.en.casefold()}), None)


def _rows(sheet: Sheet, heading: Sequence[str], body: Sequence[Line], plan: Plan, *, chinese: bool) -> Iterator[Row]:
    columns = [_column(name, sheet) for name in heading]
    wrong = list(_wrong_headings(sheet, heading, columns, chinese=chinese))
    plan.faults += wrong
    if wrong:
        plan.unread |= {sheet.key, *(cell for line in body if sheet.key == "providers" for cell in line[2])}
        return
    plan.faults += _nameless(sheet, heading, body[1:])
    for _, number, cells in body[1:]:
        values: dict[str, Any] = dict.fromkeys(column.key for column in sheet.columns)
        fine = True
        for column, cell in zip(columns, cells, strict=False):
            if column is None or not cell:
                continue
            try:
                values[column.key] = column.parse(cell)
            except WrongCell as error:
                fine = False
                plan.faults.append(Fault(sheet.key, number, column.key, cell, error.code, error.facts))
        filled = {column.key for column, cell in zip(columns, cells, strict=False) if column and cell}
        for column in sheet.columns:
            if column.required and column.key not in filled:
                fine = False
                plan.faults.append(Fault(sheet.key, number, column.key, "", "missing", {}))
        if fine:
            yield Row(sheet.key, number, values)
        else:
            plan.unread |= {sheet.key, *(cells if sheet.key == "providers" else ())}


def _nameless(sheet: Sheet, heading: Sequence[str], body: Sequence[Line]) -> Iterator[Fault]:
    """The first cell of each column that has no heading."""
    named = [place for place, name in enumerate(heading) if name]
    found: set[int] = set()
    for _, number, cells in body:
        for place, cell in enumerate(cells):
            if cell and place not in named and place not in found:
                found.add(place)
                yield Fault(sheet.key, number, column_letter(place + 1), cell, "column_nameless", {})


def _wrong_headings(
    sheet: Sheet, heading: Sequence[str], columns: Sequence[Column | None], *, chinese: bool
) -> Iterator[Fault]:
    known = "、".join(column.heading(chinese=chinese) for column in sheet.columns)
    for place, (name, column) in enumerate(zip(heading, columns, strict=True)):
        if name and column is None:
            yield Fault(sheet.key, 1, name, name, "column_unknown", {"known": known})
        elif column is not None and column in columns[:place]:
            yield Fault(sheet.key, 1, column.key, name, "column_twice", {})
    for column in sheet.columns:
        if column.required and column not in columns:
            yield Fault(sheet.key, 1, column.key, "", "column_missing", {})
