"""Helpers that build files as a registrar would upload them, and send them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, cast

import openpyxl

from tests.world import World, credit_code, decoded, refused

Table = Sequence[Sequence[Any]]

PROVIDER_HEADING = (
    "编号", "单位名称", "单位类型", "统一社会信用代码", "联系人", "联系电话", "所在地", "接单方式", "同时承接量",
    "状态",
)  # fmt: skip
PROVIDER = (None, "宁波海曙安顺开锁服务有限公司", "企业", "", "周师傅", "13805741234", "330203001001", "电话", 4, "")


def provider_row(code: str | None = None, **changes: Any) -> list[Any]:
    """Return a row of the first sheet by its headings, valid except for `changes`."""
    row = (
        dict(zip(PROVIDER_HEADING, PROVIDER, strict=True))
        | {"统一社会信用代码": code or credit_code(700_001)}
        | changes
    )
    return [row[name] for name in PROVIDER_HEADING]


def xlsx(tables: Mapping[str, Table]) -> bytes:
    """Return a workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_file(rows: Table) -> str:
    """Return the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def zipped(tables: Mapping[str, Table]) -> bytes:
    """Return a ZIP with one CSV per sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for title, rows in tables.items():
            archive.writestr(f"{title}.csv", csv_file(rows))
    return out.getvalue()


def sheets_of(code: str, **more: Table) -> dict[str, Table]:
    """Return every sheet for one new locksmith. `more` replaces sheets by title."""
    usual: dict[str, Table] = {
        "单位": [PROVIDER_HEADING, provider_row(code)],
        "项目与价格": [
            ("单位", "服务项目", "档次", "计价方式", "价格（元）", "起始日", "截止日"),
            (code, "LS01", "有偿", "定价", 120, "2026-01-01", None),
        ],
        "证照": [
            ("单位", "证照类别", "证号", "发证日", "有效期至"),
            (code, "lock", "甬公锁备2024-0317", "2024-05-01", "2027-04-30"),
        ],
        "服务区域": [("单位", "街道（乡镇）"), (code, "330203001"), (code, "330203002 江厦街道")],
        "营业时间": [("单位", "星期", "开门", "关门"), (code, "周一", "08:00", "12:00"), (code, 1, "13:00", "24:00")],
        "特殊日期": [("单位", "日期", "开门", "关门"), (code, "2027/1/1", None, None)],
    }
    return usual | more


async def send(world: World, content: bytes, **params: Any) -> dict[str, Any]:
    """Import the file successfully. Return the response."""
    answer = await world.registrar.post("/registry/import", content=content, params=params)
    return cast(dict[str, Any], decoded(answer))


async def faults(world: World, content: bytes) -> list[tuple[str, int, str, str]]:
    """Return sheet, row, column and code of each fault in the file."""
    problem = await refused(world.registrar.post("/registry/import", content=content), 422, "import_invalid")
    assert problem["total"] >= len(problem["errors"]) > 0
    return [(error["sheet"], error["row"], error["column"], error["code"]) for error in problem["errors"]]


async def export(world: World, **params: Any) -> bytes:
    """Return the registry as a file."""
    answer = await world.registrar.get("/registry/export", params=params)
    assert answer.is_success, answer.text
    return answer.content
