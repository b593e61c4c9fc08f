"""Writes articles as CSV or Markdown, and reads them back. Both formats are read into the same cells: texts by column.

A list has one entry a line, with `/` for a line without a translation. A place is `name | address`, a phone is `number
| purpose in Chinese | purpose in English`. In Markdown, the codes, dates, phones and callers' words come between two
lines of `---`. After them come a heading with the title, the answer, and a second-level heading for each further part,
in Chinese and then again in English.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import zip_longest
from typing import Any, NamedTuple

import yaml

from app.kit.spreadsheet import BOM, csv_text, decode, plain
from app.knowledge.faults import Fault, Faulty
from app.knowledge.schemas import ArticleIn, Both, PlaceOf

Cells = Mapping[str, str]


class Format(StrEnum):
    """A format of article files."""

    CSV = "csv"
    MARKDOWN = "markdown"


TYPES = {Format.CSV: "text/csv", Format.MARKDOWN: "text/markdown"}
ENDINGS = {Format.CSV: "csv", Format.MARKDOWN: "md"}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in (*TYPES.values(), "application/octet-stream")
        },
    }
}

HEADINGS = {
    "slug": "条目名",
    "items": "服务项目",
    "areas": "适用地区",
    "valid_from": "生效日",
    "valid_to": "截止日",
    "title_zh": "标题",
    "title_en": "标题（英文）",
    "answer_zh": "答复",
    "answer_en": "答复（英文）",
    "steps_zh": "步骤",
    "steps_en": "步骤（英文）",
    "papers_zh": "材料",
    "papers_en": "材料（英文）",
    "fees_zh": "费用",
    "fees_en": "费用（英文）",
    "hours_zh": "时间",
    "hours_en": "时间（英文）",
    "places_zh": "地点",
    "places_en": "地点（英文）",
    "phones": "电话",
    "words": "来电说法",
    "source_zh": "来源",
    "source_en": "来源（英文）",
}
"""The columns with their Chinese headings. A CSV may use either name."""
PARTS = {"steps": "Steps", "papers": "Papers", "fees": "Fees", "hours": "Hours", "places": "Places", "source": "Source"}
_LISTS = ("steps", "papers", "places")
_FRONT = ("slug", "items", "areas", "valid_from", "valid_to", "phones", "words")
_SPLIT = re.compile(r"(?<!\\)[|｜]")
_BAR, _ESCAPED_BAR = re.compile(r"[|｜]"), re.compile(r"\\([|｜])")
_BETWEEN_CODES = re.compile(r"[\s,，、;；]+")
_NO_TRANSLATION = "/"
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKER = re.compile(r"^(?:\d+[.)、]|[-*])\s+")
MOST_ARTICLES = 30_000
BEYOND = ""
"""The pseudo-column for cells to the right of the last heading."""


class Written(NamedTuple):
    """An article as read from a file: its first row or line, and its cells."""

    place: int
    cells: dict[str, str]


def cells_of(article: ArticleIn) -> dict[str, str]:
    """Return the article's cells."""
    cells = {
        "slug": article.slug,
        "items": " ".join(article.items),
        "areas": " ".join(article.areas),
        "valid_from": str(article.valid_from or ""),
        "valid_to": str(article.valid_to or ""),
        "words": "\n".join(article.words),
        "phones": "\n".join(
            _joined([phone.number, *([phone.purpose.zh, phone.purpose.en or ""] if phone.purpose else [])])
            for phone in article.phones
        ),
    }
    for language in ("zh", "en"):
        cells |= {
            f"title_{language}": getattr(article.title, language) or "",
            f"answer_{language}": getattr(article.answer, language) or "",
            f"places_{language}": _lines([_place(place, language) for place in article.places]),
        }
        for part in ("steps", "papers"):
            cells[f"{part}_{language}"] = _lines([getattr(both, language) or "" for both in getattr(article, part)])
        for part in ("fees", "hours", "source"):
            both: Both | None = getattr(article, part)
            cells[f"{part}_{language}"] = (getattr(both, language) or "") if both else ""
    return cells


def _lines(texts: list[str]) -> str:
    return "\n".join(text or _NO_TRANSLATION for text in texts) if any(texts) else ""


def _place(place: PlaceOf, language: str) -> str:
    name = getattr(place.name, language) or ""
    address = (getattr(place.address, language) or "") if place.address else ""
    return _joined([name, address])


def _joined(texts: Iterable[str]) -> str:
    filled = list(texts)
    while len(filled) > 1 and not filled[-1]:
        filled.pop()
    return " | ".join(_BAR.sub(r"\\\g<0>", text) for text in filled)


