"""The Unified Social Credit Code (统一社会信用代码) of a company or body (GB 32100-2015), and the codes it replaced."""

import re

from app.kit.names import same_form
from app.kit.terms import Term

LENGTH = 18
CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z. A character's position is its value."""

TYPES = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "123459", "6": "129", "7": "129", "8": "19", "9": "1239",
    "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
"""The types (second character) that each registering authority (first character) issues. 54 and 55 are villagers' and
residents' committees."""

_REGION = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-6]|71|8[12])([0-6][0-9]|70|90)[0-9]{2}|100000|990000")
"""Where it was registered: a province and prefecture of GB/T 2260 with any county, since development zones have their
own numbers; the whole country; or the Xinjiang Production and Construction Corps."""

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION = re.compile("[0-9A-Z]{8}[0-9X]")

_VALUE = {character: value for value, character in enumerate(CHARACTERS)}
_BODY = re.compile(f"[{CHARACTERS}]{{2}}[0-9]{{6}}[{CHARACTERS}]{{9}}")


def check_character(body17: str) -> str:
    """Return the 18th character for the first 17. Raises ValueError when they are malformed."""
    if not _BODY.fullmatch(body17):
        raise ValueError(f"not the first 17 characters of a Unified Social Credit Code: {body17!r}")
    total = sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(body17))
    return CHARACTERS[-total % 31]


def is_valid(code: str) -> bool:
    """Return whether the code has the right form and check character. Only capitals are valid."""
    return bool(_BODY.fullmatch(code[:17])) and code[17:] == check_character(code[:17])


def is_possible(code: str) -> bool:
    """Return whether a valid code names an existing authority, type and region."""
    return code[1] in TYPES.get(code[0], "") and bool(_REGION.fullmatch(code[2:8]))


class Former(Term):
    """A code from before 2015. All but the registration number contain the organisation code, which is characters 9 to
    17 of the Unified Social Credit Code."""

    ORGANISATION = "organisation code", "组织机构代码", "organisation code", "Nine characters."
    TAX = "tax number", "税务登记号", "tax number", "Fifteen: a region and an organisation code."
    REGISTRATION = "registration number", "工商注册号", "registration number", "Fifteen digits."


def bare(code: str) -> str:
    """Return the code in capitals and half width, without hyphens, spaces or invisible characters."""
    return same_form(code).replace("-", "").upper()


def former_kind(code: str) -> Former | None:
    """Return which former code this is, judged by form and check character, or None."""
    if len(code) == 15 and code.isascii() and code.isdigit() and _registration_check(code[:14]) == code[14]:
        return Former.REGISTRATION
    if len(code) == 15 and code[:6].isascii() and code[:6].isdigit() and _is_organisation_code(code[6:]):
        return Former.TAX
    return Former.ORGANISATION if _is_organisation_code(code) else None


def organisation_code(code: str) -> str | None:
    """Return the organisation code (GB 11714) inside this code, or None; a registration number contains none."""
    if len(code) == LENGTH:
        return code[8:17]
    return code[-9:] if former_kind(code) in (Former.ORGANISATION, Former.TAX) else None


def is_same_organisation(one: str | None, other: str | None) -> bool:
    """Return whether both codes are given and belong to one body, that is, share an organisation code."""
    return (
        one is not None and other is not None and (organisation_code(one) or one) == (organisation_code(other) or other)
    )


def organisation_check(base: str) -> str:
    """Return the 9th character for the first 8 of an organisation code (GB 11714)."""
    total = sum(weight * int(character, 36) for weight, character in zip(_ORGANISATION_WEIGHTS, base, strict=True))
    return "0123456789X"[-total % 11]


def _is_organisation_code(code: str) -> bool:
    return bool(_ORGANISATION.fullmatch(code)) and organisation_check(code[:8]) == code[8]


def _registration_check(first14: str) -> str:
    """Return the 15th digit of a registration number (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in first14:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
