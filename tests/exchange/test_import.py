"""Importing the registry from a file: the effect of each sheet, and faults in the registrar's terms."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from app.catalog.snapshot import Snapshot
from app.events.act import Act, Actor
from app.events.models import ActorKind
from app.exchange.actions import plan_import
from app.exchange.files import read
from app.exchange.queries import Registry
from app.kit.languages import Language
from app.registry.uscc import check_character
from app.settings import Settings
from tests.conftest import MORNING
from tests.exchange.files import (
    PROVIDER_HEADING,
    Table,
    export,
    faults,
    provider_row,
    send,
    sheets_of,
    xlsx,
    zipped,
)
from tests.world import CHENGLANG, DOOR_LOCK, DRAIN, World, credit_code, ok, refused

CODE = credit_code(700_001)
PRICES = ("单位", "服务项目", "档次", "计价方式", "价格（元）", "起始日", "截止日", "审批")


def prices(*rows: tuple[Any, ...]) -> dict[str, Table]:
    return {"项目与价格": [PRICES, *((CODE, *row) for row in rows)]}


def csv_of(*rows: tuple[str, ...]) -> bytes:
    return "\n".join(map(",".join, rows)).encode()


async def only(world: World) -> dict[str, Any]:
    """Return the only provider's document."""
    [row] = (await ok(world.registrar.get("/providers")))["items"]
    document: dict[str, Any] = await ok(world.registrar.get(f"/providers/{row['id']}"))
    return document


async def test_a_new_provider_is_entered_completely_and_only_once(world: World) -> None:
    content = xlsx(sheets_of(CODE))
    dry = await send(world, content, dry_run=True)
    assert (dry["dry_run"], dry["added"]) == (True, 1)
    assert (await ok(world.registrar.get("/providers")))["items"] == []
    assert (await ok(world.admin.get("/audit")))["items"] == []
    assert (await send(world, content))["added"] == 1
    document = await only(world)
    assert (document["standing"], document["uscc"], document["township_code"]) == ("applied", CODE, "330203001")
    assert document["coverage"] == ["330203001", "330203002"]
    assert [(span["weekday"], span["opens"], span["closes"]) for span in document["hours"]] == [
        (1, "08:00:00", "12:00:00"), (1, "13:00:00", "00:00:00"),
    ]  # fmt: skip
    assert document["exceptions"] == [{"day": "2027-01-01", "hours": []}]
    assert [(line["item_code"], line["price_fen"], line["lacks"]) for line in document["items"]] == [
        ("LS01", 12_000, [])
    ]
    assert [paper["number"] for paper in document["papers"]] == ["甬公锁备2024-0317"]
    again = await send(world, content)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1)
    assert await only(world) == document
    actions = [entry["action"] for entry in (await ok(world.admin.get("/audit")))["items"]]
    assert actions == ["provider.added", "registry.imported"]


async def test_what_the_file_changes_is_changed_and_nothing_else(world: World) -> None:
    await send(world, zipped(sheets_of(CODE)))
    before = await only(world)
    other = await world.add_provider(DRAIN)
    table = [PROVIDER_HEADING, provider_row(CODE, 联系电话="0574-87654321", 同时承接量=9)]
    covered = [("单位", "街道（乡镇）"), (CODE, "330203003")]
    report = await send(world, zipped({"单位": table, "服务区域": covered}))
    assert (report["added"], report["changed"], report["unchanged"]) == (0, 1, 0)
    assert report["changes"] == [f"{before['name']}: phone, capacity, coverage"]
    after = await ok(world.registrar.get(f"/providers/{before['id']}"))
    changed = {"phone": "057487654321", "capacity": 9, "coverage": ["330203003"], "version": 2}
    assert after == before | changed
    assert (await ok(world.registrar.get(f"/providers/{other.id}")))["version"] == 1


