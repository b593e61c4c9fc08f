"""Parses what people write in a cell, and formats values. Cells arrive as text from both XLSX and CSV."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Context, Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.exchange.faults import WrongCell
from app.kit.fields import MOST_FEN
from app.kit.names import same_form
from app.kit.phones import ProviderPhone
from app.registry.uscc import LENGTH, bare, former_kind, is_valid, organisation_code

Parse = Callable[[str], Any]

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_LOST = re.compile(r"[0-9]{15}0{3}")
"""A number of 18 digits, the last three of which a spreadsheet replaced with zeros."""
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]0{1,2}:00(?::00)?)?")
_WHOLE_DATE = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"[2-7][0-9]{4}")
"""A date from 1954 to 2119 that a spreadsheet shows as a number."""
SERIAL_ZERO = date(1899, 12, 30)
ENDLESS = {
    "长期", "长期有效", "永久", "永久有效", "无固定期限", "无期限", "无", "/", "-", "--", "—", "——",
    "long-term", "permanent", "none",
}  # fmt: skip
"""How people write that a licence or price has no last day."""
_TIME = re.compile(r"([0-9]{1,2})[:：]([0-9]{2})(?:[:：]([0-9]{2}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_PHONE = TypeAdapter[str](ProviderPhone)


def text(most: int) -> Parse:
    """Return a parser of text of at most `most` characters. Like all parsers here, it raises WrongCell."""

    def parse(value: str) -> str:
        if len(value) > most:
            raise WrongCell("too_long", most=most)
        if _CONTROL.search(value):
            raise WrongCell("control_character")
        return value

    return parse


def paper_number(value: str) -> str:
    """Return a licence number. Raises WrongCell if a spreadsheet has damaged a long number."""
    if re.fullmatch(r"[0-9]\.[0-9]+[eE]\+[0-9]{2,}", value) or _LOST.fullmatch(value):
        raise WrongCell("scientific")
    parsed: str = text(60)(value)
    return parsed


def _number(value: str) -> Decimal:
    """Return a number rounded to a spreadsheet's fifteen digits, because it computes 3.30 as 3.3000000000000003.

    Raises ArithmeticError.
    """
    return Context(prec=15).create_decimal(value)


def _digits(value: str) -> str:
    """Return the digits of a number that a spreadsheet shows as 1.3805741234E+10. Raises WrongCell if some were
    lost."""
    if not _SCIENTIFIC.fullmatch(value):
        return value
    try:
        number = Decimal(value)
    except ArithmeticError:
        raise WrongCell("scientific") from None
    if len(number.as_tuple().digits) <= number.adjusted() or number.adjusted() >= 15:
        raise WrongCell("scientific")
    return str(int(number))


def integer(least: int, most: int) -> Parse:
    """Return a parser of whole numbers in the range."""

    def parse(value: str) -> int:
        try:
            number = _number(value)
            if least <= number <= most and number == int(number):
                return int(number)
        except (ArithmeticError, ValueError):
            pass
        raise WrongCell("number", least=least, most=most)

    return parse


def one_of(words: Mapping[str, Any], too: Mapping[str, Any]) -> Parse:
    """Return a parser that maps the words, in any spelling, to their values. The words in `too` are accepted as well,
    but the fault does not list them."""
    known = {same_form(word): value for word, value in {**words, **too}.items()}

    def parse(value: str) -> Any:
        try:
            return known[same_form(value)]
        except KeyError:
            raise WrongCell("one_of", known=", ".join(words)) from None

    return parse


def code_of(names: Iterable[tuple[str, str]], what: str) -> Parse:
    """Return a parser that accepts a code alone, a code followed by its name, or the name alone if it is unique. `what`
    tells the user where to look them up."""
    codes, by_name = dict[str, str](), dict[str, str | None]()
    for code, name in names:
        codes[code.casefold()] = code
        name = same_form(name)
        by_name[name] = None if name in by_name else code

    def parse(value: str) -> str:
        first = value.split(maxsplit=1)[0].casefold()
        code = codes.get(first) or by_name.get(same_form(value))
        if code is None:
            raise WrongCell("one_of", known=what)
        return code

    return parse


def coordinate(value: str) -> float:
    """Return degrees (WGS-84), from -180 to 180."""
    try:
        degrees = float(value)
    except ValueError:
        raise WrongCell("coordinate") from None
    if not -180 <= degrees <= 180:
        raise WrongCell("coordinate")
    return degrees


def fen(value: str) -> int:
    """Return an amount of yuan with at most two decimals as fen."""
    try:
        sum_ = _number(re.sub(r"^[¥￥]|[,，\s]|[元圆]$", "", value)) * 100
        if not 0 <= sum_ <= MOST_FEN or sum_ != int(
            sum_
        ):  # range first, because int() of 9e999999 would have a million digits
            raise WrongCell("price")
    except (ArithmeticError, ValueError):
        raise WrongCell("price") from None
    return int(sum_)


def yuan(value: int) -> Decimal:
    """Return fen as yuan."""
    return Decimal(value) / 100


def day(value: str) -> date:
    """Return a date, in any way that people and spreadsheets write it."""
    if _SERIAL.fullmatch(value):
        return SERIAL_ZERO + timedelta(days=int(value))
    found = _DATE.fullmatch(value) or _WHOLE_DATE.fullmatch(value)
    try:
        return date(*map(int, found.groups())) if found else _raise("date")
    except ValueError:
        raise WrongCell("date") from None


def last_day(value: str) -> date | None:
    """Return the last day of a licence or price, or None if the cell says that there is none."""
    return None if value.casefold() in ENDLESS else day(value)


def clock_time(value: str) -> time:
    """Return a time of day. 24:00 is midnight."""
    if re.fullmatch(r"0?\.[0-9]+", value):  # spreadsheets store a time as a fraction of a day
        minutes = round(float(value) * 1440)
        return time(minutes // 60 % 24, minutes % 60)
    found = _TIME.fullmatch(value.replace("24:00", "00:00"))
    try:
        return (
            time.fromisoformat(":".join(f"{int(part or 0):02}" for part in found.groups())) if found else _raise("time")
        )
    except ValueError:
        raise WrongCell("time") from None


def phone(value: str) -> str:
    """Return a phone number."""
    try:
        return _PHONE.validate_python(_digits(value.removeprefix("'")))
    except ValidationError:
        raise WrongCell("phone") from None


def uscc(value: str) -> str:
    """Return a Unified Social Credit Code with a valid check character, or a former code that is part of one."""
    code = bare(_digits(value.removeprefix("'")))
    if is_valid(code) or (len(code) < LENGTH and organisation_code(code)):
        return code
    if _LOST.fullmatch(code):
        raise WrongCell("scientific")
    raise WrongCell("registration_number" if former_kind(code) else "uscc")


def reference(value: str) -> str:
    """Return how a row names its provider: by credit code, number or full name."""
    return _digits(value.removeprefix("'"))


def _raise(code: str) -> Any:
    raise WrongCell(code)