def _parted(line: str) -> list[str]:
    return [_ESCAPED_BAR.sub(r"\1", part.strip()) for part in _SPLIT.split(line)]


def article_of(cells: Cells) -> dict[str, Any]:
    """Return the cells as the body of an article, not yet validated."""
    body: dict[str, Any] = {
        "slug": cells.get("slug", ""),
        "items": _codes(cells, "items"),
        "areas": _codes(cells, "areas"),
        "words": _filled(cells.get("words", "")),
        "title": _both(cells, "title"),
        "answer": _both(cells, "answer"),
        "phones": [_phone(line) for line in _filled(cells.get("phones", ""))],
        "places": [_place_of(zh, en) for zh, en in _paired(cells, "places")],
    }
    for day in ("valid_from", "valid_to"):
        body[day] = _day(cells.get(day, ""))
    for part in ("steps", "papers"):
        body[part] = [{"zh": zh, "en": en or None} for zh, en in _paired(cells, part)]
    for part in ("fees", "hours", "source"):
        body[part] = _both(cells, part) if cells.get(f"{part}_zh") or cells.get(f"{part}_en") else None
    return body


def misfits(cells: Cells) -> Iterator[Fault]:
    """Yield the faults that combining the cells would hide: surplus cells and unpaired lines."""
    if cells.get(BEYOND):
        yield Fault("", cells[BEYOND], "cells_beyond")
    for part in _LISTS:
        chinese, english = _listed(cells, part)
        if english and len(english) != len(chinese):
            yield Fault(f"{part}_en", cells[f"{part}_en"], "lines", zh=len(chinese), en=len(english))


def _codes(cells: Cells, name: str) -> list[str]:
    return [code for code in _BETWEEN_CODES.split(cells.get(name, "")) if code]


