"""Turns the lines of a file into rows of known sheets with parsed values. What cannot be parsed becomes a fault."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.exchange.faults import WARNINGS, Fault, WrongCell
from app.exchange.lines import column_letter
from app.exchange.plan import Plan, Row
from app.exchange.sheets import Column, Sheet
from app.kit.languages import Language, say
from app.kit.names import same_form, tidy

OFFICE_OWN = "WpsReserved_"
"""The beginning of the names of sheets that WPS keeps for itself."""
NOTES = {"说明", "notes"}
"""Titles of the template's sheet of explanations, which is not read."""
HEADINGS_WITHIN = 10
"""Headings are looked for in this many rows, because a title and remarks may precede them."""

Line = Sequence[Any]


def read_rows(lines: Iterable[Line], sheets: Sequence[Sheet], plan: Plan, language: Language) -> list[Row]:
    """Return every row that can be read, and add the faults to `plan`. A fault names its sheet and column by key or as
    in the file.

    Unknown sheets that are hidden or empty are skipped, because programs leave such sheets behind.
    """
    rows: list[Row] = []
    for title, hidden, body, noted in _by_sheet(lines):
        plan.faults += [fault for fault in noted if fault.row == 0]  # faults of the whole file
        sheet, body = _find(title, body, sheets)
        if title.startswith(OFFICE_OWN) or same_form(title) in NOTES or (sheet is None and (hidden or not body)):
            continue
        if sheet is None:
            known = language.separator.join(say(sheet, language) for sheet in sheets)
            plan.faults.append(Fault(title, 0, "", title, "sheet_unknown", {"known": known}))
            continue
        top = body[0][1] if body else 1
        noted = [fault for fault in noted if fault.row >= top]  # a title above the headings may be merged
        plan.faults += [fault for fault in noted if fault.code not in WARNINGS]
        plan.warnings += [fault for fault in noted if fault.code in WARNINGS]
        if sheet.key in plan.rows:
            plan.faults.append(Fault(title, 0, "", title, "sheet_twice", {}))
        else:
            plan.rows[sheet.key] = max(0, len(body) - 1)
            rows += _rows(sheet, body, plan, language)
    if not rows and not plan.faults:
        plan.faults.append(Fault("", 0, "", "", "nothing_to_import", {}))
    return rows


def _by_sheet(lines: Iterable[Line]) -> Iterator[tuple[str, bool, list[Line], list[Fault]]]:
    """Yield each sheet's title, whether it is hidden, its rows and its faults. Faults of the whole file come first, as
    a sheet without a title."""
    title, hidden, body, noted = "", False, list[Line](), list[Fault]()
    for line in lines:
        if line[0] == "fault":
            noted.append(Fault(*line[1:]))
        elif line[0] == "row":
            body.append(line)
        else:
            yield title, hidden, body, noted
            title, hidden, body, noted = line[1], line[2], [], []
    yield title, hidden, body, noted


def _find(title: str, body: list[Line], sheets: Sequence[Sheet]) -> tuple[Sheet | None, list[Line]]:
    """Return the sheet with this title, or with most of these headings, and the rows from the headings on."""
    named = next((s for s in sheets if same_form(title) in {s.key, s.zh, same_form(s.en)}), None)
    for above, line in enumerate(body[:HEADINGS_WITHIN]):
        names = {name for name in heading_of(line) if name}
        known = {s.key: sum(_column(name, s) is not None for name in names) for s in sheets}
        best = named or max(sheets, key=lambda s: known[s.key])
        if known[best.key] > max(1, len(names) / 2):
            return best, body[above:]
    return named, body


def heading_of(line: Line) -> list[str]:
    """Return the headings without the stars that mark required columns."""
    return [str(cell).strip().rstrip("*＊").strip() for cell in line[2]]


def _column(name: str, sheet: Sheet) -> Column | None:
    form = same_form(name)
    return next((c for c in sheet.columns if form in {c.key, same_form(c.zh), same_form(c.en)}), None)


def _rows(sheet: Sheet, body: Sequence[Line], plan: Plan, language: Language) -> Iterator[Row]:
    heading = heading_of(body[0]) if body else []
    row = body[0][1] if body else 1
    columns = [_column(name, sheet) for name in heading]
    wrong = list(_wrong_headings(sheet, row, heading, columns, language))
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
                values[column.key] = column.parse(cell if column.verbatim else tidy(cell))
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
    """Yield a fault for the first filled cell of each column without a heading."""
    named = [place for place, name in enumerate(heading) if name]
    found: set[int] = set()
    for _, number, cells in body:
        for place, cell in enumerate(cells):
            if cell and place not in named and place not in found:
                found.add(place)
                yield Fault(sheet.key, number, column_letter(place + 1), cell, "column_nameless", {})


def _wrong_headings(
    sheet: Sheet, row: int, heading: Sequence[str], columns: Sequence[Column | None], language: Language
) -> Iterator[Fault]:
    known = language.separator.join(say(column, language) for column in sheet.columns)
    for place, (name, column) in enumerate(zip(heading, columns, strict=True)):
        if name and column is None:
            yield Fault(sheet.key, row, name, name, "column_unknown", {"known": known})
        elif column is not None and column in columns[:place]:
            yield Fault(sheet.key, row, column.key, name, "column_twice", {})
    for column in sheet.columns:
        if column.required and column not in columns:
            yield Fault(sheet.key, row, column.key, "", "column_missing", {})
