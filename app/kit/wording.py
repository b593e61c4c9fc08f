"""Our wording of the framework's messages, and translations of the English words that fill our sentences."""

from collections.abc import Mapping
from typing import Any

from app.kit.languages import Language, Wording, say

FIELDS: Mapping[Language, Mapping[str, str]] = {
    Language.ZH: {
        "missing": "必填",
        "missing_argument": "必填",
        "missing_keyword_only_argument": "必填",
        "missing_positional_only_argument": "必填",
        "none_required": "必须留空",
        "extra_forbidden": "没有这个字段",
        "unexpected_keyword_argument": "没有这个字段",
        "unexpected_positional_argument": "没有这个字段",
        "multiple_argument_values": "重复填写",
        "frozen_field": "不能修改",
        "frozen_instance": "不能修改",
        "greater_than": "应大于 {gt}",
        "greater_than_equal": "应不小于 {ge}",
        "less_than": "应小于 {lt}",
        "less_than_equal": "应不大于 {le}",
        "multiple_of": "应为 {multiple_of} 的倍数",
        "finite_number": "应为有限的数",
        "too_short": "至少要有 {min_length} 项，现有 {actual_length} 项",
        "too_long": "最多 {max_length} 项",
        "string_type": "应为文字",
        "string_sub_type": "应为文字",
        "string_unicode": "应为有效的文字",
        "string_too_short": "至少 {min_length} 个字符",
        "string_too_long": "最多 {max_length} 个字符",
        "string_pattern_mismatch": "格式不正确，应符合 {pattern}",
        "string_not_ascii": "只能含 ASCII 字符",
        "enum": "应为下列之一：{expected}",
        "literal_error": "应为下列之一：{expected}",
        "union_tag_invalid": "{discriminator} 应为下列之一：{expected_tags}",
        "union_tag_not_found": "缺少 {discriminator}",
        "json_invalid": "不是有效的 JSON",
        "json_type": "应为 JSON 文本",
        "invalid_key": "键应为文字",
        "dict_type": "应为对象",
        "frozen_dict_type": "应为对象",
        "ordered_dict_type": "应为对象",
        "counter_type": "应为对象",
        "mapping_type": "应为对象",
        "model_type": "应为对象",
        "model_attributes_type": "应为 JSON 对象，以 application/json 发送",
        "dataclass_type": "应为对象",
        "dataclass_exact_type": "应为对象",
        "arguments_type": "应为对象或列表",
        "named_tuple_type": "应为列表",
        "list_type": "应为列表",
        "deque_type": "应为列表",
        "tuple_type": "应为列表",
        "set_type": "应为列表",
        "frozen_set_type": "应为列表",
        "iterable_type": "应为列表",
        "iteration_error": "列表无法读取",
        "set_item_not_hashable": "列表中的项不能是对象",
        "bool_type": "应为 true 或 false",
        "bool_parsing": "应为 true 或 false",
        "int_type": "应为整数",
        "int_parsing": "应为整数",
        "int_parsing_size": "整数过大",
        "int_from_float": "应为整数，不能有小数",
        "float_type": "应为数字",
        "float_parsing": "应为数字",
        "decimal_type": "应为数字",
        "decimal_parsing": "应为数字",
        "decimal_max_digits": "最多 {max_digits} 位数字",
        "decimal_max_places": "最多 {decimal_places} 位小数",
        "decimal_whole_digits": "小数点前最多 {whole_digits} 位",
        "fraction_type": "应为数字",
        "fraction_parsing": "应为数字",
        "complex_type": "应为数字",
        "complex_str_parsing": "应为数字",
        "bytes_type": "应为字节串",
        "bytes_too_short": "至少 {min_length} 字节",
        "bytes_too_long": "最多 {max_length} 字节",
        "bytes_invalid_encoding": "编码应为 {encoding}",
        "date_type": "应为日期，如 2026-11-24",
        "date_parsing": "应为日期，如 2026-11-24",
        "date_from_datetime_parsing": "应为日期，如 2026-11-24",
        "date_from_datetime_inexact": "应为日期，不带时间",
        "date_past": "应为过去的日期",
        "date_future": "应为将来的日期",
        "time_type": "应为时间，如 08:00，不带时区",
        "time_parsing": "应为时间，如 08:00",
        "datetime_type": "应为带时区的时间，如 2026-11-24T08:00:00+08:00",
        "datetime_parsing": "应为带时区的时间，如 2026-11-24T08:00:00+08:00",
        "datetime_object_invalid": "应为带时区的时间，如 2026-11-24T08:00:00+08:00",
        "datetime_from_date_parsing": "应为带时区的时间，如 2026-11-24T08:00:00+08:00",
        "datetime_past": "应为过去的时间",
        "datetime_future": "应为将来的时间",
        "timezone_naive": "不能带时区",
        "timezone_aware": "应带时区，如 +08:00",
        "timezone_offset": "时区应为 {tz_expected}，不是 {tz_actual}",
        "time_delta_type": "应为时长",
        "time_delta_parsing": "应为时长",
        "url_type": "应为网址",
        "url_parsing": "应为网址",
        "url_syntax_violation": "应为网址",
        "url_too_long": "网址最多 {max_length} 个字符",
        "url_scheme": "网址应以 {expected_schemes} 开头",
        "uuid_type": "应为 UUID",
        "uuid_parsing": "应为 UUID",
        "uuid_version": "应为第 {expected_version} 版 UUID",
        "recursion_loop": "层层引用自身",
        "recursion_depth_exceeded": "嵌套层数过多",
    },
    Language.EN: {
        "extra_forbidden": "There is no such field",
        "model_attributes_type": "Send a JSON object, as application/json",
    },
}
"""Messages by the type of a pydantic error. Types that JSON or a query string cannot cause are left out.

In English, only messages in pydantic's own jargon are replaced.
"""

