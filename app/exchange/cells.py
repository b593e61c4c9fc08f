"""What people write in a cell, as a value, and back. Everything arrives as text, whether from XLSX or CSV."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.exchange.faults import WrongCell
from app.kit.fields import MOST_FEN
from app.kit.personal import Phone
from app.registry.uscc import is_valid

Parse = Callable[[str], Any]

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]0{1,2}:00(?::00)?)?")
_TIME = re.compile(r"([0-9]{1,2})[:：]([0-9]{2})(?:[:：]([0-9]{2}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_PHONE = TypeAdapter[str](Phone)


def text(most: int) -> Parse:
    """A text of at most so many characters."""

    def parse(value: str) -> str:
        if len(value) > most:
            raise WrongCell("too_long", most=most)
        if _CONTROL.search(value):
            raise WrongCell("control_character")
        return value

    return parse


def integer(least: int, most: int) -> Parse:
    """A whole number in the range."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value) or not least <= int(value) <= most:
            raise WrongCell("number", least=least, most=most)
        return int(value)

    return parse


def one_of(words: Mapping[str, Any]) -> Parse:
    """One of the words, in whatever case, as its value."""
    known = {word.casefold(): value for word, value in words.items()}

    def parse(value: str) -> Any:
        try:
            return known[value.casefold()]
        except KeyError:
            raise WrongCell("one_of", known=", ".join(words)) from None

    return parse


def code_of(names: Iterable[tuple[str, str]], what: str) -> Parse:
    """A code, alone or followed by its name, or the name alone where only one has it; `what` to look up, in words."""
    codes, by_name = set[str](), dict[str, str | None]()
    for code, name in names:
        codes.add(code)
        by_name[name] = None if name in by_name else code

    def parse(value: str) -> str:
        first = value.split(maxsplit=1)[0]
        code = first if first in codes else by_name.get(value)
        if code is None:
            raise WrongCell("one_of", known=what)
        return code

    return parse


def coordinate(value: str) -> float:
    """Degrees, WGS-84."""
    try:
        degrees = float(value)
    except ValueError:
        raise WrongCell("coordinate") from None
    if not -180 <= degrees <= 180:
        raise WrongCell("coordinate")
    return degrees


def fen(value: str) -> int:
    """Yuan with at most two decimals, as fen."""
    try:
        sum_ = Decimal(value.removeprefix("¥").removeprefix("￥").replace(",", "").strip()) * 100
        if not 0 <= sum_ <= MOST_FEN or sum_ != int(sum_):  # in this order: 9e999999 has a million digits
            raise WrongCell("price")
    except (ArithmeticError, ValueError):
        raise WrongCell("price") from None
    return int(sum_)


def yuan(value: int) -> Decimal:
    """Fen as yuan."""
    return Decimal(value) / 100


def day(value: str) -> date:
    """A date as people and spreadsheets write it."""
    found = _DATE.fullmatch(value)
    try:
        return date(*map(int, found.groups())) if found else _raise("date")
    except ValueError:
        raise WrongCell("date") from None


def clock_time(value: str) -> time:
    """A time of the day; 24:00 is midnight."""
    found = _TIME.fullmatch(value.replace("24:00", "00:00"))
    try:
        return (
            time.fromisoformat(":".join(f"{int(part or 0):02}" for part in found.groups())) if found else _raise("time")
        )
    except ValueError:
        raise WrongCell("time") from None


def phone(value: str) -> str:
    """A phone number."""
    if _SCIENTIFIC.fullmatch(value):
        raise WrongCell("scientific")
    try:
        return _PHONE.validate_python(value)
    except ValidationError:
        raise WrongCell("phone") from None


def uscc(value: str) -> str:
    """A Unified Social Credit Code whose check character is right."""
    if _SCIENTIFIC.fullmatch(value):
        raise WrongCell("scientific")
    if not is_valid(value.upper()):
        raise WrongCell("uscc")
    return value.upper()


def reference(value: str) -> str:
    """How a row names its provider: credit code, number or whole name."""
    if _SCIENTIFIC.fullmatch(value):
        raise WrongCell("scientific")
    return value


def _raise(code: str) -> Any:
    raise WrongCell(code)