async def test_imported_prices_continue_the_prices_in_force(world: World) -> None:
    lock = ("LS01", "有偿", "定价")
    await send(world, zipped(sheets_of(CODE, **prices((*lock, 120, "2026-01-01", None, "已批准")))))
    change = prices((*lock, 120, "2026-01-01", "2026-11-30", ""), (*lock, 135.5, "2026-12-01", "", "待批准"))
    await send(world, zipped(change))
    assert (await send(world, zipped(change)))["unchanged"] == 1
    lines = [(row["price_fen"], row["valid_to"], row["approved_at"] is None) for row in (await only(world))["items"]]
    assert lines == [(12_000, "2026-11-30", False), (13_550, None, True)]
    assert await faults(world, zipped(prices((*lock, 99, "2026-01-01", "", "")))) == [
        ("项目与价格", 2, "起始日", "in_the_past")
    ]
    world.advance(days=1)
    await send(world, zipped(prices(("PE02", "有偿", "报价", 0, "2026-11-25", "", ""))))
    assert [row["item_code"] for row in (await only(world))["items"]] == ["PE02"]  # the others ended yesterday


async def test_a_provider_moved_from_elsewhere_keeps_its_standing(world: World) -> None:
    table = [(*PROVIDER_HEADING, "加盟日期"), [*provider_row(CODE, 状态="观察"), "2019-05-01"]]
    await send(world, zipped(sheets_of(CODE, 单位=table)))
    document = await only(world)
    assert (document["standing"], document["joined_on"]) == ("watch", "2019-05-01")
    table = [PROVIDER_HEADING, provider_row(CODE, 状态="暂停")]
    assert await faults(world, zipped({"单位": table})) == [("单位", 2, "状态", "standing_kept")]


def providers(*rows: list[Any], heading: tuple[str, ...] = PROVIDER_HEADING) -> dict[str, Table]:
    return {"单位": [heading, *rows]}


def coverage(*townships: str) -> dict[str, Table]:
    return {"服务区域": [("单位", "街道（乡镇）"), *((CODE, township) for township in townships)]}


def hours(*row: str) -> dict[str, Table]:
    return {"营业时间": [("单位", "星期", "开门", "关门"), (CODE, *row)]}


def special(*row: str) -> dict[str, Table]:
    return {"特殊日期": [("单位", "日期", "开门", "关门"), (CODE, *row)]}


def price(
    item: str, tier: str, kind: str, sum_: object, begins: str = "2026-01-01", ends: str = ""
) -> dict[str, Table]:
    return prices((item, tier, kind, sum_, begins, ends, ""))


NAMELESS = ("*", 2, "provider", "provider_unknown")
"""Rows that refer to a provider whose code cannot be read are also reported as unknown."""
FEW, LONG = PROVIDER_HEADING[:-2], (*PROVIDER_HEADING, "传真")
BAD_CHECK = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
NOUGHTS = "0" * 18
NO_CODE, EXCEL = {"统一社会信用代码": ""}, {"统一社会信用代码": "9.14403E+17"}
TWO_PRICES = prices(("PE02", "有偿", "定价", 80, "2026-01-01"), ("PE02", "有偿", "定价", 90, "2026-12-01"))