OTHERWISE: Mapping[Language, str] = {Language.ZH: "不正确"}
"""The message for a type that is not in FIELDS; in English it is pydantic's own."""
PHONE = Wording(
    "不是有效电话：手机 11 位，固话可带区号",
    "Not a valid phone: a mobile has 11 digits, a landline may have an area code",
)

HTTP = {
    404: Wording("没有这个地址。", "There is no such address."),
    405: Wording(
        "该地址不支持此方法，仅支持 {allow}。", "This address does not support this method; it supports {allow}."
    ),
    406: Wording("无法按所要求的格式应答。", "The response is not available in the requested format."),
    415: Wording("不支持这种内容类型。", "This content type is not supported here."),
}
"""Titles of plain HTTP errors."""


WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.ZH: {
    # what was not found
    "application": "申请", "article": "知识库条目", "article version": "条目版本",
    "call": "通话", "callback": "回访", "citizen": "求助人", "complaint": "投诉", "credit entry": "信用记录",
    "decision about you for request": "关于您的派单记录：请求", "delivery": "推送", "exception": "特殊日期",
    "extension": "延期申请", "group": "优先人群", "job": "工单", "key": "密钥", "link": "链接",
    "member of staff named": "工作人员", "notice": "通知", "offer": "派单", "paper": "证照", "policy": "派单规则",
    "price": "价格",
    "version": "版本", "learned model": "学习模型", "place": "地点", "danger": "险情", "calendar day": "日期",
    "provider": "服务单位", "request": "请求", "return of month": "月报", "member of staff": "工作人员",
    "surge": "高峰", "trouble": "异常", "version of the credit rules": "信用规则版本", "webhook": "推送地址",
    # facts in other sentences
    "open": "未办结", "uscc": "统一社会信用代码", "name": "名称", "phone": "电话",
    "the time agreed with the citizen": "与求助人约定的时间",
    },
    Language.EN: {},
}  # fmt: skip
"""Translations of the English words in our sentences that are not terms (app/kit/terms.py)."""


def field_message(code: str, context: Mapping[str, Any], language: Language, english: str = "") -> str:
    """Return the message for a pydantic error: `code` is its type, `context` fills the placeholders.

    `english` is pydantic's own message.
    """
    if str(context.get("pattern", "")).startswith("^(1[3-9]"):
        return say(PHONE, language)
    otherwise = OTHERWISE.get(language, english)
    if not (message := FIELDS[language].get(code)):
        return otherwise
    try:
        listed = f"'{language.separator}'"
        return (
            message.format(**context)
            .replace("', '", listed)
            .replace("' or '", listed)
            .replace(" or ", language.separator)
        )
    except KeyError:
        return otherwise
