"""Faults of a file or its cells in the registrar's terms, each with a stable code."""

from typing import Any, NamedTuple

from app.kit.languages import Language, Wording, say

SENTENCES = {
    # the file
    "file_empty": Wording("文件是空的", "the file is empty"),
    "file_unreadable": Wording(
        "文件打不开：不是有效的 XLSX、CSV 或 CSV 的 ZIP 包",
        "the file is not a valid XLSX, CSV or ZIP of CSVs",
    ),
    "file_old_excel": Wording(
        "这是旧版 .xls（或 WPS .et）文件，请另存为 .xlsx",
        "this is an old .xls or .et file: save it as .xlsx",
    ),
    "file_encrypted": Wording(
        "文件有密码，请去掉密码后再导入", "the file is protected by a password: save it without one"
    ),
    "file_other": Wording(
        "这是 {form} 文件，请用表格软件打开后另存为 .xlsx",
        "this is a {form} file: open it in a spreadsheet and save it as .xlsx",
    ),
    "file_with_macros": Wording(
        "文件含宏，请另存为不含宏的 .xlsx", "the file contains macros: save it as .xlsx without them"
    ),
    "file_too_large": Wording("文件解压后过大", "the file is too large when unpacked"),
    "file_too_slow": Wording("文件过于复杂，处理超时", "the file takes too long to read"),
    "encoding": Wording(
        "文字编码无法识别，请另存为“CSV UTF-8”",
        "the text encoding is not UTF-8, UTF-16 or GB18030 (GBK): save it as CSV UTF-8",
    ),
    "too_many_rows": Wording("行数超过上限 {most}", "there are more than {most} rows"),
    "sheet_unknown": Wording("没有这个工作表，可用：{known}", "there is no such sheet; the sheets are: {known}"),
    "sheet_twice": Wording("工作表重复", "the sheet occurs twice"),
    "nothing_to_import": Wording("没有可导入的数据行", "there are no rows to import"),
    # the head of a sheet
    "column_unknown": Wording("没有这一列，可用：{known}", "there is no such column; the columns are: {known}"),
    "column_twice": Wording("此列重复", "the column occurs twice"),
    "column_missing": Wording("缺少此列", "the column is missing"),
    "column_nameless": Wording(
        "此列有内容但没有表头，请补上表头或删除",
        "the column has no heading: add one or delete the column",
    ),
    "too_many_columns": Wording("列数超过上限 {most}", "there are more than {most} columns"),
    # a cell
    "formula": Wording("是公式，请粘贴为数值", "is a formula: paste it as a value"),
    "error_value": Wording("是公式错误值", "is a formula error"),
    "merged": Wording("是合并单元格，请取消合并，每行都要填写", "is a merged cell: unmerge it and fill in every row"),
    "missing": Wording("必填", "must be filled in"),
    "too_long": Wording("超过 {most} 个字", "is longer than {most} characters"),
    "control_character": Wording("含有换行或不可见字符", "contains a line break or an invisible character"),
    "one_of": Wording("应为下列之一：{known}", "must be one of: {known}"),
    "number": Wording("应为 {least} 到 {most} 的整数", "must be a whole number from {least} to {most}"),
    "swapped": Wording("经度和纬度填反了", "latitude and longitude are swapped"),
    "coordinate": Wording(
        "不是有效的经纬度，经度和纬度须同时填写",
        "is not a valid coordinate; latitude and longitude must both be filled in",
    ),
    "price": Wording(
        "应为不小于 0 的金额（元，最多两位小数）",
        "must be an amount in yuan, 0 or more, with at most two decimals",
    ),
    "date": Wording("不是日期，请写成 2026-11-24", "is not a date: write it like 2026-11-24"),
    "time": Wording("不是时间，请写成 08:00", "is not a time: write it like 08:00"),
    "phone": Wording(
        "不是单位的有效电话：应为 11 位手机、固定电话（可带分机）、400 或 95、96 开头的服务号码，或以 + 开头的境外号码",
        "is not a valid provider's phone: an 11-digit mobile, a landline, a service number (400…, 95…, 96…), or a "
        "foreign number with +",
    ),
    "scientific": Wording(
        "被 Excel 当成数字，后面的位数已丢失，请把该列设为文本后重新填写",
        "was turned into a number by Excel, and its last digits are lost: format the column as text and enter it again",
    ),
    "uscc": Wording(
        "统一社会信用代码格式或校验码有误",
        "is not a valid Unified Social Credit Code: wrong form or check character",
    ),
    "registration_number": Wording(
        "是旧的工商注册号，无法对应到统一社会信用代码，请填写 18 位代码",
        "is a registration number from before 2015, which is not part of a credit code: enter the 18-character code",
    ),
    "former_code": Wording(
        "是旧代码，名录中没有含此代码的单位；新单位请填写 18 位统一社会信用代码",
        "is a code from before 2015 that no provider's credit code contains: for a new provider enter the 18-character "
        "code",
    ),
    "uscc_impossible": Wording(
        "统一社会信用代码的登记部门、机构类别或行政区划不存在",
        "the credit code contains an authority, type or region that does not exist",
    ),
    # between cells and rows
    "uscc_missing": Wording("企业须填写统一社会信用代码", "a company needs its Unified Social Credit Code"),
    "same_row": Wording("与第 {row} 行重复", "repeats row {row}"),
    "number_unknown": Wording(
        "名录中没有这个编号，新单位请留空", "no provider has this number; leave it empty for a new one"
    ),
    "taken": Wording("{name}（编号 {number}）已用", "belongs to {name} (number {number})"),
    "taken_in_file": Wording(
        "与第 {row} 行的单位重复，同一单位只填一行",
        "is the provider of row {row}: use one row per provider",
    ),
    "provider_unknown": Wording(
        "找不到这个单位：请填统一社会信用代码、编号或全称",
        "is not a known provider: enter its credit code, number or full name",
    ),
    "provider_ambiguous": Wording(
        "同名单位不止一家，请填代码或编号",
        "is the name of several providers: enter the code or number",
    ),
    "standing_kept": Wording(
        "现有单位的状态（{now}）不能通过导入修改",
        "an import cannot change the standing of an existing provider ({now})",
    ),
    "kind_kept": Wording(
        "现有单位的类型（{now}）不能修改",
        "an import cannot change the kind of an existing provider ({now})",
    ),
    "joined_kept": Wording(
        "现有单位的加盟日期（{now}）不能修改",
        "an import cannot change the day on which a provider joined ({now})",
    ),
    "outside_township": Wording("社区不在所在地的街道（乡镇）内", "the community is not in the township of the seat"),
    "no_rows": Wording(
        "新单位在“{sheet}”表中至少要有一行", "a new provider needs at least one row on the sheet {sheet}"
    ),
    "not_dispatched": Wording("该项目不派给服务单位", "the item is not dispatched to providers"),
    "tier_not_allowed": Wording(
        "该项目没有这一档，可用：{known}", "the item does not have this tier; its tiers are: {known}"
    ),
    "price_not_allowed": Wording(
        "无偿档须为免费且价格为 0，其他档不能免费",
        "the free tier must be free of charge with price 0, and other tiers must not",
    ),
    "above_cap": Wording("超过低偿上限 {cap} 元", "is above the low-fee cap of {cap} yuan"),
    "validity": Wording("结束日期早于开始日期", "ends before it begins"),
    "in_the_past": Wording("新增或改价的起始日不能早于今天", "a new or changed price must begin today or later"),
    "overlap": Wording("与第 {row} 行的有效期重叠", "overlaps with row {row}"),
    "lacks_paper": Wording(
        "该项目所需证照未登记：{papers}", "the item requires licences that are not on file: {papers}"
    ),
    "hours": Wording(
        "须先开后关（午夜写 00:00 或 24:00），同一天的时段不能重叠",
        "closing must be after opening (midnight is 00:00 or 24:00), and the hours of a day must not overlap",
    ),
    "closed_or_open": Wording(
        "整天休息时两格都留空，否则都要填写",
        "leave both cells empty for a closed day, or fill in both",
    ),
    # places
    "place_unknown": Wording("没有这个编号的地点，新地点请留空", "no place has this id; leave it empty for a new one"),
    "too_many_aliases": Wording("别名超过 {most} 个", "there are more than {most} aliases"),
    "pinyin": Wording("不是拼音", "is not pinyin"),
    "crs_missing": Wording(
        "请写明坐标系：WGS-84（GPS）、GCJ-02（高德、腾讯）或 BD-09（百度）",
        "enter the coordinate system: WGS-84 (GPS), GCJ-02 (AMap, Tencent) or BD-09 (Baidu)",
    ),
    "nowhere": Wording("请填写街道（乡镇）、社区或坐标", "fill in a township, a community or coordinates"),
    "too_far": Wording("坐标离辖区约 {km} 公里", "the point is about {km} km from the district"),
    # to look at
    "outside_district": Wording("坐标在辖区范围之外，请核对", "the point is outside the district: check it"),
    "area_guessed": Wording(
        "未填写，按坐标归入最近的{area}，请核对",
        "left empty, so the nearest, {area}, was used: check it",
    ),
    "hidden_rows": Wording(
        "有 {count} 行被隐藏（例如筛选），也一并读取",
        "{count} hidden rows (for example by a filter) were read too",
    ),
    "far_away": Wording("坐标离辖区约 {km} 公里，请核对", "the point is about {km} km from the district: check it"),
    "too_far_ahead": Wording("最多提前 {days} 天", "must be at most {days} days ahead"),
}


WARNINGS = {"hidden_rows", "far_away", "outside_district", "area_guessed"}
"""Codes that do not prevent the import."""


class Fault(NamedTuple):
    """A fault: where it is, what the cell contains, and why it is wrong. Row 0 means the whole sheet or file."""

    sheet: str
    row: int
    column: str
    value: str
    code: str
    facts: dict[str, Any]

    def sentence(self, language: Language) -> str:
        """Return the reason in this language."""
        return say(SENTENCES[self.code], language).format(**self.facts)


class WrongCell(Exception):
    """A cell that cannot be parsed. `code` and `facts` say why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)
