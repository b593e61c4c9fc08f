"""The Unified Social Credit Code (统一社会信用代码) of a company or body: GB 32100-2015."""

import re

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z; a character's place is its value."""

TYPES = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "123459", "6": "129", "7": "129", "8": "19", "9": "1239",
    "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
"""By the authority that registers a body, the first character, the second: its type. 54 and 55 are villages' and
residents' committees."""

_REGION = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-6]|71|8[12])([0-6][0-9]|70|90)[0-9]{2}|100000|990000")
"""Where it was registered: a province and a prefecture of GB/T 2260 with any county, for development zones have numbers
of their own; the whole country; or the Xinjiang corps."""

_VALUE = {character: value for value, character in enumerate(CHARACTERS)}
_BODY = re.compile(f"[{CHARACTERS}]{{2}}[0-9]{{6}}[{CHARACTERS}]{{9}}")


def check_character(body17: str) -> str:
    """The 18th character that belongs to the first 17. Raises ValueError when these are malformed."""
    if not _BODY.fullmatch(body17):
        raise ValueError(f"not the first 17 characters of a Unified Social Credit Code: {body17!r}")
    total = sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(body17))
    return CHARACTERS[-total % 31]


def is_valid(code: str) -> bool:
    """Whether the code has the right form and its last character checks; capitals only."""
    return bool(_BODY.fullmatch(code[:17])) and code[17:] == check_character(code[:17])


def is_possible(code: str) -> bool:
    """Whether a valid code names an authority, a type and a region that there are."""
    return code[1] in TYPES.get(code[0], "") and bool(_REGION.fullmatch(code[2:8]))