WRONG: list[tuple[dict[str, Table], list[tuple[str, int, str, str]]]] = [
    (providers(provider_row(BAD_CHECK)), [("providers", 2, "uscc", "uscc"), NAMELESS]),
    (providers(provider_row(NOUGHTS)), [
        ("providers", 2, "uscc", "uscc_impossible"), ("providers", 2, "name", "no_rows"), NAMELESS,
    ]),
    (providers([*provider_row(CODE), "0574"]), [("providers", 2, "K", "column_nameless")]),
    (providers([*provider_row(CODE), *[""] * 30, "远"]), [("单位", 2, "", "too_many_columns")]),
    (providers(provider_row(CODE, **NO_CODE)), [("providers", 2, "uscc", "uscc_missing"), NAMELESS]),
    (providers(provider_row(CODE, **EXCEL)), [("providers", 2, "uscc", "scientific"), NAMELESS]),
    (providers(provider_row(CODE, 联系电话="87654")), [("providers", 2, "phone", "phone")]),
    (providers(provider_row(CODE, 单位类型="个体")), [("providers", 2, "kind", "one_of")]),
    (providers(provider_row(CODE, 单位名称="")), [("providers", 2, "name", "missing")]),
    (providers(provider_row(CODE, 单位名称="海曙\n便民")), [("providers", 2, "name", "control_character")]),
    (providers(provider_row(CODE, 单位名称="长" * 101)), [("providers", 2, "name", "too_long")]),
    (providers(provider_row(CODE, 编号=77)), [("providers", 2, "number", "number_unknown")]),
    (providers(provider_row(CODE, 同时承接量=0)), [("providers", 2, "capacity", "number")]),
    (providers(provider_row(CODE, 所在地="330204001")), [("providers", 2, "area", "one_of")]),
    (providers(provider_row(CODE), provider_row(CODE, 单位名称="又一家")), [("providers", 3, "name", "taken_in_file")]),
    (providers([*provider_row(CODE), "0574"], heading=LONG), [("providers", 1, "传真", "column_unknown")]),
    (providers(provider_row(CODE)[:-2], heading=FEW), [("providers", 1, "capacity", "column_missing")]),
    ({"客户": [("姓名", "地址"), ("王阿姨", "澄浪路")]}, [("客户", 0, "", "sheet_unknown")]),
    (price("LS01", "有偿", "定价", 120, ends="2025-01-01"), [("prices", 2, "valid_to", "validity")]),
    (price("LS01", "无偿", "免费", 0), [("prices", 2, "tier", "tier_not_allowed")]),
    (price("PE02", "低偿", "定价", 80.01), [("prices", 2, "price", "above_cap")]),
    (price("PE02", "有偿", "免费", 0), [("prices", 2, "price_kind", "price_not_allowed")]),
    (price("PE02", "有偿", "定价", "12.345"), [("prices", 2, "price", "price")]),
    (price("PE02", "有偿", "定价", "NaN"), [("prices", 2, "price", "price")]),
    (price("UT03", "无偿", "免费", 0), [("prices", 2, "item", "not_dispatched")]),
    (price("PE02", "有偿", "定价", 50, "2026-02-30"), [("prices", 2, "valid_from", "date")]),
    (TWO_PRICES, [("prices", 3, "valid_from", "overlap")]),
    ({"证照": [("单位", "证照类别", "证号", "发证日")]}, [("prices", 2, "item", "lacks_paper")]),
    (coverage("330203001", "330203001"), [("coverage", 3, "provider", "same_row")]),
    (coverage("海曙"), [("coverage", 2, "township", "one_of")]),
    (coverage(), [("providers", 2, "name", "no_rows")]),
    (hours("周一", "18:00", "08:00"), [("hours", 2, "opens", "hours")]),
    (hours("周八", "25:00", "8点"), [("hours", 2, name, code) for name, code in [
        ("weekday", "one_of"), ("opens", "time"), ("closes", "time"),
    ]]),
    (special("2027-01-01", "08:00", ""), [("exceptions", 2, "opens", "closed_or_open")]),
    (special("2029-01-01", "", ""), [("exceptions", 2, "day", "too_far_ahead")]),
]  # fmt: skip


def test_every_fault_is_named_by_its_cell(catalog: Snapshot) -> None:
    act = Act(Actor(ActorKind.STAFF, UUID(int=0)), MORNING, Settings())
    for change, expected in WRONG:
        lines = b"".join(orjson.dumps(line) + b"\n" for line in read(zipped(sheets_of(CODE, **change))))
        plan, _ = plan_import(act, lines, Registry([], [], {}), catalog, Language.ZH)
        found = {(fault.sheet, fault.row, fault.column, fault.code) for fault in plan.faults}
        others = {NAMELESS for fault in found if fault[2:] == NAMELESS[2:]}
        named = {fault for fault in found if fault[2:] != NAMELESS[2:]}
        assert named | others == set(expected)
        assert all(all(fault.sentence(language) for language in Language) for fault in plan.faults)


async def test_one_fault_keeps_the_whole_file_out(world: World) -> None:
    second = credit_code(700_002)
    table = [PROVIDER_HEADING, provider_row(CODE), provider_row(second, 单位名称="宁波海曙另一家开锁部", 联系电话="12")]
    content = zipped(sheets_of(CODE, 单位=table))
    assert await faults(world, content) == [("单位", 3, "联系电话", "phone")]
    answer = await world.registrar.post("/registry/import", content=content, headers={"Accept-Language": "en"})
    [error] = answer.json()["errors"]
    assert (error["sheet"], error["column"], error["value"]) == ("Providers", "Phone", "12")
    assert (await ok(world.registrar.get("/providers")))["items"] == []


