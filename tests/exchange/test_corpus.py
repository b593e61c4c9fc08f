"""Files as office programs write them (see corpus/make.py): clear content is imported, unclear content is reported."""

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from app.catalog.snapshot import Snapshot
from app.events.act import Act, Actor
from app.events.models import ActorKind
from app.exchange.actions import plan_import
from app.exchange.files import bounded, read
from app.exchange.lines import Unreadable
from app.exchange.plan import Plan
from app.exchange.queries import Registry
from app.kit.languages import Language
from app.settings import Settings
from tests.conftest import MORNING
from tests.exchange.files import csv_file, provider_row, sheets_of, zipped
from tests.world import credit_code

CORPUS = Path(__file__).parent / "corpus"
CODE = credit_code(700_001)


def planned(content: bytes, catalog: Snapshot) -> Plan:
    """Return what the file would do to an empty registry."""
    act = Act(Actor(ActorKind.STAFF, UUID(int=0)), MORNING, Settings())
    lines = b"".join(orjson.dumps(line) + b"\n" for line in bounded(read(content)))
    return plan_import(act, lines, Registry([], [], {}), catalog, Language.ZH)[0]


def said(plan: Plan) -> Any:
    """Return what the file says about its one provider."""
    [change] = plan.changes
    facts = {name: value for name, value in change.facts.items() if name not in ("lat", "lon")}
    return facts, change.added_prices, {part: sorted(rows, key=str) for part, rows in change.parts.items()}


@pytest.mark.parametrize("name", ["libreoffice", "mac-1904", "strict", "wps", "backslashes"])
def test_a_workbook_says_the_same_in_every_dialect(name: str, catalog: Snapshot) -> None:
    plan = planned((CORPUS / f"{name}.xlsx").read_bytes(), catalog)
    assert plan.faults == []
    assert [(fault.sheet, fault.row, fault.code) for fault in plan.warnings] == [("服务区域", 3, "hidden_rows")]
    assert said(plan) == said(planned(zipped(sheets_of(CODE)), catalog))


@pytest.mark.parametrize("name", ["utf8", "utf16", "gb18030"])
def test_a_csv_is_read_in_every_encoding(name: str) -> None:
    rows = [line[2] for line in read((CORPUS / f"{name}.csv").read_bytes()) if line[0] == "row"]
    assert rows[1] == [str(cell or "") for cell in provider_row(CODE)][:9]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(encoding: str) -> None:
    content = csv_file([provider_row(CODE)]).encode(encoding)
    assert [line[2][1] for line in read(content) if line[0] == "row"] == [provider_row(CODE)[1]]


@pytest.mark.parametrize(
    ("name", "code"), [("old.xlsx", "file_old_excel"), ("calc.ods", "file_other"), ("page.xlsx", "file_other")]
)
def test_another_format_under_the_name_of_a_workbook_is_named(name: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list(read((CORPUS / name).read_bytes()))
    assert refused.value.line[5] == code


def test_cells_spoilt_by_a_spreadsheet_are_named(catalog: Snapshot) -> None:
    plan = planned((CORPUS / "spoilt.xlsx").read_bytes(), catalog)
    assert {(fault.sheet, fault.row, fault.column, fault.code) for fault in plan.faults} >= {
        ("providers", 4, "uscc", "scientific"),
        ("项目与价格", 2, "起始日", "error_value"),
        ("项目与价格", 3, "服务项目", "formula"),
        ("prices", 2, "price", "price"),
        ("papers", 2, "number", "scientific"),
    }


PROVIDERS = "单位"
CELLS: list[tuple[str, str, str, str]] = [
    # column, the cell's content, the imported value, the code of the fault
    ("联系电话", "1.3805741234E+10", "13805741234", ""),
    ("联系电话", "1.38057E+10", "", "scientific"),
    ("联系电话", "１３８０５７４１２３４", "13805741234", ""),
    ("联系电话", "\u202d13805741234\u202c", "13805741234", ""),
    ("联系电话", "'13805741234", "13805741234", ""),
    ("联系电话", '="13805741234"', "13805741234", ""),
    ("联系电话", "57487654321", "057487654321", ""),
    ("联系电话", "8765 4321 转 801", "057487654321,801", ""),
    ("联系电话", "400-820-8820", "4008208820", ""),
    ("联系电话", "00000000000", "", "phone"),
    ("联系电话", "12345", "", "phone"),
    ("统一社会信用代码", f" {CODE.lower()}\u200b", CODE, ""),
    ("统一社会信用代码", "9.13302E+17", "", "scientific"),
    ("统一社会信用代码", "913302031234568000", "", "scientific"),
    ("单位类型", "\ufeff企 业", "company", ""),
    ("接单方式", "QUEUE", "queue", ""),
    ("同时承接量", "4.0", "4", ""),
    ("同时承接量", "3.9999999999999996", "4", ""),
    ("同时承接量", "4.5", "", "number"),
    ("同时承接量", "#N/A", "", "error_value"),
    ("所在地", "330203001001\u3000澄浪社区", "330203001", ""),
]
KEYS = {"联系电话": "phone", "统一社会信用代码": "uscc", "单位类型": "kind", "接单方式": "reached_by",
        "同时承接量": "capacity", "所在地": "township"}  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "taken", "code"), CELLS)