def _day(cell: str) -> str | None:
    """Read a day as people and spreadsheets write it."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", cell.strip())
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else cell.strip() or None


def _both(cells: Cells, part: str) -> dict[str, str | None]:
    return {"zh": cells.get(f"{part}_zh", ""), "en": cells.get(f"{part}_en") or None}


def _filled(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _paired(cells: Cells, part: str) -> list[tuple[str, str]]:
    chinese, english = _listed(cells, part)
    return list(zip_longest(chinese, english[: len(chinese)], fillvalue=""))


def _listed(cells: Cells, part: str) -> tuple[list[str], list[str]]:
    chinese, english = (cells.get(f"{part}_{language}", "").splitlines() for language in ("zh", "en"))
    return chinese, ["" if line.strip() == _NO_TRANSLATION else line for line in english]


def _phone(line: str) -> dict[str, Any]:
    number, zh, en = [*_parted(line), "", ""][:3]
    return {"number": number, "for": {"zh": zh, "en": en or None} if zh else None}


def _place_of(zh: str, en: str) -> dict[str, Any]:
    (name, address), (name_en, address_en) = ([*_parted(line), ""][:2] for line in (zh, en))
    return {
        "name": {"zh": name, "en": name_en or None},
        "address": {"zh": address, "en": address_en or None} if address else None,
    }


def format_of(name: str) -> Format:
    """Return the format that a file name implies."""
    return Format.MARKDOWN if name.lower().endswith((".md", ".markdown")) else Format.CSV


def write(form: Format, articles: Iterable[Cells]) -> str:
    """Return the articles as the text of a file."""
    if form is Format.CSV:
        return csv_text(list(HEADINGS), ([cells[column] for column in HEADINGS] for cells in articles))
    return "\n".join(map(_markdown, articles))


def _markdown(cells: Cells) -> str:
    front: dict[str, Any] = {"slug": cells["slug"], "items": cells["items"].split()}
    front |= {"areas": cells["areas"].split()} if cells["areas"] else {}
    front |= {day: cells[day] for day in ("valid_from", "valid_to") if cells[day]}
    front |= {part: cells[part].splitlines() for part in ("phones", "words") if cells[part]}
    lines = [
        "---",
        yaml.dump(front, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=1_000).rstrip(),
        "---",
    ]
    for language, heading in (("zh", HEADINGS), ("en", PARTS)):
        if not cells[f"title_{language}"]:
            continue
        lines += [f"# {cells[f'title_{language}']}", "", *map(_escaped, cells[f"answer_{language}"].splitlines()), ""]
        for part in PARTS:
            text = cells[f"{part}_{language}"]
            if text:
                lines += [f"## {heading[f'{part}_zh' if language == 'zh' else part]}", ""]
                listed = part in _LISTS
                lines += [f"- {line}".rstrip() if listed else _escaped(line) for line in text.splitlines()]
                lines.append("")
    return "\n".join(lines)


def _escaped(line: str) -> str:
    return f"\\{line}" if line.startswith(("#", "---", "\\")) else line


def read(content: bytes, form: Format | None) -> Iterator[Written]:
    """Yield the articles of a file, not yet validated. Raises Faulty."""
    if content.startswith(_WORKBOOK):
        raise Faulty("", "", "workbook")
    try:
        text = decode(content).removeprefix(BOM)
    except ValueError:
        raise Faulty("", "", "encoding") from None
    if not text.strip():
        raise Faulty("", "", "file_empty")
    markdown = form is Format.MARKDOWN if form else text.lstrip().startswith("---")
    yield from _read_markdown(text) if markdown else _read_csv(text)


def _read_csv(text: str) -> Iterator[Written]:
    first = text.lstrip().splitlines()[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    columns: list[str] = []
    names = {name: column for column, zh in HEADINGS.items() for name in (column, zh)}
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            cells = [plain(cell.strip()) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            if columns:
                beyond = {BEYOND: " ".join(cells[len(columns) :])}
                yield Written(number, dict(zip(columns, cells, strict=False)) | beyond)
                continue
            for name in cells:
                if name not in names:
                    raise Faulty("", name, "column_unknown", known=", ".join(HEADINGS))
            columns = [names[name] for name in cells]
            for column in ("slug", "items", "title_zh", "answer_zh"):
                if columns.count(column) != 1:
                    raise Faulty(column, "", "column_missing")
            if len(set(columns)) < len(columns):
                raise Faulty("", first[:60], "column_twice")
    except csv.Error as error:
        raise Faulty("", str(error), "file_unreadable", row=number + 1) from None


def _read_markdown(text: str) -> Iterator[Written]:
    lines = text.splitlines()
    fences = [number for number, line in enumerate(lines) if line.rstrip() == "---"]
    if not fences or len(fences) % 2 or any(line.strip() for line in lines[: fences[0]]):
        raise Faulty("", "", "front")
    ends = [*fences[2::2], len(lines)]
    for begins, front_ends, ends_at in zip(fences[::2], fences[1::2], ends, strict=True):
        front = _front("\n".join(lines[begins + 1 : front_ends]), begins + 1)
        yield Written(begins + 1, front | _body(lines[front_ends + 1 : ends_at], front_ends + 2))


def _front(text: str, line: int) -> dict[str, str]:
    try:
        front = yaml.load(text, yaml.CBaseLoader)
    except yaml.YAMLError as error:
        raise Faulty("", str(error).partition("\n")[0], "front_unreadable", row=line) from None
    if not isinstance(front, dict):
        raise Faulty("", text[:60], "front_unreadable", row=line)
    for name in front:
        if name not in _FRONT:
            raise Faulty("", str(name), "column_unknown", row=line, known=", ".join(_FRONT))
    return {name: _cell(value, name, line) for name, value in front.items()}


def _cell(value: Any, name: str, line: int) -> str:
    lines = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in lines):
        raise Faulty(name, "", "front_nested", row=line)
    return "\n".join(lines)


def _body(lines: list[str], first: int) -> dict[str, str]:
    names = {name.casefold(): part for part in PARTS for name in (PARTS[part], HEADINGS[f"{part}_zh"])}
    parts: dict[str, list[str]] = {}
    languages = iter(("zh", "en"))
    language, into = "", ""
    for number, line in enumerate(lines, first):
        if line.startswith("# "):
            language = next(languages, "")
            if not language:
                raise Faulty("", line, "third_title", row=number)
            parts[f"title_{language}"] = [line[2:].strip()]
            into = "answer"
        elif line.startswith("## ") and language:
            into = names.get(line[3:].strip().casefold(), "")
            if not into:
                raise Faulty("", line, "part_unknown", row=number, known=", ".join(names))
        elif language:
            parts.setdefault(f"{into}_{language}", []).append(line)
        elif line.strip():
            raise Faulty("", line, "before_title", row=number)
    return {name: _text(name, found) for name, found in parts.items()}


def _text(name: str, lines: list[str]) -> str:
    if name.rpartition("_")[0] in _LISTS:
        return "\n".join(
            "" if line.strip() in ("-", "*") else _MARKER.sub("", line.strip()) for line in lines if line.strip()
        )
    return "\n".join(line[1:] if line.startswith("\\") else line for line in lines).strip()
