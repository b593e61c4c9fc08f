"""Errors in a file of articles, in the editor's terms. Each has a stable code."""

from typing import Any

from pydantic_core import ErrorDetails

from app.kit.languages import Language, Wording, say

SENTENCES = {
    "file_empty": Wording("文件是空的", "the file is empty"),
    "file_unreadable": Wording("不是有效的 CSV 文件", "the file is not valid CSV"),
    "workbook": Wording(
        "这是 Excel 工作簿，请另存为“CSV UTF-8（逗号分隔）”",
        "the file is an Excel workbook: save it as “CSV UTF-8 (Comma delimited)”",
    ),
    "cells_beyond": Wording(
        "最后一个列标题右边还有内容",
        "there is text to the right of the last heading",
    ),
    "number_form": Wording(
        "Excel 把代码变成了数字：请先把该列设为“文本”格式，再重新填写",
        "Excel turned the code into a number: format the column as Text, then type it again",
    ),
    "encoding": Wording(
        "文字编码无法识别，请另存为 UTF-8", "the text is neither UTF-8 nor GB18030 (GBK): save it as UTF-8"
    ),
    "too_many": Wording("条目超过 {most} 条", "there are more than {most} articles"),
    "column_unknown": Wording("没有这一列，可用：{known}", "there is no such column; the columns are: {known}"),
    "column_twice": Wording("有重复的列", "a column appears twice"),
    "column_missing": Wording("缺少此列，或此列重复", "the column is missing or appears twice"),
    "front": Wording(
        "每个条目应以两行 --- 之间的代码开头", "each article must begin with its codes between two lines of ---"
    ),
    "front_unreadable": Wording("两行 --- 之间不是有效的 YAML", "the text between the lines of --- is not valid YAML"),
    "front_nested": Wording("只能是文字或一行一个的列表", "must be text, or a list with one text per line"),
    "third_title": Wording(
        "一个条目只能有中文、英文两个一级标题",
        "an article may have only two titles: Chinese, then English",
    ),
    "part_unknown": Wording("没有这个小标题，可用：{known}", "there is no such part; the parts are: {known}"),
    "before_title": Wording("标题之前不应有正文", "there is text before the title"),
    "lines": Wording(
        "中文 {zh} 行、英文 {en} 行，须逐行对应",
        "{zh} lines in Chinese but {en} in English: each line needs its translation",
    ),
    "missing": Wording("必填", "must be filled in"),
    "too_long": Wording("超过 {most} 个字", "is longer than {most} characters"),
    "too_many_lines": Wording("超过 {most} 行", "has more than {most} lines"),
    "slug": Wording(
        "只能用小写字母、数字和连字符，如 lost-id-card",
        "may have only lower-case letters, digits and hyphens, such as lost-id-card",
    ),
    "phone": Wording("不是电话号码", "is not a phone number"),
    "date": Wording("不是日期，请写成 2026-11-24", "is not a date; write it as 2026-11-24"),
    "validity": Wording("截止日早于生效日", "the last day is before the first day"),
    "item_unknown": Wording("没有这个服务项目", "is not a service item"),
    "area_unknown": Wording("没有这个街道、乡镇或社区代码", "is not the code of a township or community"),
    "twice": Wording("与第 {other} 行的条目同名", "is the same article as in line {other}"),
    "invalid": Wording("填写有误：{why}", "cannot be read: {why}"),
}


class Fault:
    """An error: the field, its value, and the reason."""

    def __init__(self, field: str, value: str, code: str, **facts: Any) -> None:
        self.field, self.value, self.code, self.facts = field, value[:60], code, facts

    def sentence(self, language: Language) -> str:
        """Return the reason in this language."""
        return say(SENTENCES[self.code], language).format(**self.facts)


class Faulty(Exception):
    """A file or an article that cannot be read. `row` 0 means the start of the article."""

    def __init__(self, field: str, value: str, code: str, *, row: int = 0, **facts: Any) -> None:
        self.row, self.fault = row, Fault(field, value, code, **facts)
        super().__init__(code)


def fault_of(error: ErrorDetails) -> Fault:
    """Return a pydantic error in the editor's terms."""
    where = [str(part) for part in error["loc"] if not isinstance(part, int)]
    field = "phones" if where[:1] == ["phones"] else "_".join([*where[:1], *([where[-1]] if where[1:] else [])])
    value, kind, facts = str(error["input"]), error["type"], error.get("ctx", {})
    if kind in ("missing", "string_too_short", "too_short") or (not error["input"] and "string" in kind):
        return Fault(field, "", "missing")
    if kind == "string_too_long":
        return Fault(field, value, "too_long", most=facts["max_length"])
    if kind == "too_long":
        return Fault(field, "", "too_many_lines", most=facts["max_length"])
    if kind == "string_pattern_mismatch":
        return Fault(field, value, "phone" if field == "phones" else "slug")
    if kind.startswith("date") or kind in ("greater_than_equal", "less_than_equal"):
        return Fault(field, value, "date")
    if kind == "value_error":
        return Fault("valid_to", "", "validity")
    return Fault(field, value, "invalid", why=error["msg"])