async def test_names_and_phones_of_other_providers_are_reported(world: World) -> None:
    other = await world.add_provider(DRAIN)
    known = await ok(world.registrar.get(f"/providers/{other.id}"))
    table = [PROVIDER_HEADING, provider_row(CODE, 单位名称=other.name, 联系电话=known["phone"])]
    content = zipped(sheets_of(CODE, 单位=table))
    assert await faults(world, content) == [("单位", 2, "单位名称", "taken"), ("单位", 2, "联系电话", "taken")]


async def test_bad_files_answer_clearly(world: World) -> None:
    assert await faults(world, b"PK\x03\x04 no archive") == [("", 0, "", "file_unreadable")]
    assert await faults(world, zipped({"单位": [PROVIDER_HEADING]})) == [("", 0, "", "nothing_to_import")]
    await refused(world.registrar.post("/registry/import", content=bytes(20 * 1024 * 1024 + 1)), 413, "body_too_large")


async def test_a_csv_of_one_sheet_in_gbk_is_enough_to_change_phones(world: World) -> None:
    await send(world, zipped(sheets_of(CODE)))
    rows = [PROVIDER_HEADING, provider_row(CODE, 编号="", 联系电话="13905741111")]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    assert (await send(world, text.encode("gbk")))["changed"] == 1
    assert (await only(world))["phone"] == "13905741111"


async def test_a_csv_with_a_column_too_many_names_the_column(world: World) -> None:
    await send(world, zipped(sheets_of(CODE)))
    heading, row = ("单位", "街道（乡镇）", "备注"), (CODE, "330203003", "下月起")
    assert await faults(world, csv_of(heading, row)) == [("服务区域", 1, "备注", "column_unknown")]
    assert await faults(world, csv_of(heading[:2], row)) == [("服务区域", 2, "C", "column_nameless")]


async def test_only_registrars_import_and_it_is_audited(world: World) -> None:
    await send(world, zipped(sheets_of(CODE)))
    for client in (world.operator, world.manager, world.admin):
        await refused(client.post("/registry/import", content=b"x"), 403, "not_allowed")
    await refused(world.operator.get("/registry/export"), 403, "not_allowed")
    masked = await world.manager.get("/registry/export", params={"format": "csv"})
    assert masked.is_success
    assert masked.headers["content-disposition"] == 'attachment; filename="registry-csv.zip"'
    entries = (await ok(world.admin.get("/audit")))["items"]
    assert (entries[0]["action"], entries[0]["data"]["masked"]) == ("registry.exported", True)
    problem = await refused(world.registrar.post("/registry/import", content=masked.content), 422, "import_invalid")
    assert {error["code"] for error in problem["errors"]} == {"phone"}


async def test_a_template_is_an_import_of_nothing(world: World) -> None:
    template = await world.registrar.get("/registry/template")
    assert await faults(world, template.content) == [("", 0, "", "nothing_to_import")]


async def test_prices_in_force_above_a_lowered_cap_are_warned_about_and_new_ones_refused(world: World) -> None:
    for _ in range(2):
        await world.add_provider(DRAIN, tiers=("low_fee", "paid"), price_fen=5_000)
    cap = world.catalog.items[DRAIN].cap_fen
    world.catalog.items[DRAIN].cap_fen = 4_000  # as after PATCH /items/PE02, of which processes are notified
    try:
        report = await send(world, await export(world))
        assert (report["changed"], report["unchanged"], report["warned"]) == (0, 2, 2)
        [first, _] = report["warnings"]
        assert (first["sheet"], first["column"], first["value"], first["code"]) == (
            "项目与价格", "价格（元）", "50", "above_cap",
        )  # fmt: skip
        again = prices((DRAIN, "低偿", "定价", 45, "2026-12-01", "", ""))
        await send(world, zipped(sheets_of(CODE, 项目与价格=[PRICES])))
        assert await faults(world, zipped(again)) == [("项目与价格", 2, "价格（元）", "above_cap")]
    finally:
        world.catalog.items[DRAIN].cap_fen = cap


ODD_NAMES = [
    "=SUM(A1:A9)",
    "'+86 服务部",
    "甲_x000D_乙",
    "海曙　便民",
    "\u200b看不见",
    "0012",
    "2026-11-24",
    "1E5",
    "TRUE",
]


