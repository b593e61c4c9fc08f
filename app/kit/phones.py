"""The normal form of a phone number.

A mobile is 11 digits, a fixed line is 0, area code and number, a foreign number is E.164 (+85291234567), and a service
line is as it is dialled. A comma, which a phone dials as a pause, precedes each extension: 057487651234,801.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.kit.errors import InvalidField
from app.kit.names import same_form
from app.settings import Settings

MOST_TYPED = 40
"""The maximum length of a typed number, with spaces and dashes."""

_PUNCTUATION = str.maketrans("", "", "-()·./~_ー")
_NUMBER = r"([+(0-9][+0-9()·./~_ー-]*)"
_MARK = (
    r"(?:[总總][机機]|转接?|轉|分[机機][号號]?|内[线線]|內線|extension|extn|ext|[#,;*xpw])"
    r"(?:转接?|轉|分[机機][号號]?|extension|extn|ext|[#,;*xpw:.=(-])*"
)
_MARKED = re.compile(rf"{_NUMBER}((?:{_MARK}[0-9]{{1,8}})+)[)#]*")
"""A number with marked extensions; there may be one switchboard behind another."""
_LABEL = re.compile(
    r"(?:联系|家庭|家里|办公|移动|固定|单位|本人|我的)?"
    r"(?:电话|電話|手[机機]|座[机機]|固话|[总總][机機]|号码|tel(?:ephone)?|phone|mobile|cell)(?:号码?|number|no)?[:.=]*"
)
"""Labels that people write before a number."""
_OPEN_END = re.compile(r"(?:[总總][机機]|转接?|轉|分[机機][号號]?|[#,;*:.。、])+$")
"""A mark after which an extension could follow, but none does."""
_TOO_LONG_A_LINE = re.compile(r"9[56][0-9]{5,}")
"""A number that begins like a company's service line but is longer. It is not a fixed line that lacks its 0."""
_TRAILING = re.compile(_NUMBER + r"(?:-|\()([0-9]{1,6})\)?")
"""A number with digits that may be an extension, if what precedes them is a complete number."""
_MOBILE = re.compile(r"(?:1(?:[12][0-9]|79)[0-9]{2})?0?(1[3-9][0-9]{9})")
"""A mobile number, perhaps with the 0 or the carrier's prefix that is dialled before it."""
_PUBLIC_LINE = re.compile(r"11[0-9]|12[0-2]|12[0-9]{3}|100[0-9]{2}|11[68][0-9]{2,3}")
"""Emergency lines, government lines (12345, 12315), and lines of carriers and information services."""
_COMPANY_LINE = re.compile(r"[48]00[0-9]{7}|9[56][0-9]{3,4}|950[0-9]{5,10}")
"""Service lines of companies. A switchboard answers them, and whoever calls out through it shows their number."""


def canonical(typed: str, area_code: str) -> str | None:
    """Return the number in its normal form, or None if no such number exists.

    A number without an area code gets `area_code`.
    """
    text = "".join(str(unicodedata.decimal(c, c)) for c in same_form(typed)).strip("'")
    text = _OPEN_END.sub("", text[label.end() :] if (label := _LABEL.match(text)) else text)
    if marked := _MARKED.fullmatch(text):
        return _extended(marked, area_code)
    if whole := _base(text, area_code):
        return whole
    return _extended(trailing, area_code) if (trailing := _TRAILING.fullmatch(text)) else None


def without_extension(phone: str) -> str:
    """Return the number that identifies a citizen: all extensions of one switchboard are one citizen."""
    return phone.partition(",")[0]


def is_service_line(phone: str) -> bool:
    """Return whether this is a public or company service line, which leads to nobody in particular."""
    number = without_extension(phone)
    return bool(_PUBLIC_LINE.fullmatch(number) or _COMPANY_LINE.fullmatch(number))


def _extended(found: re.Match[str], area_code: str) -> str | None:
    base = _base(found[1], area_code)
    return base and ",".join([base, *re.findall("[0-9]+", found[2])])


def _base(text: str, area_code: str) -> str | None:
    number = text.translate(_PUNCTUATION)
    if not re.fullmatch(r"\+?[0-9]{3,20}", number):
        return None
    if number.startswith(("+", "00")):
        abroad = number.removeprefix("+").removeprefix("00")
        return _mainland(abroad[2:], area_code) if abroad.startswith("86") else _abroad(abroad)
    if _TOO_LONG_A_LINE.fullmatch(number) and not is_service_line(number):
        return None
    found = _mainland(number, area_code)
    return found or (_mainland(number[2:], area_code) if number.startswith("86") else None)


def _mainland(number: str, area_code: str) -> str | None:
    if mobile := _MOBILE.fullmatch(number):
        return mobile[1]
    if is_service_line(short := number.removeprefix(area_code)):
        return short
    if len(number) in (7, 8) and _is_fixed_line(area_code[1:] + number):
        return area_code + number
    national = number.removeprefix("0")
    return f"0{national}" if _is_fixed_line(national) else None


def _is_fixed_line(national: str) -> bool:
    if not national or national[0] == "0":
        return False
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(national))
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.FIXED_LINE:
        return False
    own = national[phonenumbers.length_of_geographical_area_code(number) :]
    return own[0] not in "01" and len(set(own)) > 1


def _abroad(digits: str) -> str | None:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def own_area_code() -> str:
    """Return the area code of the centre."""
    return Settings().area_code


def _read(typed: str) -> str:
    if not isinstance(typed, str):
        return typed
    if len(typed) > MOST_TYPED:
        raise InvalidField(f"a phone number has at most {MOST_TYPED} characters", f"电话号码最多 {MOST_TYPED} 个字符")
    if phone := canonical(typed, own_area_code()):
        return phone
    raise InvalidField(
        "there is no such number: enter an 11-digit mobile, a fixed line, a service line, or + and the country code",
        "没有这样的号码：请填写 11 位手机号、固定电话、服务号码，或以 + 和国家（地区）代码开头的境外号码",
    )


def _refusing(lines: Callable[[str], bool], en: str, zh: str) -> AfterValidator:
    def check(phone: str) -> str:
        if lines(phone):
            raise InvalidField(en, zh)
        return phone

    return AfterValidator(check)


def _is_public_line(phone: str) -> bool:
    return bool(_PUBLIC_LINE.fullmatch(without_extension(phone)))


def _schema(description: str) -> object:
    return Field(description=description, json_schema_extra={"maxLength": MOST_TYPED})


_FORMS = (
    "in any form: with +86, 0086 or 0, with or without the centre's area code, with an extension (转801, -8, ext. 8),"
    " in full width, with brackets, dots and spaces; it is returned as 13812345678, 057487651234,801 or +85291234567"
)
Phone = Annotated[
    str, BeforeValidator(_read), StringConstraints(min_length=3), _schema(f"a phone number {_FORMS}; or a service line")
]
"""Any number that can be called, including service lines (12345, 110, 95588, 400…)."""
OwnPhone = Annotated[
    str,
    BeforeValidator(_read),
    _refusing(
        is_service_line,
        "this is a service line, not a personal number; nobody can be called back there",
        "这是服务号码，不是个人的号码，无法回电",
    ),
    _schema(f"a person's own number {_FORMS}"),
]
"""A number that identifies a citizen and at which they can be called."""
ProviderPhone = Annotated[
    str,
    BeforeValidator(_read),
    _refusing(
        _is_public_line,
        "this is an emergency or public line, not a provider's number",
        "这是紧急或公共服务号码，不是单位的号码",
    ),
    _schema(f"a provider's number {_FORMS}; or its service line (400…, 95…, 96…)"),
]
"""A provider's number."""