def test_unambiguous_cells_are_accepted(column: str, cell: str, taken: str, code: str, catalog: Snapshot) -> None:
    tables = sheets_of(CODE)
    tables[PROVIDERS] = [tables[PROVIDERS][0], provider_row(CODE, **{column: cell})]
    plan = planned(zipped(tables), catalog)
    if code:
        assert code in {fault.code for fault in plan.faults}
    else:
        assert plan.faults == []
        assert str(plan.changes[0].facts[KEYS[column]]) == taken


DAYS = ["2026/12/1", "2026年12月1日", "20261201", "46357", "２０２６－１２－０１", "2026-12-01 00:00:00", "2026.12.1"]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_understood_however_it_is_written(day: str, catalog: Snapshot) -> None:
    tables = sheets_of(
        CODE, 特殊日期=[("单位", "日期", "开门", "关门"), (CODE, day, "0.333333333333333", "１７：３０")]
    )
    plan = planned(zipped(tables), catalog)
    assert plan.faults == []
    [(found, opens, closes)] = plan.changes[0].parts["exceptions"]
    assert (str(found), str(opens), str(closes)) == ("2026-12-01", "08:00:00", "17:30:00")


@pytest.mark.parametrize(
    ("price", "fen"),
    [("3.3000000000000003", 330), ("119.99999999999999", 12_000), ("￥1,200.50元", 120_050), ("１２０", 12_000)],
)
def test_a_price_has_the_digits_that_a_person_sees(price: str, fen: int, catalog: Snapshot) -> None:
    heading = ("单位", "服务项目", "档次", "计价方式", "价格(元)", "起始日")
    plan = planned(
        zipped(sheets_of(CODE, 项目与价格=[heading, (CODE, "LS01", "有偿", "定价", price, "2026-01-01")])), catalog
    )
    assert plan.faults == []
    assert [line["price"] for line in plan.changes[0].added_prices] == [fen]


@pytest.mark.parametrize("endless", ["长期", "无", "/", "－", "——"])
def test_words_for_no_end_date_are_read_as_none(endless: str, catalog: Snapshot) -> None:
    papers = ("单位", "证照类别", "证号", "发证日", "有效期至")
    prices = ("单位", "服务项目", "档次", "计价方式", "价格(元)", "起始日", "截止日")
    tables = sheets_of(
        CODE,
        证照=[papers, (CODE, "lock", "甬公锁备1", "2024-05-01", endless)],
        项目与价格=[prices, (CODE, "LS01", "有偿", "定价", "120", "2026-01-01", endless)],
    )
    plan = planned(zipped(tables | {"WpsReserved_CellImgList": [("图片",)]}), catalog)
    assert plan.faults == []
    assert [row[3] for row in plan.changes[0].parts["papers"]] == [None]
    assert [line["valid_to"] for line in plan.changes[0].added_prices] == [None]


@pytest.mark.parametrize(
    ("lat", "lon", "fault", "warning"),
    [
        ("29.87", "121.55", set(), set()),
        ("121.55", "29.87", {"swapped"}, set()),
        ("91", "121.55", {"coordinate"}, set()),
        ("39.9", "116.4", set(), {"far_away"}),
        ("0", "0", set(), {"far_away"}),
        ("29.87", "", {"coordinate"}, set()),
    ],
)
def test_an_implausible_point_is_a_fault_or_a_warning(
    lat: str, lon: str, fault: set[str], warning: set[str], catalog: Snapshot
) -> None:
    tables = sheets_of(CODE)
    tables[PROVIDERS] = [(*tables[PROVIDERS][0], "纬度", "经度"), [*provider_row(CODE), lat, lon]]
    plan = planned(zipped(tables), catalog)
    assert ({one.code for one in plan.faults}, {one.code for one in plan.warnings}) == (fault, warning)