@pytest.mark.parametrize("params", [{}, {"format": "csv"}, {"lang": "en"}], ids=str)
async def test_every_change_of_a_registrar_can_be_imported_again(world: World, params: dict[str, str]) -> None:
    added = []
    for name in ODD_NAMES:
        provider = await world.add_provider(DRAIN, DOOR_LOCK, tiers=("free", "low_fee", "paid"), price_fen=5_050)
        added.append(provider)
        url = f"/providers/{provider.id}"
        edit = {"name": name, "contact_name": name, "phone": "0574-8765 4321", "distinct": True}
        await ok(world.registrar.patch(url, json=edit, headers={"If-Match": '"1"'}))
        await ok(world.registrar.put(f"{url}/papers/lock", json={"number": f"-{name}", "issued_on": "2025-01-01"}))
    first = f"/providers/{added[0].id}"
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE providers SET community_code = $1, uscc = $2 WHERE id = $3",
            CHENGLANG, NOUGHTS, added[0].id)  # fmt: skip
    moved = {"area": "330203003", "hours": [{"weekday": 7, "opens": "00:00", "closes": "00:00"}]}
    await ok(world.registrar.patch(first, json=moved, headers={"If-Match": '"3"'}))
    await ok(world.registrar.put(f"{first}/exceptions/2026-12-01", json={"hours": []}))
    whole_day = {"hours": [{"opens": "00:00", "closes": "00:00"}]}
    await ok(world.registrar.put(f"{first}/exceptions/2026-12-02", json=whole_day))
    price = {"price_kind": "fixed", "price_fen": 1, "valid_from": "2026-12-01", "valid_to": "2026-12-31"}
    await ok(world.registrar.put(f"{first}/items/{DRAIN}/low_fee", json=price))
    await ok(world.registrar.put(
        f"{first}/standing", json={"standing": "suspended", "reason": "核查"},
        headers={"If-Match": f'"{(await ok(world.registrar.get(first)))["version"]}"'},
    ))  # fmt: skip
    report = await send(world, await export(world, **params))
    assert (report["added"], report["changed"], report["unchanged"]) == (0, 0, len(ODD_NAMES))
    assert {warning["code"] for warning in report["warnings"]} == {"uscc_impossible", "outside_township"}


@pytest.mark.parametrize("params", [{}, {"format": "csv", "lang": "en"}], ids=str)
async def test_an_export_imported_changes_nothing(world: World, params: dict[str, str]) -> None:
    await send(world, zipped(sheets_of(CODE)))
    team = await world.add_provider(DRAIN, tiers=("free",), price_fen=0, papers=("lock",))
    early = {"number": "甬公锁备2028-0021", "issued_on": "2028-01-01"}
    await ok(world.registrar.put(f"/providers/{team.id}/papers/lock", json=early))
    await ok(team.client.put(f"/provider/items/{DRAIN}/paid", json={"price_kind": "quote", "price_fen": 2_950}))
    hours = {"hours": [{"opens": "08:00", "closes": "09:30"}]}
    await ok(team.client.put("/provider/exceptions/2026-12-01", json=hours))
    content = await export(world, **params)
    report = await send(world, content)
    assert (report["added"], report["changed"], report["unchanged"]) == (0, 0, 2)


OLD = "91330203799655058"
OLD += check_character(OLD)


async def test_a_provider_is_known_in_a_file_by_its_former_codes(world: World) -> None:
    await send(world, xlsx(sheets_of(OLD)))
    sheets: dict[str, Table] = {
        "单位": [PROVIDER_HEADING, provider_row("79965505-8", 同时承接量=7)],
        "营业时间": [("单位", "星期", "开门", "关门"), ("330203799655058", "周一", "08:00", "12:00")],
    }
    answer = await send(world, xlsx(sheets))
    assert (answer["added"], answer["changed"]) == (0, 1)
    document = await only(world)
    assert (document["uscc"], document["capacity"], len(document["hours"])) == (OLD, 7, 1)


@pytest.mark.parametrize(
    ("code", "fault"),
    [("440301103097413", "registration_number"), ("71526726X", "former_code"), ("71526726-9", "uscc")],
)
async def test_a_former_code_that_leads_nowhere_is_named(world: World, code: str, fault: str) -> None:
    [(sheet, row, column, found)] = await faults(world, xlsx({"单位": [PROVIDER_HEADING, provider_row(code)]}))
    assert (row, column, found) == (2, "统一社会信用代码", fault), sheet
